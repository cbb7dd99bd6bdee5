"""What prices that depend on a running total come to in a month, as the table of charges has it.

The value of a price's counters of one scope is shared over the usage of the month by
quantity x modifier factor (policy ``tier_sharing``), so that a unit stands with an average.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from tokenbooks.periods import Period
from tokenbooks.rating.charges import POOL, Charges, Part, ServiceSpanOf, shared
from tokenbooks.rating.plan import MeterPrice
from tokenbooks.rating.pools import Counted, Pool

#: Cost over list value by (contract, party, service period, part).
CostRatios = Mapping[tuple[str, str, str, Part], Fraction]


class PoolMonthKey(NamedTuple):
    """The counters of one price (by ``id()``) and scope in one month."""

    contract: str
    party: str
    price: int
    scope: tuple[str, ...]
    month: str


@dataclass(slots=True)
class PoolMonth:
    """The value of counters in a month, what it cost, and the weight of the usage in it."""

    price: MeterPrice
    value: Fraction = Fraction(0)
    weight: Fraction = Fraction(0)
    cost: Fraction = Fraction(0)
    pools: dict[int, Pool] = field(default_factory=dict)

    @property
    def average(self) -> Fraction:
        """The price of a unit of weight; zero where no usage bears the value."""
        return self.value / self.weight if self.weight else Fraction(0)

    @property
    def ratio(self) -> Fraction:
        """Cost over list value."""
        return self.cost / self.value if self.value else Fraction(1)


def pool_months(charges: Charges, ratios: CostRatios) -> dict[PoolMonthKey, PoolMonth]:
    """What every price over a running total came to, by scope and month."""
    found: dict[PoolMonthKey, PoolMonth] = {}
    for pool in charges.pools.values():
        part = Part(POOL, pool.id)
        for at, value in pool.values.items():
            month = str(Period.month_of(at.date()))
            ratio = ratios.get((pool.contract, pool.party, month, part), Fraction(1))
            for item, share in _by_price(pool.steps[at].values()):
                key = PoolMonthKey(pool.contract, pool.party, id(item.price), pool.key.scope, month)
                known = found.setdefault(key, PoolMonth(item.price))
                known.value += value * share
                known.cost += value * share * ratio
                known.weight += item.weight
                known.pools[pool.id] = pool
    return found


class Unborne(NamedTuple):
    """A value of counters in a month that no usage bears, such as a flat amount at zero."""

    key: PoolMonthKey
    price: MeterPrice
    rate: str
    allocation: int
    value: Fraction
    cost: Fraction


def unborne_values(
    months: Mapping[PoolMonthKey, PoolMonth], service_span: ServiceSpanOf
) -> Iterator[Unborne]:
    """The values of months whose usage has no weight, by the allocation that bears them."""
    for key, month in months.items():
        if month.weight or not month.value:
            continue
        found: dict[tuple[str, int], Fraction] = {}
        for pool in month.pools.values():
            for at, value in pool.values.items():
                if str(Period.month_of(at.date())) != key.month:
                    continue
                own = sum(
                    share
                    for item, share in _by_price(pool.steps[at].values())
                    if id(item.price) == key.price
                )
                weights = pool.weights[service_span(at.date())]
                for allocation, share in shared(weights):
                    place = (str(pool.conditions or "any usage"), allocation)
                    found[place] = found.get(place, Fraction(0)) + value * own * share
        for (rate, allocation), value in found.items():
            yield Unborne(key, month.price, rate, allocation, value, value * month.ratio)


def _by_price(counted: Iterable[Counted]) -> list[tuple[Counted, Fraction]]:
    """The prices of a step with their share of its value."""
    items = list(counted)
    whole = sum((item.weighted for item in items), Fraction(0))
    if not whole:
        return [(item, Fraction(1, len(items))) for item in items]
    return [(item, item.weighted / whole) for item in items]
