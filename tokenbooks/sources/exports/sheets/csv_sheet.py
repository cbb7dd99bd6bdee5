"""Separated text: the header, perhaps after a preamble, and the records below it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.exports.sheets.records import (
    cell_offset,
    cell_place,
    read_records,
    shortened,
)
from tokenbooks.sources.exports.sheets.sheet import Header, Record, with_constants
from tokenbooks.sources.exports.sql_text import scan

DELIMITERS = (",", "\t", ";")

#: A header is one line of names; more is not a header.
LONGEST_HEADER = 1_000_000

#: The header is among so many lines, where other lines stand before it.
LONGEST_PREAMBLE = 100


@dataclass(frozen=True, slots=True)
class CsvLayout:
    """How the text of a file is separated: names, delimiter, and the lines before the header.

    ``preamble`` are the ``key,value`` lines among them.
    """

    columns: tuple[str, ...]
    delimiter: str = ","
    skipped: int = 0
    preamble: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CsvSheet:
    """The sheet of a text file in UTF-8. ``nothing`` are texts that stand for an empty cell."""

    path: Path
    header: Header
    layout: CsvLayout
    constants: tuple[str, ...] = ()
    nothing: tuple[str, ...] = ()

    @property
    def unread(self) -> tuple[str, ...]:
        """None: every column has its name in the header."""
        return ()

    @property
    def rows(self) -> int | None:
        """Nobody has counted."""
        return None

    @property
    def is_text(self) -> bool:
        """Always."""
        return True

    @property
    def scan(self) -> str:
        """The relation of its rows."""
        width = self.header.width
        rows = scan(self.path, width, self.layout.delimiter, self.layout.skipped, self.nothing)
        return with_constants(rows, width, self.constants)

    def records(self, strict: bool = False) -> Iterator[Record]:
        """Every record, with its text."""
        layout = self.layout
        for record in read_records(self.path, layout.delimiter, strict, layout.skipped):
            if not self.nothing and not self.constants:
                yield record
                continue
            cells = ("" if cell in self.nothing else cell for cell in record.cells)
            yield Record(
                record.number,
                record.line,
                record.last_line,
                record.text,
                (*cells, *self.constants),
            )

    def place(self, record: Record, index: int) -> tuple[int, int]:
        """Where a cell begins."""
        if index >= self.header.width:
            return record.line, 1
        return cell_place(record, self.layout.delimiter, index)


def read_layout(
    path: Path, shown: str, preamble: str = ""
) -> tuple[CsvLayout | None, list[Problem]]:
    """How the text of a file is separated; with ``preamble``, below the lines before that cell.

    None without a problem where no line begins with it. Problems: ``file-unreadable``,
    ``file-empty``, ``file-encoding``, ``file-nul``, ``column-duplicate``.
    """
    try:
        lines = _first_lines(path, bool(preamble))
    except OSError as failure:
        reason = failure.strerror or "the system refused"
        help = "make it a file that you may read"
        return None, [error("file-unreadable", f"cannot be read: {reason}", help, Position(shown))]
    above: list[str] = []
    for number, data in enumerate(lines):
        text, problems = _decode(data, shown, number + 1)
        if text is None:
            return None, problems
        layout = _parse(text)
        if not preamble or (layout.columns and layout.columns[0] == preamble):
            if problems := _duplicates(layout, text, shown, number + 1):
                return None, problems
            pairs = _pairs(above, layout.delimiter)
            return CsvLayout(layout.columns, layout.delimiter, number, pairs), []
        above.append(text)
    return None, []


def _first_lines(path: Path, several: bool) -> Iterator[bytes]:
    """The header, with the lines that its quotes span; or each of the first lines."""
    with path.open("rb") as file:
        if several:
            for _ in range(LONGEST_PREAMBLE):
                line = file.readline(LONGEST_HEADER)
                if len(line) == LONGEST_HEADER and not line.endswith(b"\n"):
                    return  # no header, nor a line before one; its end may be half a letter
                yield line
            return
        data = file.readline(LONGEST_HEADER)
        while data.count(b'"') % 2 and len(data) < LONGEST_HEADER:
            line = file.readline(LONGEST_HEADER)
            if not line:
                break
            data += line
    yield data


def _decode(data: bytes, shown: str, line: int) -> tuple[str | None, list[Problem]]:
    if b"\0" in data:
        column = data.index(b"\0") + 1
        what, why = ("header", "is not a CSV file") if line == 1 else ("line", "changed on the way")
        help = f"download the file again; it was cut off or {why}"
        message = f"the {what} holds a NUL byte"
        return None, [error("file-nul", message, help, Position(shown, line, column))]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        help = "save the file as UTF-8 (in Excel: CSV UTF-8)"
        message = f"byte 0x{data[failure.start]:02x} is not UTF-8 text"
        position = Position(shown, line, failure.start + 1)
        return None, [error("file-encoding", message, help, position)]
    if line == 1 and not text.strip():
        help = "download the file again, or take it out of the folder"
        return None, [error("file-empty", "the file has no header", help, Position(shown))]
    return text, []


def _parse(text: str) -> CsvLayout:
    """The header under the delimiter that gives the most columns, a comma first."""
    lines = [text] if "\n" in text else text.splitlines(keepends=True)[:1]
    headers = [_split(lines, delimiter) for delimiter in DELIMITERS]
    return max(headers, key=lambda layout: len(layout.columns))


def _split(lines: list[str], delimiter: str) -> CsvLayout:
    try:
        names = next(csv.reader(lines, delimiter=delimiter), [])
    except csv.Error:
        names = []  # a lone carriage return, or more than fits in a cell: no names
    return CsvLayout(tuple(name.strip() for name in names), delimiter)


def _pairs(lines: list[str], delimiter: str) -> tuple[tuple[str, str], ...]:
    """The first two cells of each line before the header, where both say something."""
    cells = [_split([line], delimiter).columns for line in lines]
    pairs = [(line[0], line[1]) for line in cells if len(line) > 1]
    return tuple((key, value) for key, value in pairs if key and value)


def _duplicates(layout: CsvLayout, text: str, shown: str, line: int) -> list[Problem]:
    problems = []
    for index, name in enumerate(layout.columns):
        if name and name in layout.columns[:index]:
            message = f"the column '{shortened(name)}' stands in the header a second time"
            help = "take one of the two away, or download the file again"
            column = cell_offset(text, layout.delimiter, index) + 1
            position = Position(shown, line, column)
            problems.append(error("column-duplicate", message, help, position))
    return problems
