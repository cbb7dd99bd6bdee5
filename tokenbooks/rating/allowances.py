"""Allowances: units that come with a fee, used in the order of time before all prices.

What is left of a span lapses, or rolls on: then the oldest is used first. Within one step
of time all usage of a meter shares the free part in proportion to quantity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from tokenbooks.periods import Period, span_of
from tokenbooks.rating.terms import Fee

if TYPE_CHECKING:
    from tokenbooks.rating.key_prices import MeterPriceOf
    from tokenbooks.rating.matching import PlanInForce
    from tokenbooks.rating.term_facts import TermFacts
    from tokenbooks.rating.totals import Total

_Billed = Callable[["MeterPriceOf"], "int | Fraction"]

#: The free share of a meter's quantity, by contract, party and step, then by meter.
FreeShares = dict[tuple[str, str, datetime], dict[str, Fraction]]


@dataclass(slots=True)
class AllowanceUse:
    """What an allowance gave of a meter in one span: ``steps`` are the units by step of time.

    ``granted`` is what there was to use, with what had rolled on from spans before.
    """

    contract: str
    party: str
    fee: Fee
    meter: str
    span: Period
    granted: Fraction
    steps: dict[datetime, Fraction] = field(default_factory=dict)


def meters_with_allowance(plans: Mapping[str, PlanInForce]) -> dict[str, set[str]]:
    """The meters of which a fee includes some, by contract."""
    found = {
        contract: {name for fee in ruling.plan.terms.fees for name in fee.allowance.includes}
        for contract, ruling in plans.items()
    }
    return {contract: meters for contract, meters in found.items() if meters}


def free_shares(
    rows: Iterable[tuple[Total, tuple[MeterPriceOf, ...], _Billed]], terms: TermFacts
) -> tuple[FreeShares, list[AllowanceUse]]:
    """Which share of each step's quantity is free by allowances, and what they gave."""
    used: dict[tuple[str, str, str], dict[datetime, Fraction]] = {}
    for total, prices, billed in rows:
        for price in prices:
            times = used.setdefault((total.contract, total.party, price.meter), {})
            times[total.at] = times.get(total.at, Fraction(0)) + billed(price)
    shares: FreeShares = {}
    uses: list[AllowanceUse] = []
    for (contract, party, meter), times in used.items():
        fees = [
            fee for fee in terms.plans[contract].plan.terms.fees if meter in fee.allowance.includes
        ]
        if not fees:
            continue
        left = dict(times)
        for fee in fees:
            begun = terms.held[contract].first if contract in terms.held else min(times).date()
            account = (contract, party)
            uses += _use(left, fee, (*account, meter), begun, terms.peak(*account, fee))
        for at, quantity in times.items():
            free = (quantity - left[at]) / quantity if quantity else Fraction(0)
            shares.setdefault((contract, party, at), {})[meter] = free
    return shares, uses


def _use(
    left: dict[datetime, Fraction],
    fee: Fee,
    used: tuple[str, str, str],
    begun: date,
    units: Callable[[Period], Fraction],
) -> list[AllowanceUse]:
    """Take a fee's allowance off the quantities of steps, in time order.

    ``used`` is the contract, party and meter. The first allowance is that of the span in
    which the fee has ``begun`` to be due.
    """
    contract, party, meter = used
    begun = max(begun, fee.starts or begun)
    held = _Held(fee, Fraction(fee.allowance.includes[meter]), units)
    held.begin(span_of(begun, fee.every))
    uses: dict[Period, AllowanceUse] = {}
    for at in sorted(left):
        day = at.date()
        if day < begun or (fee.until is not None and day >= fee.until):
            continue
        held.move_to(day)
        charged = held.charged_of(left[at])
        own = AllowanceUse(contract, party, fee, meter, held.span, Fraction(0))
        use = uses.setdefault(held.span, own)
        use.granted = sum((grant.left + grant.used for grant in held.granted), Fraction(0))
        use.steps[at] = left[at] - charged
        left[at] = charged
    return list(uses.values())


@dataclass(slots=True)
class _Granted:
    """What is left of one span's allowance, and the number of spans it still lasts.

    ``used`` is what of it was used in the span that runs.
    """

    left: Fraction
    lasts: int
    used: Fraction = Fraction(0)


class _Held:
    """The free units of one meter that a fee has brought, from span to span.

    ``units`` tells the most units of the fee's level in some days: each brings its own.
    """

    def __init__(self, fee: Fee, each: Fraction, units: Callable[[Period], Fraction]) -> None:
        self.fee = fee
        self.each = each
        self.units = units
        self.granted: list[_Granted] = []

    def begin(self, span: Period) -> None:
        """Begin a span: what is left rolls on or lapses."""
        allowance = self.fee.allowance
        kept = [g for g in self.granted if g.lasts > 0]
        self.granted = [_Granted(g.left, g.lasts - 1) for g in kept]
        self.granted.append(_Granted(Fraction(0), allowance.rolls))
        if allowance.at_most is not None:
            _limit(self.granted, Fraction(allowance.at_most))
        self.span, self.most, self.charged = span, Fraction(0), Fraction(0)

    def move_to(self, day: date) -> None:
        """Begin all spans up to a day, with the units that there are by then."""
        while self.span.end <= day:
            self._grow(self.span.last_day)
            self.begin(span_of(self.span.end, self.fee.every))
        self._grow(day)

    def _grow(self, day: date) -> None:
        most = self.units(Period(self.span.start, day + timedelta(days=1)))
        self.granted[-1].left += self.each * (most - self.most)
        self.most = most

    def charged_of(self, quantity: Fraction) -> Fraction:
        """What is not free of a quantity; what is taken back was charged before it was free."""
        rest = abs(quantity)
        if quantity < 0:
            undone = min(rest, self.charged)
            self.charged -= undone
            rest -= undone
            for grant in reversed(self.granted):
                free = min(grant.used, rest)
                grant.left, grant.used, rest = grant.left + free, grant.used - free, rest - free
            return -undone - rest
        for grant in self.granted:
            free = min(grant.left, rest)
            grant.left, grant.used, rest = grant.left - free, grant.used + free, rest - free
        self.charged += rest
        return rest


def _limit(granted: list[_Granted], most: Fraction) -> None:
    """Cut what rolled on, the oldest first, so that no more than ``most`` is held over."""
    surplus = sum((grant.left for grant in granted[:-1]), Fraction(0)) - most
    for grant in granted[:-1]:
        cut = min(grant.left, max(surplus, Fraction(0)))
        grant.left -= cut
        surplus -= cut
