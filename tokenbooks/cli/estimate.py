"""tokenbooks estimate: tokens and cost of a text as a band, never posted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tokenbooks.cli.options import (
    BookOption,
    FormatOption,
    QuietOption,
    TodayOption,
    chosen_format,
    settings,
)
from tokenbooks.cli.output import show_tables, stop_if_wrong, tell
from tokenbooks.problems import any_error


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("estimate")(estimate_text)


def estimate_text(
    context: typer.Context,
    text: Annotated[
        str,
        typer.Argument(
            help="The text, a file with it, or - for standard input.", metavar="TEXT|FILE"
        ),
    ],
    plan: Annotated[
        str, typer.Option("--plan", help="The plan: a file, or its id.", metavar="FILE|ID")
    ],
    model: Annotated[str, typer.Option("--model", help="The model.", metavar="MODEL")],
    output_tokens: Annotated[
        int | None,
        typer.Option("--output-tokens", help="Tokens of the answer.", metavar="N", min=0),
    ] = None,
    vocabulary: Annotated[
        str | None,
        typer.Option("--vocabulary", help="Count with o200k_base or cl100k_base.", metavar="NAME"),
    ] = None,
    format: FormatOption = "text",
    book: BookOption = None,
    today: TodayOption = None,
    quiet: QuietOption = False,
) -> None:
    """Estimate tokens and cost of a text as a band; never posted."""
    from tokenbooks.desk.count_tokens import VOCABULARIES
    from tokenbooks.desk.estimate import estimate, find_plan, read_subject
    from tokenbooks.reports.estimate import NEVER_POSTED, estimate_table

    chosen_format(format)
    if vocabulary is not None and vocabulary not in VOCABULARIES:
        raise typer.BadParameter(f"'{vocabulary}' is not one of {', '.join(VOCABULARIES)}")
    given = settings(context, book, today, quiet)
    subject, problems = read_subject(text)
    read, found = find_plan(plan, _book_folder(given.book))
    problems += found
    if subject is None or read is None or any_error(problems):
        stop_if_wrong(problems)
        raise typer.Exit(1)
    made, found = estimate(subject, read, model, output_tokens, vocabulary, given.today)
    stop_if_wrong([*problems, *found])
    if made is None:
        raise typer.Exit(1)
    title = f"Estimate of {subject.name}: {model} at plan {read.id}"
    show_tables([estimate_table(made.lines, made.notes, title, read.currency)], format)
    if format == "csv":
        tell(NEVER_POSTED, quiet=given.quiet)


def _book_folder(chosen: Path | None) -> Path | None:
    """The folder whose plans are meant by their ids; None where there is no book."""
    from tokenbooks.sources.book_files import find_book

    return chosen or find_book(Path.cwd())
