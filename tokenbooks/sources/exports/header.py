"""The header of an export: its column names and how its cells are separated."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.exports.records import cell_offset, shortened

DELIMITERS = (",", "\t", ";")

#: A header is one line of names; more is not a header.
LONGEST_HEADER = 1_000_000

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Header:
    """Column names in order, without the spaces around them, and the delimiter."""

    columns: tuple[str, ...]
    delimiter: str = ","

    def index(self, column: str) -> int | None:
        """Which column has that name; None if none has."""
        return self.columns.index(column) if column in self.columns else None


def read_header(path: Path, shown: str) -> tuple[Header | None, list[Problem]]:
    """The header of a file.

    Problems: ``file-unreadable``, ``file-empty``, ``file-encoding``, ``file-nul``,
    ``column-duplicate``.
    """
    try:
        with path.open("rb") as file:
            data = file.readline(LONGEST_HEADER)
            while data.count(b'"') % 2 and len(data) < LONGEST_HEADER:
                line = file.readline(LONGEST_HEADER)
                if not line:
                    break
                data += line
    except OSError as failure:
        reason = failure.strerror or "the system refused"
        help = "make it a file that you may read"
        return None, [error("file-unreadable", f"cannot be read: {reason}", help, Position(shown))]
    text, problems = _decode(data, shown)
    if text is None:
        return None, problems
    header = _parse(text)
    return (None, problems) if (problems := _duplicates(header, text, shown)) else (header, [])


def _decode(data: bytes, shown: str) -> tuple[str | None, list[Problem]]:
    position = Position(shown, 1)
    if data.startswith(_UTF16_MARKS):
        help = "save the file as UTF-8 (in Excel: CSV UTF-8)"
        return None, [error("file-encoding", "the file is UTF-16, not UTF-8", help, position)]
    if b"\0" in data:
        column = data.index(b"\0") + 1
        help = "download the file again; it was cut off or is not a CSV file"
        message = "the header holds a NUL byte"
        return None, [error("file-nul", message, help, Position(shown, 1, column))]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        help = "save the file as UTF-8 (in Excel: CSV UTF-8)"
        message = f"byte 0x{data[failure.start]:02x} is not UTF-8 text"
        return None, [error("file-encoding", message, help, Position(shown, 1, failure.start + 1))]
    if not text.strip():
        help = "download the file again, or take it out of the folder"
        return None, [error("file-empty", "the file has no header", help, Position(shown))]
    return text, []


def _parse(text: str) -> Header:
    """The header under the delimiter that gives the most columns, a comma first."""
    lines = [text] if "\n" in text else text.splitlines(keepends=True)[:1]
    headers = [_split(lines, delimiter) for delimiter in DELIMITERS]
    return max(headers, key=lambda header: len(header.columns))


def _split(lines: list[str], delimiter: str) -> Header:
    names = next(csv.reader(lines, delimiter=delimiter), [])
    return Header(tuple(name.strip() for name in names), delimiter)


def _duplicates(header: Header, text: str, shown: str) -> list[Problem]:
    problems = []
    for index, name in enumerate(header.columns):
        if name and name in header.columns[:index]:
            message = f"the column '{shortened(name)}' stands in the header a second time"
            help = "take one of the two away, or download the file again"
            column = cell_offset(text, header.delimiter, index) + 1
            problems.append(error("column-duplicate", message, help, Position(shown, 1, column)))
    return problems
