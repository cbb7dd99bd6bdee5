"""Formats as tables: which there are, which claims a file, and what one makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from tokenbooks.amounts import number_text
from tokenbooks.reports.table import Column, Table
from tokenbooks.usage.accounting import OWED, FileAccount


def formats_table(rows: Iterable[tuple[str, str, str, str]]) -> Table:
    """The formats: id, kind, title, and the file that describes it."""
    cells = tuple((id_, id_.split("-", 1)[0], kind, title, file) for id_, kind, title, file in rows)
    columns = (
        Column("format", "Format"),
        Column("provider", "Provider"),
        Column("kind", "Kind"),
        Column("title", "Title"),
        Column("file", "Described in"),
    )
    return Table("formats", "Formats of exports", columns, cells)


def claims_table(rows: Iterable[tuple[str, str, bool, Sequence[str]]]) -> Table:
    """Each file with each format: whether it fits, and why not."""
    cells = tuple(
        (file, format, fits, "; ".join(reasons) or None) for file, format, fits, reasons in rows
    )
    columns = (
        Column("file", "File"),
        Column("format", "Format"),
        Column("fits", "Fits"),
        Column("why_not", "Why not: it"),
    )
    return Table("claims", "Which format the files have", columns, cells)


def tried_tables(
    account: FileAccount, dimensions: Sequence[str], totals: Iterable[tuple[str, str]]
) -> list[Table]:
    """What a descriptor made of a file: rows, days, and the sums of what it counts."""
    names = ("read", "used", "skipped", "rejected", "replaced")
    counts = (
        account.rows_read,
        account.used,
        account.skipped_rows,
        account.rejected,
        account.replaced,
    )
    columns = (
        Column("file", "File"),
        Column("format", "Format"),
        *(Column(name, name.capitalize(), number=True) for name in names),
        Column("first_day", "First day"),
        Column("last_day", "Last day"),
    )
    days = (account.first_day, account.last_day)
    notes = [f"{count} rows skipped: {reason}" for reason, count in account.skipped.items()]
    if account.unknown_columns:
        notes.append(f"Columns that the format does not read: {', '.join(account.unknown_columns)}")
    if dimensions:
        notes.append(f"Dimensions found: {', '.join(dimensions)}")
    rows = ((account.shown, account.format, *counts, *days),)
    tables = [Table("rows", "Rows", columns, rows, tuple(notes))]
    sums = tuple((name, Decimal(number_text(Decimal(total)))) for name, total in totals if total)
    sums += _amounts(account)
    meters = (Column("meter", "Meter"), Column("sum", "Sum", number=True))
    return [*tables, Table("sums", "What it counts", meters, sums)]


def _amounts(account: FileAccount) -> tuple[tuple[str, Decimal], ...]:
    """What the rows cost by the file's own words: what is owed, and what is not."""
    if account.stated is None:
        return ()
    name = f"amount {account.currency or ''}".strip()
    others = {f"{name}, {m}": a for m, a in sorted(account.amounts.items()) if m != OWED}
    return ((name, account.stated), *others.items())
