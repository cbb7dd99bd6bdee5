"""Stale closes: written, but their inputs now give other figures, or one before was rewritten."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tokenbooks.amounts import money_text
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
    folders = [m.folder / STATE for m in book.months if m.period <= month.period]
    meters, levels = flat_meters(book.facts), level_meters(book.facts)
    layout = Layout(kept_dimensions(book.facts), meters, levels)
    layout = layout_with_states(connection, layout, folders)
    read_usage(connection, layout, folders)
    connection.execute("CREATE OR REPLACE TEMP VIEW usage_days AS SELECT * FROM usage_before")
    known = before[-1].before.known if before else {}
    facts = facts_seen(book.facts, month.manifest).known_by(month.period.end)
    computed, _ = compute(connection, facts, layout, month.manifest.daily, month.period, known)
    connection.execute("DROP VIEW usage_days")
    return computed


def facts_seen(facts: Facts, manifest: Manifest) -> Facts:
    """The facts with only those rows that a close saw."""
    rows = manifest.rows

    def seen(name: str) -> Collection[str]:
        return frozenset(rows.get(name, ()))

    return replace(
        facts,
        credits=tuple(row for row in facts.credits if row.digest in seen("credits")),
        invoices=tuple(row for row in facts.invoices if row.digest in seen("invoices")),
        opening=tuple(row for row in facts.opening if row.digest in seen("opening")),
    )
