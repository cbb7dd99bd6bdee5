"""Roll-forwards of a close: lots and accruals, opening + movements = closing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tokenbooks.amounts import currency_places
from tokenbooks.close.close_period import Close
from tokenbooks.close.lot_states import LotState
from tokenbooks.close.rollforwards import AccrualMovement, accrual_movements
from tokenbooks.facts import Facts
from tokenbooks.reports.movements import (
    RARE,
    cost_columns,
    cost_movements,
    credit_movements,
    has_parties,
    movement_columns,
    without_unused,
)
from tokenbooks.reports.table import Cell, Column, Table


def lots_table(close: Close, facts: Facts) -> Table:
    """Each lot over the period, in credits and in cost.

    opening + acquired - used - expired - refunded + moved + adjusted = closing.
    """
    rows: list[tuple[Cell, ...]] = []
    parties = has_parties(facts)
    for name, lot in sorted(
        close.computed.lots.items(), key=lambda i: (i[1].account, i[1].starts, i[0])
    ):
        before = close.before.lots.get(name, LotState())
        now = close.lots[name]
        if not (before.left or now.left or now != before):
            continue
        whose = (lot.contract, lot.party or None) if parties else (lot.contract,)
        about = (name, lot.kind, lot.last_day)
        rows.append((*whose, *about, *credit_movements(before, now), *cost_movements(before, now)))
    gone = LotState()
    for name in sorted(close.before.lots.keys() - close.computed.lots.keys()):
        before = close.before.lots[name]
        if before.left or before.cost_left:
            contract, party = _owner_of_gone(close, name)
            whose = (contract, party or None) if parties else (contract,)
            moved = (*credit_movements(before, gone), *cost_movements(before, gone))
            rows.append((*whose, name, None, None, *moved))
    columns = (
        Column("contract", "Contract"),
        *([Column("party", "Party")] if parties else []),
        Column("lot", "Lot"),
        Column("kind", "Kind"),
        Column("last_day", "Last day"),
        *movement_columns(),
        *cost_columns(currency_places(facts.book.currency)),
    )
    return Table("lots", f"Lots, {close.period}", columns, tuple(rows))


def _owner_of_gone(close: Close, name: str) -> tuple[str, str]:
    """Whose lot it was that facts known since have undone, such as a bonus of a plan's rule."""
    lines = (line for line in close.before.posted if line.lot == name)
    line = next(lines, None)
    if line is not None:
        return line.contract, line.party
    contracts = {lot.contract for lot in close.computed.lots.values()}
    named = [contract for contract in contracts if name.startswith(f"{contract}-")]
    return max(named, key=len, default=""), ""


def tables_on_screen(close: Close, facts: Facts) -> list[Table]:
    """What a close tells beside its journal: lots at cost, and accruals, of either side."""
    tables = []
    lots, accruals = lots_table(close, facts), accruals_table(close, facts)
    for sells, held, owed in (
        (False, "Prepaid credits by lot", "Accruals"),
        (True, "Deferred revenue by lot", "Revenue not billed yet"),
    ):
        own = _of_side(lots, facts, sells)
        tables.append(_lot_costs_table(own, f"{held}, {close.period}", facts.book.currency))
        own = _of_side(accruals, facts, sells)
        told = without_unused(own, ["party", "exchange"])
        tables.append(replace(told, title=f"{owed}, {close.period}"))
    return [table for table in tables if table.rows]


def _of_side(table: Table, facts: Facts, sells: bool) -> Table:
    """The rows of contracts that sell, or of the others."""
    sellers = {contract.id for contract in facts.book.contracts.values() if contract.sells}
    return replace(table, rows=tuple(row for row in table.rows if (row[0] in sellers) == sells))


def _lot_costs_table(whole: Table, title: str, currency: str) -> Table:
    """The roll-forward of what lots hold, at cost: what fits on a screen."""
    wanted = ("party", "lot", "last_day")
    picked = [
        i for i, c in enumerate(whole.columns) if c.key in wanted or c.key.startswith("cost_")
    ]
    columns = [whole.columns[i] for i in picked]
    table = Table(
        "prepaid",
        f"{title}, at cost in {currency}",
        tuple(replace(c, heading=c.heading.removeprefix("Cost ").capitalize()) for c in columns),
        tuple(tuple(row[i] for i in picked) for row in whole.rows),
    )
    return without_unused(table, ["party", *(f"cost_{name}" for name in RARE)])


def accruals_table(close: Close, facts: Facts) -> Table:
    """Each accrual: opening + accrued - relieved + exchange = closing, by contract, party and span.

    Exchange is what a foreign accrual is worth more, or less, at the rate of the month's end.
    """
    rows: list[tuple[Cell, ...]] = []
    for key, moved in accrual_movements(close.before.posted, close.posted).items():
        owed = close.computed.owed.get(key)
        invoiced = sum(owed.invoiced.values(), Decimal(0)) if owed else Decimal(0)
        own = (key.contract, key.party or None, key.service)
        rows.append((*own, *accrual_cells(moved), invoiced))
    places = currency_places(facts.book.currency)
    invoiced_column = Column("invoiced", "Invoiced", number=True, places=places, total=True)
    columns = (
        Column("contract", "Contract"),
        Column("party", "Party"),
        Column("service_period", "Service"),
        *accrual_columns(places),
        invoiced_column,
    )
    return Table("accruals", f"Accruals, {close.period}", columns, tuple(rows))


def accrual_cells(moved: AccrualMovement) -> tuple[Cell, ...]:
    """The cells of ``accrual_columns``."""
    return (moved.opening, moved.accrued, moved.relieved, moved.exchange, moved.closing)


def accrual_columns(places: int) -> list[Column]:
    """The columns that roll an accrual from its opening to its closing."""
    names = ("opening", "accrued", "relieved", "exchange", "closing")
    return [
        Column(name, name.capitalize(), number=True, places=places, total=True) for name in names
    ]
