"""The table of charges: rated usage at kept dimensions, computed where the usage is.

``charges`` has one row for a service period, dimensions, meter, price and destination::

    contract, party, service_period, "d_NAME"..., meter VARCHAR,
    quantity, list_value, cost HUGEINT     at the scales of ``ChargeScales``
    price VARCHAR, plan_line INTEGER, modifiers VARCHAR, class, cost_center VARCHAR

Values are scaled integers, exact while a price has a finite decimal; tiered prices stand
with the average price of their pool, and prices without a finite decimal (``per 60``),
rounded to the table's scale. Entries never come from this table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.amounts import finite_decimal, round_half_up
from tokenbooks.conditions import Conditions
from tokenbooks.periods import Period
from tokenbooks.rating.charges import Charges, Part
from tokenbooks.rating.keys import INSIDE, RatedKey
from tokenbooks.rating.matching import Match
from tokenbooks.usage.allocation import Allocation
from tokenbooks.usage.keys import joined_on
from tokenbooks.usage.layout import (
    QUANTITY_PLACES,
    Layout,
    is_whole,
    meter_column,
)

if TYPE_CHECKING:
    import duckdb

#: Least and most decimal places of unit prices in the table.
_PRICE_PLACES = (15, 22)
#: Decimal places of the cost in the table.
COST_PLACES = 12

#: Cost over list value by (contract, party, service period, part).
CostRatios = Mapping[tuple[str, str, str, Part], Fraction]


@dataclass(frozen=True, slots=True)
class ChargeScales:
    """Decimal places of the scaled integers in ``charges``."""

    quantity: int
    list_value: int
    cost: int = COST_PLACES


#: Contract, party, conditions and name of a tiered price entry, and a month.
_Entry = tuple[str, str, Conditions, str, str]


class _Price(NamedTuple):
    """One row of the price table that is joined with the usage."""

    rating: int
    party: str
    service_period: str
    meter: str
    each: int
    ratio: int
    allocation: int
    text: str
    plan_line: int
    modifiers: str


def build_charges(
    connection: duckdb.DuckDBPyConnection,
    usage: str,
    layout: Layout,
    keys: Mapping[int, RatedKey],
    allocations: Mapping[int, Allocation],
    charges: Charges,
    ratios: CostRatios,
    dimensions: tuple[Sequence[str], Sequence[str]],
) -> ChargeScales:
    """Create ``charges`` from a usage table; ``dimensions`` are those of rating and allocation."""
    _sum_by_key(connection, usage, layout, dimensions)
    pooled = _pool_months(charges, ratios)
    places = _price_places(keys.values())
    prices = list(_prices(connection, keys, pooled, ratios, places))
    _put_prices(connection, prices)
    share_places = _put_shares(connection, allocations.values())
    quantity_places = 0 if all(map(is_whole, layout.meters)) else QUANTITY_PLACES
    scales = ChargeScales(quantity_places + share_places, quantity_places + places + share_places)
    connection.execute(_charges_sql(layout, quantity_places, scales))
    return scales


def decimal_text(column: str, places: int) -> str:
    """SQL that writes a scaled integer as a plain decimal without trailing zeros."""
    if not places:
        return f"{column}::VARCHAR"
    whole = f"CAST('{10**places}' AS HUGEINT)"
    fraction = f"lpad((abs({column}) % {whole})::VARCHAR, {places}, '0')"
    digits = f"(abs({column}) // {whole})::VARCHAR || '.' || {fraction}"
    return f"CASE WHEN {column} < 0 THEN '-' ELSE '' END || rtrim(rtrim({digits}, '0'), '.')"


def _sum_by_key(
    connection: duckdb.DuckDBPyConnection,
    usage: str,
    layout: Layout,
    dimensions: tuple[Sequence[str], Sequence[str]],
) -> None:
    columns = "".join(f", u.{column}" for column in layout.dimension_columns)
    sums = "".join(f", sum(u.{column}) AS {column}" for column in layout.meter_columns)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE charge_keys AS"
        " SELECT u.contract, u.party, strftime(u.\"at\", '%Y-%m') AS service_period"
        f"{columns}, r.id AS rating, a.id AS allocation{sums} FROM {usage} u"
        f" JOIN rating_keys r ON {joined_on('u', 'r', dimensions[0])}"
        f" JOIN allocation_keys a ON {joined_on('u', 'a', dimensions[1])} GROUP BY ALL"
    )


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


def _price_places(keys: Iterable[RatedKey]) -> int:
    least, most = _PRICE_PLACES
    places = least
    for item in keys:
        for outcome in item.outcomes.values():
            if isinstance(outcome, Match) and not outcome.price.tiered:
                finite = finite_decimal(outcome.each)
                if finite is not None:
                    places = max(places, -int(finite.as_tuple().exponent))
    return min(places, most)


def _prices(
    connection: duckdb.DuckDBPyConnection,
    keys: Mapping[int, RatedKey],
    pooled: Mapping[_Entry, tuple[Fraction, Fraction]],
    ratios: CostRatios,
    places: int,
) -> Iterable[_Price]:
    used = connection.execute(
        "SELECT DISTINCT rating, party, service_period, allocation FROM charge_keys ORDER BY ALL"
    ).fetchall()
    for rating, party, service_period, allocation in used:
        item = keys[rating]
        for meter, outcome in item.outcomes.items():
            each, text, line, modifiers = Fraction(0), "", 0, ""
            part = Part("allocation", allocation)
            ratio = ratios.get((item.key.contract, party, service_period, part), Fraction(1))
            if isinstance(outcome, Match):
                price = outcome.price
                entry = (item.key.contract, party, outcome.rate.conditions, price.name)
                if price.tiered:
                    average, ratio = pooled.get((*entry, service_period), (Fraction(0), ratio))
                    each = average * outcome.factor
                else:
                    each = outcome.each
                text, line = str(price), price.position.line
                modifiers = " ".join(outcome.modifiers)
            elif outcome is not None:
                text = "unpriced"
            yield _Price(
                rating,
                party,
                service_period,
                meter,
                int(round_half_up(each, places).scaleb(places)),
                int(round_half_up(ratio, COST_PLACES).scaleb(COST_PLACES)),
                allocation,
                text,
                line,
                modifiers,
            )


def _put_prices(connection: duckdb.DuckDBPyConnection, prices: Sequence[_Price]) -> None:
    types = ("INTEGER", "VARCHAR", "VARCHAR", "VARCHAR", "HUGEINT", "HUGEINT", "INTEGER")
    columns = [list(column) for column in zip(*prices, strict=True)] or [[] for _ in _Price._fields]
    picked = ", ".join(
        f"unnest(?::{kind}[]) AS {name}"
        for kind, name in zip(
            (*types, "VARCHAR", "INTEGER", "VARCHAR"), _Price._fields, strict=True
        )
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE charge_prices AS SELECT {picked}", columns)


def _put_shares(connection: duckdb.DuckDBPyConnection, allocations: Iterable[Allocation]) -> int:
    """The table of shares; returns the decimal places in which a whole is written."""
    shares = [(item.id, share) for item in allocations for share in item.shares]
    places = max((_share_places(Fraction(share.share) / 100) for _, share in shares), default=0)
    rows = [
        (id_, share.class_, share.cost_center, int(share.share * 10**places / 100))
        for id_, share in shares
    ]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE allocation_shares AS SELECT"
        " unnest(?::INTEGER[]) AS allocation, unnest(?::VARCHAR[]) AS class,"
        " unnest(?::VARCHAR[]) AS cost_center, unnest(?::HUGEINT[]) AS share",
        columns,
    )
    return places


def _share_places(share: Fraction) -> int:
    finite = finite_decimal(share)
    return max(0, -int(finite.as_tuple().exponent)) if finite is not None else 0


def _charges_sql(layout: Layout, quantity_places: int, scales: ChargeScales) -> str:
    columns = "".join(f", k.{column}" for column in layout.dimension_columns)
    no_meters = (
        f"SELECT contract, party, service_period{columns.replace('k.', '')}, rating, allocation,"
        " '' AS meter, 0::HUGEINT AS quantity FROM charge_keys"
    )
    meters = " UNION ALL ".join(
        f"SELECT contract, party, service_period{columns.replace('k.', '')}, rating, allocation,"
        f" '{meter}' AS meter, {_quantity(meter, layout, quantity_places)} AS quantity"
        " FROM charge_keys"
        for meter in layout.meters
    )
    to_cost = 10 ** (scales.list_value - COST_PLACES)
    ratio = f"CAST('{10**COST_PLACES}' AS HUGEINT)"
    value = "k.quantity * p.each * s.share"
    cost = f"({value} // CAST('{to_cost}' AS HUGEINT)) * p.ratio // {ratio}"
    return (
        "CREATE OR REPLACE TEMP TABLE charges AS"
        f" SELECT k.contract, k.party, k.service_period{columns}, k.meter,"
        f" k.quantity * s.share AS quantity, {value} AS list_value, {cost} AS cost,"
        " p.text AS price, p.plan_line, p.modifiers, s.class, s.cost_center"
        f" FROM ({meters or no_meters}) k"
        " JOIN charge_prices p ON k.rating = p.rating AND k.party = p.party"
        " AND k.service_period = p.service_period AND k.meter = p.meter"
        " AND k.allocation = p.allocation"
        " JOIN allocation_shares s ON k.allocation = s.allocation"
        " WHERE k.quantity <> 0"
    )


def _quantity(meter: str, layout: Layout, places: int) -> str:
    own = _scaled(meter, places)
    part = next((part for part, whole in INSIDE.items() if whole == meter), None)
    if part is None or part not in layout.meters:
        return own
    priced = (
        "SELECT rating FROM charge_prices"
        f" WHERE meter = '{part}' AND text <> '' AND text <> 'unpriced'"
    )
    return f"{own} - CASE WHEN rating IN ({priced}) THEN {_scaled(part, places)} ELSE 0 END"


def _scaled(meter: str, places: int) -> str:
    column = meter_column(meter)
    if not is_whole(meter):
        # DECIMAL(38,9) always prints nine decimals, so that its digits are the scaled integer
        return f"CAST(replace({column}::VARCHAR, '.', '') AS HUGEINT)"
    return f"{column} * {10**places}" if places else column
