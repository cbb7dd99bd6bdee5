"""tokenbooks report passed: differences without an entry, and what they add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from tokenbooks.cli.month_report import MonthReport, add_month_report

if TYPE_CHECKING:
    from tokenbooks.desk.open_book import OpenBook
    from tokenbooks.periods import Period


def register(group: typer.Typer) -> None:
    """Add the command."""
    add_month_report(group, "passed", passed)


def passed(book: OpenBook, period: Period | None) -> MonthReport:
    """Show passed differences up to a month, and what they have accumulated to."""
    from tokenbooks.desk.passed_differences import passed_to_date
    from tokenbooks.reconcile.passed import passed_by_month
    from tokenbooks.reports.passed_differences import passed_tables

    months = [month for month in book.months if period is None or month.period <= period]
    differences, reconciled, problems = passed_to_date(months)
    own = book.facts.book
    by_month = passed_by_month(own, reconciled, differences)
    return MonthReport(passed_tables(by_month, differences, own.currency), problems)
