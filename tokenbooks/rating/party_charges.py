"""The charges of plain parties: a price is the same for all of them, only the cost differs.

Cost over list value is known by account, month and allocation, as whole numbers of
10^-12 (``put_party_ratios``)::

    party_ratios   account INTEGER, service_period VARCHAR, allocation INTEGER, ratio HUGEINT

A ratio of one lot is its cost over its quantity, rounded once; one of several lots is the
mean of theirs by list value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenbooks.rating.charge_prices import VALUE_PLACES, Quote, Usage, prices_of
from tokenbooks.rating.party_values import PartyUnits
from tokenbooks.rating.rated import Rated

if TYPE_CHECKING:
    import duckdb

#: Where the prices of plain parties stand; the columns are those of ``charge_prices``.
PARTY_PRICES = "party_charge_prices"


def party_quotes(connection: duckdb.DuckDBPyConnection, rated: Rated) -> list[Quote]:
    """The prices of the usage of plain parties in ``charge_keys``, one for each rating key."""
    rows = connection.execute(
        "SELECT DISTINCT rating FROM charge_keys WHERE account IS NOT NULL ORDER BY ALL"
    ).fetchall()
    found = []
    for (rating,) in rows:
        usage = Usage(rating, "", "", -1, ())
        found += [Quote(usage, price) for price in prices_of(rated.keys[rating], usage, rated)]
    return found


def put_party_ratios(connection: duckdb.DuckDBPyConnection, units: PartyUnits) -> None:
    """Create ``party_ratios`` from the draws of plain parties.

    Raises ``duckdb.OutOfRangeException`` where figures do not fit the integers of SQL.
    """
    whole = f"CAST('{10**VALUE_PLACES}' AS HUGEINT)"
    scale = f"CAST('{10 ** (units.value - units.money + VALUE_PLACES)}' AS HUGEINT)"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE party_ratios AS SELECT account, service_period, allocation,"
        " (2 * sum(value * ratio) + sum(value)) // (2 * sum(value)) AS ratio FROM ("
        "SELECT d.account, strftime(d.service, '%Y-%m') AS service_period, d.allocation, d.value,"
        f" CASE WHEN d.lot IS NULL THEN {whole}"
        f" ELSE (2 * l.cost * {scale} + l.quantity) // (2 * l.quantity) END AS ratio"
        " FROM party_draws d LEFT JOIN party_lots l ON d.lot = l.lot"
        " WHERE d.value > 0) GROUP BY ALL"
    )
