"""Expense by service period and booking period: ``report service-periods``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from tokenbooks.amounts import currency_places
from tokenbooks.close.service_periods import BookedExpense
from tokenbooks.periods import Period
from tokenbooks.reports.explained_cells import without
from tokenbooks.reports.table import Cell, Column, Table


def service_period_tables(
    expenses: Sequence[BookedExpense], currency: str, period: Period | None = None
) -> list[Table]:
    """What of each month was booked late, then each booking with its entries."""
    places = currency_places(currency)
    about = f", {period}" if period else ""
    return [
        _months_table(expenses, f"Expense by service period{about}, {currency}", places),
        _bookings_table(expenses, f"Expense by booking{about}, {currency}", places),
    ]


def service_periods_on_screen(
    tables: Sequence[Table], format: str, width: int | None
) -> Sequence[Table]:
    """Without the entries where a terminal has no room; other formats have them."""
    if format != "text" or width is None:
        return tables
    return [without(table, ["entries"]) for table in tables]


def _months_table(expenses: Iterable[BookedExpense], title: str, places: int) -> Table:
    sums: dict[tuple[str, Period], list[BookedExpense]] = {}
    for expense in expenses:
        sums.setdefault((expense.contract, expense.service), []).append(expense)
    rows: list[tuple[Cell, ...]] = []
    for (contract, service), own in sorted(sums.items()):
        late = sum((e.amount for e in own if e.is_late), Decimal(0))
        total = sum((e.amount for e in own), Decimal(0))
        last = max((e.booked for e in own if e.is_late), default=None)
        rows.append(
            (contract, str(service), total - late, late, total, str(last) if last else None)
        )
    columns = (
        Column("contract", "Contract"),
        Column("service_period", "Service"),
        Column("on_time", "On time", number=True, places=places, total=True),
        Column("late", "Booked late", number=True, places=places, total=True),
        Column("expense", "Expense", number=True, places=places, total=True),
        Column("last_booked", "Last booked late in"),
    )
    return Table("service_periods", title, columns, tuple(rows))


def _bookings_table(expenses: Iterable[BookedExpense], title: str, places: int) -> Table:
    rows = [
        (
            expense.contract,
            expense.role,
            str(expense.service),
            str(expense.booked),
            expense.is_late,
            expense.amount,
            "; ".join(_entry(*entry) for entry in expense.entries) or None,
        )
        for expense in expenses
    ]
    columns = (
        Column("contract", "Contract"),
        Column("role", "Role"),
        Column("service_period", "Service"),
        Column("booked_in", "Booked in"),
        Column("late", "Late"),
        Column("amount", "Amount", number=True, places=places, total=True),
        Column("entries", "Late entries"),
    )
    return Table("bookings", title, columns, tuple(rows))


def _entry(name: str, link: str) -> str:
    return f"{name} for {link}" if link else name
