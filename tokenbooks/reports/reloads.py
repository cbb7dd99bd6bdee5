"""Automatic reloads as tables: those to expect, and those that differ from their receipts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from tokenbooks.credits.lots import Account
from tokenbooks.credits.reload_receipts import MISSING, ReloadFinding
from tokenbooks.facts import Facts
from tokenbooks.reports.credits import UNIT_COLUMN, counted, unit_cell, whose_cells, whose_columns
from tokenbooks.reports.movements import has_parties
from tokenbooks.reports.table import Column, Table


def reloads_to_come(
    facts: Facts, reloads: Iterable[tuple[Account, date, Fraction]], day: date
) -> Table:
    """The next reloads that the rules of plans imply at the recent rate."""
    parties = has_parties(facts)
    columns = (
        *whose_columns(parties),
        UNIT_COLUMN,
        Column("date", "Date"),
        Column("credits", "Credits", number=True, places=2),
    )
    rows = tuple(
        (
            *whose_cells(account, parties),
            unit_cell(facts, account),
            on,
            counted(facts, account, bought),
        )
        for account, on, bought in reloads
    )
    note = "They follow from the plan's `reload` at the recent rate; only receipts are posted."
    return Table("reloads", f"Reloads to expect after {day}", columns, rows, (note,))


def reload_differences(facts: Facts, findings: Iterable[tuple[Account, ReloadFinding]]) -> Table:
    """Reloads that a rule implies but no receipt shows, and the reverse."""
    parties = has_parties(facts)
    columns = (
        *whose_columns(parties),
        UNIT_COLUMN,
        Column("date", "Date"),
        Column("what", "What"),
        Column("left", "Left", number=True, places=2),
        Column("credits", "Credits", number=True, places=2),
        Column("lot", "Lot"),
    )
    rows = tuple(
        (
            *whose_cells(account, parties),
            unit_cell(facts, account),
            item.day,
            "no receipt" if item.kind == MISSING else "not by the rule",
            counted(facts, account, item.balance),
            counted(facts, account, item.credits),
            item.lot or None,
        )
        for account, item in findings
    )
    return Table("reload_differences", "Reloads that differ from receipts", columns, rows)
