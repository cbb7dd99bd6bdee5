"""Tracing a lot: from the row that brought it to every draw, and to what is left."""

from __future__ import annotations

import difflib
from datetime import date, timedelta

from tokenbooks.close.lot_life import lot_life
from tokenbooks.close.lot_states import lot_states
from tokenbooks.close.party_credits import account_of_lot, with_party
from tokenbooks.desk.look import look_at_usage
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.periods import Period, start_of
from tokenbooks.problems import Position, Problem, any_error, error
from tokenbooks.reports.table import Table
from tokenbooks.reports.traces import lot_tables
from tokenbooks.sources.book import BOOK_FILE

_NEAREST = 5


def trace_lot(book: OpenBook, name: str, day: date) -> tuple[list[Table], list[Problem]]:
    """The life of a lot up to the end of a day. Problem: ``lot-unknown``."""
    until = day + timedelta(days=1)
    looked, found = look_at_usage(book, until)
    problems = [problem for problem in found if problem.is_error]
    if looked is None or any_error(problems):
        return [], problems
    computed, facts = looked.computed, book.facts
    period = Period(facts.book.start.start, until)
    if account := account_of_lot(looked.connection, computed, name):
        where = (looked.connection, facts, computed, looked.daily, period, account)
        computed = with_party(*where)
    lot = computed.lots.get(name)
    if lot is None:
        return [], [_unknown(book, name, day, list(computed.lots))]
    state = lot_states(computed, period)[name]
    events = lot_life(facts, computed, lot, state, start_of(until))
    return lot_tables(facts, lot, state, events, day), problems


def _unknown(book: OpenBook, name: str, day: date, known: list[str]) -> Problem:
    near = difflib.get_close_matches(name, known, n=_NEAREST)
    later = next((row for row in book.facts.credits if row.lot == name and row.day > day), None)
    help = "`tokenbooks credits --by lot` lists the lots; name usage by a place, as FILE:LINE"
    if later is not None:
        help = f"it comes on {later.day}: name that day or a later one with --as-of"
    elif near:
        help = f"the nearest: {', '.join(near)}"
    message = f"no lot '{name}' has come by {day}"
    return error("lot-unknown", message, help, Position(book.place(BOOK_FILE)))
