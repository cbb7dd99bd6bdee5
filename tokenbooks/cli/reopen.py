"""tokenbooks reopen: take the approval of the latest approved month back."""

from __future__ import annotations

from typing import Annotated

import typer

from tokenbooks.cli.options import BookOption, PeriodOption, QuietOption, TodayOption, settings
from tokenbooks.cli.output import opened, stop_if_wrong, tell
from tokenbooks.cli.signing import chosen_month, chosen_name


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("reopen")(reopen)


def reopen(
    context: typer.Context,
    period: PeriodOption = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by", help="Who reopens the month.", metavar="NAME", envvar="TOKENBOOKS_USER"
        ),
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Why it is reopened.", metavar="TEXT")
    ] = None,
    book: BookOption = None,
    today: TodayOption = None,
    quiet: QuietOption = False,
) -> None:
    """Reopen the latest approved month; what was approved is kept beside it."""
    from tokenbooks.desk.reopen import reopen_month

    given = settings(context, book, today, quiet)
    month = chosen_month(period)
    name, why = chosen_name(by, "--by"), chosen_name(reason, "--reason")
    opened_book, problems = opened(given)
    kept, found = reopen_month(opened_book, month, name, given.today, why)
    stop_if_wrong([*problems, *found])
    tell(f"reopened {month}: what was approved is kept in {kept}", quiet=given.quiet)
