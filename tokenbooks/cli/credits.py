"""tokenbooks credits: lots, balances, runway, and what expires when."""

from __future__ import annotations

from typing import Annotated

import typer

from tokenbooks.cli.hiding import hide_people
from tokenbooks.cli.options import (
    BookOption,
    FormatOption,
    QuietOption,
    RedactOption,
    TodayOption,
    chosen_day,
    chosen_format,
    settings,
)
from tokenbooks.cli.output import book_folder, opened, show_tables, stop_if_wrong


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("credits")(show_credits)


def show_credits(
    context: typer.Context,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="The day at whose end to look.", metavar="DATE")
    ] = None,
    format: FormatOption = "text",
    book: BookOption = None,
    today: TodayOption = None,
    quiet: QuietOption = False,
    redact: RedactOption = False,
) -> None:
    """Show lots, balances, runway, and what expires when."""
    from tokenbooks.desk.look import look_at_credits
    from tokenbooks.reports.credits import balances_at, lots_at

    chosen_format(format)
    given = settings(context, book, today, quiet)
    day = chosen_day(as_of) if as_of else given.today
    hide_people(redact, book_folder(given))
    opened_book, problems = opened(given)
    looked, found = look_at_credits(opened_book, day)
    stop_if_wrong([*problems, *found])
    if looked is None:
        raise typer.Exit(1)
    facts = opened_book.facts
    computed, states = looked
    tables = [lots_at(facts, computed, states, day), balances_at(facts, computed, states, day)]
    show_tables(tables, format)
