"""The tables of a reconciled month, as commands print them and closes keep them."""

from __future__ import annotations

from collections.abc import Sequence

from tokenbooks.amounts import currency_places
from tokenbooks.desk.reconcile import Reconciled
from tokenbooks.entries.entry import Entry
from tokenbooks.journals.dialects import DIALECTS
from tokenbooks.journals.month import JournalMonth
from tokenbooks.periods import Period
from tokenbooks.reconcile.bridge import joined
from tokenbooks.reports.displayed_balances import displayed_balances
from tokenbooks.reports.reconciliation import (
    balances_table,
    bridge_table,
    causes_table,
    groups_table,
    proposals_table,
)
from tokenbooks.reports.table import Table

#: What ``--by`` takes to have the causes day by day.
DAY = "day"


def reconciliation_tables(reconciled: Reconciled, by: Sequence[str]) -> list[Table]:
    """Bridge, causes, balances and proposals; with ``by`` the cells behind them, too."""
    facts, period = reconciled.facts, reconciled.period
    currency = facts.book.currency
    bridges = reconciled.bridges if DAY in by else joined(reconciled.bridges)
    tables = [
        bridge_table(bridges, period, currency),
        causes_table(bridges, period, currency),
        groups_table(reconciled.seen.statements, by, period) if by else None,
        balances_table(reconciled.balances, period, currency),
        displayed_balances(facts, reconciled.displayed),
        proposals_table(reconciled.proposals, currency),
    ]
    always = {"reconciliation", "causes"}
    return [table for table in tables if table is not None and (table.rows or table.name in always)]


def proposals_journal(reconciled: Reconciled) -> str:
    """The proposed entries as a journal in the book's dialect; '' without any.

    An entry of another month, which takes back what stands in the wrong one, has its own part.
    """
    book = reconciled.facts.book
    entries: dict[Period, list[Entry]] = {}
    for proposal in reconciled.proposals:
        entries.setdefault(Period.month_of(proposal.entry.day), []).append(proposal.entry)
    months = (
        JournalMonth(
            period,
            book.currency,
            currency_places(book.currency),
            tuple(own),
            (),
            f"{book.name}, proposed: nothing of this is posted",
        )
        for period, own in sorted(entries.items())
    )
    return "\n".join(map(DIALECTS[book.journal].render_month, months))
