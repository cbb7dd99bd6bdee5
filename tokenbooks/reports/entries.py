"""The entries of a close as a table: one row a posting, for CSV and JSON readers."""

from __future__ import annotations

from decimal import Decimal

from tokenbooks.amounts import currency_places
from tokenbooks.close.close_period import Close
from tokenbooks.facts import Facts
from tokenbooks.reports.table import Cell, Column, Table


def entries_table(close: Close, facts: Facts) -> Table:
    """Every posting with its entry's id, date, kind, payee, period and tags."""
    places = currency_places(facts.book.currency)
    rows: list[tuple[Cell, ...]] = []
    for entry in close.entries:
        tags = dict(entry.tags)
        for posting in entry.postings:
            own = dict(posting.tags)
            rows.append(
                (
                    entry.id,
                    entry.day,
                    entry.kind,
                    entry.payee,
                    entry.narration,
                    tags.get("service-period", ""),
                    posting.role,
                    posting.account,
                    own.get("class", ""),
                    own.get("cost-center", ""),
                    own.get("lot", ""),
                    max(posting.amount, Decimal(0)),
                    max(-posting.amount, Decimal(0)),
                )
            )
    columns = (
        Column("entry", "Entry"),
        Column("date", "Date"),
        Column("kind", "Kind"),
        Column("payee", "Payee"),
        Column("narration", "Narration"),
        Column("service_period", "Service period"),
        Column("role", "Role"),
        Column("account", "Account"),
        Column("class", "Class"),
        Column("cost_center", "Cost center"),
        Column("lot", "Lot"),
        Column("debit", "Debit", number=True, places=places, total=True),
        Column("credit", "Credit", number=True, places=places, total=True),
    )
    return Table("entries", f"Entries, {close.period}", columns, tuple(rows))
