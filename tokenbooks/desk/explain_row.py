"""Explaining a row of an export: from its cells up to the entries that post it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from tokenbooks.archive.credit_rows import put_credit_rows
from tokenbooks.archive.month import ClosedMonth
from tokenbooks.close.compute import compute
from tokenbooks.close.computed import Computed
from tokenbooks.close.explanation import DayDraw, RelatedEntry, RowExplanation
from tokenbooks.desk.changed_files import path_in_book
from tokenbooks.desk.close import Prepared
from tokenbooks.desk.explain_price import BookedWith, price_row
from tokenbooks.desk.find_entry import next_period, prepare_again, prepare_next, related_entries
from tokenbooks.desk.gather import Gathered, gather_usage
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.desk.replaced_rows import earlier_row, replacing_files
from tokenbooks.entries.destinations import revenue_role
from tokenbooks.entries.posted import Destination
from tokenbooks.entries.service import service_spans
from tokenbooks.periods import Period
from tokenbooks.problems import Position, Problem, any_error, error
from tokenbooks.sources.exports.connection import connect
from tokenbooks.sources.exports.digest import count_lines
from tokenbooks.sources.exports.files import ExportFile
from tokenbooks.sources.exports.normal.normal_form import NormalForm
from tokenbooks.sources.exports.reader import open_export
from tokenbooks.sources.exports.rows import ExplainedRow, row_at
from tokenbooks.usage.accounting import USAGE
from tokenbooks.usage.allocation import SINGLE_EXPENSE, UNALLOCATED, earned_shares, ruling
from tokenbooks.usage.layout import NOT_OWED, REJECTED, SKIPPED, USED

if TYPE_CHECKING:
    import duckdb

VERDICTS = {USED: "used", SKIPPED: "skipped", REJECTED: "rejected", NOT_OWED: "not owed"}


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was computed with the row among the usage, and the close that booked it."""

    gathered: Gathered
    computed: Computed
    prepared: Prepared | None = None
    written: ClosedMonth | None = None

    @property
    def known_by(self) -> date:
        """The end of what it knew: corrections of prices from then on were booked later."""
        return self.prepared.close.period.end if self.prepared else date.max


def explain_row(
    book: OpenBook, file: ExportFile, line: int
) -> tuple[RowExplanation | None, list[Problem]]:
    """A row as normalised, its prices, its rule, the lots of its day, and its entries.

    Problem: ``line-unknown`` where no row stands at the line; else what opening the file,
    or computing the close that booked the row, gives.
    """
    told, row, problems = read_row(book, file, line)
    if told is None or row is None:
        return told, problems
    return told, _explain_used(told, book, file, row)


def read_row(
    book: OpenBook, file: ExportFile, line: int
) -> tuple[RowExplanation | None, ExplainedRow | None, list[Problem]]:
    """A row as normalised; without it where it does not count, for the reason that is told.

    Problem: ``line-unknown``; else what opening the file gives.
    """
    form, problems = open_export(file, book.descriptors)
    if form is None:
        return None, None, problems
    row = row_at(connect(), file, form.descriptor, line)
    if row is None:
        return None, None, [line_unknown(form, line)]
    told = RowExplanation(
        book.facts,
        Position(file.shown, row.line),
        file.contract,
        form.descriptor.id,
        form.descriptor.kind if form.descriptor.is_empty else file.kind,
        row.at,
        VERDICTS[row.verdict],
        row.reason,
        row.dimensions,
        row.amount,
        row.currency,
    )
    if file.kind != USAGE:
        told.notes.append("A statement is evidence for reconciling; no entry comes from it.")
    counts = row.verdict in (USED, NOT_OWED) and row.at is not None
    if counts and (first := earlier_row(book, file, form, row.line)):
        same = "says the same" if form.by_content else "has the same id"
        told.verdict, told.reason = "replaced", f"{first} {same} and counts"
        return told, None, []
    if not form.reads_usage or row.verdict != USED or row.at is None:
        return told, None, []
    return told, row, []


def line_unknown(form: NormalForm, line: int) -> Problem:
    """The problem that no row stands at a line."""
    file = form.file
    lines = count_lines(file.path)
    first = next((record.line for record in form.sheet.records()), 2)
    if form.sheet.is_text and line == first - 1:
        message = f"line {line} is the header"
    elif form.sheet.is_text and not 1 <= line <= lines:
        message = f"there is no line {line}: the file has {lines}"
    else:
        message = f"no row stands at line {line}, or it has not as many cells as the header"
    last = f" to {lines}" if form.sheet.is_text else " on"
    help = f"name a line from {first}{last}, as `tokenbooks explain {file.shown}:{first}`"
    return error("line-unknown", message, help, Position(file.shown))


def _explain_used(
    told: RowExplanation, book: OpenBook, file: ExportFile, row: ExplainedRow
) -> list[Problem]:
    day = told.day
    if day is None or day < book.facts.book.start.start:
        told.notes.append(f"Before the book's start {book.facts.book.start}: left out.")
        return []
    seen, problems = _seen(book, file, row, day)
    if seen is None:
        return problems
    others = replacing_files(seen.gathered, file, row)
    if others:
        told.verdict = "replaced"
        told.reason = f"{', '.join(others)} has the same bucket and is later"
        return problems
    price_row(told, row, BookedWith(seen.gathered.connection, seen.computed, seen.known_by))
    _add_rule(told, day)
    _add_draws(told, seen.computed, day)
    told.related = tuple(_entries(told, book, seen, day))
    if seen.written is not None:
        told.notes += _replaced_since(book, file, row, day, seen.written)
    return problems


# -- which close booked it -----------------------------------------------------------


def _seen(
    book: OpenBook, file: ExportFile, row: ExplainedRow, day: date
) -> tuple[_Seen | None, list[Problem]]:
    end = _end_of_line(file, row.line)
    path = path_in_book(book, file)
    for month in book.months:
        record = next((r for r in month.manifest.files if r.path == path), None)
        if record is not None and record.size >= end and month.period.end > day:
            prepared, problems = prepare_again(book, month)
            if prepared is None:
                return None, problems
            computed = prepared.close.computed
            return _Seen(prepared.gathered, computed, prepared, month), problems
    if day < next_period(book).end:
        prepared, problems = prepare_next(book)
        if prepared is None:
            return None, problems
        return _Seen(prepared.gathered, prepared.close.computed, prepared), problems
    return _look(book, day)


def _end_of_line(file: ExportFile, line: int) -> int:
    """Where a line ends in the file, in bytes: a file may have grown since a close."""
    with file.path.open("rb") as stream:
        return sum(len(text) for _, text in zip(range(line), stream, strict=False))


def _look(book: OpenBook, day: date) -> tuple[_Seen | None, list[Problem]]:
    """All usage to the end of the day's month, closed or not."""
    period = Period(book.facts.book.start.start, Period.month_of(day).end)
    gathered, found = gather_usage(connect(), book, period, [])
    problems = [problem for problem in found if problem.is_error]
    if gathered is None:
        return None, problems
    connection: duckdb.DuckDBPyConnection = gathered.connection
    put_credit_rows(connection, book.facts.credit_rows)
    computed, found = compute(connection, book.facts, gathered.layout, gathered.daily, period, {})
    problems += [problem for problem in found if problem.is_error]
    return (None if any_error(problems) else _Seen(gathered, computed)), problems


def _replaced_since(
    book: OpenBook, file: ExportFile, row: ExplainedRow, day: date, month: ClosedMonth
) -> list[str]:
    """Whether a download that came after the close now counts instead of the row."""
    known = {record.path for record in month.manifest.files}
    seen, _ = _look(book, day)
    if seen is None or all(path_in_book(book, f) in known for f in seen.gathered.files):
        return []
    return [
        f"Since {month.period} was closed, {other} replaces the row's bucket;"
        " what it changes is booked late."
        for other in replacing_files(seen.gathered, file, row)
    ]


# -- rule, lots ------------------------------------------------------------------------


def _party(told: RowExplanation) -> str:
    each = told.facts.book.contracts[told.contract].each
    return told.dimensions.get(each, "") if each else ""


def _add_rule(told: RowExplanation, day: date) -> None:
    book = told.facts.book
    contract = book.contracts[told.contract]
    told.rule = ruling(book, told.dimensions, day)
    unruled = UNALLOCATED if book.allocate else SINGLE_EXPENSE
    shares = told.rule.shares if told.rule else (unruled,)
    if contract.sells:
        shares = earned_shares(shares, revenue_role(contract, told.facts.plan_of(contract)))
    told.shares = tuple(
        (
            book.account(share.role, contract),
            Destination(share.role, share.class_, share.cost_center),
            share.share,
        )
        for share in shares
    )


def _add_draws(told: RowExplanation, computed: Computed, day: date) -> None:
    """The lots that cover the day's usage of the party, and what none covers."""
    drawn = computed.drawn.get((told.contract, _party(told)))
    if drawn is None or told.facts.book.contracts[told.contract].settle != "prepaid":
        return
    draws = []
    for draw in drawn.draws:
        if draw.used_at.date() == day:
            lot = computed.lots[draw.lot]
            cost = Fraction(lot.cost) * draw.quantity / lot.quantity
            draws.append(DayDraw(lot, draw.drawn_at, draw.quantity, cost))
    for item in drawn.uncovered:
        if item.used_at.date() == day:
            draws.append(DayDraw(None, None, item.quantity, item.quantity))
    told.draws = tuple(draws)


# -- entries -------------------------------------------------------------------------


def _entries(
    told: RowExplanation, book: OpenBook, seen: _Seen, day: date
) -> Sequence[RelatedEntry]:
    """The entries that post the row: in the close that booked it, and those that came after."""
    facts = book.facts
    service = service_spans(facts.book.post_usage, facts.book.start.start)(day)
    if seen.prepared is None:
        return [
            RelatedEntry(f"{kind}-{told.contract}-{service}", service, "", 0, "not written yet")
            for kind in _kinds(told)
        ]
    booked = str(seen.prepared.close.period)
    prepared = seen.prepared if seen.written is None else None
    found = []
    for item in related_entries(book, prepared, told.contract, service=service):
        kind = item.id.split("-", 1)[0]
        if item.period == booked and kind in {*_kinds(told), "settlement"}:
            found.append(replace(item, why="posts it"))
        elif item.period > booked and kind in {"settlement", "reversal"}:
            found.append(replace(item, why=f"{kind} of what was accrued"))
        elif item.period > booked and kind in _kinds(told):
            found.append(replace(item, why="books what has changed since"))
        elif item.period >= booked and kind == "invoice":
            found.append(replace(item, why="invoices the period"))
    return found


def _kinds(told: RowExplanation) -> list[str]:
    """The kinds of entries that usage of the row's day comes into."""
    if told.facts.book.contracts[told.contract].settle != "prepaid":
        return ["accrual"]
    kinds = ["consumption"] if any(draw.lot for draw in told.draws) else []
    return kinds + (["accrual"] if any(draw.lot is None for draw in told.draws) else [])
