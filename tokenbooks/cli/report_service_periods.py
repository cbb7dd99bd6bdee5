"""tokenbooks report service-periods: what of each month was booked late."""

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
    group.command("service-periods")(service_periods)


def service_periods(
    context: typer.Context,
    period: PeriodOption = None,
    format: FormatOption = "text",
    book: BookOption = None,
    today: TodayOption = None,
    quiet: QuietOption = False,
    redact: RedactOption = False,
) -> None:
    """Show expense by the month of its service and the month that booked it."""
    from tokenbooks.desk.look_at_periods import expense_by_service
    from tokenbooks.reports.service_periods import (
        service_period_tables,
        service_periods_on_screen,
    )

    _, opened_book, problems = begin(context, book, today, quiet, redact, format)
    month = chosen_period(period) if period else None
    expenses, found = expense_by_service(opened_book, month)
    stop_if_wrong([*problems, *found])
    tables = service_period_tables(expenses, opened_book.facts.book.currency, month)
    show_tables(tables, format, service_periods_on_screen)
