"""tokenbooks report checklist: what finance leaders are asked, answered from the book."""

from __future__ import annotations

import typer

from tokenbooks.cli.hiding import hide_people
from tokenbooks.cli.options import (
    BookOption,
    FormatOption,
    QuietOption,
    RedactOption,
    TodayOption,
    chosen_format,
    settings,
)
from tokenbooks.cli.output import book_folder, opened, show_tables, stop_if_wrong


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("checklist")(checklist)


def checklist(
    context: typer.Context,
    format: FormatOption = "text",
    book: BookOption = None,
    today: TodayOption = None,
    quiet: QuietOption = False,
    redact: RedactOption = False,
) -> None:
    """Answer the checklist for finance leaders, with figures of this book."""
    from tokenbooks.desk.checklist import checklist as answers_of
    from tokenbooks.reports.checklist import checklist_on_screen, checklist_table

    chosen_format(format)
    given = settings(context, book, today, quiet)
    hide_people(redact, book_folder(given))
    opened_book, problems = opened(given)
    answers, found = answers_of(opened_book)
    if answers:
        title = f"Checklist, {opened_book.facts.book.name}"
        show_tables([checklist_table(answers, title)], format, checklist_on_screen)
    stop_if_wrong([*problems, *found])
