"""The rows, lots and other entries that an explanation names, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tokenbooks.amounts import finite_decimal, round_half_up
from tokenbooks.book import Book
from tokenbooks.close.explanation import Document, LotRoll, RelatedEntry
from tokenbooks.documents import (
    Adjustment,
    CreditEvent,
    Estimate,
    ExchangeRate,
    Invoice,
    Modification,
    OpeningBalance,
)
from tokenbooks.entries.sell.words import own_kind
from tokenbooks.reports.explained_cells import place_cells, plain_columns, without
from tokenbooks.reports.movements import (
    RARE,
    cost_movements,
    credit_movements,
    movement_columns,
    without_unused,
)
from tokenbooks.reports.table import Cell, Column, Table


def event_word(book: Book, row: CreditEvent) -> str:
    """The event of a row as its file calls it: what one side buys the other sells."""
    return own_kind(row.event, book.contracts[row.contract])


def documents_table(
    documents: Sequence[Document | ExchangeRate],
    book: Book,
    notes: tuple[str, ...] = (),
) -> Table:
    """Rows of the book's small files, with their places."""
    rows: list[tuple[Cell, ...]] = []
    for row in documents:
        place = place_cells(row.position)
        if isinstance(row, CreditEvent):
            event = event_word(book, row)
            rows.append((*place, row.day, event, row.lot, *_amounts(row), _about(row)))
        elif isinstance(row, Invoice):
            rows.append((*place, row.day, row.kind, row.invoice, None, row.amount, _covers(row)))
        elif isinstance(row, OpeningBalance):
            name = row.service_period or None
            rows.append((*place, None, row.role, name, None, row.amount, row.document or None))
        elif isinstance(row, Adjustment):
            about: str | None = row.document or row.memo
            rows.append((*place, row.day, "accrual", row.service_period, None, row.amount, about))
        elif isinstance(row, Estimate):
            about = row.evidence or row.memo or None
            value = finite_decimal(row.value) or round_half_up(row.value, 6)
            rows.append((*place, row.day, row.name, row.cohort or None, None, value, about))
        elif isinstance(row, Modification):
            added = row.added
            amounts = (added.credits, added.paid) if added else (None, row.refund)
            about = row.evidence or None
            rows.append((*place, row.day, "modification", row.id, *amounts, about))
        elif isinstance(row, ExchangeRate):
            pair = f"{row.currency} in {row.into}"
            rows.append((*place, row.day, "rate", pair, None, row.rate, row.source or None))
    columns = (
        Column("file", "File"),
        Column("line", "Line", number=True),
        *plain_columns(("date", "Date"), ("event", "Event"), ("name", "Name")),
        Column("credits", "Credits", number=True),
        Column("amount", "Amount", number=True),
        Column("about", "Document or days"),
    )
    return Table("documents", "Rows of the book's files", columns, tuple(rows), notes)


def _about(row: CreditEvent) -> str | None:
    return f"to {row.expires}" if row.event == "extend" else row.document or None


def _amounts(row: CreditEvent) -> tuple[Decimal | None, Decimal | None]:
    bought = row.event in {"purchase", "opening"}
    # a row may leave them out: a new end, or all that is left
    return row.credits or None, row.paid if row.paid is not None else (
        row.credits if bought else None
    )


def _covers(row: Invoice) -> str | None:
    return f"{row.first_day} to {row.last_day}" if row.first_day and row.last_day else None


def rolls_table(rolls: Sequence[LotRoll]) -> Table:
    """Lots over their periods, in credits and in cost."""
    rows: list[tuple[Cell, ...]] = []
    for roll in rolls:
        head = (roll.lot.id, str(roll.period))
        rows.append((*head, "credits", *credit_movements(roll.before, roll.now)))
        rows.append((*head, "cost", *cost_movements(roll.before, roll.now)))
    columns = (
        *plain_columns(("lot", "Lot"), ("period", "Period"), ("measure", "In")),
        *movement_columns(),
    )
    table = Table("rollforward", "Roll-forward of the lot", columns, tuple(rows))
    return without_unused(table, RARE)


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
