"""What ``--redact`` hides, and the key of its pseudonyms: for a book, or for single files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tokenbooks.book import Book, UsageSource
from tokenbooks.desk.known_parties import of_lots, people_of_contracts
from tokenbooks.desk.known_people import (
    lot_stems,
    of_book,
    of_closes,
    of_exports,
    of_parties,
    of_plans,
    together,
)
from tokenbooks.names import PERSON_DIMENSIONS
from tokenbooks.problems import Problem
from tokenbooks.reports.redaction import Redaction
from tokenbooks.sources.book import read_book
from tokenbooks.sources.exports.descriptors.descriptor import Descriptor
from tokenbooks.sources.exports.descriptors.reading import read_descriptor, read_descriptors
from tokenbooks.sources.exports.files import ExportFile, content_file, find_export_files
from tokenbooks.sources.exports.sheets.contents import read_contents
from tokenbooks.sources.plans import read_plan, read_plans
from tokenbooks.sources.redaction_key import read_redaction_key
from tokenbooks.usage.accounting import STATEMENT, USAGE


@dataclass(frozen=True, slots=True)
class NamedFiles:
    """Files that a command was given: usage with its format, plans, a format's descriptor.

    ``by`` are dimensions that the command takes from the usage beside the standard ones.
    """

    usage: tuple[Path, ...] = ()
    plans: tuple[Path, ...] = ()
    format: str | None = None
    by: tuple[str, ...] = ()
    descriptor: Path | None = None


def read_redaction(
    folder: Path | None, named: NamedFiles
) -> tuple[Redaction | None, list[Problem]]:
    """The redaction of a book and of the files that a command was given; no book is None.

    What is known of people is read from the book's own files, its usage and statements,
    its written closes and the files named, as far as they can be read: what is wrong with
    them the command itself tells. Problems: those of the key.
    """
    key, problems = read_redaction_key(folder, os.environ)
    if key is None:
        return None, problems
    book = read_book(folder)[0] if folder is not None else None
    dimensions = tuple(dict.fromkeys([*PERSON_DIMENSIONS, *(book.redact if book else ())]))
    plans = [plan for path in named.plans if (plan := read_plan(path)[0]) is not None]
    if folder is not None:
        plans += read_plans(folder)[0].values()
    exports = _of_book(folder, book) if folder is not None and book is not None else []
    own = read_descriptor(named.descriptor)[0] if named.descriptor is not None else None
    exports += _exports(named, own.id if own is not None else named.format)
    descriptors = _descriptors(folder, own)
    more = (*named.by, *(book.keep if book else ()))
    known = together(
        of_book(book, dimensions) if book else {},
        of_plans(plans, dimensions),
        of_exports(exports, descriptors, dimensions, more),
        of_closes(folder, dimensions) if folder is not None else {},
        of_parties(folder, book, dimensions) if folder is not None and book else {},
    )
    if folder is None or book is None:
        return Redaction(key, dimensions, known), []
    parties = people_of_contracts(book, dimensions)
    lots = of_lots(folder, book, parties)
    stems = lot_stems(book, known) | {lot: (of, lot) for lot, of in lots.items()}
    return Redaction(key, dimensions, together(known, lots), stems, parties), []


def _of_book(folder: Path, book: Book) -> list[ExportFile]:
    return [
        export
        for contract in book.contracts.values()
        for export in find_export_files(folder, contract, book.timezone)[0]
    ]


def _exports(named: NamedFiles, format: str | None) -> list[ExportFile]:
    """The files named, as usage and as statements: as one of them each can be read."""
    source = UsageSource("", format, dimensions=named.by)
    contents = [content for path in named.usage for content in read_contents(path)[0]]
    return [
        content_file(content, "", source, kind, "UTC")
        for kind in (USAGE, STATEMENT)
        for content in contents
    ]


def _descriptors(folder: Path | None, own: Descriptor | None) -> tuple[Descriptor, ...]:
    formats = folder / "formats" if folder is not None else None
    found, _ = read_descriptors(formats if formats is not None and formats.is_dir() else None)
    if own is None:
        return found
    return (own, *(item for item in found if item.id != own.id))
