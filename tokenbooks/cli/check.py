"""tokenbooks check: everything that can be wrong with the book."""

from __future__ import annotations

import typer

from tokenbooks.cli.hiding import hide_people
from tokenbooks.cli.options import (
    BookOption,
    HoldOption,
    QuietOption,
    RedactOption,
    TodayOption,
    settings,
)
from tokenbooks.cli.output import book_folder, opened, stop_if_wrong, tell


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check")(check)


def check(
    context: typer.Context,
    replay: bool = typer.Option(False, "--replay", help="Compute every written close again."),
    hold_bad_rows: HoldOption = False,
    book: BookOption = None,
    today: TodayOption = None,
    quiet: QuietOption = False,
    redact: RedactOption = False,
) -> None:
    """Check everything that can be wrong with the book."""
    from tokenbooks.desk.check import check_book
    from tokenbooks.desk.plans import each_once

    given = settings(context, book, today, quiet)
    hide_people(redact, book_folder(given))
    opened_book, problems = opened(given, hold_bad_rows=hold_bad_rows)
    found = check_book(opened_book, given.today, replay=replay)
    stop_if_wrong(each_once([*problems, *found]), warnings_too=True)
    written = len(opened_book.months)
    months = "1 written month agrees" if written == 1 else f"{written} written months agree"
    if approved := sum(month.approval is not None for month in opened_book.months):
        months += f", {approved} approved"
    closes = months if written else "no month is written yet"
    tell(f"no problems; {closes}", quiet=given.quiet)
