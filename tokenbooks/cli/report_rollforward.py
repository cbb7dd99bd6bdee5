"""tokenbooks report rollforward: prepaid credits and accruals, from opening to closing."""

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
    group.command("rollforward")(rollforward)


def rollforward(
    context: typer.Context,
    period: PeriodOption = None,
    format: FormatOption = "text",
    book: BookOption = None,
    today: TodayOption = None,
    quiet: QuietOption = False,
    redact: RedactOption = False,
) -> None:
    """Roll prepaid credits and accruals forward, with ages and balances."""
    from tokenbooks.desk.look_at_periods import roll_forward
    from tokenbooks.reports.rolled_period import rolled_on_screen, rolled_tables

    _, opened_book, problems = begin(context, book, today, quiet, redact, format)
    rolled, found = roll_forward(opened_book, chosen_period(period) if period else None)
    stop_if_wrong([*problems, *found])
    if rolled is None:
        raise typer.Exit(1)
    tables = rolled_tables(rolled, opened_book.facts.book.currency)
    show_tables(tables, format, rolled_on_screen)
