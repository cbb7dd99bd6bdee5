"""Values of people that are known: to be found in texts, by what dimension they are of.

Of the dimensions of people these are all values; of the others those with a mail address.
Everything is gathered by a reading of its own, so that it depends neither on what a command
computes, nor on how far it comes before something is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tokenbooks.archive.month import STATE
from tokenbooks.archive.read import read_months
from tokenbooks.archive.usage_tables import state_values
from tokenbooks.book import Book
from tokenbooks.conditions import Conditions
from tokenbooks.names import STANDARD_DIMENSIONS, as_identifier
from tokenbooks.rating.plan import Plan
from tokenbooks.sources import balances, invoices, opening
from tokenbooks.sources.credits import reading as credits
from tokenbooks.sources.exports.connection import connect
from tokenbooks.sources.exports.descriptors.descriptor import Descriptor
from tokenbooks.sources.exports.files import ExportFile
from tokenbooks.sources.exports.reader import read_exports
from tokenbooks.sources.files import matching_files
from tokenbooks.sources.rows import Row, read_rows
from tokenbooks.usage.layout import dimension_column

if TYPE_CHECKING:
    import duckdb

#: A value -> the dimension it is of.
Known = dict[str, str]

#: What a text with a mail address has.
_AT = ("@", "%40")


def together(*parts: Mapping[str, str]) -> Known:
    """All that is known; where two say of which dimension a value is, the first one counts."""
    known: Known = {}
    for part in parts:
        for value, dimension in part.items():
            known.setdefault(value, dimension)
    return known


def of_book(book: Book, dimensions: Sequence[str]) -> Known:
    """The values that a book names itself: ids, their names, and those of its rules."""
    found = [
        (dimension, text)
        for dimension, names in book.names.items()
        for pair in names.items()
        for text in pair
    ]
    found += [pair for rule in book.allocate for pair in _values(rule.when)]
    for contract in book.contracts.values():
        for source in (*contract.usage, *contract.statement):
            found += [*source.scope, *source.only]
    return _known(found, dimensions)


def of_parties(folder: Path, book: Book, dimensions: Sequence[str]) -> Known:
    """The parties that the book's small files name, as far as these can be read."""
    found = [
        (contract.each or "", text)
        for contract in book.contracts.values()
        for party in contract.parties.values()
        for text in (party.id, party.name)
    ]
    files = {
        book.credits_files: credits.COLUMNS,
        book.invoices_files: invoices.COLUMNS,
        book.opening_file: opening.COLUMNS,
        book.balances_files: balances.COLUMNS,
    }
    for pattern, columns in files.items():
        for path in matching_files(folder, pattern):
            for row in read_rows(path, columns)[0]:
                found += _parties_of(row, book)
    return _known(found, dimensions)


def _parties_of(row: Row, book: Book) -> Iterator[tuple[str, str]]:
    """The parties that a row names: its own, and the one that credits are transferred to."""
    target, _, party = (part.strip() for part in row["to"].partition("/"))
    for name, value in ((row["contract"], row["party"]), (target, party)):
        contract = book.contracts.get(name)
        if contract is not None and contract.each and value:
            yield contract.each, value


def lot_stems(book: Book, known: Known) -> dict[str, tuple[str, str]]:
    """What the built ids of parties' lots begin with, each with the value that is in it."""
    stems = {}
    for contract in book.contracts.values():
        for value, dimension in known.items() if contract.each else ():
            for written in (as_identifier(value), value):
                stems[f"{contract.id}-{written}"] = (dimension, value)
    return stems


def of_plans(plans: Iterable[Plan], dimensions: Sequence[str]) -> Known:
    """The values that plans name: whose prices they are."""
    found = []
    for plan in plans:
        conditions = [rate.conditions for rate in plan.rates]
        conditions += [modifier.when for modifier in plan.modifiers]
        found += [pair for item in conditions for pair in _values(item)]
    return _known(found, dimensions)


def of_exports(
    files: Sequence[ExportFile],
    descriptors: Sequence[Descriptor],
    dimensions: Sequence[str],
    more: Sequence[str] = (),
) -> Known:
    """The values in usage files and statements, of rows that count and of all others.

    ``more`` are dimensions that neither a format nor a source names. Files that cannot be
    read have none.
    """
    connection = connect()
    named = [spec.name for descriptor in descriptors for spec in descriptor.dimensions]
    for file in files:
        named += [*file.source.dimensions, *(name for name, _ in file.source.tags)]
    kept = dict.fromkeys([*dimensions, *STANDARD_DIMENSIONS, *named, *more])
    known: Known = {}
    for file in files:
        read = read_exports(connection, [file], list(kept), descriptors)
        columns = {"usage_read": kept, "stated_read": read.stated_dimensions}
        for table, names in columns.items():
            found = [
                pair
                for name in names
                for pair in _distinct(connection, table, name, name in dimensions)
            ]
            known = together(known, _known(found, dimensions))
    return known


def of_closes(folder: Path, dimensions: Sequence[str]) -> Known:
    """The values in what written closes keep of usage, whose files may be gone."""
    connection = connect()
    found = [
        pair
        for month in read_months(folder, "")[0]
        for pair in state_values(connection, month.folder / STATE)
    ]
    return _known(found, dimensions)


def _known(found: Iterable[tuple[str, str]], dimensions: Sequence[str]) -> Known:
    """Of dimensions with values those that are to be hidden, in the order of ``dimensions``."""
    ranks = {dimension: rank for rank, dimension in enumerate(dimensions)}
    known: Known = {}
    for dimension, value in sorted(found, key=lambda pair: (ranks.get(pair[0], len(ranks)), pair)):
        if dimension in ranks or any(sign in value for sign in _AT):
            known.setdefault(value, dimension)
    return known


def _values(conditions: Conditions) -> Iterator[tuple[str, str]]:
    for dimension, patterns in conditions.patterns:
        yield from ((dimension, pattern) for pattern in patterns)


def _distinct(
    connection: duckdb.DuckDBPyConnection, table: str, dimension: str, every: bool
) -> list[tuple[str, str]]:
    """The values of a dimension: every one, or those that may have a mail address in them."""
    column = dimension_column(dimension)
    some = " OR ".join(f"contains({column}, '{sign}')" for sign in _AT)
    where = f"{column} <> ''" if every else some
    rows = connection.execute(f"SELECT DISTINCT {column} FROM {table} WHERE {where}")
    return [(dimension, value) for (value,) in rows.fetchall()]
