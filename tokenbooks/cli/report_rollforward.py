"""tokenbooks report rollforward: prepaid credits and accruals, from opening to closing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from tokenbooks.cli.month_report import MonthReport, add_month_report

if TYPE_CHECKING:
    from tokenbooks.desk.open_book import OpenBook
    from tokenbooks.periods import Period


def register(group: typer.Typer) -> None:
    """Add the command."""
    add_month_report(group, "rollforward", rollforward)


def rollforward(book: OpenBook, period: Period | None) -> MonthReport:
    """Roll prepaid credits and accruals forward, with ages and balances."""
    from tokenbooks.desk.look_at_periods import roll_forward
    from tokenbooks.reports.rolled_period import rolled_on_screen, rolled_tables

    rolled, problems = roll_forward(book, period)
    tables = rolled_tables(rolled, book.facts.book.currency) if rolled else None
    return MonthReport(tables, problems, rolled_on_screen)
