"""The balances that a provider displayed, reconciled with the lots."""

from __future__ import annotations

from collections.abc import Iterable

from tokenbooks.amounts import exact_text
from tokenbooks.facts import Facts
from tokenbooks.reconcile.displayed.displayed import TiedBalance
from tokenbooks.reports.credits import UNIT_COLUMN, whose_cells, whose_columns
from tokenbooks.reports.movements import CREDIT_PLACES, credits_cell, has_parties
from tokenbooks.reports.table import Cell, Column, Table


def displayed_balances(facts: Facts, tied: Iterable[TiedBalance]) -> Table:
    """Each displayed balance: ours, the causes of the difference one by one, and theirs."""
    parties = has_parties(facts)
    rows: list[tuple[Cell, ...]] = []
    for item in tied:
        row, tie = item.row, item.tie
        unit = item.unit.plural if item.unit.name else None
        head = (*whose_cells((row.contract, row.party), parties), unit, row.day)
        rows.append((*head, "by the lots", credits_cell(tie.ours), None))
        for cause in tie.causes:
            rows.append((*head, cause.name, credits_cell(cause.amount), cause.words))
        difference = exact_text(tie.difference, CREDIT_PLACES)
        about = f"difference {difference}" if tie.difference else "no difference"
        rows.append((*head, "displayed", tie.displayed, about))
    columns = (
        *whose_columns(parties),
        UNIT_COLUMN,
        Column("date", "Date"),
        Column("item", "Item"),
        Column("amount", "Amount", number=True),
        Column("why", "Why"),
    )
    return Table("displayed", "Displayed balances", columns, tuple(rows))
