"""What is wrong with gathered usage: it moves closed figures, or lies outside book or contract."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from tokenbooks.amounts import number_text
from tokenbooks.archive.month import ClosedMonth
from tokenbooks.desk.changed_files import ChangedFile, path_in_book
from tokenbooks.desk.input_documents import FORMATS, input_documents, readings
from tokenbooks.desk.locked import few, last_locked, locked_changed
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.periods import start_of
from tokenbooks.problems import Position, Problem, error, warning
from tokenbooks.sources.exports.files import ExportFile
from tokenbooks.usage.known import rows_before, spans_of_usage
from tokenbooks.usage.layout import Layout
from tokenbooks.usage.moved_days import MovedDay, contracts_split_anew, moved_days

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class Late:
    """What a close finds in usage of closed days: ``usage_late`` in DuckDB.

    ``moved`` are the contracts of which quantities of days have moved, ``changed`` the files
    that are not as they were, ``new`` the contracts with new files. Of those ``read_anew`` it
    counts too how the quantities of a day are split.
    """

    connection: duckdb.DuckDBPyConnection
    layout: Layout
    moved: Collection[str]
    changed: Sequence[ChangedFile]
    new: Collection[str]
    read_anew: Collection[str]


def moved_figures(book: OpenBook, late: Late) -> list[Problem]:
    """What moves usage that earlier closes booked, other than new files and rows."""
    whole = {c.record.contract for c in late.changed if not c.has_grown} | {*late.read_anew}
    split = contracts_split_anew(late.connection, late.layout, date.max) & whole
    moved = split | {*late.moved}
    problems = [
        _moved(
            book,
            late,
            change.record.contract,
            f"{change.record.path} {change.what} since a close was made from it,"
            " and that moves closed figures",
            Position(book.place(change.record.path)),
        )
        for change in late.changed
        if change.record.contract in moved and not change.has_grown
    ]
    told = {change.record.contract for change in late.changed}
    problems += [
        _moved(
            book,
            late,
            name,
            f"contract {name}: usage of closed days is read differently now, though no file is new",
        )
        for name in sorted(moved - told - {*late.new})
    ]
    return problems


def _moved(
    book: OpenBook, late: Late, contract: str, what: str, file: Position | None = None
) -> Problem:
    """The problem of a contract whose closed usage has moved, because of a file if one is named."""
    days = moved_days(late.connection, late.layout, contract)
    message = f"{what}: {_days_text(days)}"
    place = file or book.facts.book.contracts[contract].position
    locked = last_locked(book.months)
    if locked is not None:
        end = locked.period.end
        first = min((moved.day for moved in days), default=None)
        if first is None and contract in contracts_split_anew(late.connection, late.layout, end):
            return locked_changed(book, locked, message, place)
        for month in book.months:
            if first is not None and first < month.period.end <= end:
                return locked_changed(book, month, message, place)
    if file is None:
        help = "restore the zone, scope or format that was changed, or write the closes again"
        return error("closed-usage-moved", message, help, place)
    return error(
        "closed-input-changed",
        message,
        "restore it and lay the new download beside it under its own name,"
        " or write the closes from its first period again",
        place,
    )


def _days_text(days: Sequence[MovedDay]) -> str:
    told = [f"{m.day} {m.meter} {number_text(m.was)} -> {number_text(m.now)}" for m in days]
    return few(told) if told else "other keys of the same quantities"


def contracts_with_new_files(
    book: OpenBook, files: Iterable[ExportFile], recorded: Collection[str]
) -> set[str]:
    """The contracts of files that no close has read."""
    return {file.contract for file in files if path_in_book(book, file) not in recorded}


def contracts_read_anew(book: OpenBook, earlier: Sequence[ClosedMonth]) -> set[str]:
    """The contracts whose files are read in another way than the last close read them."""
    if not earlier or not earlier[-1].manifest.readings:
        return set()
    manifest = earlier[-1].manifest
    now, documents = readings(book), input_documents(book)
    formats = {name for name in {*documents, *manifest.documents} if name.startswith(FORMATS)}
    if any(documents.get(name) != manifest.documents.get(name) for name in formats):
        return set(now)
    return {name for name, how in now.items() if manifest.readings.get(name, how) != how}


def usage_outside(book: OpenBook, connection: duckdb.DuckDBPyConnection) -> list[Problem]:
    """Usage before the book began, or outside the time of its contract."""
    start = book.facts.book.start
    problems = []
    for name, first, last in spans_of_usage(connection):
        contract = book.facts.book.contracts[name]
        if first < start_of(start.start):
            rows = rows_before(connection, name, start_of(start.start))
            problems.append(
                warning(
                    "usage-before-start",
                    f"contract {name}: {rows} rows of usage since {first:%Y-%m-%d} lie before the"
                    f" book's start {start} and are left out",
                    "what was owed or prepaid then belongs in opening.csv and credits.csv"
                    " (event opening)",
                    contract.position,
                )
            )
        early = contract.from_day is not None and first.date() < contract.from_day
        late = contract.until_day is not None and last.date() >= contract.until_day
        if early or late:
            problems.append(
                error(
                    "usage-outside-contract",
                    f"contract {name}: usage from {first:%Y-%m-%d} to {last:%Y-%m-%d} lies outside"
                    " the contract's from and until",
                    "correct `from` and `until`, or give that usage a contract of its own",
                    contract.position,
                )
            )
    return problems
