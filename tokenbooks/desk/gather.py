"""Gathering usage for a period: which files to read, and what earlier closes booked.

Files that an earlier close has read and whose bytes have not changed are not read again,
unless a new file of the same contract reaches back into closed days: then all files of that
contract are read, and the difference to what was booked is late usage.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from tokenbooks.archive.derived import DerivedSince, read_derived
from tokenbooks.archive.month import STATE, ClosedMonth, FileRecord
from tokenbooks.archive.usage_tables import empty_usage_sql, read_usage, state_columns
from tokenbooks.book import Contract
from tokenbooks.desk.changed_files import changed_files, file_as_it_was, path_in_book
from tokenbooks.desk.derived import (
    derived_since,
    flat_meters,
    lacking_contracts,
    level_meters,
    with_needs,
)
from tokenbooks.desk.file_records import file_records
from tokenbooks.desk.gathered_problems import (
    Late,
    contracts_read_anew,
    contracts_with_new_files,
    moved_figures,
    usage_outside,
)
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.facts import Facts
from tokenbooks.periods import Period, local_time
from tokenbooks.problems import Problem, any_error
from tokenbooks.rating.keys import plan_scopes
from tokenbooks.rating.matching import decisive_dimensions
from tokenbooks.rating.measures import is_measure
from tokenbooks.rating.plan import Alias, Modifier, Rate
from tokenbooks.sources.exports.connection import connect
from tokenbooks.sources.exports.files import ExportFile, find_export_files
from tokenbooks.sources.exports.reader import read_exports
from tokenbooks.usage.accounting import USAGE, FileAccount
from tokenbooks.usage.allocation import allocation_dimensions
from tokenbooks.usage.days import build_days
from tokenbooks.usage.known import (
    combine_usage,
    contracts_with_late_usage,
    merged_meters,
)
from tokenbooks.usage.layout import Layout
from tokenbooks.usage.overlap import resolve_overlaps
from tokenbooks.usage.same_days import same_days

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class Gathered:
    """Usage in DuckDB, and the files that it came from.

    ``records`` tells of every file of the book, whether it was read now or before;
    ``derived`` since when the states of closes hold what plans derive from rows.
    """

    connection: duckdb.DuckDBPyConnection
    layout: Layout
    accounts: tuple[FileAccount, ...]
    files: tuple[ExportFile, ...]
    records: tuple[FileRecord, ...]
    daily: Mapping[str, bool]
    derived: DerivedSince = field(default_factory=dict)


def kept_dimensions(facts: Facts, end: date = date.max) -> tuple[str, ...]:
    """The dimensions kept below day level: those of `keep`, and all that rules name.

    Of the rows of credits those before ``end`` count.
    """
    book = facts.book
    decisive = {name for plan in facts.plans.values() for name in decisive_dimensions(plan)}
    each = {contract.each for contract in book.contracts.values() if contract.each}
    scopes = {name for plan in facts.plans.values() for name in plan_scopes(plan)}
    ruled = allocation_dimensions(book, facts.scopes_by(end))
    named = sorted(decisive | scopes | ruled | each)
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
    files, problems = _files(book, only, statements, period)
    if any_error(problems):
        return None, problems
    recorded = {
        record.path: record
        for month in earlier
        for record in month.manifest.files
        if record.kind == USAGE
    }
    changed = changed_files(book, files, recorded)
    derived = read_derived(earlier[-1].folder / STATE) if earlier else {}
    again = {change.record.contract for change in changed}
    again |= lacking_contracts(book.facts, derived, period)
    read_anew = contracts_read_anew(book, earlier)
    again |= read_anew
    if only is None and read_anew:
        problems += _moved_by_reading(book, period, earlier, recorded)
    needed = [f for f in files if f.contract in again or _is_needed(book, f, recorded, period)]
    reading, found = _read(connection, book, needed, period.end)
    if reading is None:
        return None, problems + found
    if reaching := _reaching_back(reading, recorded, book, period):
        needed = [file for file in files if file in needed or file.contract in reaching]
        reading, found = _read(connection, book, needed, period.end)
        if reading is None:
            return None, problems + found
    problems += found
    reread = [
        contract
        for contract in book.facts.book.contracts
        if all(file in needed for file in files if file.contract == contract)
    ]
    layout = _combine(book, reading, earlier, period, reread)
    moved = contracts_with_late_usage(reading.connection, layout, derived)
    new = contracts_with_new_files(book, reading.files, recorded)
    late = Late(reading.connection, layout, moved, changed, new, read_anew)
    problems += moved_figures(book, late)
    problems += usage_outside(book, connection)
    if any_error(problems):
        return None, problems
    records = file_records(book, reading.accounted(), recorded, files, period)
    daily = _daily(reading, earlier, period)
    since = derived_since(book.facts, derived, period, set(reread))
    gathered = Gathered(connection, layout, reading.accounts, tuple(needed), records, daily, since)
    return gathered, problems


def _moved_by_reading(
    book: OpenBook,
    period: Period,
    earlier: Sequence[ClosedMonth],
    recorded: Mapping[str, FileRecord],
) -> list[Problem]:
    """Closed figures that move because the same files are read in another way.

    New files are left out: what they bring would hide it.
    """
    only = {path: record.size for path, record in recorded.items()}
    _, problems = gather_usage(connect(), book, period, earlier, only)
    return [p for p in problems if p.code in ("closed-usage-moved", "locked-changed")]


@dataclass(frozen=True, slots=True)
class _Reading:
    connection: duckdb.DuckDBPyConnection
    layout: Layout
    accounts: tuple[FileAccount, ...]
    files: tuple[ExportFile, ...]

    def accounted(self) -> Iterator[tuple[FileAccount, ExportFile]]:
        """Each account with its file."""
        for account in self.accounts:
            yield account, self.files[account.file]


def _files(
    book: OpenBook, only: Mapping[str, int] | None, statements: bool, period: Period
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
        for export in found:
            file = with_needs(export, book.facts, contract, period.end)
            file = _as_booked(book, file)
            if only is None:
                files.append(file)
            elif (size := only.get(path_in_book(book, file))) is not None:
                files.append(file_as_it_was(file, size))
        problems += wrong
    return files, problems


def _as_booked(book: OpenBook, file: ExportFile) -> ExportFile:
    """The file with what the book knows of it; bad rows that a close held stay held."""
    path = path_in_book(book, file)
    held = any(r.path == path and r.held for month in book.months for r in month.manifest.files)
    plan = book.facts.plan_of(book.facts.book.contracts[file.contract])
    hold = held or book.hold_bad_rows
    return replace(file, name=path, currency=plan.currency, hold=hold)


def moment_cuts(facts: Facts, contract: Contract) -> tuple[datetime, ...]:
    """Instants inside a day at which a rate or a lot of the contract begins or ends."""
    plan, zone = facts.plan_of(contract), facts.zone_of(contract)
    rulings: list[Rate | Modifier | Alias] = [*plan.rates, *plan.modifiers, *plan.aliases]
    moments = [moment for item in rulings for moment in (item.starts, item.until)]
    events = [event for event in facts.credits if event.contract == contract.id]
    moments += [moment for event in events for moment in (event.starts, event.expires)]
    instants = {local_time(moment, zone) for moment in moments if isinstance(moment, datetime)}
    if life := plan.credit_terms.expires:
        begun = [event.starts for event in events if event.expires is None]
        instants |= {life.after(local_time(m, zone)) for m in begun if isinstance(m, datetime)}
    return tuple(sorted(instant for instant in instants if instant.time() != time()))


def _is_needed(
    book: OpenBook, file: ExportFile, recorded: Mapping[str, FileRecord], period: Period
) -> bool:
    record = recorded.get(path_in_book(book, file))
    return record is None or record.last_day is None or record.last_day >= period.start


def _read(
    connection: duckdb.DuckDBPyConnection,
    book: OpenBook,
    files: Sequence[ExportFile],
    end: date,
) -> tuple[_Reading | None, list[Problem]]:
    result = read_exports(connection, files, kept_dimensions(book.facts, end), book.descriptors)
    problems = list(result.problems)
    if any_error(problems):
        return None, problems
    accounts, found = resolve_overlaps(connection, result.layout, result.accounts)
    problems += found
    if any_error(problems):
        return None, problems
    problems += same_days(connection, result.layout, accounts)
    contracts = {account.file: account.contract for account in accounts}
    levels = {file.contract: file.levels for file in files}
    build_days(connection, result.layout, contracts, "usage_files", levels)
    return _Reading(connection, result.layout, tuple(accounts), tuple(files)), problems


def _reaching_back(
    reading: _Reading, recorded: Mapping[str, FileRecord], book: OpenBook, period: Period
) -> set[str]:
    """Contracts with a new file that has usage of closed days, while others are not read."""
    first = book.facts.book.start.start
    found = set()
    for account, file in reading.accounted():
        is_new = path_in_book(book, file) not in recorded
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
    meters = merged_meters([_meters_to_date(reading, period), flat_meters(book.facts)])
    layout = replace(reading.layout, meters=meters, levels=level_meters(book.facts))
    layout = layout_with_states(connection, layout, folders)
    if folders:
        read_usage(connection, layout, folders)
    else:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE usage_before AS {empty_usage_sql(layout)}"
        )
    combine_usage(connection, layout, reading.layout.meters, book.facts.book.start, period, reread)
    return layout


def _meters_to_date(reading: _Reading, period: Period) -> tuple[str, ...]:
    """The meters of the files, less the measures of those that are none of this close."""
    measures = {
        measure.name
        for account, file in reading.accounted()
        if account.first_day is not None and account.first_day < period.end
        for measure in file.measures
    }
    return tuple(m for m in reading.layout.meters if not is_measure(m) or m in measures)


def layout_with_states(
    connection: duckdb.DuckDBPyConnection, layout: Layout, folders: Iterable[Path]
) -> Layout:
    """A layout that has the meters of earlier closes too."""
    stated = [
        [name.removeprefix("m_") for name in state_columns(connection, folder) if name[:2] == "m_"]
        for folder in folders
    ]
    return replace(layout, meters=merged_meters([layout.meters, *stated]))


def _daily(reading: _Reading, earlier: Sequence[ClosedMonth], period: Period) -> dict[str, bool]:
    """Which contracts have usage by days only, over all files with usage to date."""
    daily = dict(earlier[-1].manifest.daily) if earlier else {}
    for account in reading.accounts:
        if account.first_day is None or account.first_day >= period.end:
            continue
        daily[account.contract] = daily.get(account.contract, True) and account.daily
    return daily
