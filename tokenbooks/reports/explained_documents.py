"""The rows, lots and other entries that an explanation names, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tokenbooks.close.explanation import Document, LotRoll, RelatedEntry
from tokenbooks.documents import CreditEvent, Invoice, OpeningBalance
from tokenbooks.reports.explained_cells import place_cells, plain_columns, without
from tokenbooks.reports.rollforward import credits_cell
from tokenbooks.reports.table import Cell, Column, Table


def documents_table(documents: Sequence[Document], notes: tuple[str, ...] = ()) -> Table:
    """Rows of credits, invoices and opening balances, with their places."""
    rows: list[tuple[Cell, ...]] = []
    for row in documents:
        place = place_cells(row.position)
        if isinstance(row, CreditEvent):
            rows.append((*place, row.day, row.event, row.lot, *_amounts(row), row.document or None))
        elif isinstance(row, Invoice):
            rows.append((*place, row.day, row.kind, row.invoice, None, row.amount, _covers(row)))
        elif isinstance(row, OpeningBalance):
            name = row.service_period or None
            rows.append((*place, None, row.role, name, None, row.amount, row.document or None))
    columns = (
        Column("file", "File"),
        Column("line", "Line", number=True),
        *plain_columns(("date", "Date"), ("event", "Event"), ("name", "Name")),
        Column("credits", "Credits", number=True),
        Column("amount", "Amount", number=True),
        Column("about", "Document or days"),
    )
    return Table("documents", "Rows of the book's files", columns, tuple(rows), notes)


def _amounts(row: CreditEvent) -> tuple[Decimal, Decimal | None]:
    bought = row.event in {"purchase", "opening"}
    return row.credits, row.paid if row.paid is not None else (row.credits if bought else None)


def _covers(row: Invoice) -> str | None:
    return f"{row.first_day} to {row.last_day}" if row.first_day and row.last_day else None


def rolls_table(rolls: Sequence[LotRoll]) -> Table:
    """Lots over their periods, in credits and in cost."""
    rows: list[tuple[Cell, ...]] = []
    for roll in rolls:
        before, now = roll.before, roll.now
        quantities = (
            before.left,
            now.acquired - before.acquired,
            now.used - before.used,
            now.expired - before.expired,
            now.left,
        )
        costs = (
            before.cost_left,
            now.cost_acquired - before.cost_acquired,
            now.cost_used - before.cost_used,
            now.cost_expired - before.cost_expired,
            now.cost_left,
        )
        head = (roll.lot.id, str(roll.period))
        rows.append((*head, "credits", *(credits_cell(value) for value in quantities)))
        rows.append((*head, "cost", *costs))
    columns = (
        *plain_columns(("lot", "Lot"), ("period", "Period"), ("measure", "In")),
        *(
            Column(key, key.capitalize(), number=True)
            for key in ("opening", "acquired", "used", "expired", "closing")
        ),
    )
    return Table("rollforward", "Roll-forward of the lot", columns, tuple(rows))


def related_table(related: Sequence[RelatedEntry], title: str = "Related entries") -> Table:
    """Other entries with their places."""
    rows = tuple(
        (item.id, item.period, item.file or None, item.line or None, item.why or None)
        for item in related
    )
    columns = (
        *plain_columns(("entry", "Entry"), ("period", "Period"), ("file", "Journal")),
        Column("line", "Line", number=True),
        Column("why", "Remark"),
    )
    unused = [] if any(item.why for item in related) else ["why"]
    return without(Table("entries", title, columns, rows), unused)
