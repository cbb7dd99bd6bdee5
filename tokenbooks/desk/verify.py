"""Verifying the written closes: digests of outputs, the chains, the top file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tokenbooks.archive.digests import differing_files, files_of, unknown_files
from tokenbooks.archive.month import CLOSE_FOLDER, ClosedMonth
from tokenbooks.desk.locked import write_again
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.desk.stale import stale_problems
from tokenbooks.desk.verify_approvals import approval_problems, superseded_problems
from tokenbooks.journals.dialects import DIALECTS
from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.exports.connection import connect

#: What makes every later month wrong too, and is told of the first month only.
FOLLOWED = {
    "close-stale",
    "closed-setting-changed",
    "closed-contract-gone",
    "closed-account-changed",
    "locked-changed",
}


def verify_closes(book: OpenBook) -> list[Problem]:
    """What is wrong with the written closes of a book, and with those that were superseded."""
    problems = verify_months(book, book.months)
    problems += _top_file(book)
    problems += superseded_problems(book)
    return problems


def verify_months(book: OpenBook, months: Sequence[ClosedMonth]) -> list[Problem]:
    """What is wrong with the first months of those that are written."""
    problems: list[Problem] = []
    connection = connect()
    for number, month in enumerate(months):
        problems += _outputs(book, month)
        if not any(problem.code in FOLLOWED for problem in problems):
            last = months[max(0, number - 1) : number + 1]
            problems += stale_problems(connection, book, last)
    problems += approval_problems(book, months)
    return problems


def _outputs(book: OpenBook, month: ClosedMonth) -> Iterator[Problem]:
    """Files of a month that are gone, have other bytes, or do not belong to it."""
    shown = book.place(f"{CLOSE_FOLDER}/{month.period}")
    again = write_again(book, month)
    for file in differing_files(month.folder, files_of(month)):
        message = f"{file.name} of {month.period} {file.what}"
        place = Position(f"{shown}/{file.name}")
        if file.is_gone:
            yield error("output-missing", message, again, place)
        else:
            yield error("output-changed", message, again, place)
    for name in unknown_files(month.folder, files_of(month)):
        message = f"{name} does not belong to the close of {month.period}"
        yield error(
            "output-unknown", message, "move it out of the folder", Position(f"{shown}/{name}")
        )


def _top_file(book: OpenBook) -> Iterator[Problem]:
    """Whether the journal at the top includes the months that are there, and no others."""
    dialect = DIALECTS[book.facts.book.journal]
    path = book.folder / dialect.books_file
    place = Position(book.place(dialect.books_file))
    written = [str(month.period) for month in book.months]
    again = f"write the last period again: tokenbooks close -p {max(written, default='')} --write"
    if book.months and book.months[-1].approval:
        again = "restore it; the close of the next month writes it too"
    if not path.is_file():
        if written:
            yield error("books-missing", f"{dialect.books_file} is gone", again, place)
        return
    included = _included(path.read_text(encoding="utf-8", errors="replace"), dialect.month_file)
    for period in written:
        if period not in included:
            message = f"{dialect.books_file} does not include {period}"
            yield error("books-incomplete", message, again, place)
    for period in sorted(included.keys() - set(written)):
        yield error(
            "close-missing",
            f"{dialect.books_file} includes {period}, but {CLOSE_FOLDER}/{period} is not there",
            f"restore the folder, or write the period again: tokenbooks close -p {period} --write",
            replace(place, line=included[period]),
        )


def _included(books: str, month_file: str) -> dict[str, int]:
    """The periods that the journal at the top includes, each with its line."""
    include = re.compile(rf'include "?{CLOSE_FOLDER}/([^/"\s]+)/{re.escape(month_file)}"?\s*')
    found = {}
    for number, line in enumerate(books.splitlines(), 1):
        if match := include.fullmatch(line):
            found[match[1]] = number
    return found
