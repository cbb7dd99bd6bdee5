"""The accounting of files as a table, and the usage in them that is nobody's expense."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from tokenbooks.amounts import number_text
from tokenbooks.periods import Period
from tokenbooks.rating.measures import is_measure
from tokenbooks.reports.narrow import natural_width
from tokenbooks.reports.table import Cell, Column, Table
from tokenbooks.usage.accounting import CREDIT, NOT_OWED_ROWS, OWED_MEANINGS, FileAccount
from tokenbooks.usage.layout import NOT_OWED, meter_column

if TYPE_CHECKING:
    import duckdb


def files_table(accounts: Iterable[FileAccount]) -> Table:
    """Every file: rows read = used + replaced + skipped + rejected."""
    known = list(accounts)
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
            account.provisional_from,
            account.stated,
            sum(_not_owed(account).values(), Decimal(0)) or None,
            account.currency,
        )
        for account in known
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
        Column("provisional_from", "Provisional from"),
        Column("stated", "Stated", number=True),
        Column("not_owed", "Not owed", number=True),
        Column("currency", "Currency"),
    )
    return Table("files", "Files", columns, tuple(rows), tuple(_notes(known)))


def files_in_width(tables: Sequence[Table], format: str, width: int | None) -> Sequence[Table]:
    """The table of files; where a terminal is too narrow, its days and amounts apart."""
    if format != "text" or width is None or all(natural_width(t) <= width for t in tables):
        return tables
    return [
        part
        for table in tables
        for part in (_part(table, _COUNTS), replace(_part(table, _DAYS), title="", notes=()))
    ]


_COUNTS = ("file", "format", "read", "used", "replaced", "skipped", "rejected")
_DAYS = (
    *("file", "contract", "first_day", "last_day", "provisional_from"),
    *("stated", "not_owed", "currency"),
)


def _part(table: Table, keys: Sequence[str]) -> Table:
    """Some columns of a table."""
    places = [n for n, column in enumerate(table.columns) if column.key in keys]
    columns = tuple(table.columns[n] for n in places)
    rows = tuple(tuple(row[n] for n in places) for row in table.rows)
    return replace(table, columns=columns, rows=rows)


def _notes(accounts: Iterable[FileAccount]) -> list[str]:
    notes = []
    for account in accounts:
        for reason, count in account.skipped.items():
            kept = ": no expense, kept as value" if reason == NOT_OWED_ROWS else ""
            notes.append(f"{account.shown}: {count} rows skipped, {reason}{kept}")
        if others := [f"{m} {number_text(a)}" for m, a in _not_owed(account).items()]:
            notes.append(f"{account.shown}: amounts that are not owed: {', '.join(others)}")
        if taken_off := account.amounts.get(CREDIT):
            notes.append(f"{account.shown}: stated after credits of {number_text(taken_off)}")
        if account.day_zone:
            notes.append(
                f"{account.shown}: days are those of {account.day_zone}, not the contract's zone:"
                " a standing difference of cut-off"
            )
        if account.unknown_columns:
            notes.append(f"{account.shown}: columns not used: {', '.join(account.unknown_columns)}")
    return notes


def _not_owed(account: FileAccount) -> dict[str, Decimal]:
    """The amounts of a file that are not part of what is owed, by what they mean."""
    return {m: amount for m, amount in account.amounts.items() if m not in OWED_MEANINGS}


def not_owed_table(
    connection: duckdb.DuckDBPyConnection,
    contracts: Mapping[int, str],
    period: Period | None = None,
) -> Table:
    """Usage that is nobody's expense, by contract, meaning and meter, with its value.

    ``contracts`` are those of the files in ``usage_read`` by their index. The value is what
    the files themselves say; it stands with the first meter of a group.
    """
    names = _meters_read(connection)
    groups: dict[tuple[str, str, str], _Group] = {}
    for file, meaning, currency, amount, *quantities in connection.execute(
        _not_owed_sql(names, period)
    ).fetchall():
        group = groups.setdefault((contracts[file], meaning or "", currency or ""), _Group())
        group.value += amount or 0
        for name, quantity in zip(names, quantities, strict=True):
            group.quantities[name] = group.quantities.get(name, Decimal(0)) + (quantity or 0)
    rows: list[tuple[Cell, ...]] = []
    for (contract, meaning, currency), group in sorted(groups.items()):
        value: Decimal | None = Decimal(number_text(group.value))
        for name, quantity in group.told():
            rows.append((contract, meaning, name, quantity, value, currency))
            value = None
    columns = (
        Column("contract", "Contract"),
        Column("meaning", "Meaning"),
        Column("meter", "Meter"),
        Column("quantity", "Quantity", number=True),
        Column("value", "Value", number=True),
        Column("currency", "Currency"),
    )
    return Table("not_owed", "Usage that is no expense", columns, tuple(rows))


@dataclass(slots=True)
class _Group:
    """The quantities and the value of one contract and meaning."""

    value: Decimal = Decimal(0)
    quantities: dict[str, Decimal] = field(default_factory=dict)

    def told(self) -> list[tuple[str, Decimal | None]]:
        """The meters that come to something; one line without a meter where none does."""
        some = [(name, Decimal(number_text(q))) for name, q in self.quantities.items() if q]
        return [*some] or [("", None)]


def _meters_read(connection: duckdb.DuckDBPyConnection) -> list[str]:
    described = connection.execute("SELECT * FROM usage_read LIMIT 0").description or ()
    names = [column[0].removeprefix("m_") for column in described if column[0][:2] == "m_"]
    return [name for name in names if not is_measure(name)]


def _not_owed_sql(names: Sequence[str], period: Period | None) -> str:
    sums = "".join(f", sum({meter_column(name)})" for name in names)
    within = ""
    if period is not None:
        within = f" AND \"at\" >= '{period.start}' AND \"at\" < '{period.end}'"
    return (
        f"SELECT file, meaning, currency, sum(amount){sums} FROM usage_read"
        f" WHERE verdict = {NOT_OWED}{within} GROUP BY ALL ORDER BY ALL"
    )
