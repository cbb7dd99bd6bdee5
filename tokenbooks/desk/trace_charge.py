"""Tracing usage to the lots that covered it: a row of an export, or a charge of a close."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

from tokenbooks.archive.month import close_folder
from tokenbooks.archive.written_charges import CHARGES, written_charge
from tokenbooks.close.computed import Computed
from tokenbooks.close.coverage import PartWeight, coverage
from tokenbooks.close.explanation import RowExplanation
from tokenbooks.close.party_credits import with_party
from tokenbooks.credits.acquisitions import lot_id
from tokenbooks.credits.lots import Account
from tokenbooks.desk.charge_parts import parts_of_charge
from tokenbooks.desk.explain_place import exports_at, named_path, no_file, several_members
from tokenbooks.desk.explain_price import BookedWith, price_row
from tokenbooks.desk.explain_row import read_row
from tokenbooks.desk.look import LookedAt, look_at_usage
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.desk.replaced_rows import replacing_files
from tokenbooks.desk.trace_lot import trace_lot
from tokenbooks.periods import Period
from tokenbooks.problems import Position, Problem, any_error, error
from tokenbooks.reports.table import Table
from tokenbooks.reports.traces import Traced, charge_tables
from tokenbooks.sources.exports.files import ExportFile
from tokenbooks.sources.files import shown
from tokenbooks.usage.allocation import names_of, ruling

Tracing = tuple[list[Table], list[Problem]]


def trace_place(book: OpenBook, file: str, line: int, day: date) -> Tracing:
    """The lots that covered the usage at a place, as they stand at the end of a day.

    A place is a line of an export, or of the charges of a written close; one of the credits
    file is the lot that it is about. Problem: ``line-unknown``.
    """
    path = named_path(book, file)
    if path is None:
        return [], [no_file(book, file)]
    place = Position(shown(Path(path)), line)
    for row in book.facts.credits:
        if (os.path.abspath(row.position.file), row.position.line) == (path, line):
            return trace_lot(book, lot_id(row), day)
    closes = {
        os.path.abspath(close_folder(book.folder, month.period) / CHARGES) for month in book.months
    }
    if path in closes:
        charge = written_charge(Path(path), line)
        return _trace_charge(book, place, charge, day) if charge else ([], [_no_charge(place)])
    exports, problems = exports_at(book, path)
    if len(exports) > 1:
        return [], [several_members(shown(Path(path)), exports[0], line)]
    if not exports:
        return [], problems or [_no_charge(place)]
    return _trace_row(book, exports[0], line, day)


def _no_charge(place: Position) -> Problem:
    message = f"line {place.line} is no usage, no charge of a close and no row of credits"
    help = (
        "name a row of an export, a line of close/PERIOD/charges.csv below its header, a row of"
        " the credits file, or a lot"
    )
    return error("line-unknown", message, help, place)


def _look(book: OpenBook, day: date) -> tuple[LookedAt | None, list[Problem]]:
    looked, found = look_at_usage(book, day + timedelta(days=1))
    problems = [problem for problem in found if problem.is_error]
    return (None if any_error(problems) else looked), problems


def _computed_of(book: OpenBook, looked: LookedAt, account: Account, day: date) -> Computed:
    """What was computed, with a party that is in tables gone through as others are."""
    period = Period(book.facts.book.start.start, day + timedelta(days=1))
    where = (looked.connection, book.facts, looked.computed, looked.daily, period, account)
    return with_party(*where)


# -- a charge of a written close --------------------------------------------------------


def _trace_charge(book: OpenBook, place: Position, charge: Mapping[str, str], day: date) -> Tracing:
    looked, problems = _look(book, day)
    if looked is None:
        return [], problems
    account = (charge["contract"], charge["party"])
    computed = _computed_of(book, looked, account, day)
    parts = parts_of_charge(looked.connection, computed.rated, looked.layout, charge)
    value = Fraction(charge["list_value"])
    month = charge["service_period"]

    def in_month(used_at: datetime) -> bool:
        return f"{used_at:%Y-%m}" == month

    covered = coverage(computed, account, value, parts, in_month)
    each = book.facts.book.contracts[account[0]].each or "party"
    about = [(each if name == "party" else name, cell) for name, cell in charge.items() if cell]
    notes = []
    cost = sum((item.cost for item in covered), Fraction(0))
    if abs(cost - Fraction(charge["cost"])) > Fraction(1, 10**6):
        notes.append(
            f"The close had a cost of {charge['cost']}: lots or usage that came since changed it."
        )
    return charge_tables(book.facts, Traced(place, tuple(about), tuple(covered), tuple(notes))), []


# -- a row of an export -----------------------------------------------------------------


def _trace_row(book: OpenBook, file: ExportFile, line: int, day: date) -> Tracing:
    told, row, problems = read_row(book, file, line)
    if told is None:
        return [], problems
    if row is None or told.day is None:
        return charge_tables(book.facts, _traced(told, told.reason or told.verdict)), []
    if not book.facts.book.start.start <= told.day <= day:
        why = f"It is of {told.day}, which is not from the book's start to {day}."
        return charge_tables(book.facts, _traced(told, why)), []
    looked, problems = _look(book, day)
    if looked is None:
        return [], problems
    others = replacing_files(looked.gathered, file, row) if looked.gathered else []
    if others:
        why = f"{', '.join(others)} has the same bucket and is later."
        return charge_tables(book.facts, _traced(told, why)), []
    price_row(told, row, BookedWith(looked.connection, looked.computed, date.max))
    each = book.facts.book.contracts[told.contract].each
    account = (told.contract, told.dimensions.get(each, "") if each else "")
    value = sum((rating.value for rating in told.meters), Fraction(0))
    allocation = _allocation(told, looked.computed)
    parts = [PartWeight(None, allocation)]
    computed = _computed_of(book, looked, account, day)
    covered = coverage(computed, account, value, parts, lambda at: at == row.at)
    traced = _traced(told)
    return charge_tables(book.facts, Traced(traced.place, traced.about, tuple(covered))), []


def _allocation(told: RowExplanation, computed: Computed) -> int:
    """The allocation of a row, where credits of a scope tell allocations apart; else -1."""
    if not any(lot.scope for lot in computed.lots.values()):
        return -1
    names = names_of(told.facts.book, told.dimensions)
    known = {scope for item in computed.rated.allocations.values() for scope in item.scopes}
    scopes = frozenset(scope for scope in known if scope.hold(names))
    rule = ruling(told.facts.book, told.dimensions, told.day) if told.day else None
    for allocation in computed.rated.allocations.values():
        if allocation.rule is rule and allocation.scopes == scopes:
            return allocation.id
    return -1


def _traced(told: RowExplanation, *notes: str) -> Traced:
    about = [("contract", told.contract), ("day", str(told.day or ""))]
    about += [(name, value) for name, value in told.dimensions.items() if value]
    return Traced(told.place, tuple(about), (), notes)
