"""tokenbooks approve: a second person approves a month, which locks it."""

from __future__ import annotations

from typing import Annotated

import typer

from tokenbooks.cli.hiding import hide_people
from tokenbooks.cli.options import (
    BookOption,
    PeriodOption,
    QuietOption,
    RedactOption,
    TodayOption,
    settings,
)
from tokenbooks.cli.output import book_folder, opened, stop_if_wrong, tell
from tokenbooks.cli.signing import chosen_month, chosen_name, chosen_text


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("approve")(approve)


def approve(
    context: typer.Context,
    period: PeriodOption = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by", help="Who approves the month.", metavar="NAME", envvar="TOKENBOOKS_USER"
        ),
    ] = None,
    prepared_by: Annotated[
        str | None, typer.Option("--prepared-by", help="Who prepared it.", metavar="NAME")
    ] = None,
    note: Annotated[
        str | None, typer.Option("--note", help="What to record with it.", metavar="TEXT")
    ] = None,
    book: BookOption = None,
    today: TodayOption = None,
    quiet: QuietOption = False,
    redact: RedactOption = False,
) -> None:
    """Approve a written month: nothing in it changes from then on."""
    from tokenbooks.archive.approval import APPROVAL, Signature
    from tokenbooks.desk.sign_off import sign_off

    given = settings(context, book, today, quiet)
    month = chosen_month(period)
    approver, preparer = chosen_name(by, "--by"), chosen_name(prepared_by, "--prepared-by")
    if month.end > given.today:
        raise typer.BadParameter(f"{month} has not ended on {given.today}")
    hide_people(redact, book_folder(given))
    opened_book, problems = opened(given)
    signature = Signature(preparer, approver, given.today, chosen_text(note))
    stop_if_wrong([*problems, *sign_off(opened_book, month, signature)])
    tell(
        f"approved {month}: wrote {opened_book.place(f'close/{month}/{APPROVAL}')}",
        quiet=given.quiet,
    )
