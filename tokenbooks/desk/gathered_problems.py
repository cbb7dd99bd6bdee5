"""What is wrong with gathered usage: it moves closed figures, or lies outside book or contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tokenbooks.archive.month import FileRecord
from tokenbooks.desk.changed_files import ChangedFile, path_in_book
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.periods import start_of
from tokenbooks.problems import Position, Problem, error, warning
from tokenbooks.sources.exports.files import ExportFile
from tokenbooks.usage.known import rows_before, spans_of_usage

if TYPE_CHECKING:
    import duckdb


def moved_figures(
    book: OpenBook,
    moved: set[str],
    files: Sequence[ExportFile],
    changed: Sequence[ChangedFile],
    recorded: Mapping[str, FileRecord],
) -> list[Problem]:
    """What moves usage that earlier closes booked, other than new files and rows.

    ``moved`` are the contracts whose usage of closed days has moved, ``files`` those read.
    """
    problems = [
        error(
            "closed-input-changed",
            f"{change.record.path} {change.what} since a close was made from it,"
            " and that moves closed figures",
            "restore it and lay the new download beside it under its own name,"
            " or write the closes from its first period again",
            Position(book.place(change.record.path)),
        )
        for change in changed
        if change.record.contract in moved and not change.has_grown
    ]
    told = {change.record.contract for change in changed}
    new = {file.contract for file in files if path_in_book(book, file) not in recorded}
    for name in sorted(moved - told - new):
        problems.append(
            error(
                "closed-usage-moved",
                f"contract {name}: usage of closed days is read differently now,"
                " though no file is new",
                "restore the zone, scope or format that was changed, or write the closes again",
                book.facts.book.contracts[name].position,
            )
        )
    return problems


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
