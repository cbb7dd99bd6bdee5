"""Checking a book: its files, all usage, the written closes, and the period that is open."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tokenbooks.desk.close import prepare_close
from tokenbooks.desk.common_mistakes import common_mistakes
from tokenbooks.desk.journal_agrees import journal_differences
from tokenbooks.desk.look import look_at_files, look_at_usage
from tokenbooks.desk.lost_files import lost_files
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.desk.open_differences import open_differences
from tokenbooks.desk.plans import own_problems
from tokenbooks.desk.replay import replay as replay_closes
from tokenbooks.desk.verify import verify_closes
from tokenbooks.periods import TERM, Period
from tokenbooks.problems import Problem, Severity, any_error
from tokenbooks.reconcile.displayed.displayed import balance_warnings, tie_balances

#: What is told of months that are over only: before its end the rate of that day cannot be
#: there, and what is due until then has not happened.
_OF_MONTHS_OVER = frozenset({"exchange-rate-old", "reload-missing"})


def check_book(book: OpenBook, today: date, *, replay: bool) -> list[Problem]:
    """Everything that is wrong beyond the book's own files, which are read already."""
    files, problems = look_at_files(book)
    looked = None
    if not any_error(problems):
        looked, found = look_at_usage(book)
        problems = problems + found
        if looked is not None:
            whole = Period(book.facts.book.start.start, TERM.end)
            problems += balance_warnings(
                book.facts, tie_balances(book.facts, looked.computed, whole)
            )
            problems += common_mistakes(book, looked, files)
    problems += verify_closes(book)
    problems += _plan_problems(book)
    if any_error(problems):
        return problems
    problems += journal_differences(book)
    problems += open_differences(book, looked) if looked else []
    lost = lost_files(book)
    if replay and lost:
        # without its files no close can be computed again
        return problems + [replace(problem, severity=Severity.ERROR) for problem in lost]
    if replay:
        problems += replay_closes(book)
    found = _open_period(book, today)
    told = {p.position for p in found if p.code in ("closed-input-changed", "locked-changed")}
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
    problems = prepare_close(book, period)[1]
    is_over = period.end <= today
    return [problem for problem in problems if is_over or problem.code not in _OF_MONTHS_OVER]
