"""tokenbooks report breakage: what was expected to stay unused against what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from tokenbooks.cli.month_report import MonthReport, add_month_report

if TYPE_CHECKING:
    from tokenbooks.desk.open_book import OpenBook
    from tokenbooks.periods import Period


def register(group: typer.Typer) -> None:
    """Add the command."""
    add_month_report(group, "breakage", breakage)


def breakage(book: OpenBook, period: Period | None) -> MonthReport:
    """Hold the breakage that each close expected against what happened since."""
    from tokenbooks.amounts import currency_places
    from tokenbooks.desk.look_at_breakage import expected_by_month
    from tokenbooks.reports.breakage import backtest_table

    months, problems = expected_by_month(book, period)
    currency = book.facts.book.currency
    return MonthReport([backtest_table(months, currency_places(currency), currency)], problems)
