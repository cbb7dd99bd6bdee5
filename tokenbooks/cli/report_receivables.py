"""tokenbooks report receivables: what customers owe, by age."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from tokenbooks.cli.month_report import MonthReport, add_month_report

if TYPE_CHECKING:
    from tokenbooks.desk.open_book import OpenBook
    from tokenbooks.periods import Period


def register(group: typer.Typer) -> None:
    """Add the command."""
    add_month_report(group, "receivables", receivables)


def receivables(book: OpenBook, period: Period | None) -> MonthReport:
    """Show what customers owe by days past due, and the allowance for it."""
    from tokenbooks.amounts import currency_places
    from tokenbooks.desk.look_at_sold import computed_close
    from tokenbooks.reports.receivables import ageing_tables, fitted_to_screen

    close, problems = computed_close(book, period)
    if close is None:
        return MonthReport(None, problems)
    currency, losses = book.facts.book.currency, close.computed.sold.losses
    places = currency_places(currency)
    tables = ageing_tables(losses.open, losses.kept, places, close.period, currency)
    return MonthReport(tables, problems, fitted_to_screen)
