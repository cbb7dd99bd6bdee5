"""tokenbooks formats: which export formats there are, and which one a file has."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tokenbooks.cli.hiding import hide_people
from tokenbooks.cli.options import BookOption, FormatOption, RedactOption, chosen_format, settings
from tokenbooks.cli.output import found_book, show, show_tables, stop_if_wrong

if TYPE_CHECKING:
    from tokenbooks.sources.exports.descriptors.descriptor import Descriptor


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help="Formats of usage and cost exports."
    )
    group.command("list")(list_formats)
    group.command("show")(show_format)
    group.command("detect")(detect_formats)
    group.command("check")(check_format)
    app.add_typer(group, name="formats")


def list_formats(
    context: typer.Context, format: FormatOption = "text", book: BookOption = None
) -> None:
    """List the formats that ship, and those of the book."""
    from tokenbooks.reports.formats import formats_table

    chosen_format(format)
    rows = [(d.id, d.kind, d.title, d.position.file) for d in _formats(context, book)]
    show_tables([formats_table(rows)], format)


def show_format(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The format's id.", metavar="NAME")],
    book: BookOption = None,
) -> None:
    """Print the descriptor of a format, to read or to begin one's own with."""
    from tokenbooks.desk.try_formats import unknown_format
    from tokenbooks.sources.exports.descriptors.reading import shipped_text
    from tokenbooks.sources.files import read_text

    formats = _formats(context, book)
    found = next((descriptor for descriptor in formats if descriptor.id == name), None)
    if found is None:
        stop_if_wrong([unknown_format(name, formats)])
        raise typer.Exit(1)
    text = shipped_text(name)
    if text is None:
        text, problems = read_text(Path(found.position.file))
        stop_if_wrong(problems)
    show(text or "")


def detect_formats(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Export files.", metavar="FILE...")],
    format: FormatOption = "text",
    book: BookOption = None,
) -> None:
    """Tell which format each file has, and why it has none of the others."""
    from tokenbooks.desk.try_formats import detect
    from tokenbooks.reports.formats import claims_table

    chosen_format(format)
    claims, problems = detect(files, _formats(context, book))
    rows = [(claim.file, claim.descriptor.id, claim.fits, claim.reasons) for claim in claims]
    if rows:
        show_tables([claims_table(rows)], format)
    stop_if_wrong(problems)


def check_format(
    context: typer.Context,
    descriptor: Annotated[Path, typer.Argument(help="A descriptor.", metavar="DESCRIPTOR")],
    file: Annotated[Path, typer.Argument(help="An export file.", metavar="FILE")],
    format: FormatOption = "text",
    book: BookOption = None,
    redact: RedactOption = False,
) -> None:
    """Read a file by a descriptor of one's own: what it makes of the rows, and what is wrong."""
    from tokenbooks.desk.try_formats import try_descriptor
    from tokenbooks.reports.formats import tried_tables

    chosen_format(format)
    hide_people(redact, found_book(settings(context, book)), [file], descriptor=descriptor)
    formats = _formats(context, book, without=descriptor)
    tried, problems = try_descriptor(descriptor, file, formats)
    if tried is not None:
        account = tried.result.accounts[0]
        show_tables(tried_tables(account, tried.dimensions, tried.totals), format)
    stop_if_wrong(problems)


def _formats(
    context: typer.Context, book: Path | None, without: Path | None = None
) -> tuple[Descriptor, ...]:
    """The formats that ship and those of the book, if there is one here or above.

    ``without`` is a descriptor that is being tried: its own faults are told apart.
    """
    from tokenbooks.desk.try_formats import known_formats
    from tokenbooks.sources.book_files import find_book

    folder = settings(context, book).book or find_book(Path.cwd())
    formats, problems = known_formats(folder)
    if without is not None:
        tried = os.path.abspath(without)
        problems = [p for p in problems if os.path.abspath(p.position.file) != tried]
    stop_if_wrong(problems)
    return formats
