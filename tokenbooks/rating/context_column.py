"""Catalog prices by the size of a request, for usage that says the size in a column.

An export whose rows sum many requests cannot be priced by the size of each. Some say
instead, in the dimension ``context``, that a row's requests were over 200,000 tokens;
requests of other rows then were not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from tokenbooks.conditions import Conditions
from tokenbooks.rating.catalog import BY_REQUEST, Catalog, CatalogRate
from tokenbooks.rating.measures import CONTEXT_TOKENS, Threshold
from tokenbooks.rating.plan import MeterPrice, Modifier, Plan, Step

#: The size that the column tells, and its value for requests above.
COLUMN_SIZE = Threshold(CONTEXT_TOKENS, Decimal(200_000))
LONG = ("context", ">200k")

#: Rates that name no context hold for long requests too, at the same price.
ONE_PRICE = Modifier(
    "one price for all sizes", Conditions.of({LONG[0]: (LONG[1],)}), {"*": Decimal(1)}
)


def has_context_column(plan: Plan) -> bool:
    """Whether a plan prices usage by what its column says."""
    named = [rate.conditions for rate in plan.rates] + [item.when for item in plan.modifiers]
    return any(LONG[0] in conditions.dimensions for conditions in named)


def by_context_column(catalog: Catalog) -> Catalog:
    """The same prices, where they change above 200,000 tokens, by the dimension ``context``."""
    models = tuple(replace(model, rates=tuple(_split(model.rates))) for model in catalog.models)
    return replace(catalog, models=models, modifiers=(ONE_PRICE,))


def _split(rates: Sequence[CatalogRate]) -> Iterator[CatalogRate]:
    for place, item in enumerate(rates):
        rate = item.rate
        sizes = {size for price in rate.prices for size in _sizes(price)}
        if sizes != {COLUMN_SIZE}:
            yield item
            continue
        following = (r.rate for r in rates[place + 1 :] if r.rate.conditions == rate.conditions)
        next_start = next((r.starts for r in following), None)
        remarks = tuple(remark for remark in item.remarks if remark.kind != BY_REQUEST)
        long = Conditions.of({**dict(rate.conditions.patterns), LONG[0]: (LONG[1],)})
        short_prices = tuple(_without_sizes(price, above=False) for price in rate.prices)
        long_prices = tuple(_without_sizes(price, above=True) for price in rate.prices)
        yield CatalogRate(replace(rate, prices=short_prices), remarks)
        ends = rate.until or next_start
        yield CatalogRate(replace(rate, conditions=long, prices=long_prices, until=ends), remarks)


def _sizes(price: MeterPrice) -> list[Threshold]:
    return [size for size, _ in price.requests.thresholds] if price.requests else []


def _without_sizes(price: MeterPrice, *, above: bool) -> MeterPrice:
    if price.requests is None or not price.requests.thresholds:
        return price
    unit = price.requests.thresholds[0][1] if above else price.steps[0].price
    return MeterPrice(price.name, price.meters, price.model, (Step(None, unit),))
