"""A sheet: the table in an export file, however the file holds it.

Whatever reads rows works on a sheet: the bulk reader on its relation of text cells, the
search for bad rows and ``explain`` on its records, which know their lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tokenbooks.sources.exports.sql_text import quoted


@dataclass(frozen=True, slots=True)
class Header:
    """Column names in order, without the spaces around them.

    The last ``constants`` columns do not stand in rows: what they say holds for all.
    """

    columns: tuple[str, ...]
    constants: int = 0

    def index(self, column: str) -> int | None:
        """Which column has that name; None if none has."""
        return self.columns.index(column) if column in self.columns else None

    @property
    def width(self) -> int:
        """How many cells a row has."""
        return len(self.columns) - self.constants


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its number (the first is 1), its lines, its text and cells.

    ``text`` is empty where cells have no place of their own on the line.
    """

    number: int
    line: int
    last_line: int
    text: str
    cells: tuple[str, ...]


class Sheet(Protocol):
    """The table of one file."""

    @property
    def header(self) -> Header:
        """The names of the columns."""

    @property
    def scan(self) -> str:
        """The SQL relation of all rows as text, columns ``c0``, ``c1``; empty is NULL."""

    @property
    def unread(self) -> tuple[str, ...]:
        """Columns of the file that nobody asked for, and that ``header`` leaves out."""

    @property
    def rows(self) -> int | None:
        """How many rows there are, where making the sheet told; else None."""

    @property
    def is_text(self) -> bool:
        """Whether the file itself is separated text, so that a misplaced quote can hide rows."""

    def records(self, strict: bool = False) -> Iterator[Record]:
        """Every record in order. With ``strict`` a misplaced quote raises ``csv.Error``."""

    def place(self, record: Record, index: int) -> tuple[int, int]:
        """The physical line and the column, both from 1, in which a record's cell begins."""


def records_at(sheet: Sheet, numbers: set[int]) -> dict[int, Record]:
    """The records with these numbers."""
    found: dict[int, Record] = {}
    if not numbers:
        return found
    for record in sheet.records():
        if record.number in numbers:
            found[record.number] = record
            if len(found) == len(numbers):
                break
    return found


def with_constants(scan: str, width: int, constants: Sequence[str]) -> str:
    """A relation with columns after its own that say the same in every row."""
    if not constants:
        return scan
    added = ", ".join(f"{quoted(text)} AS c{width + n}" for n, text in enumerate(constants))
    return f"(SELECT *, {added} FROM {scan})"


def header_with(columns: Sequence[str], constants: Mapping[str, str]) -> Header:
    """A header with constants; what stands in rows under the same name goes first."""
    added = [name for name in constants if name not in columns]
    return Header((*columns, *added), len(added))
