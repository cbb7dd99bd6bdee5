"""How a command about a book begins: its settings, what it hides, and the book itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from tokenbooks.cli.hiding import hide_people
from tokenbooks.cli.options import Settings, chosen_format, settings
from tokenbooks.cli.output import book_folder, opened

if TYPE_CHECKING:
    from tokenbooks.desk.open_book import OpenBook
    from tokenbooks.problems import Problem


class Begun(NamedTuple):
    """The settings of a run, the book that it is about, and warnings of the book's files."""

    settings: Settings
    book: OpenBook
    problems: list[Problem]


def begin(
    context: typer.Context,
    book: Path | None,
    today: str | None,
    quiet: bool,
    redact: bool,
    format: str = "text",
) -> Begun:
    """Read the shared options and open the book; exits 1 if the book has errors."""
    chosen_format(format)
    given = settings(context, book, today, quiet)
    hide_people(redact, book_folder(given))
    return Begun(given, *opened(given))
