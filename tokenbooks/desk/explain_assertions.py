"""Explaining the entry that asserts balances at the end of a day."""

from __future__ import annotations

import re

from tokenbooks.archive.journal_index import written_entries
from tokenbooks.desk.find_entry import next_period, prepare_again, prepare_next, unknown_entry
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.journals.month import assertions_id
from tokenbooks.periods import Period
from tokenbooks.problems import Position, Problem
from tokenbooks.reports.explained_assertions import assertions_tables
from tokenbooks.reports.table import Table
from tokenbooks.sources.files import shown

#: Ids as the journals write them; a day where it is not the last one of its month.
_ASSERTIONS = re.compile(r"assertions-(\d{4}-\d{2})(?:-\d{2})?")


def is_assertions(name: str) -> bool:
    """Whether an id is that of balances."""
    return bool(_ASSERTIONS.fullmatch(name))


def explain_assertions(book: OpenBook, name: str) -> tuple[list[Table], list[Problem]]:
    """The balances of that id, and what moved them in their period.

    Problems: ``entry-unknown`` (nothing is asserted, or the period is neither written nor
    the open one), and those of the close.
    """
    written = {str(month.period): month for month in book.months}
    period = name.removeprefix("assertions-")[:7]
    place = None
    if period in written:
        prepared, problems = prepare_again(book, written[period])
        for entry in written_entries(written[period]):
            if entry.id == name:
                place = Position(shown(book.folder / entry.file), entry.line)
    elif period == str(next_period(book)):
        prepared, problems = prepare_next(book)
    else:
        return [], [unknown_entry(book, name, _known(book))]
    if prepared is None:
        return [], problems
    close = prepared.close
    days = {assertions_id(close.period, item.day): item.day for item in close.assertions}
    if name not in days:
        return [], [*problems, unknown_entry(book, name, days)]
    return assertions_tables(book.facts, close, name, days[name], place), problems


def _known(book: OpenBook) -> list[str]:
    periods: list[Period] = [month.period for month in book.months]
    return [assertions_id(period, period.last_day) for period in [*periods, next_period(book)]]
