"""Writing into a book: one run at a time, and only by a run whose view of the book still holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tokenbooks.archive.commit import locked, recover
from tokenbooks.archive.month import CLOSE_FOLDER
from tokenbooks.archive.read import digests_of_months
from tokenbooks.desk.open_book import OpenBook, busy
from tokenbooks.problems import Position, Problem, error


@contextmanager
def writing(book: OpenBook) -> Iterator[list[Problem]]:
    """Hold a book for writing: yields why this run may not write, nothing where it may.

    What another run has written, approved or reopened since this one read the book would be
    built upon, or lost, without having been looked at. Raises OSError.
    """
    with locked(book.folder) as free:
        if not free:
            yield [busy(book.folder)]
            return
        recover(book.folder)
        yield [] if _is_as_read(book) else [_overtaken(book)]


def _is_as_read(book: OpenBook) -> bool:
    read = {
        str(month.period): (month.digest, month.approval.digest if month.approval else "")
        for month in book.months
    }
    return digests_of_months(book.folder) == read


def _overtaken(book: OpenBook) -> Problem:
    return error(
        "book-busy",
        "another run has written, approved or reopened a month since this one read the book",
        "run the command again: it starts from what the other one has left",
        Position(book.place(CLOSE_FOLDER)),
    )
