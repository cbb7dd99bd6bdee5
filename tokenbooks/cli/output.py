"""What commands print: data on standard output, everything else on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tokenbooks.problems import Problem, any_error, in_order

if TYPE_CHECKING:
    from tokenbooks.cli.options import Settings
    from tokenbooks.desk.open_book import OpenBook
    from tokenbooks.reports.table import Table


def show_tables(tables: Sequence[Table], format: str) -> None:
    """Print tables in a format; the widths adapt to a terminal."""
    from tokenbooks.reports.rendering import render, terminal_width

    show(render(tables, format, terminal_width()))


def show(text: str) -> None:
    """Print data. A reader that has read enough, such as ``head``, is no failure."""
    try:
        sys.stdout.write(text if text.endswith("\n") or not text else f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        abandon_output()


def abandon_output() -> None:
    """Let what is still buffered, and all that follows, go nowhere."""
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def tell(text: str, *, quiet: bool = False) -> None:
    """Tell the person at the terminal something that is not data."""
    if not quiet:
        sys.stderr.write(f"{text}\n")


def show_problems(problems: Iterable[Problem]) -> None:
    """Print problems in order of their places, whatever signs a file put into them."""
    from tokenbooks.reports.cells import printable

    for problem in in_order(problems):
        shown = replace(
            problem,
            message=printable(problem.message),
            help=printable(problem.help),
            position=replace(problem.position, file=printable(problem.position.file)),
        )
        sys.stderr.write(f"{shown}\n")


def stop_if_wrong(problems: Iterable[Problem], *, warnings_too: bool = False) -> None:
    """Print all problems; exit 1 if any is an error, or any at all where warnings count."""
    found = list(problems)
    show_problems(found)
    if any_error(found) or (warnings_too and found):
        raise typer.Exit(1)


def book_folder(settings: Settings) -> Path:
    """The folder of the book: the option, else the nearest one upward."""
    from tokenbooks.sources.book_files import find_book

    if settings.book is not None:
        return settings.book
    found = find_book(Path.cwd())
    if found is None:
        raise typer.BadParameter(
            "there is no tokenbooks.yaml here or above; name the book with --book DIR,"
            " or begin one with `tokenbooks init`"
        )
    return found


def found_book(settings: Settings) -> Path | None:
    """The folder of the book; None where there is none and the command works without."""
    from tokenbooks.sources.book_files import find_book

    return settings.book or find_book(Path.cwd())


def opened(settings: Settings) -> tuple[OpenBook, list[Problem]]:
    """The book that a command works on, with its warnings; exits 1 if it has errors."""
    from tokenbooks.desk.open_book import open_book

    book, problems = open_book(book_folder(settings))
    if book is None:
        stop_if_wrong(problems)
        raise typer.Exit(1)
    return book, problems
