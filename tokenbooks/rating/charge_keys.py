"""Usage with its prices and allocations decided, by month or by day.

``charge_keys``, which the tables of charges are made from::

    contract, party, service_period VARCHAR, step TIMESTAMP, "d_NAME"..., rating, allocation,
    account INTEGER, "m_NAME"..., rows

``step`` is the start of the month or day, ``service_period`` the month of it. ``account`` is
that of parties that are in tables (``rating.party_values``), NULL for all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.rating.party_values import PartyTables
from tokenbooks.rating.requests import INSIDE
from tokenbooks.rating.totals import TotalsBy
from tokenbooks.usage.keys import joined_on
from tokenbooks.usage.layout import Layout, is_whole, meter_column, sql_text

if TYPE_CHECKING:
    import duckdb


def put_charge_keys(
    connection: duckdb.DuckDBPyConnection,
    usage: str,
    layout: Layout,
    by: TotalsBy,
    parties: PartyTables | None,
) -> None:
    """Create ``charge_keys`` from a usage table, summed by month."""
    sums = "".join(f", sum(u.{column}) AS {column}" for column in layout.meter_columns)
    decided = _decided_sql(
        usage, layout, by, parties, "month", f"{sums}, sum(u.rows) AS rows", _allocated(by)
    )
    _put(connection, f"{decided} GROUP BY ALL")


def put_price_keys(
    connection: duckdb.DuckDBPyConnection,
    usage: str,
    scope: Sequence[str],
    layout: Layout,
    by: TotalsBy,
    parties: PartyTables | None,
) -> None:
    """Create ``charge_keys`` without allocations, and with the dimensions of counters alone.

    That is all that prices depend on: the keys are few.
    """
    sums = "".join(f", sum(u.{column}) AS {column}" for column in layout.meter_columns)
    own = replace(layout, dimensions=tuple(scope))
    decided = _decided_sql(
        usage, own, by, parties, "month", f"{sums}, sum(u.rows) AS rows", _UNALLOCATED
    )
    _put(connection, f"{decided} GROUP BY ALL")


def day_keys_sql(usage: str, layout: Layout, by: TotalsBy, parties: PartyTables | None) -> str:
    """SQL of usage by day, with the columns of ``charge_keys`` and no allocation."""
    quantities = "".join(f", u.{column}" for column in layout.meter_columns)
    decided = _decided_sql(usage, layout, by, parties, "day", f"{quantities}, u.rows", _UNALLOCATED)
    return f"SELECT strftime(step, '%Y-%m') AS service_period, * FROM ({decided})"


def _put(connection: duckdb.DuckDBPyConnection, decided: str) -> None:
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE charge_keys AS"
        f" SELECT strftime(step, '%Y-%m') AS service_period, * FROM ({decided})"
    )


class _Allocation(NamedTuple):
    """SQL of the number of an allocation, and the join that it needs."""

    number: str
    join: str


_UNALLOCATED = _Allocation("0", "")


def _allocated(by: TotalsBy) -> _Allocation:
    joined = joined_on("u", "a", by.allocation)
    return _Allocation("a.id", f" JOIN allocation_keys a ON {joined}")


def _decided_sql(
    usage: str,
    layout: Layout,
    by: TotalsBy,
    parties: PartyTables | None,
    step: str,
    quantities: str,
    allocation: _Allocation,
) -> str:
    columns = "".join(f", u.{column}" for column in layout.dimension_columns)
    account, join = "NULL::INTEGER", ""
    if parties is not None and parties.plain:
        account = "p.account"
        join = " LEFT JOIN party_accounts p ON u.contract = p.contract AND u.party = p.party"
    return (
        f"SELECT u.contract, u.party, date_trunc('{step}', u.\"at\")::TIMESTAMP AS step{columns},"
        f" r.id AS rating, {allocation.number} AS allocation, {account} AS account{quantities}"
        f" FROM {usage} u JOIN rating_keys r ON {joined_on('u', 'r', by.rating)}"
        f"{allocation.join}{join}"
    )


def largest_quantity(connection: duckdb.DuckDBPyConnection, layout: Layout, places: int) -> int:
    """The largest quantity of ``charge_keys``, scaled to decimal places."""
    largest = ", ".join(f"max(abs({_scaled(meter, places)}))" for meter in layout.meters)
    if not largest:
        return 0
    (row,) = connection.execute(f"SELECT {largest} FROM charge_keys").fetchall()
    return max((int(cell) for cell in row if cell is not None), default=0)


def quantities_sql(layout: Layout, places: int, keys_of: str = "charge_keys") -> str:
    """Quantities of such keys, scaled to decimal places, one row a meter."""
    columns = "".join(f", {column}" for column in layout.dimension_columns)
    keys = f"SELECT contract, party, service_period, step{columns}, rating, allocation, account"
    if not layout.meters:
        return f"{keys}, '' AS meter, 0::HUGEINT AS quantity, rows FROM {keys_of}"
    return " UNION ALL ".join(
        f"{keys}, {sql_text(meter)} AS meter, {_quantity(meter, layout, places)} AS quantity,"
        f" rows FROM {keys_of}"
        for meter in layout.meters
    )


def _quantity(meter: str, layout: Layout, places: int) -> str:
    own = _scaled(meter, places)
    part = next((part for part, whole in INSIDE.items() if whole == meter), None)
    if part is None or part not in layout.meters:
        return own
    priced = f"SELECT rating FROM charge_prices WHERE quantity_of = {sql_text(part)} AND is_priced"
    return f"{own} - CASE WHEN rating IN ({priced}) THEN {_scaled(part, places)} ELSE 0 END"


def _scaled(meter: str, places: int) -> str:
    column = meter_column(meter)
    if not is_whole(meter):
        # DECIMAL(38,9) always prints nine decimals, so that its digits are the scaled integer
        return f"CAST(replace({column}::VARCHAR, '.', '') AS HUGEINT)"
    return f"{column} * {10**places}" if places else column
