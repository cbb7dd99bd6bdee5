"""Explaining what a person points at: the id of an entry, or a line of one of the book's files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tokenbooks.archive.journal_index import written_entries
from tokenbooks.close.explanation import Document
from tokenbooks.credits.acquisitions import lot_id, makes_lot
from tokenbooks.desk.changed_files import path_in_book
from tokenbooks.desk.derived import with_needs
from tokenbooks.desk.explain_assertions import explain_assertions, is_assertions
from tokenbooks.desk.explain_documents import lot_rolls
from tokenbooks.desk.explain_entry import Narrowing, explain_entry
from tokenbooks.desk.explain_estimate import moved_by, note_of_estimate
from tokenbooks.desk.explain_row import explain_row
from tokenbooks.desk.find_entry import next_period, prepare_next, related_entries
from tokenbooks.desk.gather import moment_cuts
from tokenbooks.desk.look import look_at_usage
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.documents import (
    Adjustment,
    CreditEvent,
    Estimate,
    Invoice,
    Modification,
    OpeningBalance,
)
from tokenbooks.entries.booking import identity, late_id
from tokenbooks.entries.buy.approved_accruals import RULE, approved_unit
from tokenbooks.entries.buy.owed import document_id
from tokenbooks.entries.buy.payment import payment_id
from tokenbooks.entries.buy.purchase import balance_subject, opening_lot_subject
from tokenbooks.entries.sell.modification import RULE as MODIFIED
from tokenbooks.entries.sell.words import own_kind
from tokenbooks.entries.sell.write_off import RULE as WRITE_OFF
from tokenbooks.entries.sell.write_off import write_off_id
from tokenbooks.names import nearest
from tokenbooks.problems import Position, Problem, error
from tokenbooks.reports.explained_documents import (
    documents_table,
    related_table,
    rolls_table,
)
from tokenbooks.reports.explanation import explanation_tables
from tokenbooks.reports.plan_line import plan_line_table
from tokenbooks.reports.row_explanation import row_tables
from tokenbooks.reports.table import Table
from tokenbooks.sources.exports.files import ExportFile, find_export_files
from tokenbooks.sources.files import shown
from tokenbooks.sources.plans import plan_files

Explained = tuple[list[Table], list[Problem]]

#: Rows that make an entry.
Booked = CreditEvent | Invoice | OpeningBalance | Adjustment | Modification


def explain_id(book: OpenBook, name: str, narrowing: Narrowing, limit: int) -> Explained:
    """The tables that explain an entry, or the balances that a close asserts."""
    if is_assertions(name):
        return explain_assertions(book, name)
    told, problems = explain_entry(book, name, narrowing, limit)
    return (explanation_tables(told) if told else []), problems


def explain_place(
    book: OpenBook, file: str, line: int, narrowing: Narrowing, limit: int
) -> Explained:
    """The tables that explain a line of an export, a document, a plan or a journal.

    ``file`` is relative to the current directory or to the book. Problem: ``line-unknown``.
    """
    path = named_path(book, file)
    if path is None:
        return [], [no_file(book, file)]
    exports, problems = exports_at(book, path)
    if len(exports) > 1:
        return [], [several_members(shown(Path(path)), exports[0], line)]
    if exports:
        told, problems = explain_row(book, exports[0], line)
        return (row_tables(told) if told else []), problems
    if problems or not os.path.isfile(path):
        return [], problems or [no_file(book, file)]
    for month in book.months:
        for written in written_entries(month):
            inside = written.line <= line <= written.last_line
            if os.path.abspath(book.folder / written.file) == path and inside:
                starts = [number for number, _ in written.postings if number <= line]
                chosen = len(starts) - 1 if starts else None
                return explain_id(book, written.id, replace(narrowing, number=chosen), limit)
    place = Position(shown(Path(path)), line)
    documents = [d for d in _documents(book) if d.position == replace(d.position, line=line)]
    documents = [d for d in documents if d.position.file == place.file]
    if documents:
        return _explain_document(book, documents[0], limit)
    if path in {os.path.abspath(plan) for plan in plan_files(book.folder)}:
        return _explain_plan_line(book, place)
    return [], [_no_line(place)]


def named_path(book: OpenBook, file: str) -> str | None:
    """The absolute path of a file that a person names, or of a member below its ZIP."""
    for path in (Path(file), book.folder / file):
        if any(place.is_file() for place in (path, *path.parents)):
            return os.path.abspath(path)
    return None


def exports_at(book: OpenBook, path: str) -> tuple[list[ExportFile], list[Problem]]:
    """The export at a path, or all that are in the ZIP there; what keeps it from being read."""
    exports, told = _exports(book)
    found = [export for export in exports if os.path.abspath(export.known_path) == path]
    if not found:
        below = path + os.sep
        found = [e for e in exports if os.path.abspath(e.known_path).startswith(below)]
    name = shown(Path(path))
    problems = [p for p in told if p.position.file and name.startswith(p.position.file)]
    return found, [] if found else problems


def _exports(book: OpenBook) -> tuple[list[ExportFile], list[Problem]]:
    exports: list[ExportFile] = []
    problems: list[Problem] = []
    for contract in book.facts.book.contracts.values():
        zone, cuts = book.facts.zone_of(contract), moment_cuts(book.facts, contract)
        found, wrong = find_export_files(book.folder, contract, zone, cuts=cuts)
        problems += wrong
        for export in found:
            file = with_needs(export, book.facts, contract)
            exports.append(replace(file, name=path_in_book(book, file)))
    return exports, problems


def _documents(book: OpenBook) -> Iterator[Document]:
    yield from book.facts.credits
    yield from book.facts.invoices
    yield from book.facts.opening
    yield from book.facts.adjustments
    yield from book.facts.estimates
    yield from book.facts.modifications


def _explain_document(book: OpenBook, row: Document, limit: int) -> Explained:
    """A row of the book's files: the entry that it makes, with all behind it."""
    problems: list[Problem] = []
    if isinstance(row, Estimate):
        tables = [_documents_table(book, row, note_of_estimate(row))]
        moved = moved_by(book, row) if row.approved else []
        return tables + ([related_table(moved)] if moved else []), []
    is_extended = isinstance(row, CreditEvent) and row.event == "extend"
    if not is_extended:
        told, problems = explain_entry(book, _booked_name(book, row), Narrowing(), limit)
        if told is not None:
            return explanation_tables(told), problems
    rest = [problem for problem in problems if problem.code != "entry-unknown"]
    prepared, _ = prepare_next(book)
    lot = _lot_of(row) if isinstance(row, CreditEvent) else ""
    related = related_entries(book, prepared, row.contract, lot=lot) if lot else []
    note = "No entry is made for the row itself"
    if is_extended:
        note = "A new end of a lot makes no entry"
    elif isinstance(row, Adjustment | Modification) and not row.approved:
        note = "No entry is made for the row, because nobody approved it"
    elif isinstance(row, CreditEvent) and row.event in FREE and not row.paid and row.credits > 0:
        note = "A free credit has no cost of its own, so that no entry is made for it"
    elif not rest:
        note += ": it belongs to a period after the open one, or its kind is not in `post`"
    tables = [_documents_table(book, row, note)]
    if prepared is not None and lot in prepared.close.computed.lots:
        tables.append(rolls_table(lot_rolls(prepared, prepared.close.computed.lots[lot])))
    return tables + ([related_table(related)] if related else []), rest


def _documents_table(book: OpenBook, row: Document, note: str) -> Table:
    return documents_table([row], book.facts.book, (f"{note}.",))


def _lot_of(row: CreditEvent) -> str:
    """The lot that a row brings, or that it gives a later end."""
    return (row.parent if row.event == "extend" else None) or lot_id(row)


def _booked_name(book: OpenBook, row: Booked) -> str:
    """The entry of a row: in its own period, or in the one that booked it late."""
    plain = _entry_name(book, row)
    for month in book.months:
        for written in written_entries(month):
            if written.id in {plain, late_id(plain, month.period)}:
                return written.id
    upcoming = next_period(book)
    day = book.facts.book.start.start if isinstance(row, OpeningBalance) else row.day
    return late_id(plain, upcoming) if day < upcoming.start else plain


def _entry_name(book: OpenBook, row: Booked) -> str:
    if isinstance(row, CreditEvent):
        return _name_of_credits(book, row)
    if isinstance(row, Invoice):
        if row.kind == "receipt":
            return identity("receipt", row.contract, payment_id(row).removeprefix("receipt-"))
        if row.kind == "write_off":
            return identity(WRITE_OFF, row.contract, write_off_id(row))
        return identity("invoice", row.contract, document_id(row))
    if isinstance(row, Adjustment):
        return identity(RULE, row.contract, approved_unit(row))
    if isinstance(row, Modification):
        return _name_of_modification(row)
    return identity("opening", row.contract, balance_subject(row.role, row.service_period))


def _name_of_credits(book: OpenBook, row: CreditEvent) -> str:
    bought = own_kind("purchase", book.facts.book.contracts[row.contract])
    if row.event == "bonus" and row.parent:
        return identity(bought, row.contract, row.parent)
    if row.event == "opening":
        subject = opening_lot_subject(book.facts.book, lot_id(row))
        return identity("opening", row.contract, subject)
    if row.event == "transfer" and makes_lot(row):
        return identity("transfer", row.contract, lot_id(row))
    if row.event in REMOVED_AS and not (row.event == "adjust" and row.credits > 0):
        return identity(REMOVED_AS[row.event], row.contract, _removal(book, row))
    return identity(bought, row.contract, lot_id(row))


def _name_of_modification(row: Modification) -> str:
    """The entry of what it grants or catches up, else of what it adds, else of a lot it ends."""
    if row.past_service_credit or not row.distinct:
        return identity(MODIFIED, row.contract, row.id)
    return identity("sale", row.contract, row.id)


def _removal(book: OpenBook, row: CreditEvent) -> str:
    """What the entry of a row is called that takes credits away; see ``credits.changes``."""
    source = row.parent or lot_id(row)
    same = [
        other.position
        for other in book.facts.credits
        if (other.event, other.day, other.parent or lot_id(other)) == (row.event, row.day, source)
    ]
    number = same.index(row.position) + 1
    return f"{source}-{row.event}-{row.day}" + (f"-{number}" if number > 1 else "")


#: Events whose lots may have cost nothing.
FREE = frozenset({"grant", "bonus", "adjust"})

#: Event of a row that takes credits away -> the kind of its entry.
REMOVED_AS = {
    "refund": "refund",
    "chargeback": "refund",
    "transfer": "transfer",
    "rollover": "rollover",
    "void": "adjustment",
    "adjust": "adjustment",
}


def _explain_plan_line(book: OpenBook, place: Position) -> Explained:
    """The charges that a line of a plan prices, over all usage of the book."""
    plans = {plan.id for plan in book.facts.plans.values() if plan.position.file == place.file}
    contracts = [c.id for c in book.facts.book.contracts.values() if c.plan in plans]
    looked, found = look_at_usage(book)
    problems = [problem for problem in found if problem.is_error]
    if looked is None:
        return [], problems
    currency = book.facts.book.currency
    table = plan_line_table(looked.connection, looked.scales, contracts, place, currency)
    return ([table] if table.rows else []), problems + ([] if table.rows else [_no_line(place)])


def _no_line(place: Position) -> Problem:
    message = f"nothing in the book comes from line {place.line}"
    help = (
        "name a row of an export, of credits, invoices, openings or adjustments, a price of a"
        " plan that prices usage, or a posting of a written journal"
    )
    return error("line-unknown", message, help, place)


def several_members(place: str, first: ExportFile, line: int) -> Problem:
    """The problem that a container holds several files."""
    message = f"{place} holds several files"
    help = f"name one of them, as `tokenbooks explain '{first.shown}:{line}'`"
    return error("line-unknown", message, help, Position(place))


def no_file(book: OpenBook, file: str) -> Problem:
    """The problem that there is no such file, with the nearest of the book."""
    known = {path_in_book(book, export) for export in _exports(book)[0]}
    near = nearest(file, known)
    hint = f"did you mean '{near}'? " if near else ""
    help = f"{hint}a path is relative to the current directory or to the book"
    return error("line-unknown", f"there is no file {file}", help, Position(file))
