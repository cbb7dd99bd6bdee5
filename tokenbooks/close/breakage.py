"""The breakage of all cohorts of a book at the end of a period."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from tokenbooks.amounts import currency_places
from tokenbooks.close.computed import Computed
from tokenbooks.entries.sell.breakage import (
    PROPORTIONAL,
    CohortBreakage,
    breakage_of,
    method_on,
)
from tokenbooks.entries.sell.breakage_before import TooMuchDeferred, recognised_before
from tokenbooks.entries.sell.breakage_rates import CONSTRAINED, breakage_rate, escheat_share
from tokenbooks.entries.sell.cohorts import Cohorts, cohorts_of_lots, cohorts_of_parties
from tokenbooks.facts import Facts
from tokenbooks.periods import TERM, Period, start_of
from tokenbooks.problems import Problem, error, warning

if TYPE_CHECKING:
    import duckdb


def find_breakage(
    connection: duckdb.DuckDBPyConnection, facts: Facts, computed: Computed, period: Period
) -> tuple[tuple[CohortBreakage, ...], list[Problem]]:
    """Every cohort with its breakage, by contract and name."""
    cohorts = _cohorts(connection, facts, computed, period)
    places, day = currency_places(facts.book.currency), period.last_day
    method, denominator = method_on(facts, period)
    before, unfit = recognised_before(facts, cohorts, places)
    found = []
    for name, cohort in sorted(cohorts.items()):
        rate = breakage_rate(facts, cohort, cohorts, day)
        escheat, _ = escheat_share(facts, name, day)
        own = before.get(name, Decimal(0))
        found.append(breakage_of(cohort, method, denominator, rate, escheat, own, places))
    return tuple(found), [*map(_unfit, unfit), *_warnings(facts, found, period)]


def _cohorts(
    connection: duckdb.DuckDBPyConnection, facts: Facts, computed: Computed, period: Period
) -> Cohorts:
    end, places = start_of(period.end), currency_places(facts.book.currency)
    cohorts = cohorts_of_lots(
        *(facts, computed.lots.values(), computed.given, computed.tops, computed.taken),
        *(end, places),
    )
    parties = computed.rated.parties
    if computed.parties.units and parties:
        plain = sorted(parties.plain)
        cohorts_of_parties(connection, facts, plain, computed.parties.units, end, cohorts)
    return cohorts


def _unfit(item: TooMuchDeferred) -> Problem:
    return error(
        "opening-unmatched",
        f"deferred revenue of {item.deferred} is more than its lots of {item.row.contract} had"
        f" left at the start, {item.left}",
        "correct the amount or the month of sale, or write the lots in credits.csv, event opening",
        item.row.position,
    )


def _warnings(facts: Facts, found: list[CohortBreakage], period: Period) -> Iterator[Problem]:
    """What is constrained for want of history, and what nobody said of unclaimed property."""
    unknown: dict[str, int] = {}
    unsaid = set()
    for item in found:
        contract = item.name.contract
        waits = item.rate.source == CONSTRAINED and item.cohort.alive_paid
        if item.method == PROPORTIONAL and waits:
            unknown[contract] = max(unknown.get(contract, 0), item.rate.months)
        # where all usage is looked at, however late, every lot has expired
        expired = item.cohort.expired > item.kept_deferred and period.end <= TERM.end
        said = escheat_share(facts, item.name, period.last_day)[1]
        if (item.revenue or expired) and not said:
            unsaid.add(contract)
    for contract, months in sorted(unknown.items()):
        yield warning(
            "breakage-unestimated",
            f"no breakage of {contract} is recognised before credits expire: there is no estimate,"
            f" and {months} months of history",
            "add breakage_rate with its evidence to estimates.csv, or choose the policy"
            " `breakage: {method: remote}`",
            facts.book.contracts[contract].position,
        )
    for contract in sorted(unsaid):
        yield warning(
            "escheat-unset",
            f"breakage of {contract} is taken as revenue, and nobody said what of it is owed to"
            " the state",
            "choose the policy `breakage: {escheat_pct: 0}` where no law asks for it, or add"
            " escheat_share to estimates.csv",
            facts.book.contracts[contract].position,
        )
