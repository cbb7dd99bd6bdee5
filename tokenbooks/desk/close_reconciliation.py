"""What a close says of its month's statements: the bridge from them to its own entries.

Only what the close was made from counts: its usage files as it read them, and the statements
that are there. So the same inputs give the same reconciliation, and a replay gives it again.
The company's ledger is no input of a close: it takes the close's entries afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tokenbooks.archive.month import FileRecord
from tokenbooks.close.close_period import Close
from tokenbooks.desk.changed_files import path_in_book
from tokenbooks.desk.close import Prepared
from tokenbooks.desk.file_records import file_record
from tokenbooks.desk.gather import Gathered
from tokenbooks.desk.look_at_statements import look_at_statements
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.desk.reconcile import bridges_of, statement_and_booked
from tokenbooks.problems import Problem
from tokenbooks.reconcile.bridge import Bridge
from tokenbooks.reconcile.bridge_warnings import bridge_warnings
from tokenbooks.reconcile.statements.compare_rows import window
from tokenbooks.sources.exports.files import find_export_files
from tokenbooks.usage.accounting import STATEMENT


@dataclass(frozen=True, slots=True)
class CloseReconciliation:
    """The bridges of a close, and the statement files behind them."""

    bridges: tuple[Bridge, ...] = ()
    records: tuple[FileRecord, ...] = ()


def reconcile_close(prepared: Prepared) -> tuple[CloseReconciliation, list[Problem]]:
    """Reconcile a close's month with the statements that are there, if a contract has any."""
    close, gathered = prepared.close, prepared.gathered
    facts = prepared.book.facts.known_by(close.period.end).known_from_the_start()
    book = replace(prepared.book, facts=facts)
    if not any(contract.statement for contract in facts.book.contracts.values()):
        return CloseReconciliation(), []
    sizes = {record.path: record.size for record in gathered.records}
    sizes |= _statements(book) if prepared.only is None else prepared.only
    seen, problems = look_at_statements(book, close.period, sizes)
    if seen is None:
        return CloseReconciliation(), problems
    posted = {month.period: month.before.posted for month in prepared.earlier}
    posted[close.period] = close.posted
    legs = statement_and_booked(
        facts,
        seen.statements,
        gathered.connection,
        close.computed,
        close.period,
        posted,
        close.entries,
    )
    bridges = bridges_of(facts, close.period, legs)
    problems += bridge_warnings(facts, bridges)
    return CloseReconciliation(bridges, _records(book, seen.gathered, close)), problems


def _statements(book: OpenBook) -> dict[str, int]:
    """The statement files of a book, each with its size."""
    sizes: dict[str, int] = {}
    for contract in book.facts.book.contracts.values():
        zone = book.facts.zone_of(contract)
        files, _ = find_export_files(book.folder, contract, zone, (STATEMENT,))
        sizes |= {path_in_book(book, file): file.path.stat().st_size for file in files}
    return sizes


def _records(book: OpenBook, gathered: Gathered, close: Close) -> tuple[FileRecord, ...]:
    """The statement files with days of the month or near it: no others move a figure."""
    end = window(close.period).end
    found = []
    for account in gathered.accounts:
        file = gathered.files[account.file]
        if file.kind == STATEMENT and (account.first_day is None or account.first_day < end):
            found.append(file_record(book, account, file))
    return tuple(sorted(found, key=lambda record: record.path))
