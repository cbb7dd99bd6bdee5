"""Cohorts: credits that were sold in one month, of one plan, for one term.

Breakage is estimated for many like lots together, not for each (ASC 606-10-10-4, the
portfolio approach). A cohort is what the contract's key ``revenue.cohort`` tells apart: by
default plan, month of sale and term. All amounts are in the book's currency. Lots that cost
nothing, commitments, and lots that are earned by time are in none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.book import Contract
from tokenbooks.credits.drawing import Taken, taken_costs
from tokenbooks.credits.lots import Lot
from tokenbooks.credits.repricing import first_of, last_of, successors
from tokenbooks.entries.sell.passing import passes
from tokenbooks.facts import Facts
from tokenbooks.names import as_identifier
from tokenbooks.periods import Period, add_months
from tokenbooks.rating.party_values import PartyUnits
from tokenbooks.usage.layout import sql_text

if TYPE_CHECKING:
    import duckdb

COMMITMENT = "commitment"


class CohortName(NamedTuple):
    """What tells cohorts of a contract apart; what the contract does not ask for is ''."""

    contract: str
    plan: str = ""
    month: str = ""
    term: str = ""
    jurisdiction: str = ""

    @property
    def id(self) -> str:
        """The name as documents have it, such as ``packs-2025-11-12m``."""
        parts = (self.plan, self.month, self.term, as_identifier(self.jurisdiction))
        return "-".join(part for part in parts if part)

    @property
    def estimated_as(self) -> tuple[str, ...]:
        """The names under which an estimate may be of it, the narrowest first."""
        known = (self.id, self.month, self.term, self.jurisdiction, self.plan, "")
        return (*dict.fromkeys(name for name in known if name), "")


@dataclass(slots=True)
class Cohort:
    """What became of the lots of a cohort, at what they cost.

    ``sold`` is all that was paid, ``taken`` went back or to other lots, ``used`` was used.
    Of lots still alive ``alive_paid`` is paid less taken, ``alive_used`` used; ``expired`` is
    the rest of those that ended, ``last_ends`` the last usable day of the latest of these.
    ``opening`` is what was left at the book's start of lots taken over, by party.
    """

    name: CohortName
    sold: Decimal = Decimal(0)
    taken: Decimal = Decimal(0)
    used: Decimal = Decimal(0)
    alive_paid: Decimal = Decimal(0)
    alive_used: Decimal = Decimal(0)
    expired: Decimal = Decimal(0)
    last_ends: date | None = None
    first_sold: date | None = None
    lots: set[str] = field(default_factory=set)
    opening: dict[str, Decimal] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Whether all of its lots have ended."""
        return self.last_ends is not None and not self.alive_paid

    def add(
        self, sold: Decimal, taken: Decimal, used: Decimal, left: Decimal, ended: date | None
    ) -> None:
        """Add lots; ``ended`` is their last usable day where it is over."""
        self.sold += sold
        self.taken += taken
        self.used += used
        if ended is None:
            self.alive_paid += used + left
            self.alive_used += used
        else:
            self.expired += left
            self.last_ends = max(self.last_ends or ended, ended)


Cohorts = dict[CohortName, Cohort]


def cohorts_of_lots(
    facts: Facts,
    lots: Iterable[Lot],
    given: Mapping[str, Fraction],
    tops: Mapping[str, Fraction],
    taken: Iterable[Taken],
    before: datetime,
    places: int,
) -> Cohorts:
    """The cohorts of single lots at an instant."""
    gone = taken_costs(taken)
    found: Cohorts = {}
    known = {lot.id: lot for lot in lots}
    following = successors(known.values())
    for lot in known.values():
        contract = facts.book.contracts[lot.contract]
        if not contract.sells or not lot.cost or lot.kind == COMMITMENT:
            continue
        if passes(facts.book, lot):
            continue
        # what a modification repriced is still of its sale: nothing earned is taken back
        first, last = first_of(lot, known), last_of(lot, following)
        sold_on = min(first.acquired, first.starts.date())
        party = contract.parties.get(lot.party)
        name = cohort_name(
            contract, sold_on, first.starts, last.ends, party.jurisdiction if party else ""
        )
        own = found.setdefault(name, Cohort(name))
        used = lot.cost_of(given[lot.id], places)
        left = lot.cost_between(given[lot.id], tops[lot.id], places)
        is_over = last.ends is not None and last.ends <= before
        moved = lot.moved_cost if lot.modified else Decimal(0)
        taken_away = gone.get(lot.id, Decimal(0)) - moved
        own.add(lot.cost - moved, taken_away, used, left, last.last_day if is_over else None)
        own.first_sold = min(own.first_sold or sold_on, sold_on)
        own.lots.add(lot.id)
        if lot.event.event == "opening":
            left_then = lot.cost - lot.cost_of(lot.used_before, places)
            own.opening[lot.party] = own.opening.get(lot.party, Decimal(0)) + left_then
    return found


def cohorts_of_parties(
    connection: duckdb.DuckDBPyConnection,
    facts: Facts,
    contracts: Sequence[str],
    units: PartyUnits,
    before: datetime,
    found: Cohorts,
) -> None:
    """Add the lots of plain parties, which tables hold, summed by the days that make cohorts.

    A party with an opening balance is not plain, so nothing is said of what was left then.
    """
    sellers = [name for name in contracts if facts.book.contracts[name].sells]
    if not sellers:
        return
    _put_jurisdictions(connection, facts, sellers)
    listed = ", ".join(map(sql_text, sorted(sellers)))
    rows = connection.execute(
        "SELECT contract, least(l.acquired, starts::DATE), starts::DATE, ends, l.last_day,"
        " coalesce(jurisdiction, ''), sum(cost)::HUGEINT,"
        " sum(cost - cost_acquired + cost_used)::HUGEINT,"
        " sum(cost_acquired - cost_used)::HUGEINT"
        " FROM party_lots l JOIN party_states s ON l.lot = s.lot"
        " JOIN party_accounts a ON l.account = a.account"
        " LEFT JOIN party_jurisdictions j USING (contract, party)"
        f" WHERE cost <> 0 AND kind <> '{COMMITMENT}' AND contract IN ({listed})"
        " GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    for contract, sold_on, starts, ends, last_day, jurisdiction, cost, used, left in rows:
        own = facts.book.contracts[contract]
        name = cohort_name(own, sold_on, starts, ends, jurisdiction)
        cohort = found.setdefault(name, Cohort(name))
        is_over = ends is not None and ends <= before
        sums = (units.amount(cost), Decimal(0), units.amount(used), units.amount(left))
        cohort.add(*sums, last_day if is_over else None)
        cohort.first_sold = min(cohort.first_sold or sold_on, sold_on)


def _put_jurisdictions(
    connection: duckdb.DuckDBPyConnection, facts: Facts, contracts: Iterable[str]
) -> None:
    """The jurisdictions of parties, where a contract's cohorts are told apart by them."""
    rows = [
        (name, party.id, party.jurisdiction)
        for name in contracts
        if "jurisdiction" in facts.book.contracts[name].revenue.cohort
        for party in facts.book.contracts[name].parties.values()
        if party.jurisdiction
    ]
    columns = [[row[number] for row in rows] for number in range(3)]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE party_jurisdictions AS SELECT"
        " unnest(?::VARCHAR[]) AS contract, unnest(?::VARCHAR[]) AS party,"
        " unnest(?::VARCHAR[]) AS jurisdiction",
        columns,
    )


def cohort_name(
    contract: Contract,
    sold_on: date,
    starts: date,
    ends: datetime | None,
    jurisdiction: str = "",
) -> CohortName:
    """The cohort of a lot that was sold on a day, and is good from a day until an instant."""
    parts = {
        "plan": contract.plan,
        "month": str(Period.month_of(sold_on)),
        "term": term_of(starts, ends),
        "jurisdiction": jurisdiction,
    }
    asked = contract.revenue.cohort
    return CohortName(contract.id, **{part: parts[part] for part in parts if part in asked})


def term_of(starts: date, ends: datetime | None) -> str:
    """For how long a lot is good: ``12m`` whole months, ``20d`` days below one, or ``open``."""
    if ends is None:
        return "open"
    first, end = date(starts.year, starts.month, starts.day), ends.date()
    months = whole_months(first, end)
    return f"{months}m" if months > 0 else f"{(end - first).days}d"


def whole_months(first: date, end: date) -> int:
    """The whole months from a day until before another."""
    months = 12 * (end.year - first.year) + end.month - first.month
    return months - (end < add_months(first, months))
