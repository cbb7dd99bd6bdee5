"""Checking a book: its files, all usage, the written closes, and the period that is open."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tokenbooks.desk.close import prepare_close
from tokenbooks.desk.look import look_at_files, look_at_usage
from tokenbooks.desk.lost_files import lost_files
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.desk.plans import own_problems
from tokenbooks.desk.replay import replay as replay_closes
from tokenbooks.desk.verify import verify_closes
from tokenbooks.periods import Period
from tokenbooks.problems import Problem, Severity, any_error


def check_book(book: OpenBook, today: date, *, replay: bool) -> list[Problem]:
    """Everything that is wrong beyond the book's own files, which are read already."""
    _, problems = look_at_files(book)
    if not any_error(problems):
        problems = problems + look_at_usage(book)[1]
    problems += verify_closes(book)
    problems += _plan_problems(book)
    if any_error(problems):
        return problems
    lost = lost_files(book)
    if replay and lost:
        # without its files no close can be computed again
        return problems + [replace(problem, severity=Severity.ERROR) for problem in lost]
    if replay:
        problems += replay_closes(book)
    found = _open_period(book, today)
    told = {problem.position for problem in found if problem.code == "closed-input-changed"}
    return problems + [problem for problem in lost if problem.position not in told] + found


def _plan_problems(book: OpenBook) -> list[Problem]:
    """What is open or hardly meant in the plans."""
    zone = book.facts.book.timezone
    return [p for plan in book.facts.plans.values() for p in own_problems(plan, zone=zone)]


def _open_period(book: OpenBook, today: date) -> list[Problem]:
    """Problems of the next close, where its period has begun."""
    period = book.months[-1].period.next() if book.months else book.facts.book.start
    if period.start > Period.month_of(today).start:
        return []
    return prepare_close(book, period)[1]
