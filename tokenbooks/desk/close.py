"""Closing a period at the desk: check what came before, gather, compute, and tell problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tokenbooks.archive.credit_rows import put_credit_rows
from tokenbooks.archive.month import STATE, ClosedMonth
from tokenbooks.archive.party_tables import put_states_before, read_party_lots
from tokenbooks.close.adjustment_warnings import adjustment_warnings
from tokenbooks.close.close_period import Before, Close, close_period
from tokenbooks.close.compute import compute
from tokenbooks.close.computed import Computed
from tokenbooks.close.costs import cost_ratios
from tokenbooks.close.warnings import close_warnings, unpriced_problems
from tokenbooks.desk.gather import Gathered, gather_usage
from tokenbooks.desk.late_reversals import late_reversals
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.desk.stale import closes_standing
from tokenbooks.periods import Period, months_between
from tokenbooks.problems import NOWHERE, Position, Problem, Severity, any_error, error
from tokenbooks.rating.charge_table import ChargeScales, build_charges
from tokenbooks.rating.matching import Match
from tokenbooks.rating.rated import Rated
from tokenbooks.sources.exports.connection import connect

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class Prepared:
    """A close that is computed and can be shown or written.

    ``only`` are the files that it was limited to, as in a replay.
    """

    book: OpenBook
    gathered: Gathered
    close: Close
    scales: ChargeScales
    earlier: tuple[ClosedMonth, ...]
    unpriced: tuple[str, ...] = ()
    only: Mapping[str, int] | None = None


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
    problems += closes_standing(connection, book, earlier)
    if any_error(problems):
        return None, problems
    gathered, found = gather_usage(connection, book, period, earlier, only)
    problems += found
    if gathered is None:
        return None, problems
    problems += late_reversals(connection, book, period)
    before = earlier[-1].before if earlier else Before()
    facts = book.facts.known_by(period.end)
    put_credit_rows(connection, facts.credit_rows)
    computed, found = compute(
        connection, facts, gathered.layout, gathered.daily, period, before.known
    )
    problems += found
    unpriced = unpriced_problems(facts, computed.rated.charges.unpriced)
    if allow_unpriced:
        unpriced = [replace(problem, severity=Severity.WARNING) for problem in unpriced]
    problems += unpriced
    if any_error(problems):
        return None, problems
    problems += close_warnings(facts, computed, period)
    if any_error(problems):
        return None, problems
    before = _with_parties(connection, before, computed, earlier)
    close = close_period(facts, period, computed, before)
    problems += [*close.problems, *adjustment_warnings(facts, close)]
    if any_error(problems):
        return None, problems
    scales, found = charge_table(connection, computed, period)
    problems += found
    if scales is None:
        return None, problems
    texts = tuple(problem.message for problem in unpriced)
    prepared = Prepared(book, gathered, close, scales, tuple(earlier), texts, only)
    return prepared, problems


def _with_parties(
    connection: duckdb.DuckDBPyConnection,
    before: Before,
    computed: Computed,
    earlier: Sequence[ClosedMonth],
) -> Before:
    """What the previous close left of lots that its tables held, or that tables hold now."""
    state = earlier[-1].folder / STATE if earlier else None
    if computed.parties.units:
        put_states_before(connection, state, before.lots, computed.parties.units)
    if state is None:
        return before
    known = read_party_lots(connection, state, computed.lots)
    return replace(before, lots={**before.lots, **known})


def charge_table(
    connection: duckdb.DuckDBPyConnection, computed: Computed, period: Period | None = None
) -> tuple[ChargeScales | None, list[Problem]]:
    """Create the table of charges of what a close books, or of all usage without a period."""
    import duckdb

    try:
        scales = build_charges(
            connection, "usage_booked", computed.rated, cost_ratios(computed), period
        )
    except (
        OverflowError,
        duckdb.OutOfRangeException,
        duckdb.ConversionException,
        duckdb.InvalidInputException,
    ):
        return None, [too_large(computed.rated)]
    return scales, []


def too_large(rated: Rated) -> Problem:
    """The error that figures do not fit the integers of SQL."""
    return error(
        "figures-too-large",
        "prices and quantities are so large that their product has more than 38 digits",
        "look for a price without `per 1M`, a rate of exchange turned upside down, or"
        " counts in a wrong unit",
        _dearest(rated),
    )


def _dearest(rated: Rated) -> Position:
    """Where the highest price of one unit stands."""
    matches = [
        outcome
        for item in rated.keys.values()
        for outcome in item.outcomes.values()
        if isinstance(outcome, Match)
    ]
    dearest = max(matches, key=lambda match: match.price.steps[0].price.each, default=None)
    return dearest.price.position if dearest else NOWHERE


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
