"""Counters of tiered prices, counted where the usage is (see ``rating.bulk``).

A counter's amount before and after each step is a piecewise linear function of its running
total; a total below zero has the mirror image of the amount. A counter's value in a month
is shared over allocations by quantity, in whole units of 10^-15 that sum to it (policy
``tier_sharing``: a weight, never a quotient).

Tables, created in the connection::

    bulk_quantities   contract, party, "at", month, span, price, scope, allocation, quantity
    bulk_months       contract, party, price, scope, month, service_period, value, weight
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.problems import Problem, error
from tokenbooks.rating.bulk import BULK_UNIT, BulkPrices, scope_sql
from tokenbooks.rating.plan import MeterPrice
from tokenbooks.usage.layout import Layout, meter_column, sql_text

if TYPE_CHECKING:
    import duckdb


class BulkValue(NamedTuple):
    """What counters add to a step of a contract and party, by allocation."""

    contract: str
    party: str
    at: datetime
    allocation: int
    value: Fraction


def count_in_bulk(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    bulk: BulkPrices,
    days: Collection[str],
) -> tuple[list[BulkValue] | None, list[Problem]]:
    """Count the counters of ``usage_decided``; ``days`` are contracts that need each day.

    Of other contracts only what a month adds is told, at its first day. None where figures
    are so large that they do not fit the integers of SQL.
    """
    import duckdb

    _put_meters(connection, bulk)
    _put_quantities(connection, layout, bulk, days)
    try:
        _put_steps(connection, bulk)
        rows = connection.execute(_SHARED).fetchall()
    except (duckdb.OutOfRangeException, duckdb.ConversionException):
        return None, []
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE bulk_months AS SELECT contract, party, price, scope, month,"
        " strftime(month, '%Y-%m') AS service_period, sum(value) AS value,"
        " sum(quantity) AS weight FROM bulk_steps GROUP BY ALL"
    )
    values = [
        BulkValue(contract, party, at, allocation, Fraction(value, BULK_UNIT))
        for contract, party, at, allocation, value in rows
        if value
    ]
    return values, list(_above_last_steps(connection, bulk))


def _put_meters(connection: duckdb.DuckDBPyConnection, bulk: BulkPrices) -> None:
    columns = [list(column) for column in zip(*bulk.meters, strict=True)] or [[], [], []]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE bulk_meters AS SELECT unnest(?::INTEGER[]) AS rating,"
        " unnest(?::VARCHAR[]) AS meter, unnest(?::INTEGER[]) AS price",
        columns,
    )


def _put_quantities(
    connection: duckdb.DuckDBPyConnection, layout: Layout, bulk: BulkPrices, days: Collection[str]
) -> None:
    by_day = ", ".join(sql_text(name) for name in sorted(days)) or "NULL"
    month = "date_trunc('month', d.\"at\")"
    at = f'CASE WHEN d.contract IN ({by_day}) THEN d."at" ELSE {month} END'
    parts = []
    for (over, scope), numbers in _alike(layout, bulk).items():
        meters = {meter for _, meter, number in bulk.meters if number in numbers}
        branches = "".join(
            f" WHEN {sql_text(meter)} THEN d.{meter_column(meter)}" for meter in sorted(meters)
        )
        listed = ", ".join(map(str, numbers))
        parts.append(
            f'SELECT d.contract, d.party, {at} AS "at", {month} AS month,'
            f" date_trunc('{over}', d.\"at\") AS span, b.price, {scope} AS scope, d.allocation,"
            f" sum(CASE b.meter{branches} END)::HUGEINT AS quantity"
            f" FROM usage_decided d JOIN bulk_meters b ON d.rating = b.rating"
            f" WHERE b.price IN ({listed}) GROUP BY ALL"
        )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE bulk_quantities AS {' UNION ALL '.join(parts)}"
    )


def _alike(layout: Layout, bulk: BulkPrices) -> dict[tuple[str, str], list[int]]:
    """The prices by their span and scope."""
    found: dict[tuple[str, str], list[int]] = {}
    for number, price in enumerate(bulk.prices):
        found.setdefault((price.over, scope_sql(price, layout, "d")), []).append(number)
    return found


def _put_steps(connection: duckdb.DuckDBPyConnection, bulk: BulkPrices) -> None:
    """What each step adds to its counter: the amount after it less the amount before it."""
    after, before = _amount_sql(bulk, "total"), _amount_sql(bulk, "previous")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE bulk_steps AS"
        f" SELECT *, {after} - {before} AS value FROM ("
        "SELECT *, total - quantity AS previous FROM ("
        "SELECT *, sum(quantity) OVER (PARTITION BY contract, party, price, scope, span"
        ' ORDER BY "at") AS total FROM ('
        'SELECT contract, party, price, scope, span, "at", month, sum(quantity) AS quantity'
        " FROM bulk_quantities GROUP BY ALL)))"
    )


def _amount_sql(bulk: BulkPrices, total: str) -> str:
    """The amount of a running total in units of 10^-15; NULL above a closed last step."""
    branches = "".join(
        f" WHEN {number} THEN {_price_sql(price, f'abs({total})')}"
        for number, price in enumerate(bulk.prices)
    )
    return f"(CASE WHEN {total} < 0 THEN -1 ELSE 1 END * CASE price{branches} END)"


def _price_sql(price: MeterPrice, total: str) -> str:
    bands, base, lower = [], 0, Fraction(0)
    for step in price.steps:
        each, flat = int(step.price.each * BULK_UNIT), int(Fraction(step.flat) * BULK_UNIT)
        if price.model == "volume":
            amount = f"{total} * {_integer(each)} + {_integer(flat)}"
        else:
            start = _integer(base + flat - int(lower * step.price.each * BULK_UNIT))
            amount = f"{total} * {_integer(each)} + {start}"
        if step.up_to is None:
            bands.append(f" ELSE {amount}")
            break
        upper = Fraction(step.up_to)
        bands.append(f" WHEN {total} <= {step.up_to:f} THEN {amount}")
        base += flat + int((upper - lower) * step.price.each * BULK_UNIT)
        lower = upper
    return f"CASE WHEN {total} = 0 THEN 0{''.join(bands)} END"


#: The value of each step, shared over the allocations of its counter's month by quantity:
#: each takes what the running weight gives, so that the shares sum to the value.
_SHARED = """
    WITH weights AS (
        SELECT contract, party, price, scope, span, month, allocation, sum(quantity) AS weight
        FROM bulk_quantities GROUP BY ALL
    ), running AS (
        SELECT *, sum(weight) OVER w AS reached, sum(weight) OVER (
            PARTITION BY contract, party, price, scope, span, month) AS whole,
            row_number() OVER w AS place
        FROM weights
        WINDOW w AS (PARTITION BY contract, party, price, scope, span, month ORDER BY allocation)
    )
    SELECT s.contract, s.party, s."at", r.allocation,
        sum(CASE WHEN r.whole = 0 THEN CASE WHEN r.place = 1 THEN s.value ELSE 0 END
            ELSE s.value * r.reached // r.whole - s.value * (r.reached - r.weight) // r.whole END)
    FROM bulk_steps s JOIN running r
        ON s.contract = r.contract AND s.party = r.party AND s.price = r.price
        AND s.scope = r.scope AND s.span = r.span AND s.month = r.month
    GROUP BY ALL ORDER BY ALL
"""


def _above_last_steps(connection: duckdb.DuckDBPyConnection, bulk: BulkPrices) -> Iterator[Problem]:
    rows: Sequence[tuple[int, int, datetime]] = connection.execute(
        "SELECT price, count(*), min(span) FROM bulk_steps WHERE value IS NULL"
        " GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    for number, count, span in rows:
        price = bulk.prices[number]
        yield error(
            "usage-above-tiers",
            f"usage of {price.name} lies above the last step of its price {count} times,"
            f" first in {span:%Y-%m}",
            "end the steps with one that has no `up_to`",
            price.position,
        )


def _integer(number: int) -> str:
    return f"CAST('{number}' AS HUGEINT)"
