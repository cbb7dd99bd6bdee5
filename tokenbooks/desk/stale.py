"""Stale closes: written, but their inputs now give other figures, or one before was rewritten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tokenbooks.amounts import exact_text
from tokenbooks.archive.credit_rows import digests_seen, put_credit_rows
from tokenbooks.archive.month import STATE, ClosedMonth, Manifest
from tokenbooks.archive.usage_tables import read_usage
from tokenbooks.close.compute import compute
from tokenbooks.close.computed import Computed
from tokenbooks.close.lot_states import LotState, lot_states
from tokenbooks.desk.continuity import broken_continuity
from tokenbooks.desk.derived import flat_meters, level_meters
from tokenbooks.desk.gather import kept_dimensions, layout_with_states
from tokenbooks.desk.locked import few, figures_moved, last_locked, locked_changed, moved_lines
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.entries.posted import difference
from tokenbooks.facts import Facts
from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.exports.connection import connect
from tokenbooks.usage.layout import Layout

if TYPE_CHECKING:
    import duckdb


def closes_standing(
    connection: duckdb.DuckDBPyConnection, book: OpenBook, earlier: Sequence[ClosedMonth]
) -> list[Problem]:
    """Why a close cannot build on the written ones: the last no longer follows from its inputs.

    Where an approved one before it does not either, that is what is told: writing the last
    one again would not help.
    """
    problems = stale_problems(connection, book, earlier[-2:])
    locked = last_locked(earlier)
    if problems and locked is not None and locked is not earlier[-1]:
        number = earlier.index(locked)
        return (
            stale_problems(connection, book, earlier[max(0, number - 1) : number + 1]) or problems
        )
    return problems


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
    if len(last) > 1 and month.manifest.previous != last[0].digest:
        message = f"{month.period} was closed before {last[0].period} was written again"
        return [_stale(book, month, message, "")]
    if broken := list(broken_continuity(book, month)):
        if month.approval is None:
            return broken
        return [locked_changed(book, month, p.message, p.position) for p in broken]
    computed = recompute(connection, book, month, last[:-1])
    changes = difference(computed.posted, month.before.posted)
    what = moved_lines(changes) if changes else moved_lots(computed, month)
    if not what:
        return []
    if month.approval:
        return [figures_moved(book, month, what)]
    message = f"{month.period} is written, but its inputs now give other figures: {what}"
    return [_stale(book, month, message, "restore what changed, or ")]


def moved_lots(computed: Computed, month: ClosedMonth) -> str:
    """The lots whose credits are others than a close wrote, though no amount is; '' if none."""
    was, now = month.before.lots, lot_states(computed, month.period)
    # which lots are in tables, and not among these, may change without any figure
    names = was.keys() & now.keys() if computed.parties.units else was.keys() | now.keys()
    told = [f"lot {name}" for name in sorted(names) if _credits(was, name) != _credits(now, name)]
    return few(told) if told else ""


def _credits(lots: Mapping[str, LotState], name: str) -> tuple[str, ...]:
    """The credits of a lot as they are written; none of one that is not there."""
    lot = lots.get(name, LotState())
    movements = (lot.acquired, lot.used, lot.expired, lot.refunded, lot.moved, lot.adjusted)
    return tuple(exact_text(quantity) for quantity in movements)


def _stale(book: OpenBook, month: ClosedMonth, message: str, else_: str) -> Problem:
    if month.approval:
        return locked_changed(book, month, message)
    again = f"{else_}write it again: tokenbooks close -p {month.period} --write"
    place = Position(book.place(f"close/{month.period}/manifest.json"))
    return error("close-stale", message, again, place)


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
        adjustments=tuple(r for r in facts.adjustments if r.digest in seen.get("adjustments", ())),
        estimates=tuple(r for r in facts.estimates if r.digest in seen.get("estimates", ())),
        modifications=tuple(
            r for r in facts.modifications if r.digest in seen.get("modifications", ())
        ),
    )
