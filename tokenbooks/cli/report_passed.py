"""tokenbooks report passed: differences without an entry, and what they add up to."""

from __future__ import annotations

import typer

from tokenbooks.cli.begin import begin
from tokenbooks.cli.options import (
    BookOption,
    FormatOption,
    PeriodOption,
    QuietOption,
    RedactOption,
    TodayOption,
    chosen_period,
)
from tokenbooks.cli.output import show_tables, stop_if_wrong


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("passed")(passed)


def passed(
    context: typer.Context,
    period: PeriodOption = None,
    format: FormatOption = "text",
    book: BookOption = None,
    today: TodayOption = None,
    quiet: QuietOption = False,
    redact: RedactOption = False,
) -> None:
    """Show passed differences up to a month, and what they have accumulated to."""
    from tokenbooks.desk.passed_differences import passed_to_date
    from tokenbooks.reconcile.passed import passed_by_month
    from tokenbooks.reports.passed_differences import passed_tables

    _, opened_book, problems = begin(context, book, today, quiet, redact, format)
    last = chosen_period(period) if period else None
    months = [month for month in opened_book.months if last is None or month.period <= last]
    differences, reconciled, found = passed_to_date(months)
    stop_if_wrong([*problems, *found])
    facts = opened_book.facts.book
    by_month = passed_by_month(facts, reconciled, differences)
    show_tables(passed_tables(by_month, differences, facts.currency), format)
