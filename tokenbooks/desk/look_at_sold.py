"""Looking at what a seller's close finds: receivables, cohorts, modifications of a month."""

from __future__ import annotations

from tokenbooks.close.close_period import Close
from tokenbooks.desk.close import prepare_close
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.periods import Period
from tokenbooks.problems import Problem


def computed_close(
    book: OpenBook, period: Period | None = None
) -> tuple[Close | None, list[Problem]]:
    """The close of a month from all that is known of it: by default the latest written, else the
    first of the book.
    """
    prepared, problems = prepare_close(book, shown_period(book, period))
    return (prepared.close if prepared else None), problems


def shown_period(book: OpenBook, period: Period | None) -> Period:
    """The month that a report is about: by default the latest written, else the book's first."""
    latest = book.months[-1].period if book.months else book.facts.book.start
    return period or latest
