"""Rows of credits that are in a table because they are too many (``facts.CreditRows``).

``credit_rows`` is put into the connection by whoever reads files. Rows of plain parties become
lots where they are; the others become events, as if they had been read one by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tokenbooks.book import Contract
from tokenbooks.documents import CreditEvent
from tokenbooks.facts import CreditRows, Facts
from tokenbooks.problems import Position
from tokenbooks.rating.credit_terms import Length
from tokenbooks.rating.party_values import PartyUnits
from tokenbooks.usage.layout import QUANTITY_PLACES, sql_text

if TYPE_CHECKING:
    import duckdb

_FIELDS = (
    *("number", "contract", "party", "event", "day", "credits", "used", "lot", "paid", "starts"),
    *("expires", "kind", "priority", "pay", "currency", "memo", "digest"),
)


def events_of_others(
    connection: duckdb.DuckDBPyConnection, facts: Facts, end: date, apart: bool
) -> tuple[CreditEvent, ...]:
    """The rows before ``end`` of parties that are not in ``party_accounts``, as events.

    ``apart`` tells whether there is such a table; else all parties are gone through one by one.
    """
    if facts.credit_rows is None:
        return ()
    join = " ANTI JOIN party_accounts USING (contract, party)" if apart else ""
    rows = connection.execute(
        f"SELECT {', '.join(_FIELDS)} FROM credit_rows{join}"
        f" WHERE day < DATE '{end}' ORDER BY number"
    ).fetchall()
    return tuple(_event(facts.credit_rows, dict(zip(_FIELDS, row, strict=True))) for row in rows)


def events_of(
    connection: duckdb.DuckDBPyConnection, facts: Facts, account: tuple[str, str], end: date
) -> tuple[CreditEvent, ...]:
    """The rows of one party before ``end``, as events."""
    if facts.credit_rows is None:
        return ()
    rows = connection.execute(
        f"SELECT {', '.join(_FIELDS)} FROM credit_rows WHERE contract = ? AND party = ?"
        f" AND day < DATE '{end}' ORDER BY number",
        account,
    ).fetchall()
    return tuple(_event(facts.credit_rows, dict(zip(_FIELDS, row, strict=True))) for row in rows)


def _event(source: CreditRows, cells: dict[str, Any]) -> CreditEvent:
    position = Position(source.shown, cells.pop("number"))
    digest = f"{cells.pop('digest'):016x}"
    named = {name: _plain(cell) for name, cell in cells.items() if cell is not None}
    return CreditEvent(**named, position=position, digest=digest)


def _plain(cell: Any) -> Any:
    """A decimal without the zeros that its column adds."""
    return Decimal(cell).normalize() + 0 if isinstance(cell, Decimal) else cell


def lots_sql(facts: Facts, contracts: Iterable[str], units: PartyUnits, end: date) -> str:
    """The lots of rows before ``end``, with the columns of ``party_rows``."""
    ends = "coalesce(expires" + "".join(
        f", CASE WHEN contract = {sql_text(name)} THEN {_after(length)} END"
        for name in sorted(contracts)
        if (length := facts.plan_of(facts.book.contracts[name]).credit_terms.expires)
    )
    last_day = f"{ends}, NULL)"
    return (
        "SELECT contract, party, lot AS id,"
        " coalesce(kind, CASE WHEN event = 'grant' THEN 'promo' ELSE 'paid' END) AS kind,"
        " priority, day AS acquired, coalesce(starts, day)::TIMESTAMP AS starts,"
        f" ({last_day} + INTERVAL 1 DAY)::TIMESTAMP AS ends, {last_day} AS last_day,"
        f" {whole('credits', units.value)} AS quantity,"
        f" {whole('coalesce(used, 0)', units.value)} AS used_before,"
        f" {cost_sql(units.money)} AS cost FROM credit_rows WHERE day < DATE '{end}'"
    )


def cost_sql(places: int) -> str:
    """What a row cost, in the smallest unit of money, rounded half up."""
    step = 10 ** (QUANTITY_PLACES - places)
    paid = whole("coalesce(paid, credits)", QUANTITY_PLACES)
    return f"CASE WHEN event = 'grant' THEN 0 ELSE (2 * {paid} + {step}) // {2 * step} END"


def whole(column: str, places: int) -> str:
    """A quantity of the table as a whole number of 10^-places, in which it is whole."""
    wide = f"({column})::DECIMAL(38,{QUANTITY_PLACES})"
    digits = f"CAST(replace({wide}::VARCHAR, '.', '') AS HUGEINT)"
    if places >= QUANTITY_PLACES:
        return f"({digits} * {10 ** (places - QUANTITY_PLACES)}::HUGEINT)"
    return f"({digits} // {10 ** (QUANTITY_PLACES - places)})"


def _after(length: Length) -> str:
    """The day so long after the day of a row."""
    return f"(day + INTERVAL {length.months} MONTH + INTERVAL {length.days} DAY)::DATE"


def pay_sql(contracts: Iterable[Contract]) -> str:
    """How a row was paid: as it says, else as its contract does."""
    cases = "".join(f" WHEN {sql_text(own.id)} THEN {sql_text(own.pay)}" for own in contracts)
    return f"coalesce(pay, CASE contract{cases} END)"
