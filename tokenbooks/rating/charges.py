"""Charges: the list value of usage, per step of time, and where its parts go.

A step's value has parts. A part is an allocation (usage at a price per unit), or a pool:
one tiered price entry of one party in one counting span, whose cost is shared over its
keys by quantity x modifier factor in each service span (policy ``tier_sharing``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.rating.keys import RatedKey
from tokenbooks.rating.matching import Ambiguous, Match, Unpriced
from tokenbooks.rating.pools import Pool, Pools

if TYPE_CHECKING:
    from tokenbooks.rating.totals import Total
    from tokenbooks.usage.layout import Layout


class Part(NamedTuple):
    """A part of a step's value: an allocation, or a pool that is shared afterwards."""

    kind: str
    id: int


@dataclass(slots=True)
class Step:
    """The list value of one party's usage in one step of time, by part."""

    at: datetime
    parts: dict[Part, Fraction] = field(default_factory=dict)

    @property
    def value(self) -> Fraction:
        """The list value of the whole step."""
        return sum(self.parts.values(), Fraction(0))


@dataclass(frozen=True, slots=True)
class UnpricedUsage:
    """Billed usage that no rate prices: never zero, an error with its own line."""

    contract: str
    model: str
    meter: str
    reason: str
    quantity: Fraction
    first_day: date
    key: RatedKey


@dataclass(frozen=True, slots=True)
class Charges:
    """The rated usage of all contracts: steps by (contract, party), in time order."""

    steps: Mapping[tuple[str, str], list[Step]]
    pools: Mapping[int, Pool]
    unpriced: tuple[UnpricedUsage, ...]
    ambiguous: Mapping[tuple[int, str], Ambiguous]


def rate_totals(
    totals: Iterable[Total],
    keys: Mapping[int, RatedKey],
    layout: Layout,
    service_span: Callable[[date], str],
) -> Charges:
    """Rate totals: quantity x price per unit, and tiered prices by their pools.

    ``service_span`` names the span in which a day is posted (the month by default).
    Values are summed as integers over one denominator a run, so that the sum is exact
    and quick.
    """
    denominator = _denominator(keys.values())
    unit_prices = {item.id: _unit_prices(item, layout, denominator) for item in keys.values()}
    values: dict[tuple[str, str], dict[datetime, dict[Part, int | Fraction]]] = {}
    unpriced: dict[tuple[int, str], UnpricedUsage] = {}
    ambiguous: dict[tuple[int, str], Ambiguous] = {}
    pools = Pools(service_span)
    for total in totals:
        item = keys[total.rating]
        value: int | Fraction = 0
        for meter, price, quantity in zip(
            layout.meters, unit_prices[item.id], _billed(item, layout, total), strict=True
        ):
            if price is not None:
                value += quantity * price
                continue
            outcome = item.outcomes[meter]
            if isinstance(outcome, Match) and (quantity or outcome.price.flat_on_zero):
                pools.count(total, outcome, Fraction(quantity))
            elif isinstance(outcome, Ambiguous) and quantity:
                ambiguous[item.id, meter] = outcome
            elif isinstance(outcome, Unpriced) and quantity:
                _note(unpriced, item, meter, outcome, Fraction(quantity), total)
        at = values.setdefault((total.contract, total.party), {}).setdefault(total.at, {})
        part = Part("allocation", total.allocation)
        at[part] = at.get(part, 0) + value
    steps = {
        party: [
            Step(at, {part: Fraction(value) / denominator for part, value in parts.items()})
            for at, parts in sorted(times.items())
        ]
        for party, times in values.items()
    }
    _add_pools(steps, pools)
    return Charges(steps, pools.finished(), tuple(unpriced.values()), ambiguous)


def _billed(item: RatedKey, layout: Layout, total: Total) -> list[int | Fraction]:
    """The quantities that are billed: parts with their own price are taken out."""
    exact = [q if isinstance(q, int) else Fraction(q) for q in total.quantities]
    quantities: dict[str, int | Fraction] = dict(zip(layout.meters, exact, strict=True))
    parts = [item.taken_out(meter) for meter in layout.meters]
    return [
        quantities[meter] - (quantities[part] if part else 0)
        for meter, part in zip(layout.meters, parts, strict=True)
    ]


def _denominator(keys: Iterable[RatedKey]) -> int:
    denominator = 1
    for item in keys:
        for outcome in item.outcomes.values():
            if isinstance(outcome, Match) and not outcome.price.tiered:
                denominator = lcm(denominator, outcome.each.denominator)
    return denominator


def _unit_prices(item: RatedKey, layout: Layout, denominator: int) -> list[int | None]:
    """The price per unit of each meter in units of 1/denominator; None if not per unit."""
    prices: list[int | None] = []
    for meter in layout.meters:
        outcome = item.outcomes[meter]
        if outcome is None:
            prices.append(0)
        elif isinstance(outcome, Match) and not outcome.price.tiered:
            prices.append(int(outcome.each * denominator))
        else:
            prices.append(None)
    return prices


def _note(
    unpriced: dict[tuple[int, str], UnpricedUsage],
    item: RatedKey,
    meter: str,
    outcome: Unpriced,
    quantity: Fraction,
    total: Total,
) -> None:
    known = unpriced.get((item.id, meter))
    unpriced[item.id, meter] = UnpricedUsage(
        total.contract,
        item.key.values.get("model", ""),
        meter,
        outcome.reason,
        quantity + (known.quantity if known else 0),
        min(total.at.date(), known.first_day) if known else total.at.date(),
        item,
    )


def _add_pools(steps: Mapping[tuple[str, str], list[Step]], pools: Pools) -> None:
    by_time = {
        (party, step.at): step for party, party_steps in steps.items() for step in party_steps
    }
    for pool, at, value in pools.values():
        step = by_time[(pool.contract, pool.party), at]
        step.parts[Part("pool", pool.id)] = value
