"""Deferred revenue to date: what was sold, what became of it, and what is still owed.

One row a cohort of credits, a document in advance, or an estimate; the rows of a contract come
to what its accounts hold (ACCOUNTING 6.7; ASC 606-10-50-8). The rows of two closes give the
roll-forward of the months between them, and what was earned of the opening liability.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tokenbooks.amounts import currency_places
from tokenbooks.close.computed import Computed
from tokenbooks.credits.drawing import taken_costs
from tokenbooks.credits.lots import Lot
from tokenbooks.entries.posted import Line, Posted
from tokenbooks.entries.sell.breakage import CohortBreakage
from tokenbooks.facts import Facts
from tokenbooks.periods import Period

ZERO = Decimal(0)

#: Kinds of rows.
CREDITS, COMMITMENT, BY_TIME, ADVANCE, OTHER = (
    "credits",
    "commitment",
    "by time",
    "advance",
    "estimate",
)


@dataclass(frozen=True, slots=True)
class Deferred:
    """What was deferred under one name, to date, in the book's currency.

    sold - taken - earned - breakage - escheated + other = closing. ``earned`` is revenue of
    use and of time, ``taken`` what went back or to other lots, ``other`` what estimates and
    modifications defer. ``sold_in`` is the month of the sale, '' where there is none.
    """

    contract: str
    name: str
    kind: str
    sold_in: str = ""
    sold: Decimal = ZERO
    taken: Decimal = ZERO
    earned: Decimal = ZERO
    breakage: Decimal = ZERO
    escheated: Decimal = ZERO
    other: Decimal = ZERO

    @property
    def closing(self) -> Decimal:
        """What is still deferred."""
        gone = self.taken + self.earned + self.breakage + self.escheated
        return self.sold - gone + self.other


def deferred_to_date(facts: Facts, computed: Computed, period: Period) -> list[Deferred]:
    """All that contracts which sell have deferred, by contract and name."""
    found = [*_cohorts(computed.sold.breakage), *_others(facts, computed)]
    found += _advances(facts, computed, period)
    found += _estimates(facts, computed.posted)
    return sorted(found, key=lambda row: (row.contract, row.kind, row.name))


def _cohorts(cohorts: Iterable[CohortBreakage]) -> Iterator[Deferred]:
    for item in cohorts:
        own = item.cohort
        expired = own.expired - item.kept_deferred
        yield Deferred(
            *(own.name.contract, own.name.id, CREDITS, own.name.month),
            *(own.sold, own.taken, own.used),
            breakage=item.revenue + expired - item.escheated,
            escheated=item.escheated,
        )


def _others(facts: Facts, computed: Computed) -> Iterator[Deferred]:
    """Lots that are in no cohort: commitments, and those that are earned by time."""
    in_cohorts = {lot for item in computed.sold.breakage for lot in item.cohort.lots}
    gone, groups = taken_costs(computed.taken), dict[tuple[str, str, str], list[Lot]]()
    for lot in computed.lots.values():
        if facts.book.contracts[lot.contract].sells and lot.cost and lot.id not in in_cohorts:
            kind = COMMITMENT if lot.kind == COMMITMENT else BY_TIME
            month = str(Period.month_of(min(lot.acquired, lot.starts.date())))
            groups.setdefault((lot.contract, kind, month), []).append(lot)
    lines = _by_lot(computed.of_lots)
    places = currency_places(facts.book.currency)
    for (contract, kind, month), lots in sorted(groups.items()):
        plan = facts.book.contracts[contract].plan
        before = sum((lot.cost_of(lot.used_before, places) for lot in lots), ZERO)
        moved = [lines.get(lot.id, {}) for lot in lots]
        earned = -sum((own.get("consumption", ZERO) for own in moved), ZERO)
        lapsed = -sum((own.get("expiry", ZERO) for own in moved), ZERO)
        yield Deferred(
            *(contract, f"{plan}-{month}-{kind.replace(' ', '-')}", kind, month),
            sold=sum((lot.cost for lot in lots), ZERO),
            taken=sum((gone.get(lot.id, ZERO) for lot in lots), ZERO),
            earned=before + earned + lapsed,
        )


def _by_lot(posted: Posted) -> dict[str, dict[str, Decimal]]:
    """What each rule has posted on the liability of each lot."""
    found: dict[str, dict[str, Decimal]] = {}
    for line, amount in posted.items():
        if line.role == "prepaid_credits" and line.lot:
            own = found.setdefault(line.lot, {})
            own[line.rule] = own.get(line.rule, ZERO) + amount
    return found


def _advances(facts: Facts, computed: Computed, period: Period) -> Iterator[Deferred]:
    places = currency_places(facts.book.currency)
    for item in computed.sold.advances:
        yield Deferred(
            *(item.row.contract, item.row.invoice, ADVANCE),
            str(Period.month_of(item.row.day)),
            sold=item.amount,
            earned=item.earned_by(period.end, places),
        )


def _estimates(facts: Facts, posted: Mapping[Line, Decimal]) -> Iterator[Deferred]:
    """What estimates and modifications have put on deferred revenue, each as one."""
    sums: dict[tuple[str, str], Decimal] = {}
    for line, amount in posted.items():
        own = facts.book.contracts[line.contract]
        if line.rule in {"estimate", "modified"} and own.own_role(line.role) == own.own_role(
            "prepaid_credits"
        ):
            key = (line.contract, line.unit)
            sums[key] = sums.get(key, ZERO) + amount
    for (contract, unit), amount in sorted(sums.items()):
        if amount:
            yield Deferred(contract, unit, OTHER, other=amount)


def deferred_balances(facts: Facts, posted: Mapping[Line, Decimal]) -> dict[str, Decimal]:
    """What the lines of each contract that sells hold as deferred revenue."""
    found: dict[str, Decimal] = {}
    for line, amount in posted.items():
        if line.role == "prepaid_credits" and facts.book.contracts[line.contract].sells:
            found[line.contract] = found.get(line.contract, ZERO) + amount
    return found
