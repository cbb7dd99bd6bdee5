"""The list value of the usage of many parties, summed where the usage is.

Where a plan prices each unit and nothing else, the value of a party's day is a sum of
quantities times prices: whole numbers of one unit of value, a power of ten in which all
prices and quantities of the run are whole. Python never sees these rows.

``party_accounts``, which must be there::

    account INTEGER, contract VARCHAR, party VARCHAR

``party_values``, created::

    account INTEGER, "at" TIMESTAMP, allocation INTEGER, value HUGEINT (not 0)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.amounts import finite_decimal
from tokenbooks.rating.bulk import NO_BULK
from tokenbooks.rating.key_prices import KeyPrices, key_prices
from tokenbooks.rating.keys import RatedKey
from tokenbooks.rating.totals import TotalsBy
from tokenbooks.usage.keys import joined_on
from tokenbooks.usage.layout import QUANTITY_PLACES, Layout, is_whole, meter_column

if TYPE_CHECKING:
    import duckdb

#: Most decimal places of the unit of value, so that products of values fit a HUGEINT.
MOST_PLACES = 16


class PartyUnits(NamedTuple):
    """Units of whole numbers: decimal places of list value, and of the book's currency."""

    value: int
    money: int

    def amount(self, whole: int) -> Decimal:
        """An amount of money out of its whole number."""
        return Decimal(whole).scaleb(-self.money)

    def quantity(self, whole: int) -> Fraction:
        """A list value out of its whole number."""
        return Fraction(whole, 10**self.value)


@dataclass(frozen=True, slots=True)
class PartyTables:
    """The contracts that have many parties, and which of these are in tables.

    ``plain`` are the contracts whose plain parties are, with values in units of 10^-places;
    ``events`` the rows of credits that are theirs, by ``id()``.
    """

    contracts: frozenset[str]
    plain: frozenset[str] = frozenset()
    events: frozenset[int] = frozenset()
    places: int = 0


def unit_prices(
    keys: Iterable[RatedKey], layout: Layout, contracts: Iterable[str]
) -> dict[str, list[KeyPrices]]:
    """The prices of those of some contracts that price usage by the unit, and in no other way.

    A meter may have no price at all: ``usage_of_others`` has its quantities, to be told.
    """
    found: dict[str, list[KeyPrices]] = {contract: [] for contract in contracts}
    own = [item for item in keys if item.key.contract in found]
    for prices in key_prices(own, layout, {}, NO_BULK).values():
        contract = prices.item.key.contract
        by_unit = all(price.failed is not None for price in prices.special)
        if not by_unit or value_places([prices], layout) is None:
            found.pop(contract, None)
        elif contract in found:
            found[contract].append(prices)
    return found


def value_places(prices: Iterable[KeyPrices], layout: Layout) -> int | None:
    """The decimal places in which all values are whole; None where they are too many."""
    most = 0
    for item in prices:
        for column, each in item.linear.items():
            finite = finite_decimal(each)
            if finite is None:
                return None
            own = 0 if is_whole(layout.meters[column]) else QUANTITY_PLACES
            most = max(most, own - int(finite.as_tuple().exponent))
    return most if most <= MOST_PLACES else None


def put_party_values(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    by: TotalsBy,
    prices: Iterable[KeyPrices],
    places: int,
    before: date,
) -> None:
    """Create ``party_values`` from usage before a day, in units of 10^-places.

    Raises ``duckdb.OutOfRangeException`` or ``duckdb.ConversionException`` where figures do
    not fit the integers of SQL.
    """
    columns = _put_unit_values(connection, layout, list(prices), places)
    value = " + ".join(f"coalesce({_units(layout.meters[n])}, 0) * p.each_{n}" for n in columns)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE party_values AS"
        f' SELECT a.account, u."at", k.id AS allocation, sum({value or 0})::HUGEINT AS value'
        " FROM usage_days u"
        " JOIN party_accounts a ON u.contract = a.contract AND u.party = a.party"
        f" JOIN rating_keys r ON {joined_on('u', 'r', by.rating)}"
        f" JOIN allocation_keys k ON {joined_on('u', 'k', by.allocation)}"
        " JOIN party_prices p ON r.id = p.rating"
        f" WHERE u.\"at\" < DATE '{before}' GROUP BY ALL HAVING value <> 0"
    )


def put_usage_of_others(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    by: TotalsBy,
    prices: Iterable[KeyPrices],
) -> None:
    """Create ``usage_of_others``: what of ``usage_days`` is not in ``party_values``.

    Of plain parties that is the quantities that have no price, all parties together, so that
    they are told.
    """
    failed: dict[int, list[str]] = {}
    for item in prices:
        for price in item.special:
            failed.setdefault(price.column, []).append(str(item.item.id))
    unpriced = ""
    if failed:
        cells = [
            f"CASE WHEN r.id IN ({', '.join(failed[n])}) THEN u.{column} END AS {column}"
            if n in failed
            else f"NULL AS {column}"
            for n, column in enumerate(layout.meter_columns)
        ]
        ratings = ", ".join(sorted({id_ for ids in failed.values() for id_ in ids}))
        unpriced = (
            f" UNION ALL BY NAME SELECT u.* REPLACE ('' AS party, {', '.join(cells)})"
            " FROM usage_days u"
            " JOIN party_accounts a ON u.contract = a.contract AND u.party = a.party"
            f" JOIN rating_keys r ON {joined_on('u', 'r', by.rating)} WHERE r.id IN ({ratings})"
        )
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW usage_of_others AS SELECT u.* FROM usage_days u"
        f" ANTI JOIN party_accounts a ON u.contract = a.contract AND u.party = a.party{unpriced}"
    )


def _put_unit_values(
    connection: duckdb.DuckDBPyConnection, layout: Layout, prices: list[KeyPrices], places: int
) -> list[int]:
    """The table of prices by rating key, in units; returns the columns that have any."""
    columns = sorted({column for item in prices for column in item.linear})
    cells: list[list[object]] = [[item.item.id for item in prices]]
    for column in columns:
        own = 0 if is_whole(layout.meters[column]) else QUANTITY_PLACES
        cells.append([_scaled(item.linear, column, places - own) for item in prices])
    picked = ", ".join(
        ["unnest(?::INTEGER[]) AS rating", *(f"unnest(?::HUGEINT[]) AS each_{n}" for n in columns)]
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE party_prices AS SELECT {picked}", cells)
    return columns


def _scaled(linear: Mapping[int, Fraction], column: int, places: int) -> int:
    return int(linear.get(column, Fraction(0)) * 10**places)


def _units(meter: str) -> str:
    """A quantity as a whole number: DECIMAL(38,9) always prints nine decimals."""
    column = f"u.{meter_column(meter)}"
    return column if is_whole(meter) else f"CAST(replace({column}::VARCHAR, '.', '') AS HUGEINT)"
