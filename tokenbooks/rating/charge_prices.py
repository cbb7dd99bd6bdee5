"""The prices of the table of charges: one for each rating key, meter and service period.

Prices are scaled integers. A price with a finite decimal is exact; a tiered price stands
with the average price of its pool, which may have none, and neither has ``per 60``: their
list values are rounded once, to ``VALUE_PLACES``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.amounts import finite_decimal, round_half_up
from tokenbooks.conditions import Conditions
from tokenbooks.periods import Period
from tokenbooks.rating.charges import Charges, Part
from tokenbooks.rating.keys import RatedKey
from tokenbooks.rating.matching import Match

if TYPE_CHECKING:
    import duckdb

#: Decimal places of list values that have no finite decimal, and of the cost.
VALUE_PLACES = 12
#: Most decimal places of a unit price.
_MOST_PLACES = 24
#: Digits that a scaled value may have in a HUGEINT, with one to spare for rounding.
_DIGITS = 37

#: Cost over list value by (contract, party, service period, part).
CostRatios = Mapping[tuple[str, str, str, Part], Fraction]

#: Contract, party, conditions and name of a tiered price entry, and a month.
_Entry = tuple[str, str, Conditions, str, str]


class Quote(NamedTuple):
    """The price of a meter for some usage, as it is written and as it is counted."""

    rating: int
    party: str
    service_period: str
    allocation: int
    meter: str
    each: Fraction
    ratio: Fraction
    rate: str
    text: str
    plan_line: int
    modifiers: str
    is_priced: bool


def quotes(
    connection: duckdb.DuckDBPyConnection,
    keys: Mapping[int, RatedKey],
    charges: Charges,
    ratios: CostRatios,
) -> list[Quote]:
    """The prices of all usage in ``charge_keys``."""
    pooled = _pool_months(charges, ratios)
    used = connection.execute(
        "SELECT DISTINCT rating, party, service_period, allocation FROM charge_keys ORDER BY ALL"
    ).fetchall()
    return [
        _quote(keys[rating], (party, service_period), allocation, meter, pooled, ratios)
        for rating, party, service_period, allocation in used
        for meter in keys[rating].outcomes
    ]


def price_places(found: Sequence[Quote], largest: int, other_places: int) -> int:
    """Decimal places of unit prices, so that no value overflows.

    ``largest`` is the largest scaled quantity; ``other_places`` are those of shares.
    """
    finite = [decimal for quote in found if (decimal := finite_decimal(quote.each)) is not None]
    needed = max((-int(decimal.as_tuple().exponent) for decimal in finite), default=0)
    if len(finite) < len(found):
        needed = _MOST_PLACES
    dearest = max((int(abs(quote.each)) for quote in found), default=0)
    room = _DIGITS - len(str(largest)) - len(str(dearest)) - other_places
    return max(VALUE_PLACES, min(needed, room, _MOST_PLACES))


def put_quotes(connection: duckdb.DuckDBPyConnection, found: Sequence[Quote], places: int) -> None:
    """Create ``charge_prices``, with prices scaled to ``places``."""
    types = {
        "rating": "INTEGER",
        "party": "VARCHAR",
        "service_period": "VARCHAR",
        "allocation": "INTEGER",
        "meter": "VARCHAR",
        "each": "HUGEINT",
        "is_exact": "BOOLEAN",
        "ratio": "HUGEINT",
        "rate": "VARCHAR",
        "text": "VARCHAR",
        "plan_line": "INTEGER",
        "modifiers": "VARCHAR",
        "is_priced": "BOOLEAN",
    }
    rows = [
        (
            *quote[:5],
            int(scaled := round_half_up(quote.each, places).scaleb(places)),
            Fraction(int(scaled), 10**places) == quote.each,
            int(round_half_up(quote.ratio, VALUE_PLACES).scaleb(VALUE_PLACES)),
            *quote[7:],
        )
        for quote in found
    ]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in types]
    picked = ", ".join(f"unnest(?::{kind}[]) AS {name}" for name, kind in types.items())
    connection.execute(f"CREATE OR REPLACE TEMP TABLE charge_prices AS SELECT {picked}", columns)


def _quote(
    item: RatedKey,
    usage: tuple[str, str],
    allocation: int,
    meter: str,
    pooled: Mapping[_Entry, tuple[Fraction, Fraction]],
    ratios: CostRatios,
) -> Quote:
    party, service_period = usage
    outcome = item.outcomes[meter]
    part = Part("allocation", allocation)
    ratio = ratios.get((item.key.contract, party, service_period, part), Fraction(1))
    where = (item.id, party, service_period, allocation, meter)
    if not isinstance(outcome, Match):
        return Quote(*where, Fraction(0), ratio, "", "unpriced" if outcome else "", 0, "", False)
    price = outcome.price
    each = Fraction(0) if price.tiered else outcome.each
    if price.tiered:
        entry = (item.key.contract, party, outcome.rate.conditions, price.name, service_period)
        average, ratio = pooled.get(entry, (Fraction(0), ratio))
        each = average * outcome.factor
    applied = " ".join(outcome.modifiers)
    line = price.position.line
    return Quote(*where, each, ratio, str(outcome.rate), str(price), line, applied, True)


def _pool_months(charges: Charges, ratios: CostRatios) -> dict[_Entry, tuple[Fraction, Fraction]]:
    """Average price of a weighted unit, and cost over list value, by price entry and month."""
    values: dict[_Entry, Fraction] = {}
    weights: dict[_Entry, Fraction] = {}
    costs: dict[_Entry, Fraction] = {}
    for pool in charges.pools.values():
        part = Part("pool", pool.id)
        for step in charges.steps[pool.contract, pool.party]:
            value = step.parts.get(part)
            if value is None:
                continue
            month = str(Period.month_of(step.at.date()))
            key = (pool.contract, pool.party, pool.conditions, pool.name, month)
            ratio = ratios.get((pool.contract, pool.party, month, part), Fraction(1))
            counted = pool.steps[step.at].values()
            weighted = sum((item.weighted for item in counted), Fraction(0))
            values[key] = values.get(key, Fraction(0)) + value
            costs[key] = costs.get(key, Fraction(0)) + value * ratio
            weights[key] = weights.get(key, Fraction(0)) + weighted
    return {
        key: (value / weights[key] if weights[key] else Fraction(0), costs[key] / value)
        for key, value in values.items()
        if value
    }
