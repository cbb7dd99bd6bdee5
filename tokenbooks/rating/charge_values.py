"""The list value of ``charge_keys``: quantities times prices, as scaled integers in SQL.

A value is exact where its price is; others are rounded half-up to ``VALUE_PLACES``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.rating.bulk import BULK_PLACES, scope_sql
from tokenbooks.rating.charge_keys import largest_quantity
from tokenbooks.rating.charge_prices import VALUE_PLACES, price_places, put_quotes, quotes
from tokenbooks.rating.party_charges import PARTY_PRICES, party_quotes
from tokenbooks.rating.pool_months import CostRatios, PoolMonth, PoolMonthKey
from tokenbooks.rating.rated import Rated
from tokenbooks.usage.layout import EVENT, QUANTITY_PLACES, dimension_column, is_whole

if TYPE_CHECKING:
    import duckdb

#: The prices of plain parties (as p) beside a quantity (as k).
PRICES_OF_PARTIES = f" JOIN {PARTY_PRICES} p ON k.rating = p.rating AND k.meter = p.quantity_of"


class Priced(NamedTuple):
    """Usage with its prices in tables, and the decimal places of what SQL multiplies."""

    rated: Rated
    quantity_places: int
    price_places: int
    share_places: int

    @property
    def value_places(self) -> int:
        """The decimal places of a quantity times a price times a share."""
        return self.quantity_places + self.price_places + self.share_places

    @property
    def step(self) -> str:
        """SQL of one unit of ``VALUE_PLACES`` in those of the value."""
        return f"CAST('{10 ** (self.value_places - VALUE_PLACES)}' AS HUGEINT)"

    @property
    def prices(self) -> str:
        """The prices (as p) beside a quantity (as k) of parties that are in no table."""
        return self._prices("charge_prices", "k.service_period = p.service_period")

    @property
    def day_prices(self) -> str:
        """The same by the time of a quantity, which is quicker to tell than its month."""
        return self._prices("day_prices", "k.step >= p.starts AND k.step < p.until")

    def _prices(self, table: str, in_period: str) -> str:
        scoped = "".join(
            f" AND k.{column} IS NOT DISTINCT FROM p.{column}"
            for column in map(dimension_column, counted_scope(self.rated))
        )
        return (
            f" JOIN {table} p ON k.rating = p.rating AND k.party = p.party"
            f" AND {in_period} AND k.meter = p.quantity_of"
            f" AND k.allocation = p.allocation{scoped}"
        )

    def rounded(self, quantity: str, share: str) -> tuple[str, str]:
        """The value at ``VALUE_PLACES``, also of counters that SQL counted, and its join."""
        usual = half_up(f"{quantity} * p.each * {share}", self.step)
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
        whole = f"({quantity} // CAST('{10**self.quantity_places}' AS HUGEINT))"
        unit = 10 ** (BULK_PLACES - VALUE_PLACES + self.share_places)
        average = half_up(
            f"{whole} * {share} * b.value", f"(abs(b.weight) * CAST('{unit}' AS HUGEINT))"
        )
        signed = f"coalesce(sign(b.weight)::HUGEINT * ({average}), 0)"
        return f"CASE WHEN p.bulk IS NULL THEN {usual} ELSE {signed} END", join


def put_prices(
    connection: duckdb.DuckDBPyConnection,
    rated: Rated,
    ratios: CostRatios,
    pooled: Mapping[PoolMonthKey, PoolMonth],
    share_places: int = 0,
) -> Priced:
    """Put the prices of ``charge_keys`` into tables; ``share_places`` are those of shares."""
    scope = counted_scope(rated)
    found = quotes(connection, rated, ratios, scope, pooled)
    of_parties = party_quotes(connection, rated)
    quantity_places = 0 if all(map(is_whole, rated.layout.meters)) else QUANTITY_PLACES
    largest = largest_quantity(connection, rated.layout, quantity_places)
    places = price_places([*found, *of_parties], largest, share_places)
    put_quotes(connection, found, places, scope)
    put_quotes(connection, of_parties, places, (), PARTY_PRICES)
    return Priced(rated, quantity_places, places, share_places)


def counted_scope(rated: Rated) -> list[str]:
    """The dimensions by which counters are kept apart in the tables."""
    return [name for name in rated.by.scope if name != EVENT]


def half_up(value: str, unit: str) -> str:
    """SQL that divides an integer by a unit, rounded half-up (away from zero)."""
    return f"(({value}) + sign({value})::HUGEINT * ({unit} // 2)) // {unit}"
