"""tokenbooks report checklist: what finance leaders are asked, answered from the book."""

from __future__ import annotations

import typer

from tokenbooks.cli.begin import begin
from tokenbooks.cli.options import (
    BookOption,
    FormatOption,
    QuietOption,
    RedactOption,
    TodayOption,
)
from tokenbooks.cli.output import show_tables, stop_if_wrong


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

    _, opened_book, problems = begin(context, book, today, quiet, redact, format)
    answers, found = answers_of(opened_book)
    if answers:
        title = f"Checklist, {opened_book.facts.book.name}"
        show_tables([checklist_table(answers, title)], format, checklist_on_screen)
    stop_if_wrong([*problems, *found])
