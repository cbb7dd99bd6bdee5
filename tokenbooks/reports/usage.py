"""Usage as tables: quantities and list value by dimension, and the accounting of files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from tokenbooks.amounts import currency_places, number_text
from tokenbooks.rating.charge_table import ChargeScales
from tokenbooks.reports.table import Cell, Column, Table
from tokenbooks.usage.accounting import FileAccount
from tokenbooks.usage.layout import dimension_column

if TYPE_CHECKING:
    import duckdb

#: Columns of the table of charges that can be grouped by besides the kept dimensions.
CHARGE_COLUMNS = ("contract", "party", "service_period", "meter", "price", "class", "cost_center")


def charges_table(
    connection: duckdb.DuckDBPyConnection,
    scales: ChargeScales,
    by: Sequence[str],
    currency: str,
    service_period: str | None = None,
) -> Table:
    """Quantities, list value and cost of the table of charges, grouped."""
    groups = [name if name in CHARGE_COLUMNS else dimension_column(name) for name in by]
    keys = "".join(f"{column}, " for column in groups)
    where = "WHERE service_period = ?" if service_period else ""
    rows = connection.execute(
        f"SELECT {keys}sum(quantity)::VARCHAR, sum(list_value)::VARCHAR, sum(cost)::VARCHAR"
        f" FROM charges {where} GROUP BY ALL ORDER BY ALL",
        [service_period] if service_period else [],
    ).fetchall()
    cells = [
        (
            *(value or "" for value in row[: len(by)]),
            scaled_cell(row[-3], scales.quantity),
            scaled_cell(row[-2], scales.list_value),
            scaled_cell(row[-1], scales.cost),
        )
        for row in rows
    ]
    places = currency_places(currency)
    columns = (
        *(Column(name, name.replace("_", " ").capitalize()) for name in by),
        Column("quantity", "Quantity", number=True),
        Column("list_value", f"List value {currency}", number=True, places=places, total=True),
        Column("cost", f"Cost {currency}", number=True, places=places, total=True),
    )
    title = f"Usage, {service_period}" if service_period else "Usage"
    return Table("usage", title, columns, tuple(cells))


def files_table(accounts: Iterable[FileAccount]) -> Table:
    """Every file: rows read = used + replaced + skipped + rejected."""
    rows: list[tuple[Cell, ...]] = [
        (
            account.shown,
            account.contract,
            account.format,
            account.rows_read,
            account.used,
            account.replaced,
            account.skipped_rows,
            account.rejected,
            account.first_day,
            account.last_day,
            account.stated,
            account.currency,
        )
        for account in accounts
    ]
    counts = [
        Column(key, key.capitalize(), number=True, total=True)
        for key in ("read", "used", "replaced", "skipped", "rejected")
    ]
    columns = (
        Column("file", "File"),
        Column("contract", "Contract"),
        Column("format", "Format"),
        *counts,
        Column("first_day", "First day"),
        Column("last_day", "Last day"),
        Column("stated", "Stated", number=True),
        Column("currency", "Currency"),
    )
    return Table("files", "Files", columns, tuple(rows), tuple(_notes(accounts)))


def _notes(accounts: Iterable[FileAccount]) -> list[str]:
    notes = []
    for account in accounts:
        for reason, count in account.skipped.items():
            notes.append(f"{account.shown}: {count} rows skipped, {reason}")
        if account.day_zone:
            notes.append(
                f"{account.shown}: days are those of {account.day_zone}, not the contract's zone:"
                " a standing difference of cut-off"
            )
        if account.unknown_columns:
            notes.append(f"{account.shown}: columns not used: {', '.join(account.unknown_columns)}")
    return notes


def scaled_cell(digits: str | None, places: int) -> Decimal:
    """A scaled integer of the table of charges as a decimal."""
    return Decimal(number_text(Decimal(digits or "0").scaleb(-places)))
