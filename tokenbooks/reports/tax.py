"""Tax schedules: when the rules count what is paid in advance, beside when the books do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from tokenbooks.book import TaxYear
from tokenbooks.close.tax_prepaid import (
    CASH_12MONTH,
    DEPOSIT,
    INDEFINITE,
    NEXT_YEAR_END,
    PASSES,
    TWELVE_MONTHS,
    PrepaidLot,
    deducted_years,
)
from tokenbooks.close.tax_prepaid import METHODS as CUSTOMER_METHODS
from tokenbooks.close.tax_schedule import CASH, DEFERRAL, FULL, TaxedYear
from tokenbooks.close.tax_schedule import METHODS as PROVIDER_METHODS
from tokenbooks.periods import Period
from tokenbooks.reports.explained_cells import without
from tokenbooks.reports.narrow import natural_width
from tokenbooks.reports.table import Cell, Column, Table

_HEADINGS = {
    DEFERRAL: "Deferral",
    FULL: "Full inclusion",
    CASH: "Cash",
    CASH_12MONTH: "Cash, 12 months",
    "accrual": "Accrual",
}
_RULES = {
    PASSES: "when paid",
    TWELVE_MONTHS: "as used (12 months)",
    NEXT_YEAR_END: "as used (year end)",
    INDEFINITE: "as used (no end)",
    DEPOSIT: "as used (deposit)",
}
_NOTHING_POSTED = "Nothing is posted: the books stay on the accrual basis."
_CASH_NOTE = "On the cash method there is no deferral; count sales on account when they are paid."


def provider_table(
    found: Iterable[TaxedYear], tax: TaxYear, places: int, period: Period, currency: str
) -> Table:
    """What advance payments are as income, by year of receipt and tax year.

    Under the method of the book with its difference to the books, else under all of them.
    """
    methods = _chosen(tax.provider_method, PROVIDER_METHODS)
    rows: list[tuple[Cell, ...]] = []
    for item in found:
        amounts = [item.included[method] for method in methods]
        row = [item.contract, year_name(item.received_in, tax), year_name(item.year, tax)]
        rows.append((*row, item.received, item.earned, *amounts, *_apart(amounts, item.earned)))
    columns = (
        Column("contract", "Contract"),
        Column("received_in", "Received in"),
        Column("tax_year", "Tax year"),
        _amount("received", "Received", places),
        _amount("book_revenue", "Book revenue", places),
        *_method_columns(methods, places),
    )
    standard = (
        "Deferral: revenue of the year in the financial statement, the rest in the next year"
        " (IRC 451(c)(1)(B))."
        if tax.afs
        else "Deferral without a financial statement: what is earned in the year, the rest in the"
        " next (Reg. 1.451-8(d))."
    )
    notes = [_NOTHING_POSTED, *([standard] if DEFERRAL in methods else [])]
    notes += [_CASH_NOTE] if CASH in methods else []
    title = f"Advance payments as income, known to {period}, {currency}"
    return Table("advance_payments", title, columns, tuple(rows), tuple(notes))


def customer_tables(
    lots: Sequence[PrepaidLot],
    tax: TaxYear,
    places: int,
    period: Period,
    currency: str,
    untold: Sequence[str] = (),
) -> list[Table]:
    """What is deducted of credits by tax year, and what the 12-month rule says of each lot."""
    methods = _chosen(tax.customer_method, CUSTOMER_METHODS)
    rows: list[tuple[Cell, ...]] = []
    for item in deducted_years(lots, tax.year_end):
        amounts = [getattr(item, method) for method in methods]
        known = (item.contract, year_name(item.year, tax), item.paid, item.expense)
        rows.append((*known, *amounts, *_apart(amounts, item.expense)))
    columns = (
        Column("contract", "Contract"),
        Column("tax_year", "Tax year"),
        _amount("paid", "Paid", places),
        _amount("book_expense", "Book expense", places),
        *_method_columns(methods, places),
    )
    notes = [_NOTHING_POSTED]
    notes += [f"Lots of {name} stand in tables, and are not in this schedule." for name in untold]
    title = f"Prepaid credits as deductions, known to {period}, {currency}"
    years = Table("deductions", title, columns, tuple(rows), tuple(notes))
    return [years, _lots_table(lots, places, currency)]


def _lots_table(lots: Iterable[PrepaidLot], places: int, currency: str) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for own in lots:
        lot = own.lot
        days = (own.paid_on, lot.starts.date(), lot.last_day, own.rule.limit)
        rows.append(
            (lot.contract, lot.id, own.paid, *days, _RULES[own.rule.result], own.served_soon)
        )
    columns = (
        Column("contract", "Contract"),
        Column("lot", "Lot"),
        _amount("paid", "Paid", places),
        Column("paid_on", "Paid on"),
        Column("first_benefit", "First benefit"),
        Column("expires", "Expires"),
        Column("limit", "Limit"),
        Column("cash_12month", "Cash method"),
        Column("within_3_5_months", "In 3.5 months"),
    )
    note = (
        "A lot is deducted when it is paid if it expires by its limit: 12 months after its first"
        " benefit, or the end of the next tax year if that is earlier."
    )
    return Table("lots", f"The 12-month rule by lot, {currency}", columns, tuple(rows), (note,))


def fitted_to_screen(tables: Sequence[Table], format: str, width: int | None) -> Sequence[Table]:
    """Without what a lot's row can spare, one column after the other, where there is no room."""
    if format != "text" or width is None:
        return tables
    return [_spared(table, width) if table.name == "lots" else table for table in tables]


def _spared(table: Table, width: int) -> Table:
    for key in ("first_benefit", "within_3_5_months", "paid_on"):
        if natural_width(table) > width:
            table = without(table, [key])
    return table


def year_name(year: int, tax: TaxYear) -> str:
    """A tax year as people call it: by its last month where that is not December."""
    return str(year) if tax.year_end == 12 else str(Period.month(year, tax.year_end))


def _chosen(method: str, methods: tuple[str, ...]) -> tuple[str, ...]:
    return (method,) if method else methods


def _method_columns(methods: Sequence[str], places: int) -> list[Column]:
    columns = [_amount(method, _HEADINGS[method], places) for method in methods]
    return [*columns, *([_amount("difference", "Tax - book", places)] if len(methods) == 1 else [])]


def _apart(amounts: Sequence[Decimal], booked: Decimal | None) -> list[Decimal]:
    """How far the chosen method is from the books; nothing to say where none is chosen."""
    return [amounts[0] - (booked or Decimal(0))] if len(amounts) == 1 else []


def _amount(key: str, heading: str, places: int) -> Column:
    return Column(key, heading, True, places, total=True)
