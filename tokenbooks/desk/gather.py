"""Gathering usage for a period: which files to read, and what earlier closes booked.

Files that an earlier close has read and whose bytes have not changed are not read again,
unless a new file of the same contract reaches back into closed days: then all files of that
contract are read, and the difference to what was booked is late usage.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from tokenbooks.archive.month import STATE, ClosedMonth, FileRecord
from tokenbooks.archive.usage_tables import empty_usage_sql, read_usage, state_columns
from tokenbooks.book import Contract
from tokenbooks.desk.changed_files import ChangedFile, changed_files, file_as_it_was, path_in_book
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.facts import Facts
from tokenbooks.periods import Period, local_time, start_of
from tokenbooks.problems import Position, Problem, any_error, error, warning
from tokenbooks.rating.matching import decisive_dimensions
from tokenbooks.rating.plan import Alias, Modifier, Rate
from tokenbooks.sources.exports.files import ExportFile, find_export_files
from tokenbooks.sources.exports.reader import read_exports
from tokenbooks.usage.accounting import FileAccount
from tokenbooks.usage.allocation import allocation_dimensions
from tokenbooks.usage.days import build_days
from tokenbooks.usage.known import (
    combine_usage,
    contracts_with_late_usage,
    merged_meters,
    rows_before,
    spans_of_usage,
)
from tokenbooks.usage.layout import Layout
from tokenbooks.usage.overlap import resolve_overlaps

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class Gathered:
    """Usage in DuckDB, and the files that it came from.

    ``records`` tells of every file of the book, whether it was read now or before.
    """

    connection: duckdb.DuckDBPyConnection
    layout: Layout
    accounts: tuple[FileAccount, ...]
    files: tuple[ExportFile, ...]
    records: tuple[FileRecord, ...]
    daily: Mapping[str, bool]


def kept_dimensions(facts: Facts) -> tuple[str, ...]:
    """The dimensions kept below day level: those of `keep`, and all that rules name."""
    book = facts.book
    decisive = {name for plan in facts.plans.values() for name in decisive_dimensions(plan)}
    each = {contract.each for contract in book.contracts.values() if contract.each}
    named = sorted(decisive | allocation_dimensions(book) | each)
    return tuple(dict.fromkeys([*book.keep, *named]))


def gather_usage(
    connection: duckdb.DuckDBPyConnection,
    book: OpenBook,
    period: Period,
    earlier: Sequence[ClosedMonth],
    only: Mapping[str, int] | None = None,
    statements: bool = False,
) -> tuple[Gathered | None, list[Problem]]:
    """Read the usage that a close of a period needs; None where a file has an error.

    ``only`` limits the files to those paths, each to its first bytes: a replay gives each
    close the files of its own manifest. ``statements`` reads the statements too.
    """
    files, problems = _files(book, only, statements)
    if any_error(problems):
        return None, problems
    recorded = {record.path: record for month in earlier for record in month.manifest.files}
    changed = changed_files(book, files, recorded)
    moved = {change.record.contract for change in changed}
    needed = [f for f in files if f.contract in moved or _is_needed(book, f, recorded, period)]
    reading, found = _read(connection, book, needed)
    if reading is None:
        return None, problems + found
    if reaching := _reaching_back(reading, recorded, book, period):
        needed = [file for file in files if file in needed or file.contract in reaching]
        reading, found = _read(connection, book, needed)
        if reading is None:
            return None, problems + found
    problems += found
    reread = [
        contract
        for contract in book.facts.book.contracts
        if all(file in needed for file in files if file.contract == contract)
    ]
    layout = _combine(book, reading, earlier, period, reread)
    problems += _moved_figures(book, layout, reading, changed, recorded)
    problems += _outside(book, connection)
    if any_error(problems):
        return None, problems
    records = _records(book, reading, recorded, files, period)
    daily = _daily(reading, earlier, period)
    gathered = Gathered(connection, layout, reading.accounts, tuple(needed), records, daily)
    return gathered, problems


@dataclass(frozen=True, slots=True)
class _Reading:
    connection: duckdb.DuckDBPyConnection
    layout: Layout
    accounts: tuple[FileAccount, ...]
    files: tuple[ExportFile, ...]


def _files(
    book: OpenBook, only: Mapping[str, int] | None, statements: bool
) -> tuple[list[ExportFile], list[Problem]]:
    files: list[ExportFile] = []
    problems: list[Problem] = []
    for contract in book.facts.book.contracts.values():
        found, wrong = find_export_files(
            book.folder,
            contract,
            book.facts.zone_of(contract),
            ("usage", "statement") if statements else ("usage",),
            moment_cuts(book.facts, contract),
        )
        for file in found:
            if only is None:
                files.append(file)
            elif (size := only.get(path_in_book(book, file))) is not None:
                files.append(file_as_it_was(book, file, size))
        problems += wrong
    return files, problems


def moment_cuts(facts: Facts, contract: Contract) -> tuple[datetime, ...]:
    """Instants inside a day at which a rate or a lot of the contract begins or ends."""
    plan, zone = facts.plan_of(contract), facts.zone_of(contract)
    rulings: list[Rate | Modifier | Alias] = [*plan.rates, *plan.modifiers, *plan.aliases]
    moments = [moment for item in rulings for moment in (item.starts, item.until)]
    events = [event for event in facts.credits if event.contract == contract.id]
    moments += [moment for event in events for moment in (event.starts, event.expires)]
    instants = {local_time(moment, zone) for moment in moments if isinstance(moment, datetime)}
    return tuple(sorted(instant for instant in instants if instant.time() != time()))


def _is_needed(
    book: OpenBook, file: ExportFile, recorded: Mapping[str, FileRecord], period: Period
) -> bool:
    record = recorded.get(path_in_book(book, file))
    return record is None or record.last_day is None or record.last_day >= period.start


def _read(
    connection: duckdb.DuckDBPyConnection, book: OpenBook, files: Sequence[ExportFile]
) -> tuple[_Reading | None, list[Problem]]:
    result = read_exports(connection, files, kept_dimensions(book.facts), book.descriptors)
    problems = list(result.problems)
    if any_error(problems):
        return None, problems
    accounts, found = resolve_overlaps(connection, result.layout, result.accounts)
    problems += found
    if any_error(problems):
        return None, problems
    contracts = {account.file: account.contract for account in accounts}
    build_days(connection, result.layout, contracts, "usage_files")
    return _Reading(connection, result.layout, tuple(accounts), tuple(files)), problems


def _reaching_back(
    reading: _Reading, recorded: Mapping[str, FileRecord], book: OpenBook, period: Period
) -> set[str]:
    """Contracts with a new file that has usage of closed days, while others are not read."""
    first = book.facts.book.start.start
    found = set()
    for account in reading.accounts:
        is_new = path_in_book(book, reading.files[account.file]) not in recorded
        day = account.first_day
        if is_new and recorded and day is not None and first <= day < period.start:
            found.add(account.contract)
    return found


def _combine(
    book: OpenBook,
    reading: _Reading,
    earlier: Sequence[ClosedMonth],
    period: Period,
    reread: Sequence[str],
) -> Layout:
    connection = reading.connection
    folders = [month.folder / STATE for month in earlier]
    layout = layout_with_states(connection, reading.layout, folders)
    if folders:
        read_usage(connection, layout, folders)
    else:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE usage_before AS {empty_usage_sql(layout)}"
        )
    combine_usage(connection, layout, reading.layout.meters, book.facts.book.start, period, reread)
    return layout


def layout_with_states(
    connection: duckdb.DuckDBPyConnection, layout: Layout, folders: Iterable[Path]
) -> Layout:
    """A layout that has the meters of earlier closes too."""
    stated = [
        [name.removeprefix("m_") for name in state_columns(connection, folder) if name[:2] == "m_"]
        for folder in folders
    ]
    return Layout(layout.dimensions, merged_meters([layout.meters, *stated]))


def _moved_figures(
    book: OpenBook,
    layout: Layout,
    reading: _Reading,
    changed: Sequence[ChangedFile],
    recorded: Mapping[str, FileRecord],
) -> list[Problem]:
    """What moves usage that earlier closes booked, other than new files and rows."""
    moved = contracts_with_late_usage(reading.connection, layout)
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
    new = {file.contract for file in reading.files if path_in_book(book, file) not in recorded}
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


def _outside(book: OpenBook, connection: duckdb.DuckDBPyConnection) -> list[Problem]:
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


def _records(
    book: OpenBook,
    reading: _Reading,
    recorded: Mapping[str, FileRecord],
    files: Sequence[ExportFile],
    period: Period,
) -> tuple[FileRecord, ...]:
    """The files behind the usage to date; files of later days only are none of this close."""
    present = {path_in_book(book, file) for file in files}
    records = {path: record for path, record in recorded.items() if path in present}
    for account in reading.accounts:
        file = reading.files[account.file]
        if file.kind != "usage" or account.first_day is None or account.first_day >= period.end:
            continue
        records[path_in_book(book, file)] = FileRecord(
            path_in_book(book, file),
            account.contract,
            file.kind,
            account.size,
            account.sha256,
            account.rows_read,
            account.first_day,
            account.last_day,
        )
    return tuple(records[path] for path in sorted(records))


def _daily(reading: _Reading, earlier: Sequence[ClosedMonth], period: Period) -> dict[str, bool]:
    """Which contracts have usage by days only, over all files with usage to date."""
    daily = dict(earlier[-1].manifest.daily) if earlier else {}
    for account in reading.accounts:
        if account.first_day is None or account.first_day >= period.end:
            continue
        daily[account.contract] = daily.get(account.contract, True) and account.daily
    return daily
