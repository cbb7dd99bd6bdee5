"""What is still to be earned of documents in advance, by month: ``schedules.csv`` of a close."""

from __future__ import annotations

from collections.abc import Iterable

from tokenbooks.entries.sell.advance import Advance
from tokenbooks.periods import Period
from tokenbooks.reports.table import Cell, Column, Table

#: What is recognised within so many months is current.
CURRENT_MONTHS = 12


def schedules_table(found: Iterable[Advance], places: int, period: Period) -> Table:
    """Each month of each document; ``current`` is what falls into the next twelve months."""
    rows: list[tuple[Cell, ...]] = []
    for item in found:
        row = item.row
        for month, amount in item.schedule(period.end, places):
            ahead = 12 * (month.start.year - period.end.year) + month.start.month - period.end.month
            current = ahead < CURRENT_MONTHS
            rows.append((row.contract, row.party or None, row.invoice, str(month), current, amount))
    columns = (
        Column("contract", "Contract"),
        Column("party", "Party"),
        Column("document", "Document"),
        Column("month", "Month"),
        Column("current", "Current"),
        Column("amount", "Amount", True, places, total=True),
    )
    return Table("schedules", f"Still to be earned, end of {period}", columns, tuple(rows))
