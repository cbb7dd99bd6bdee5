"""What the same usage costs under two plans, and why it differs: by price, quantity, terms.

The split is that of standard costing. With the first plan's price p and counted quantity q,
and the second's P and Q::

    price effect     (P - p) x Q
    quantity effect  p x (Q - q)
    terms effect     fees, discounts, caps, true-ups: what no quantity bears

The effects sum to the difference. The counted quantity is what a plan charges for: less
than was used where units are free, more where packages or least quantities round it up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from tokenbooks.rating.charges import Charges
from tokenbooks.rating.keys import RatedKey
from tokenbooks.rating.matching import Match
from tokenbooks.rating.measures import PACKAGES, REQUESTS
from tokenbooks.rating.models import NONE, counted_units, packages
from tokenbooks.rating.plan import MeterPrice, Plan
from tokenbooks.rating.pools import Pool
from tokenbooks.rating.requests import request_lines
from tokenbooks.rating.term_charges import (
    CAP,
    DISCOUNT,
    FEES,
    MINIMUM,
    OVERAGE,
    ROUNDING,
    SHORTFALL,
)

#: The kinds of charges that are terms of the whole plan.
TERM_KINDS = frozenset({FEES, DISCOUNT, CAP, OVERAGE, SHORTFALL, MINIMUM, ROUNDING})


@dataclass(frozen=True, slots=True)
class Cost:
    """What usage costs under a plan: for counted units, and by terms of the whole plan.

    ``unpriced`` tells that the plan has no price for some of it.
    """

    amount: Fraction = NONE
    counted: Fraction = NONE
    terms: Fraction = NONE
    unpriced: bool = False

    def plus(self, other: Cost) -> Cost:
        """Both together."""
        return Cost(
            self.amount + other.amount,
            self.counted + other.counted,
            self.terms + other.terms,
            self.unpriced or other.unpriced,
        )

    @property
    def total(self) -> Fraction:
        """All that is charged."""
        return self.amount + self.terms

    @property
    def each(self) -> Fraction | None:
        """What a counted unit costs on average; None where none is counted."""
        return self.amount / self.counted if self.counted else None


class Effects(NamedTuple):
    """A difference by what makes it."""

    price: Fraction
    quantity: Fraction
    terms: Fraction


def effects(first: Cost, second: Cost) -> Effects:
    """Why the second cost differs from the first.

    Where the first plan counts nothing, all that the second charges is due to quantity; an
    amount that no unit bears, such as a flat part at zero, is one of terms.
    """
    terms = second.total - first.total
    if any(cost.amount and not cost.counted for cost in (first, second)):
        return Effects(NONE, NONE, terms)
    terms = second.terms - first.terms
    if first.each is None:
        return Effects(NONE, second.amount, terms)
    quantity = first.each * (second.counted - first.counted)
    return Effects(second.amount - first.amount - quantity, quantity, terms)


#: The values of the dimensions by which usage is grouped; '' where usage has none.
Group = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """Usage by group, with what it costs under each plan, in the order of the plans."""

    by: tuple[str, ...]
    plans: tuple[Plan, ...]
    quantities: Mapping[Group, Decimal]
    costs: tuple[Mapping[Group, Cost], ...]

    def cost(self, plan: int, group: Group) -> Cost:
        """What a group's usage costs under the plan of that number."""
        return self.costs[plan].get(group, Cost())


# -- counted quantities -----------------------------------------------------------------


class Place(NamedTuple):
    """A price of a plan as the table of charges names it: its line, and a meter."""

    line: int
    meter: str


def counted_shares(charges: Charges, keys: Mapping[int, RatedKey]) -> dict[Place, Fraction]:
    """What is counted for one unit that was used, by price; 1 for prices that are not told.

    Prices over a running total and those with an allowance count less or more than was used.
    """
    used: dict[Place, Fraction] = {}
    counted: dict[Place, Fraction] = {}
    for place, quantity, charged in (*_of_pools(charges), *_of_averages(charges, keys)):
        used[place] = used.get(place, NONE) + quantity
        counted[place] = counted.get(place, NONE) + charged
    return {place: counted[place] / used[place] for place in used if used[place]}


def units_of_requests(plan: Plan) -> dict[tuple[int, str], Fraction]:
    """How many units of the meter a row of a price by request stands for, by line and text.

    A package is as many as it holds, a flat amount for a request none; others are not told.
    """
    found: dict[tuple[int, str], Fraction] = {}
    for rate in plan.rates:
        for price in rate.prices:
            for line in request_lines(price, price.meters[0]) if price.by_request else ():
                if line.measure.take == PACKAGES:
                    found[price.position.line, str(line)] = Fraction(line.measure.step or 1)
                elif line.measure.take == REQUESTS:
                    found[price.position.line, str(line)] = NONE
    return found


def _of_pools(charges: Charges) -> Iterator[tuple[Place, Fraction, Fraction]]:
    for pool in charges.pools.values():
        share = _counted(pool) / pool.quantity if pool.quantity else Fraction(1)
        for entries in pool.steps.values():
            for entry in entries.values():
                for meter in {*entry.price.meters, ""}:
                    place = Place(entry.price.position.line, meter)
                    yield place, entry.used, entry.quantity * share


def _of_averages(
    charges: Charges, keys: Mapping[int, RatedKey]
) -> Iterator[tuple[Place, Fraction, Fraction]]:
    for (rating, _, _, meter), average in charges.averages.items():
        found = keys[rating].outcomes[meter]
        if isinstance(found, Match) and found.each:
            place = Place(found.price.position.line, meter)
            yield place, average.quantity, average.value / found.each


def _counted(pool: Pool) -> Fraction:
    """The units of a pool that are charged, as many as were used where nothing is free."""
    last = pool.steps[max(pool.steps)]
    price = next(iter(last.values())).price
    if price.events is not None:
        return pool.quantity
    units = counted_units(price, pool.quantity)
    divide = Fraction(price.conversion.divide) if price.conversion else Fraction(1)
    return _charged(price, units) * divide


def _charged(price: MeterPrice, units: Fraction) -> Fraction:
    """Units without those in free bands, in whole packages where a band has them."""
    charged, lower = NONE, NONE
    for step in price.steps:
        upper = units if step.up_to is None else min(units, Fraction(step.up_to))
        stretch = units if price.model == "volume" and upper == units else upper - lower
        is_charged = price.model != "volume" or upper == units
        if step.price.amount and is_charged and stretch > 0:
            whole = packages(stretch, step.price, step.packages) if step.packages else None
            charged += stretch if whole is None else whole * Fraction(step.price.per)
        if upper == units:
            break
        lower = upper
    return charged
