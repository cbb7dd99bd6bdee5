"""Closing a period at the desk: check what came before, gather, compute, and tell problems."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tokenbooks.amounts import money_text
from tokenbooks.archive.month import STATE, ClosedMonth, Manifest
from tokenbooks.archive.usage_tables import read_usage
from tokenbooks.close.close_period import Before, Close, close_period
from tokenbooks.close.compute import Computed, compute
from tokenbooks.close.costs import cost_ratios
from tokenbooks.close.warnings import close_warnings, unpriced_problems
from tokenbooks.desk.gather import Gathered, gather_usage, kept_dimensions, layout_with_states
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.entries.posted import difference
from tokenbooks.facts import Facts
from tokenbooks.periods import Period, months_between
from tokenbooks.problems import Position, Problem, Severity, any_error, error
from tokenbooks.rating.charge_table import ChargeScales, build_charges
from tokenbooks.rating.keys import rating_dimensions
from tokenbooks.rating.matching import PlanInForce
from tokenbooks.usage.allocation import allocation_dimensions
from tokenbooks.usage.layout import Layout

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class Prepared:
    """A close that is computed and can be shown or written."""

    book: OpenBook
    gathered: Gathered
    close: Close
    scales: ChargeScales
    earlier: tuple[ClosedMonth, ...]
    unpriced: tuple[str, ...] = ()


def prepare_close(
    book: OpenBook,
    period: Period,
    *,
    allow_unpriced: bool = False,
    only: frozenset[str] | None = None,
) -> tuple[Prepared | None, list[Problem]]:
    """Compute the close of a period; None where anything is an error."""
    earlier = [month for month in book.months if month.period < period]
    problems = missing_closes(book, period, earlier) + stale_problems(book, earlier[-2:])
    if any_error(problems):
        return None, problems
    gathered, found = gather_usage(book, period, earlier, only)
    problems += found
    if gathered is None:
        return None, problems
    before = earlier[-1].before if earlier else Before()
    computed, found = compute(
        gathered.connection, book.facts, gathered.layout, gathered.daily, period, before.known
    )
    problems += found
    unpriced = unpriced_problems(book.facts, computed.rated.charges.unpriced)
    if allow_unpriced:
        unpriced = [replace(problem, severity=Severity.WARNING) for problem in unpriced]
    problems += unpriced
    if any_error(problems):
        return None, problems
    problems += close_warnings(book.facts, computed)
    close = close_period(book.facts, period, computed, before)
    scales = charge_table(gathered.connection, book.facts, gathered.layout, computed)
    texts = tuple(problem.message for problem in unpriced)
    return Prepared(book, gathered, close, scales, tuple(earlier), texts), problems


def charge_table(
    connection: duckdb.DuckDBPyConnection, facts: Facts, layout: Layout, computed: Computed
) -> ChargeScales:
    """Create the table of charges of what a close books."""
    plans = {
        contract.id: PlanInForce(facts.plan_of(contract), facts.zone_of(contract))
        for contract in facts.book.contracts.values()
    }
    rated = computed.rated
    named = allocation_dimensions(facts.book)
    return build_charges(
        connection,
        "usage_booked",
        layout,
        rated.keys,
        rated.allocations,
        rated.charges,
        cost_ratios(computed),
        (rating_dimensions(layout, plans), [name for name in layout.dimensions if name in named]),
    )


def missing_closes(book: OpenBook, period: Period, earlier: Sequence[ClosedMonth]) -> list[Problem]:
    """Periods before this one that are not written."""
    start = book.facts.book.start
    if period < start:
        return [
            error(
                "period-before-start",
                f"{period} lies before the book's start {start}",
                f"close {start} or a later period",
                book.facts.book.position,
            )
        ]
    written = {month.period for month in earlier}
    missing = [m for m in months_between(start, period) if m < period and m not in written]
    return [
        error(
            "earlier-period-open",
            f"{missing[0]} must be written before {period} can be closed",
            f"run: tokenbooks close -p {missing[0]} --write",
            book.facts.book.position,
        )
        for _ in missing[:1]
    ]


def stale_problems(book: OpenBook, last: Sequence[ClosedMonth]) -> list[Problem]:
    """Whether the last written close still follows from its inputs.

    ``last`` holds it, after the one before it if there is one. It is computed again from
    what closes booked, and from the rows of the credits and invoices files that it saw.
    """
    if not last:
        return []
    month = last[-1]
    position = Position(f"{book.shown}/close/{month.period}/manifest.json")
    again = f"write it again: tokenbooks close -p {month.period} --write"
    if len(last) > 1 and month.manifest.previous != last[0].digest:
        message = f"{month.period} was closed before {last[0].period} was written again"
        return [error("close-stale", message, again, position)]
    computed = recompute(book, month, last[:-1])
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


def recompute(book: OpenBook, month: ClosedMonth, before: Sequence[ClosedMonth]) -> Computed:
    """Compute a written close again, from booked usage and the rows it saw."""
    from tokenbooks.sources.exports.connection import connect

    connection = connect()
    folders = [m.folder / STATE for m in book.months if m.period <= month.period]
    layout = layout_with_states(connection, Layout(kept_dimensions(book.facts), ()), folders)
    read_usage(connection, layout, folders)
    connection.execute("CREATE OR REPLACE TEMP VIEW usage_days AS SELECT * FROM usage_before")
    known = before[-1].before.known if before else {}
    facts = facts_seen(book.facts, month.manifest)
    computed, _ = compute(connection, facts, layout, month.manifest.daily, month.period, known)
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
