"""What a close was made from, beside usage: the files that people wrote, and how usage is read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields

from tokenbooks.archive.manifest import file_digest
from tokenbooks.book import Contract, UsageSource
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.documents import (
    Adjustment,
    CreditEvent,
    Estimate,
    Invoice,
    Modification,
    OpeningBalance,
)
from tokenbooks.facts import Facts
from tokenbooks.sources.book import BOOK_FILE
from tokenbooks.sources.files import matching_files, names_file

#: Formats of exports of the book's own.
FORMATS = "formats/"

_PLANS = "plans/"

#: A row that a manifest knows by its digest.
Known = CreditEvent | Invoice | OpeningBalance | Adjustment | Estimate | Modification


def input_documents(book: OpenBook) -> dict[str, str]:
    """The digest of every file that people wrote for the book, by its path in it."""
    names = documents_of(book, _globs(book.facts))
    return {name: file_digest(book.folder / name) for name in sorted(names)}


def documents_of(book: OpenBook, globs: Iterable[str]) -> set[str]:
    """The files of a book that some globs match, by their paths in it."""
    paths = (path for glob in globs for path in matching_files(book.folder, glob))
    return {path.relative_to(book.folder).as_posix() for path in paths}


def rows_of(facts: Facts) -> dict[str, tuple[str, Sequence[Known]]]:
    """The rows that a manifest knows one by one, by its name for them, each with its files.

    Rows of credits are none of these where they are too many.
    """
    book = facts.book
    rows: dict[str, tuple[str, Sequence[Known]]] = {
        "invoices": (book.invoices_files, facts.invoices),
        "opening": (book.opening_file, facts.opening),
        "adjustments": (book.adjustments_files, facts.adjustments),
        "estimates": (book.estimates_files, facts.estimates),
        "modifications": (book.modifications_file, facts.modifications),
    }
    if facts.credit_rows is None:
        rows["credits"] = (book.credits_files, facts.credits)
    return rows


def _globs(facts: Facts) -> Iterator[str]:
    book = facts.book
    yield from (BOOK_FILE, f"{_PLANS}*.yaml", f"{FORMATS}*.yaml")
    yield from (book.credits_files, book.invoices_files, book.opening_file)
    yield from (book.balances_files, book.rates_files, book.adjustments_files)
    yield from (book.estimates_files, book.modifications_file)
    yield from (contract.parties_files for contract in book.contracts.values())
    actions = (action for plan in facts.plans.values() for action in plan.actions.values())
    yield from (own.definition for own in actions if names_file(own.definition))


def readings(book: OpenBook) -> dict[str, str]:
    """A digest of how the usage of each contract is read: its sources, its zone, its parties."""
    return {
        contract.id: _reading(contract, book.facts.zone_of(contract))
        for contract in book.facts.book.contracts.values()
    }


def _reading(contract: Contract, zone: str) -> str:
    sources = [_source(source) for source in contract.usage]
    text = json.dumps([zone, contract.each, sources], default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _source(source: UsageSource) -> list[object]:
    """What a source says but its place in the file, and which files it names: those are told."""
    left_out = ("position", "files")
    return [getattr(source, each.name) for each in fields(source) if each.name not in left_out]
