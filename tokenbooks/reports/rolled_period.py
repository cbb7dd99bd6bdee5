"""The roll-forwards of a period, and the balances that they come to: ``report rollforward``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tokenbooks.amounts import currency_places
from tokenbooks.close.rolled_period import RolledLot, RolledPeriod
from tokenbooks.entries.service import last_day_of
from tokenbooks.reports.movements import (
    RARE,
    cost_columns,
    cost_movements,
    credit_movements,
    movement_columns,
    without_unused,
)
from tokenbooks.reports.rollforward import accrual_cells, accrual_columns
from tokenbooks.reports.table import Cell, Column, Table

#: Days since the end of the service period up to which an accrual is of an age.
AGES = (30, 60, 90)

#: How all lots of a contract are named whose parties stand together in the journal.
ALL_PARTIES = "(all parties)"


def rolled_tables(rolled: RolledPeriod, currency: str) -> list[Table]:
    """Credits by lot, in cost and in credits; accruals, their ages; the balances.

    What is bought and what is sold stand apart: the one is an asset, the other a liability.
    """
    places = currency_places(currency)
    sides = [side for side in (_bought(rolled), _sold(rolled)) if side.shows(rolled)]
    return [
        *(_lots_table(rolled, side, currency, places) for side in sides),
        _credits_table(rolled),
        *(_accruals_table(rolled, side, places) for side in sides),
        *(_ages_table(rolled, side, places) for side in sides),
        _balances_table(rolled, places),
    ]


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of a book: what its lots and accruals are called, and whose they are.

    Of each name the first is the key of the table, the second how its title begins.
    """

    lots: tuple[str, str]
    accruals: tuple[str, str]
    ages: tuple[str, str]
    has: Callable[[str], bool]
    acquired: str = "Acquired"
    measure: str = "at cost in"
    notes: tuple[str, ...] = ()

    def shows(self, rolled: RolledPeriod) -> bool:
        """Whether a book of these roll-forwards has this side; without lots it buys."""
        names = {lot.about.contract for lot in rolled.lots}
        names |= {key.contract for key in rolled.accruals}
        return any(self.has(name) for name in names) or (not rolled.sellers and not self.notes)


def _bought(rolled: RolledPeriod) -> _Side:
    return _Side(
        ("prepaid", "Prepaid credits by lot"),
        ("accruals", "Accruals"),
        ("ageing", "Age of accruals"),
        lambda name: name not in rolled.sellers,
    )


def _sold(rolled: RolledPeriod) -> _Side:
    return _Side(
        ("deferred", "Deferred revenue by lot"),
        ("unbilled", "Revenue not billed yet"),
        ("unbilled_ageing", "Age of revenue not billed yet"),
        lambda name: name in rolled.sellers,
        "Sold",
        "at its price in",
        ("breakage of lots that have not expired is not in them: `report deferred` has it",),
    )


def rolled_on_screen(tables: Sequence[Table], format: str, width: int | None) -> Sequence[Table]:
    """Without tables and columns that have nothing to say; other formats have them all."""
    if format != "text":
        return tables
    rare = ["party", "exchange", *RARE, *(f"cost_{name}" for name in RARE)]
    kept = [without_unused(table, rare) for table in tables if table.rows]
    return kept or list(tables[-1:])


def _lots_table(rolled: RolledPeriod, side: _Side, currency: str, places: int) -> Table:
    rows = [
        (*_whose(lot), *cost_movements(lot.before, lot.now))
        for lot in rolled.lots
        if side.has(lot.about.contract)
    ]
    columns = [
        Column(column.key, _movement(column, side), True, places, True)
        for column in cost_columns(places)
    ]
    key, name = side.lots
    title = f"{name}, {_named(rolled)}, {side.measure} {currency}"
    notes = side.notes if rows else ()
    return Table(key, title, (*_whose_columns(), *columns), tuple(rows), notes)


def _movement(column: Column, side: _Side) -> str:
    heading = column.heading.removeprefix("Cost ").capitalize()
    return side.acquired if heading == "Acquired" else heading


def _credits_table(rolled: RolledPeriod) -> Table:
    rows = [
        (*_whose(lot), *credit_movements(lot.before, lot.now)) for lot in rolled.lots if lot.name
    ]
    columns = (*_whose_columns(), *movement_columns())
    return Table("credits", f"Credits by lot, {_named(rolled)}", columns, tuple(rows))


def _whose(lot: RolledLot) -> tuple[Cell, ...]:
    about = lot.about
    return (about.contract, about.party or None, lot.name or ALL_PARTIES, about.last_day)


def _whose_columns() -> tuple[Column, ...]:
    return (
        Column("contract", "Contract"),
        Column("party", "Party"),
        Column("lot", "Lot"),
        Column("last_day", "Last day"),
    )


def _accruals_table(rolled: RolledPeriod, side: _Side, places: int) -> Table:
    rows = [
        (accrual.contract, accrual.party or None, accrual.service, *accrual_cells(moved))
        for accrual, moved in rolled.accruals.items()
        if side.has(accrual.contract)
    ]
    columns = (*_service_columns(), *accrual_columns(places))
    key, name = side.accruals
    return Table(key, f"{name}, {_named(rolled)}", columns, tuple(rows))


def _service_columns() -> tuple[Column, ...]:
    return (
        Column("contract", "Contract"),
        Column("party", "Party"),
        Column("service_period", "Service"),
    )


def _ages_table(rolled: RolledPeriod, side: _Side, places: int) -> Table:
    """What is still accrued, in the column of its age."""
    rows: list[tuple[Cell, ...]] = []
    for key, moved in rolled.accruals.items():
        if not moved.closing or not side.has(key.contract):
            continue
        days = (rolled.period.last_day - last_day_of(key.service)).days
        own = sum(days > age for age in AGES)
        amounts: list[Decimal | None] = [None] * (len(AGES) + 1)
        amounts[own] = moved.closing
        rows.append((key.contract, key.party or None, key.service, max(days, 0), *amounts))
    bounds = [0, *(age + 1 for age in AGES)]
    headings = [f"{low}-{high}" for low, high in zip(bounds, AGES, strict=False)]
    columns = (
        *_service_columns(),
        Column("days", "Days", number=True),
        *(
            Column(key, heading, number=True, places=places, total=True)
            for key, heading in [
                *((f"days_{heading.replace('-', '_')}", heading) for heading in headings),
                (f"days_over_{AGES[-1]}", f"Over {AGES[-1]}"),
            ]
        ),
    )
    note = "days from the end of the service period to the end of the month"
    notes = (note,) if rows else ()
    name, title = side.ages
    return Table(name, f"{title}, {rolled.period.last_day}", columns, tuple(rows), notes)


def _balances_table(rolled: RolledPeriod, places: int) -> Table:
    """What each account comes to by its roll-forwards, and by the journal."""
    rows = [
        (
            balance.account,
            balance.rolled,
            balance.journal,
            None if balance.journal is None else balance.rolled - balance.journal,
        )
        for balance in rolled.balances
    ]
    columns = (
        Column("account", "Account"),
        Column("rolled", "Roll-forward", number=True, places=places),
        Column("journal", "Journal", number=True, places=places),
        Column("difference", "Difference", number=True, places=places),
    )
    notes = ["debit positive"] if rows else []
    if any(balance.journal is None for balance in rolled.balances):
        notes.append("`post` leaves out what moves an account without a balance of the journal")
    title = f"Balances, {rolled.period.last_day}"
    return Table("balances", title, columns, tuple(rows), tuple(notes))


def _named(rolled: RolledPeriod) -> str:
    return str(rolled.period) if rolled.written else f"{rolled.period} (not written)"
