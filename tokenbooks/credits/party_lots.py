"""The lots of many plain parties as a table, with their place in the draw order.

``party_lots``::

    lot INTEGER, account INTEGER, id VARCHAR, kind VARCHAR, place INTEGER,
    acquired DATE, starts TIMESTAMP, ends TIMESTAMP, last_day DATE,
    quantity, used_before HUGEINT   in units of 10^-places of list value
    cost HUGEINT                    in the smallest unit of the book's currency

``place`` is unique within an account. A lot is plain where nothing but its start, its end
and its use ever changes it: no scope, no pool, nothing taken away, nothing that rolls over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from tokenbooks.amounts import finite_decimal
from tokenbooks.credits.lots import Lot
from tokenbooks.rating.party_values import PartyUnits

if TYPE_CHECKING:
    import duckdb

#: How each key of a draw order sorts a lot, in SQL over ``party_rows``; None sorts last. A
#: ratio such as the cost of a credit is none of them: SQL cannot compare it exactly.
PLACE_KEYS = {
    "priority": "priority NULLS LAST",
    "expiry": "ends NULLS LAST",
    "free_first": "cost <> 0",
    "start": "starts",
    "created": "acquired",
    "amount_desc": "quantity DESC",
    "id": "id",
}
_COLUMNS = {
    "contract": "VARCHAR",
    "party": "VARCHAR",
    "id": "VARCHAR",
    "kind": "VARCHAR",
    "priority": "INTEGER",
    "acquired": "DATE",
    "starts": "TIMESTAMP",
    "ends": "TIMESTAMP",
    "last_day": "DATE",
    "quantity": "HUGEINT",
    "used_before": "HUGEINT",
    "cost": "HUGEINT",
}
#: What is known by the account, or by the place.
_LEFT_OUT = frozenset({"contract", "party", "priority"})


def is_plain(lot: Lot) -> bool:
    """Whether nothing but its start, its end and its use ever changes a lot."""
    special = lot.scope or lot.pool or lot.removals or lot.rollover or lot.extended or lot.moved
    return not special and lot.quantity > 0


def lot_places(lots: Iterable[Lot]) -> int | None:
    """The decimal places in which all quantities are whole; None where one never is."""
    most = 0
    for lot in lots:
        for quantity in (lot.quantity, lot.used_before):
            finite = finite_decimal(quantity)
            if finite is None:
                return None
            most = max(most, -int(finite.as_tuple().exponent))
    return most


def put_party_lots(
    connection: duckdb.DuckDBPyConnection,
    lots: Iterable[Lot],
    orders: Mapping[str, Sequence[str]],
    units: PartyUnits,
    more: str = "",
) -> None:
    """Create ``party_lots`` of the lots of ``party_accounts``; ``orders`` are by contract.

    A key of an order must be one of ``PLACE_KEYS``. ``more`` is SQL that gives further lots.
    """
    cells: list[list[object]] = [[] for _ in _COLUMNS]
    for lot in lots:
        row = (
            *(lot.contract, lot.party, lot.id, lot.kind, lot.priority),
            *(lot.acquired, lot.starts, lot.ends, lot.last_day),
            int(lot.quantity * 10**units.value),
            int(lot.used_before * 10**units.value),
            int(Fraction(lot.cost) * 10**units.money),
        )
        for column, cell in zip(cells, row, strict=True):
            column.append(cell)
    picked = ", ".join(f"unnest(?::{kind}[]) AS {name}" for name, kind in _COLUMNS.items())
    connection.execute(f"CREATE OR REPLACE TEMP TABLE party_rows AS SELECT {picked}", cells)
    if more:
        connection.execute(f"INSERT INTO party_rows {more}")
    number_lots(connection, orders)


def number_lots(connection: duckdb.DuckDBPyConnection, orders: Mapping[str, Sequence[str]]) -> None:
    """Create ``party_lots`` from ``party_rows``, each with its number and its place."""
    contracts: dict[tuple[str, ...], list[str]] = {}
    for contract, keys in sorted(orders.items()):
        contracts.setdefault(tuple(keys), []).append(contract)
    parts = []
    for keys, own in contracts.items():
        order = ", ".join(PLACE_KEYS[key] for key in (*keys, "id"))
        listed = ", ".join("'" + name.replace("'", "''") + "'" for name in own)
        parts.append(
            f"SELECT *, row_number() OVER (PARTITION BY account ORDER BY {order})::INTEGER"
            " AS place FROM party_rows JOIN party_accounts USING (contract, party)"
            f" WHERE contract IN ({listed})"
        )
    columns = ", ".join(("account", *(n for n in _COLUMNS if n not in _LEFT_OUT)))
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE party_lots AS"
        f" SELECT (row_number() OVER () - 1)::INTEGER AS lot, place, {columns}"
        f" FROM ({' UNION ALL '.join(parts)})"
    )
