"""tokenbooks report deferred: deferred revenue rolled forward, and when it is recognised."""

from __future__ import annotations

from typing import Annotated

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
    group.command("deferred")(deferred)


def deferred(
    context: typer.Context,
    period: PeriodOption = None,
    waterfall: Annotated[
        bool, typer.Option("--waterfall", help="What each month recognised of each month's sales.")
    ] = False,
    format: FormatOption = "text",
    book: BookOption = None,
    today: TodayOption = None,
    quiet: QuietOption = False,
    redact: RedactOption = False,
) -> None:
    """Roll deferred revenue forward by cohort, with what was deferred at the beginning."""
    from tokenbooks.amounts import currency_places
    from tokenbooks.desk.look_at_deferred import deferred_months
    from tokenbooks.reports.deferred import deferred_tables

    _, opened_book, problems = begin(context, book, today, quiet, redact, format)
    months, found = deferred_months(opened_book, chosen_period(period) if period else None)
    stop_if_wrong([*problems, *found])
    if not months:
        raise typer.Exit(1)
    own = opened_book.facts.book
    listed = [(month.period, month.before, month.now) for month in months]
    tables = deferred_tables(listed, currency_places(own.currency), own.currency, waterfall)
    show_tables(tables, format)
