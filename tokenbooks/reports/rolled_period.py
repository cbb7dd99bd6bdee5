"""The roll-forwards of a period, and the balances that they come to: ``report rollforward``."""

from __future__ import annotations

from collections.abc import Sequence
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
    """Prepaid credits by lot, in cost and in credits; accruals, their ages; the balances."""
    places = currency_places(currency)
    return [
        _prepaid_table(rolled, currency, places),
        _credits_table(rolled),
        _accruals_table(rolled, places),
        _ages_table(rolled, places),
        _balances_table(rolled, places),
    ]


def rolled_on_screen(tables: Sequence[Table], format: str, width: int | None) -> Sequence[Table]:
    """Without tables and columns that have nothing to say; other formats have them all."""
    if format != "text":
        return tables
    rare = ["party", "exchange", *RARE, *(f"cost_{name}" for name in RARE)]
    kept = [without_unused(table, rare) for table in tables if table.rows]
    return kept or list(tables[-1:])


def _prepaid_table(rolled: RolledPeriod, currency: str, places: int) -> Table:
    rows = [(*_whose(lot), *cost_movements(lot.before, lot.now)) for lot in rolled.lots]
    columns = [
        Column(column.key, column.heading.removeprefix("Cost ").capitalize(), True, places, True)
        for column in cost_columns(places)
    ]
    title = f"Prepaid credits by lot, {_named(rolled)}, at cost in {currency}"
    return Table("prepaid", title, (*_whose_columns(), *columns), tuple(rows))


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


def _accruals_table(rolled: RolledPeriod, places: int) -> Table:
    rows = [
        (key.contract, key.party or None, key.service, *accrual_cells(moved))
        for key, moved in rolled.accruals.items()
    ]
    columns = (*_service_columns(), *accrual_columns(places))
    return Table("accruals", f"Accruals, {_named(rolled)}", columns, tuple(rows))


def _service_columns() -> tuple[Column, ...]:
    return (
        Column("contract", "Contract"),
        Column("party", "Party"),
        Column("service_period", "Service"),
    )


def _ages_table(rolled: RolledPeriod, places: int) -> Table:
    """What is still accrued, in the column of its age."""
    rows: list[tuple[Cell, ...]] = []
    for key, moved in rolled.accruals.items():
        if not moved.closing:
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
    return Table(
        "ageing", f"Age of accruals, {rolled.period.last_day}", columns, tuple(rows), notes
    )


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
