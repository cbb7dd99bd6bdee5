"""tokenbooks report obligations: what customers have promised to pay for, still to be served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from tokenbooks.cli.month_report import MonthReport, add_month_report

if TYPE_CHECKING:
    from tokenbooks.desk.open_book import OpenBook
    from tokenbooks.periods import Period


def register(group: typer.Typer) -> None:
    """Add the command."""
    add_month_report(group, "obligations", obligations)


def obligations(book: OpenBook, period: Period | None) -> MonthReport:
    """Show the remaining performance obligations, and when they will be recognised."""
    from tokenbooks.amounts import currency_places
    from tokenbooks.close.obligations import obligations as remaining
    from tokenbooks.desk.look_at_sold import computed_close
    from tokenbooks.reports.revenue import obligations_table

    close, problems = computed_close(book, period)
    if close is None:
        return MonthReport(None, problems)
    currency = book.facts.book.currency
    told = remaining(book.facts, close.computed, close.period)
    table = obligations_table(told, currency_places(currency), close.period, currency)
    return MonthReport([table], problems)
