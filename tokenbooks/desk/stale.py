"""Stale closes: written, but their inputs now give other figures, or one before was rewritten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tokenbooks.amounts import money_text
from tokenbooks.archive.credit_rows import digests_seen, put_credit_rows
from tokenbooks.archive.month import STATE, ClosedMonth, Manifest
from tokenbooks.archive.usage_tables import read_usage
from tokenbooks.close.compute import Computed, compute
from tokenbooks.desk.continuity import broken_continuity
from tokenbooks.desk.derived import flat_meters, level_meters
from tokenbooks.desk.gather import kept_dimensions, layout_with_states
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.entries.posted import difference
from tokenbooks.facts import Facts
from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.exports.connection import connect
from tokenbooks.usage.layout import Layout

if TYPE_CHECKING:
    import duckdb


def stale_problems(
    connection: duckdb.DuckDBPyConnection, book: OpenBook, last: Sequence[ClosedMonth]
) -> list[Problem]:
    """Whether the last written close still follows from its inputs.

    ``last`` holds it, after the one before it if there is one. It is computed again from
    what closes booked, and from the rows of the credits and invoices files that it saw.
    """
    if not last:
        return []
    month = last[-1]
    position = Position(book.place(f"close/{month.period}/manifest.json"))
    again = f"write it again: tokenbooks close -p {month.period} --write"
    if len(last) > 1 and month.manifest.previous != last[0].digest:
        message = f"{month.period} was closed before {last[0].period} was written again"
        return [error("close-stale", message, again, position)]
    if broken := list(broken_continuity(book, month)):
        return broken
    computed = recompute(connection, book, month, last[:-1])
    changes = difference(computed.posted, month.before.posted)
    if not changes:
        return []
    line, amount = next(iter(changes.items()))
    places = max(2, -int(amount.as_tuple().exponent))
    message = (
        f"{month.period} is written, but its inputs now give other figures: {len(changes)} lines,"
        f" the first {line.rule} {line.contract} {line.unit} {line.role}"
        f" by {money_text(amount, places)}"
    )
    help = f"restore the plan, book, credit or invoice rows that changed, or {again}"
    return [error("close-stale", message, help, position)]


def recompute(
    connection: duckdb.DuckDBPyConnection,
    book: OpenBook,
    month: ClosedMonth,
    before: Sequence[ClosedMonth],
) -> Computed:
    """Compute a written close again, from booked usage and the rows it saw."""
    folders = states_up_to(book, month)
    meters, levels = flat_meters(book.facts), level_meters(book.facts)
    layout = Layout(kept_dimensions(book.facts), meters, levels)
    layout = layout_with_states(connection, layout, folders)
    read_usage(connection, layout, folders)
    connection.execute("CREATE OR REPLACE TEMP VIEW usage_days AS SELECT * FROM usage_before")
    known = before[-1].before.known if before else {}
    facts = facts_seen(book.facts, month.manifest, folders).known_by(month.period.end)
    put_credit_rows(connection, facts.credit_rows)
    computed, _ = compute(connection, facts, layout, month.manifest.daily, month.period, known)
    connection.execute("DROP VIEW usage_days")
    return computed


def states_up_to(book: OpenBook, month: ClosedMonth) -> list[Path]:
    """The folders of the states of a close and of those before it."""
    return [m.folder / STATE for m in book.months if m.period <= month.period]


def facts_seen(facts: Facts, manifest: Manifest, states: Sequence[Path]) -> Facts:
    """The facts with only those rows that a close saw, one by one or in a table.

    ``states`` are its own and those of the closes before it.
    """
    seen = {name: frozenset(rows) for name, rows in manifest.rows.items()}
    known = seen.get("credits", frozenset())
    rows = facts.credit_rows
    if rows is not None:
        rows = replace(rows, seen=known, seen_in=tuple(map(str, states)))
    if others := [row.digest for row in facts.credits if row.digest not in known]:
        with connect() as connection:
            known |= digests_seen(connection, states, others)
    return replace(
        facts,
        credits=tuple(row for row in facts.credits if row.digest in known),
        credit_rows=rows,
        invoices=tuple(row for row in facts.invoices if row.digest in seen.get("invoices", ())),
        opening=tuple(row for row in facts.opening if row.digest in seen.get("opening", ())),
    )
