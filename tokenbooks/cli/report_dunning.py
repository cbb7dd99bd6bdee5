"""tokenbooks report dunning: what to look at before asking for money again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from tokenbooks.cli.month_report import MonthReport, add_month_report

if TYPE_CHECKING:
    from tokenbooks.desk.open_book import OpenBook
    from tokenbooks.periods import Period


def register(group: typer.Typer) -> None:
    """Add the command."""
    add_month_report(group, "dunning", dunning)


def dunning(book: OpenBook, period: Period | None) -> MonthReport:
    """Show open invoices out of pattern, and when to ask for the others; posts nothing."""
    from tokenbooks.amounts import currency_places
    from tokenbooks.close.dunning import dunned
    from tokenbooks.desk.look_at_sold import computed_close
    from tokenbooks.reports.receivables import dunning_tables, fitted_to_screen

    close, problems = computed_close(book, period)
    if close is None:
        return MonthReport(None, problems)
    currency = book.facts.book.currency
    told = dunned(book.facts, close.computed.sold.losses.open, close.period)
    tables = dunning_tables(told, currency_places(currency), close.period, currency)
    return MonthReport(tables, problems, fitted_to_screen)
