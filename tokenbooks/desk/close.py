"""Closing a period at the desk: check what came before, gather, compute, and tell problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tokenbooks.archive.month import ClosedMonth
from tokenbooks.close.close_period import Before, Close, close_period
from tokenbooks.close.compute import Computed, compute
from tokenbooks.close.costs import cost_ratios
from tokenbooks.close.warnings import close_warnings, unpriced_problems
from tokenbooks.desk.gather import Gathered, gather_usage
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.desk.stale import stale_problems
from tokenbooks.facts import Facts
from tokenbooks.periods import Period, months_between
from tokenbooks.problems import Problem, Severity, any_error, error
from tokenbooks.rating.charge_table import ChargeScales, build_charges
from tokenbooks.rating.keys import rating_dimensions
from tokenbooks.rating.matching import PlanInForce
from tokenbooks.sources.exports.connection import connect
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
    only: Mapping[str, int] | None = None,
) -> tuple[Prepared | None, list[Problem]]:
    """Compute the close of a period; None where anything is an error."""
    earlier = [month for month in book.months if month.period < period]
    connection = connect()
    problems = missing_closes(book, period, earlier)
    problems += stale_problems(connection, book, earlier[-2:])
    if any_error(problems):
        return None, problems
    gathered, found = gather_usage(connection, book, period, earlier, only)
    problems += found
    if gathered is None:
        return None, problems
    before = earlier[-1].before if earlier else Before()
    computed, found = compute(
        connection, book.facts, gathered.layout, gathered.daily, period, before.known
    )
    problems += found
    unpriced = unpriced_problems(book.facts, computed.rated.charges.unpriced)
    if allow_unpriced:
        unpriced = [replace(problem, severity=Severity.WARNING) for problem in unpriced]
    problems += unpriced
    if any_error(problems):
        return None, problems
    problems += close_warnings(book.facts, computed, period)
    if any_error(problems):
        return None, problems
    close = close_period(book.facts, period, computed, before)
    problems += close.problems
    if any_error(problems):
        return None, problems
    scales = charge_table(connection, book.facts, gathered.layout, computed)
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
