"""Checking a book: its files, all usage, the written closes, and the period that is open."""

from __future__ import annotations

from datetime import date

from tokenbooks.desk.close import prepare_close
from tokenbooks.desk.look import look_at_files, look_at_usage
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.desk.replay import replay as replay_closes
from tokenbooks.desk.verify import verify_closes
from tokenbooks.periods import Period
from tokenbooks.problems import Problem, any_error


def check_book(book: OpenBook, today: date, *, replay: bool) -> list[Problem]:
    """Everything that is wrong beyond the book's own files, which are read already."""
    _, problems = look_at_files(book)
    if not any_error(problems):
        problems = problems + look_at_usage(book)[1]
    problems += verify_closes(book)
    if any_error(problems):
        return problems
    if replay:
        problems += replay_closes(book)
    problems += _open_period(book, today)
    return problems


def _open_period(book: OpenBook, today: date) -> list[Problem]:
    """Problems of the next close, where its period has begun."""
    period = book.months[-1].period.next() if book.months else book.facts.book.start
    if period.start > Period.month_of(today).start:
        return []
    return prepare_close(book, period)[1]
