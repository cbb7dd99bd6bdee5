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
from typing import TYPE_CHECKING

from tokenbooks.amounts import finite_decimal
from tokenbooks.periods import Period
from tokenbooks.rating.charge_keys import put_charge_keys, quantities_sql
from tokenbooks.rating.charge_prices import VALUE_PLACES
from tokenbooks.rating.charge_values import PRICES_OF_PARTIES, Priced, half_up, put_prices
from tokenbooks.rating.pool_months import CostRatios, pool_months, unborne_values
from tokenbooks.rating.rated import Rated
from tokenbooks.rating.term_rows import put_rows_without_usage
from tokenbooks.usage.allocation import Allocation

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
    put_charge_keys(connection, usage, rated.layout, rated.by, rated.parties)
    pooled = pool_months(rated.charges, ratios)
    share_places = _put_shares(connection, rated.allocations.values())
    priced = put_prices(connection, rated, ratios, pooled, share_places)
    connection.execute(_charges_sql(priced))
    unborne = list(unborne_values(pooled, rated.service_span))
    put_rows_without_usage(connection, rated, ratios, unborne, priced.value_places, period)
    return ChargeScales(priced.quantity_places + share_places, priced.value_places)


def decimal_text(column: str, places: int) -> str:
    """SQL that writes a scaled integer as a plain decimal without trailing zeros."""
    if not places:
        return f"{column}::VARCHAR"
    whole = f"CAST('{10**places}' AS HUGEINT)"
    fraction = f"lpad((abs({column}) % {whole})::VARCHAR, {places}, '0')"
    digits = f"(abs({column}) // {whole})::VARCHAR || '.' || {fraction}"
    return f"CASE WHEN {column} < 0 THEN '-' ELSE '' END || rtrim(rtrim({digits}, '0'), '.')"


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


def _charges_sql(priced: Priced) -> str:
    parties = priced.rated.parties
    charged = _charged_sql(priced, priced.prices, "p.ratio", "k.account IS NULL")
    if parties is not None and parties.plain:
        prices = (
            f"{PRICES_OF_PARTIES} LEFT JOIN party_ratios r ON k.account = r.account"
            " AND k.service_period = r.service_period AND k.allocation = r.allocation"
        )
        ratio = f"coalesce(r.ratio, CAST('{10**VALUE_PLACES}' AS HUGEINT))"
        charged += f" UNION ALL {_charged_sql(priced, prices, ratio, 'k.account IS NOT NULL')}"
    return f"CREATE OR REPLACE TABLE charges AS {charged}"


def _charged_sql(priced: Priced, prices: str, ratio: str, which: str) -> str:
    """Some of the usage with its prices: SQL that joins these as p, and tells cost over value."""
    layout = priced.rated.layout
    columns = "".join(f", k.{column}" for column in layout.dimension_columns)
    # a value without a finite decimal is rounded half-up, away from zero, once
    at_places, join = priced.rounded("k.quantity", "s.share")
    cost = half_up(f"({at_places}) * {ratio}", f"CAST('{10**VALUE_PLACES}' AS HUGEINT)")
    exact, rounded = "k.quantity * p.each * s.share", f"({at_places}) * {priced.step}"
    return (
        f"SELECT k.contract, k.party, k.service_period{columns}, p.meter,"
        " sum(k.quantity * s.share) AS quantity,"
        f" sum(CASE WHEN p.is_exact THEN {exact} ELSE {rounded} END) AS list_value,"
        f" sum({cost}) AS cost,"
        " p.rate, p.text AS price, p.plan_line, p.modifiers, s.class, s.cost_center"
        f" FROM ({quantities_sql(layout, priced.quantity_places)}) k{prices}"
        f" JOIN allocation_shares s ON k.allocation = s.allocation{join}"
        f" WHERE k.quantity <> 0 AND {which} GROUP BY ALL"
    )
