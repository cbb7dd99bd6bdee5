"""Tiered prices with a counter for each of many customers: which of them SQL counts.

A price whose scope is dimensions has as many counters as they have values: a hundred
thousand customers are a hundred thousand counters. Those of plain graduated and volume
prices are counted in SQL, on integers (``rating.bulk_counters``). What cannot be counted so
(modifiers, packages, conversions, free units, a price that changed, terms of the plan that
look at single days) is counted in ``rating.pools``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from tokenbooks.rating.keys import RatedKey
from tokenbooks.rating.matching import Match, PlanInForce
from tokenbooks.rating.plan import MeterPrice, Plan
from tokenbooks.usage.layout import EVENT, Layout, dimension_column, is_whole

#: Decimal places of values that are counted in SQL, and the unit in which they are.
BULK_PLACES = 15
BULK_UNIT = 10**BULK_PLACES
_SPANS = ("day", "month", "quarter", "year")


@dataclass(frozen=True, slots=True)
class BulkPrices:
    """The prices that are counted in SQL, by number; ``meters`` are (key, meter, number)."""

    prices: tuple[MeterPrice, ...] = ()
    meters: tuple[tuple[int, str, int], ...] = ()
    _numbers: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls, prices: tuple[MeterPrice, ...], used: list[tuple[int, str, MeterPrice]]
    ) -> BulkPrices:
        """Prices, each the number of its place; ``used`` may name others too."""
        numbers = {id(price): number for number, price in enumerate(prices)}
        meters = [(key, meter, numbers.get(id(price))) for key, meter, price in used]
        counted = tuple((key, meter, n) for key, meter, n in meters if n is not None)
        return cls(prices, counted, numbers)

    def number(self, price: MeterPrice | None) -> int | None:
        """The number of a price, None where it is not counted in SQL."""
        return self._numbers.get(id(price))

    def __contains__(self, price: MeterPrice | None) -> bool:
        return id(price) in self._numbers

    def __bool__(self) -> bool:
        return bool(self.prices)


#: No price is counted in SQL.
NO_BULK = BulkPrices()


def find_bulk_prices(
    keys: Mapping[int, RatedKey], plans: Mapping[str, PlanInForce], layout: Layout
) -> BulkPrices:
    """The prices of these keys whose counters can be counted in SQL."""
    refused: set[int] = set()
    found: dict[int, MeterPrice] = {}
    used: list[tuple[int, str, MeterPrice]] = []
    for item, meter, match in _counted(keys):
        price, plan = match.price, plans[item.key.contract].plan
        if not any(name in layout.dimensions for name in price.scope):
            continue
        plain = match.factor == 1 and is_whole(meter) and not item.taken_out(meter)
        if not plain or not _is_plain(price) or _changes(plan, match) or _looks_closer(plan):
            refused.add(id(price))
        found[id(price)] = price
        used.append((item.id, meter, price))
    prices = tuple(price for identity, price in found.items() if identity not in refused)
    return BulkPrices.of(prices, used)


def scopes_of_counters(layout: Layout, keys: Mapping[int, RatedKey], bulk: BulkPrices) -> list[str]:
    """The dimensions by which the counters are kept apart that are not counted in SQL."""
    found: set[str] = set()
    for _, _, match in _counted(keys):
        if match.price not in bulk:
            found |= {*match.price.scope, *({EVENT} if match.price.events is not None else ())}
    return [name for name in layout.dimensions if name in found]


def scope_sql(price: MeterPrice, layout: Layout, table: str) -> str:
    """The values of a price's scope as one text, in SQL over a table of usage."""
    names = [name for name in price.scope if name in layout.dimensions]
    return " || chr(31) || ".join(f"coalesce({table}.{dimension_column(n)}, '')" for n in names)


def _counted(keys: Mapping[int, RatedKey]) -> Iterator[tuple[RatedKey, str, Match]]:
    """The matches of keys whose prices depend on a running total."""
    for item in keys.values():
        for meter, outcome in item.outcomes.items():
            if isinstance(outcome, Match) and outcome.price.counted:
                yield item, meter, outcome


def _is_plain(price: MeterPrice) -> bool:
    """Whether a price is tiers alone, in whole units and with amounts that SQL can hold."""
    is_tiered = price.model in {"graduated", "volume"} and price.over in _SPANS
    changed = price.free or price.conversion or price.events or price.flat_on_zero
    amounts = [amount for step in price.steps for amount in (step.price.each, Fraction(step.flat))]
    bounds = [Fraction(step.up_to) for step in price.steps if step.up_to is not None]
    exact = all((amount * BULK_UNIT).denominator == 1 for amount in amounts)
    exact = exact and all(bound.denominator == 1 for bound in bounds)
    packaged = any(step.packages for step in price.steps)
    return is_tiered and exact and not changed and not packaged


def _changes(plan: Plan, found: Match) -> bool:
    """Whether another rate of the plan counts on in the same counter."""
    same = [
        rate
        for rate in plan.rates
        if rate.conditions == found.rate.conditions
        and any(price.name == found.price.name for price in rate.prices)
    ]
    return len(same) > 1


def _looks_closer(plan: Plan) -> bool:
    """Whether a term looks at single days, lines or units, of which SQL tells only months."""
    allows = any(fee.allowance.includes for fee in plan.terms.fees)
    return allows or bool(replace(plan.terms, fees=()))
