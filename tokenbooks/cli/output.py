"""What commands print: data on standard output, everything else on standard error.

Whatever is printed goes through here, and so do the two ways of hiding: secrets are always
masked, and with ``--redact`` people have pseudonyms. No command can forget it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tokenbooks.problems import Problem, any_error, in_order

if TYPE_CHECKING:
    from tokenbooks.cli.options import Settings
    from tokenbooks.desk.open_book import OpenBook
    from tokenbooks.reports.redaction import Redaction
    from tokenbooks.reports.table import Table

    #: Fits tables to a format and a terminal's width; None is a file or a pipe.
    Fit = Callable[[Sequence[Table], str, int | None], Sequence[Table]]

#: What ``--redact`` hides in this run; None where it is not given.
_REDACTION: ContextVar[Redaction | None] = ContextVar("redaction", default=None)


def redact_output(redaction: Redaction | None) -> None:
    """Have pseudonyms in all that is printed from now on; None ends it."""
    _REDACTION.set(redaction)


def show_tables(
    tables: Sequence[Table], format: str, fit: Fit | None = None, *, cut: bool = True
) -> None:
    """Print tables in a format; the widths adapt to a terminal, unless nothing is to be cut."""
    _write(_rendered(tables, format, fit, cut))


def tell_tables(tables: Sequence[Table], *, quiet: bool = False) -> None:
    """Tell tables to the person at the terminal, below what is there."""
    if tables and not quiet:
        sys.stderr.write(f"\n{_rendered(tables, 'text', None, True)}\n")


def _rendered(tables: Sequence[Table], format: str, fit: Fit | None, cut: bool) -> str:
    from tokenbooks.reports.masking import masked_table
    from tokenbooks.reports.rendering import render, terminal_width

    redaction = _REDACTION.get()
    hidden = [masked_table(table) for table in (redaction.tables(tables) if redaction else tables)]
    width = terminal_width() if cut and format == "text" else None
    return render(fit(hidden, format, width) if fit else hidden, format, width)


def show(text: str) -> None:
    """Print a text that is data."""
    _write(_hidden(text))


def _hidden(text: str) -> str:
    from tokenbooks.reports.masking import masked

    redaction = _REDACTION.get()
    return masked(redaction.text(text) if redaction else text)


def _write(text: str) -> None:
    """Write data. A reader that has read enough, such as ``head``, is no failure."""
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
        sys.stderr.write(f"{_hidden(text)}\n")


def show_problems(problems: Iterable[Problem]) -> None:
    """Print problems in order of their places, whatever signs a file put into them."""
    from tokenbooks.reports.cells import printable
    from tokenbooks.reports.masking import masked_problem

    redaction = _REDACTION.get()
    told = [redaction.problem(problem) for problem in problems] if redaction else problems
    for problem in in_order(map(masked_problem, told)):
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


def opened(settings: Settings, *, hold_bad_rows: bool = False) -> tuple[OpenBook, list[Problem]]:
    """The book that a command works on, with its warnings; exits 1 if it has errors."""
    from tokenbooks.desk.open_book import open_book

    book, problems = open_book(book_folder(settings), hold_bad_rows=hold_bad_rows)
    if book is None:
        stop_if_wrong(problems)
        raise typer.Exit(1)
    return book, problems
