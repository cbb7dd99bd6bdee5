"""Records of separated text with their physical lines, for problems and ``explain`` only.

The bulk reader has no line numbers. Where they are wanted, the file is read a second
time here, record by record, the way the bulk reader counts them: the header is not a
record, blank lines are none.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tokenbooks.sources.exports.sheets.sheet import Record

#: A cell longer than this is an unclosed quote, not a cell.
LONGEST_CELL = 2_000_000

_LONGEST_SHOWN = 40


class _Lines:
    """Lines of a file as ``csv`` asks for them, remembering those of the current record."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = lines
        self.taken: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        self.taken.append(line)
        return line


def read_records(
    path: Path, delimiter: str, strict: bool = False, skipped: int = 0
) -> Iterator[Record]:
    """Every record of a file below its header, which ``skipped`` lines stand before.

    With ``strict`` a misplaced quote raises ``csv.Error``.
    """
    csv.field_size_limit(LONGEST_CELL)
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        lines = _Lines(islice(file, skipped, None))
        line, number = skipped + 1, 0
        for cells in csv.reader(lines, delimiter=delimiter, strict=strict):
            text = "".join(lines.taken)
            last = line + len(lines.taken) - 1
            if cells and number:
                yield Record(number, line, last, text, tuple(cells))
            number += 1 if cells or not number else 0
            line = last + 1
            lines.taken.clear()


def cell_place(record: Record, delimiter: str, index: int) -> tuple[int, int]:
    """The physical line and the column, both from 1, in which a record's cell begins."""
    offset = cell_offset(record.text, delimiter, index)
    before = record.text[:offset]
    return record.line + before.count("\n"), offset - (before.rfind("\n") + 1) + 1


def cell_offset(text: str, delimiter: str, index: int) -> int:
    """How many characters of a record stand before its cell of that index."""
    quoted = False
    seen = 0
    for place, character in enumerate(text):
        if seen == index:
            return place
        if character == '"':
            quoted = not quoted
        elif character == delimiter and not quoted:
            seen += 1
    return len(text)


def shortened(text: str) -> str:
    """A cell or name as it may stand in a message: one line, printable, not too long."""
    start = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in start)
