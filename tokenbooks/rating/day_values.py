"""Rated usage by day: the prices of the table of charges, joined with quantities of days.

``day_values`` is a view with a row, or several that add up, for a day, dimensions and meter::

    contract VARCHAR, day DATE, "d_NAME"..., meter VARCHAR, quantity, list_value HUGEINT, rows

Quantities and values are scaled integers (``ChargeScales``). The sum over a month is what the
table of charges has: values that are exact add up, and those that are rounded are the
differences of running totals that are rounded. Prices over a running total stand with the
average of their month. ``rows`` is how many rows of usage have the meter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from tokenbooks.periods import Period, start_of
from tokenbooks.rating.charge_keys import day_keys_sql, put_price_keys, quantities_sql
from tokenbooks.rating.charge_table import ChargeScales
from tokenbooks.rating.charge_values import PRICES_OF_PARTIES, Priced, counted_scope, put_prices
from tokenbooks.rating.measures import PACKAGES, REQUESTS, is_measure
from tokenbooks.rating.party_charges import PARTY_PRICES
from tokenbooks.rating.pool_months import pool_months, unborne_values
from tokenbooks.rating.rated import Rated
from tokenbooks.usage.layout import Layout, is_derived, sql_text

if TYPE_CHECKING:
    import duckdb

#: The kind of amounts of prices over a running total that no quantity bears.
FLAT = "flat amount"


@dataclass(frozen=True, slots=True)
class DayValues:
    """The view ``day_values``: its dimensions, and the scales of its integers.

    ``meters`` are all that it may have: those of the usage and of its prices.
    """

    layout: Layout
    scales: ChargeScales
    meters: tuple[str, ...] = ()


def put_day_values(
    connection: duckdb.DuckDBPyConnection, rated: Rated, days: Period, contracts: Iterable[str]
) -> DayValues:
    """Create ``day_values`` of some days of some contracts, out of ``usage_days``.

    It is a view, because there can be millions of rows. Raises OverflowError where prices and
    quantities are so absurd that they do not fit a HUGEINT; reading the view may raise a
    ``duckdb.Error`` then.
    """
    named = [sql_text(contract) for contract in sorted(contracts)]
    listed = ", ".join(named) or "NULL"
    # a contract that is the same for all rows needs no comparing
    columns = f"* REPLACE ({listed} AS contract)" if len(named) == 1 else "*"
    usage = (
        f"(SELECT {columns} FROM usage_days WHERE contract IN ({listed})"
        f" AND \"at\" >= TIMESTAMP '{start_of(days.start)}'"
        f" AND \"at\" < TIMESTAMP '{start_of(days.end)}')"
    )
    layout = _without_derived(rated)
    scope = counted_scope(rated)
    put_price_keys(connection, usage, scope, layout, rated.by, rated.parties)
    priced = put_prices(connection, rated, {}, pool_months(rated.charges, {}))
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW day_prices AS SELECT *,"
        " strptime(service_period, '%Y-%m') AS starts, starts + INTERVAL 1 MONTH AS until"
        " FROM charge_prices"
    )
    keys = day_keys_sql(usage, layout, rated.by, rated.parties)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW day_keys AS {keys}")
    values = _values_sql(connection, priced, layout, priced.day_prices, "k.account IS NULL")
    tables = ["charge_prices"]
    if rated.parties is not None and rated.parties.plain:
        apart = "k.account IS NOT NULL"
        values += _values_sql(connection, priced, layout, PRICES_OF_PARTIES, apart)
        tables.append(PARTY_PRICES)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW day_values AS {' UNION ALL '.join(values)}")
    scales = ChargeScales(priced.quantity_places, priced.value_places)
    return DayValues(layout, scales, _meters(connection, layout, tables))


def terms_of_period(rated: Rated, contract: str, period: Period) -> Mapping[str, Fraction]:
    """What the terms of a contract's plan come to in a period, by kind.

    Amounts of prices over a running total that no quantity bears are among them.
    """
    found: dict[str, Fraction] = {}
    for charge in rated.charges.terms.values():
        if charge.contract == contract:
            own = _within(((at.date(), value) for at, value in charge.steps.items()), period)
            found[charge.kind] = found.get(charge.kind, Fraction(0)) + own
    pooled = pool_months(rated.charges, {})
    for item in unborne_values(pooled, rated.service_span):
        if item.key.contract == contract and item.key.month == str(period):
            found[FLAT] = found.get(FLAT, Fraction(0)) + item.value
    return {kind: amount for kind, amount in found.items() if amount}


def value_of_period(rated: Rated, contract: str, period: Period) -> Fraction | None:
    """The exact list value of a contract's usage and terms in a period.

    None where some of its parties are in tables.
    """
    if rated.parties is not None and contract in rated.parties.plain:
        return None
    steps = (
        (step.at.date(), step.value)
        for (name, _), own in rated.charges.steps.items()
        for step in own
        if name == contract
    )
    return _within(steps, period)


def _within(values: Iterable[tuple[date, Fraction]], period: Period) -> Fraction:
    return sum((value for day, value in values if day in period), Fraction(0))


def _without_derived(rated: Rated) -> Layout:
    """The layout without the dimensions that rating alone needs."""
    kept = tuple(name for name in rated.layout.dimensions if not is_derived(name))
    return replace(rated.layout, dimensions=kept)


def _meters(
    connection: duckdb.DuckDBPyConnection, layout: Layout, tables: Iterable[str]
) -> tuple[str, ...]:
    """The meters of the usage, and those as which prices have their quantities."""
    named = "".join(f" UNION SELECT meter FROM {table}" for table in tables)
    meter = _without_measures("meter", layout)
    rows = connection.execute(
        f"SELECT DISTINCT {meter} FROM (SELECT unnest(?::VARCHAR[]) AS meter{named})"
        " WHERE meter IS NOT NULL ORDER BY ALL",
        [list(layout.meters or [""])],
    ).fetchall()
    return tuple(meter for (meter,) in rows)


def _without_measures(meter: str, layout: Layout) -> str:
    """SQL of a meter: a measure of it is valued as the meter itself."""
    if not any(map(is_measure, layout.meters)):
        return meter
    return f"regexp_replace({meter}, ' ({PACKAGES}|{REQUESTS})$', '')"


def _values_sql(
    connection: duckdb.DuckDBPyConnection, priced: Priced, layout: Layout, prices: str, which: str
) -> list[str]:
    """The values of some of the usage: SQL of those that are exact, and of those that are not.

    A measure has a value and no quantity of its own; a meter is there without any price.
    """
    quantities = quantities_sql(layout, priced.quantity_places, "day_keys")
    exact = "coalesce(k.quantity * p.each, 0)"
    plain = (
        f"{_value_sql(layout, exact)} FROM ({quantities}) k LEFT{prices}"
        f" WHERE k.quantity <> 0 AND {which} AND p.is_exact IS NOT FALSE"
    )
    table = prices.split()[1]
    rounded_prices = f"SELECT rating FROM {table} WHERE NOT is_exact"
    if not connection.execute(f"{rounded_prices} LIMIT 1").fetchall():
        return [plain]
    columns = "".join(f", k.{column}" for column in layout.dimension_columns)
    to_day, join = priced.rounded("k.total", "1")
    before, _ = priced.rounded("(k.total - k.quantity)", "1")
    together = "k.contract, k.party, k.service_period, k.rating, k.allocation, k.account, k.meter"
    totals = (
        f"SELECT k.*, sum(k.quantity) OVER (PARTITION BY {together}{columns} ORDER BY k.step"
        f" ROWS UNBOUNDED PRECEDING)::HUGEINT AS total FROM ({quantities}) k"
        f" WHERE k.quantity <> 0 AND k.rating IN ({rounded_prices})"
    )
    rounded = _value_sql(layout, f"(({to_day}) - ({before})) * {priced.step}")
    return [plain, f"{rounded} FROM ({totals}) k{prices}{join} WHERE {which} AND NOT p.is_exact"]


def _value_sql(layout: Layout, value: str) -> str:
    columns = "".join(f", k.{column}" for column in layout.dimension_columns)
    measures = [name for name in layout.meters if is_measure(name)]
    listed = ", ".join(map(sql_text, measures))
    meter = _without_measures("coalesce(p.meter, k.meter)", layout)
    quantity, rows = "k.quantity", "k.rows"
    if measures:
        quantity = f"CASE WHEN k.meter IN ({listed}) THEN 0 ELSE {quantity} END"
        rows = f"CASE WHEN k.meter IN ({listed}) THEN 0 ELSE {rows} END"
    return (
        f"SELECT k.contract, k.step::DATE AS day{columns}, {meter} AS meter,"
        f" ({quantity})::HUGEINT AS quantity, ({value})::HUGEINT AS list_value,"
        f" ({rows})::BIGINT AS rows"
    )
