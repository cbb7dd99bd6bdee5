"""The table of charges: rated usage at kept dimensions, computed where the usage is.

``charges`` has one row for a service period, dimensions, meter, price and destination::

    contract, party, service_period, "d_NAME"..., meter VARCHAR,
    quantity, list_value, cost HUGEINT     at the scales of ``ChargeScales``
    rate, price VARCHAR, plan_line INTEGER, modifiers VARCHAR, class, cost_center VARCHAR

Values are scaled integers, exact where the price is (see ``charge_prices``). Entries never
come from this table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.amounts import finite_decimal
from tokenbooks.periods import Period
from tokenbooks.rating.bulk import BULK_PLACES, scope_sql
from tokenbooks.rating.charge_prices import (
    VALUE_PLACES,
    price_places,
    put_quotes,
    quotes,
)
from tokenbooks.rating.party_charges import PARTY_PRICES, party_quotes
from tokenbooks.rating.party_values import PartyTables
from tokenbooks.rating.pool_months import CostRatios, pool_months, unborne_values
from tokenbooks.rating.rated import Rated
from tokenbooks.rating.requests import INSIDE
from tokenbooks.rating.term_rows import put_rows_without_usage
from tokenbooks.rating.totals import TotalsBy
from tokenbooks.usage.allocation import Allocation
from tokenbooks.usage.keys import joined_on
from tokenbooks.usage.layout import (
    EVENT,
    QUANTITY_PLACES,
    Layout,
    dimension_column,
    is_whole,
    meter_column,
    sql_text,
)

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class ChargeScales:
    """Decimal places of the scaled integers in ``charges``."""

    quantity: int
    list_value: int
    cost: int = VALUE_PLACES


def build_charges(
    connection: duckdb.DuckDBPyConnection,
    usage: str,
    rated: Rated,
    ratios: CostRatios,
    period: Period | None = None,
) -> ChargeScales:
    """Create ``charges`` from a usage table, and from the terms of plans.

    Terms are those of one period, of all where it is None. Raises OverflowError or a
    ``duckdb.Error`` where figures are so absurd that they do not fit a HUGEINT.
    """
    layout, scope = rated.layout, [name for name in rated.by.scope if name != EVENT]
    _sum_by_key(connection, usage, layout, rated.by, rated.parties)
    pooled = pool_months(rated.charges, ratios)
    found = quotes(connection, rated, ratios, scope, pooled)
    of_parties = party_quotes(connection, rated)
    share_places = _put_shares(connection, rated.allocations.values())
    quantity_places = 0 if all(map(is_whole, layout.meters)) else QUANTITY_PLACES
    largest = _largest_quantity(connection, layout, quantity_places)
    places = price_places([*found, *of_parties], largest, share_places)
    put_quotes(connection, found, places, scope)
    put_quotes(connection, of_parties, places, (), PARTY_PRICES)
    scales = ChargeScales(quantity_places + share_places, quantity_places + places + share_places)
    priced = _Priced(connection, rated, scales, quantity_places, share_places)
    connection.execute(_charges_sql(priced, scope))
    unborne = list(unborne_values(pooled, rated.service_span))
    put_rows_without_usage(connection, rated, ratios, unborne, scales.list_value, period)
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
    by: TotalsBy,
    parties: PartyTables | None,
) -> None:
    columns = "".join(f", u.{column}" for column in layout.dimension_columns)
    sums = "".join(f", sum(u.{column}) AS {column}" for column in layout.meter_columns)
    account, join = "NULL::INTEGER", ""
    if parties is not None and parties.plain:
        account = "p.account"
        join = " LEFT JOIN party_accounts p ON u.contract = p.contract AND u.party = p.party"
    summed = (
        "SELECT u.contract, u.party, date_trunc('month', u.\"at\") AS month"
        f"{columns}, r.id AS rating, a.id AS allocation, {account} AS account{sums}"
        f" FROM {usage} u JOIN rating_keys r ON {joined_on('u', 'r', by.rating)}"
        f" JOIN allocation_keys a ON {joined_on('u', 'a', by.allocation)}{join} GROUP BY ALL"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE charge_keys AS"
        f" SELECT strftime(month, '%Y-%m') AS service_period, * EXCLUDE (month) FROM ({summed})"
    )


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


def _largest_quantity(connection: duckdb.DuckDBPyConnection, layout: Layout, places: int) -> int:
    largest = ", ".join(f"max(abs({_scaled(meter, places)}))" for meter in layout.meters)
    if not largest:
        return 0
    (row,) = connection.execute(f"SELECT {largest} FROM charge_keys").fetchall()
    return max((int(cell) for cell in row if cell is not None), default=0)


class _Priced(NamedTuple):
    """What the SQL of the table depends on."""

    connection: duckdb.DuckDBPyConnection
    rated: Rated
    scales: ChargeScales
    quantity_places: int
    share_places: int

    def in_bulk(self, usual: str) -> tuple[str, str]:
        """The value at ``VALUE_PLACES``, of counters that SQL counted too, and its join."""
        bulk, layout = self.rated.bulk, self.rated.layout
        if not bulk:
            return usual, ""
        branches = "".join(
            f" WHEN {number} THEN {scope_sql(price, layout, 'k')}"
            for number, price in enumerate(bulk.prices)
        )
        join = (
            " LEFT JOIN bulk_months b ON p.bulk = b.price AND k.contract = b.contract"
            " AND k.party = b.party AND k.service_period = b.service_period"
            f" AND b.scope = CASE p.bulk{branches} END"
        )
        quantity = f"(k.quantity // CAST('{10**self.quantity_places}' AS HUGEINT))"
        unit = 10 ** (BULK_PLACES - VALUE_PLACES + self.share_places)
        average = _half_up(
            f"{quantity} * s.share * b.value", f"(abs(b.weight) * CAST('{unit}' AS HUGEINT))"
        )
        signed = f"coalesce(sign(b.weight)::HUGEINT * ({average}), 0)"
        return f"CASE WHEN p.bulk IS NULL THEN {usual} ELSE {signed} END", join


def _charges_sql(priced: _Priced, scope: Iterable[str]) -> str:
    parties = priced.rated.parties
    scoped = "".join(
        f" AND k.{column} IS NOT DISTINCT FROM p.{column}"
        for column in map(dimension_column, scope)
    )
    prices = (
        " JOIN charge_prices p ON k.rating = p.rating AND k.party = p.party"
        " AND k.service_period = p.service_period AND k.meter = p.quantity_of"
        f" AND k.allocation = p.allocation{scoped}"
    )
    charged = _charged_sql(priced, prices, "p.ratio", "k.account IS NULL")
    if parties is not None and parties.plain:
        prices = (
            f" JOIN {PARTY_PRICES} p ON k.rating = p.rating AND k.meter = p.quantity_of"
            " LEFT JOIN party_ratios r ON k.account = r.account"
            " AND k.service_period = r.service_period AND k.allocation = r.allocation"
        )
        ratio = f"coalesce(r.ratio, CAST('{10**VALUE_PLACES}' AS HUGEINT))"
        charged += f" UNION ALL {_charged_sql(priced, prices, ratio, 'k.account IS NOT NULL')}"
    return f"CREATE OR REPLACE TABLE charges AS {charged}"


def _charged_sql(priced: _Priced, prices: str, ratio: str, which: str) -> str:
    """Some of the usage with its prices: SQL that joins these as p, and tells cost over value."""
    layout, scales = priced.rated.layout, priced.scales
    columns = "".join(f", k.{column}" for column in layout.dimension_columns)
    value = "k.quantity * p.each * s.share"
    # a value without a finite decimal is rounded half-up, away from zero, once
    step = f"CAST('{10 ** (scales.list_value - VALUE_PLACES)}' AS HUGEINT)"
    at_places, join = priced.in_bulk(_half_up(value, step))
    cost = _half_up(f"({at_places}) * {ratio}", f"CAST('{10**VALUE_PLACES}' AS HUGEINT)")
    return (
        f"SELECT k.contract, k.party, k.service_period{columns}, p.meter,"
        " sum(k.quantity * s.share) AS quantity,"
        f" sum(CASE WHEN p.is_exact THEN {value} ELSE ({at_places}) * {step} END) AS list_value,"
        f" sum({cost}) AS cost,"
        " p.rate, p.text AS price, p.plan_line, p.modifiers, s.class, s.cost_center"
        f" FROM ({_quantities_sql(layout, priced.quantity_places)}) k{prices}"
        f" JOIN allocation_shares s ON k.allocation = s.allocation{join}"
        f" WHERE k.quantity <> 0 AND {which} GROUP BY ALL"
    )


def _half_up(value: str, unit: str) -> str:
    """SQL that divides an integer by a unit, rounded half-up (away from zero)."""
    return f"(({value}) + sign({value})::HUGEINT * ({unit} // 2)) // {unit}"


def _quantities_sql(layout: Layout, places: int) -> str:
    """Quantities of ``charge_keys``, one row a meter."""
    columns = "".join(f", {column}" for column in layout.dimension_columns)
    keys = f"SELECT contract, party, service_period{columns}, rating, allocation, account"
    if not layout.meters:
        return f"{keys}, '' AS meter, 0::HUGEINT AS quantity FROM charge_keys"
    return " UNION ALL ".join(
        f"{keys}, {sql_text(meter)} AS meter, {_quantity(meter, layout, places)} AS quantity"
        " FROM charge_keys"
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
