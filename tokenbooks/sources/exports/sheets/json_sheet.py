"""JSON as a sheet: a named function makes flat rows of it, which are laid down as text.

The rows go to a temporary file once, with only the columns that somebody reads; from
there on they are rows like others. Where they stand in the JSON is told by making them
again, in step with their numbers.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tokenbooks.sources.exports.sheets.json_items import Item, JsonItems
from tokenbooks.sources.exports.sheets.json_values import JsonValue
from tokenbooks.sources.exports.sheets.sheet import Header, Record, with_constants
from tokenbooks.sources.exports.sheets.temporary import temporary_file
from tokenbooks.sources.exports.sheets.unfoldings.known import COLUMNS, UNFOLDINGS
from tokenbooks.sources.exports.sql_text import scan

#: So many values, and rows made of them, tell which format a file has.
_SAMPLE = 2_000


@dataclass(frozen=True, slots=True)
class LaidDown:
    """The rows of a file as text: where, which columns, how many, and all columns seen."""

    path: Path
    names: tuple[str, ...]
    count: int
    seen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JsonSheet:
    """The rows that a function makes of JSON, laid down in a text file of their own."""

    path: Path
    function: str
    header: Header
    made: LaidDown
    constants: tuple[str, ...] = ()
    nothing: tuple[str, ...] = ()

    @property
    def unread(self) -> tuple[str, ...]:
        """Columns that nobody asked for."""
        return tuple(name for name in self.made.seen if name not in self.made.names)

    @property
    def rows(self) -> int | None:
        """As many as were laid down."""
        return self.made.count

    @property
    def is_text(self) -> bool:
        """Never: the text is our own."""
        return False

    @property
    def scan(self) -> str:
        """The relation of the rows."""
        rows = scan(self.made.path, len(self.made.names), ",", nothing=self.nothing)
        columns = ", ".join(
            f"c{self.made.names.index(name)} AS c{n}" for n, name in enumerate(self._names)
        )
        chosen = f"(SELECT {columns} FROM {rows})"
        return with_constants(chosen, self.header.width, self.constants)

    @property
    def _names(self) -> tuple[str, ...]:
        return self.header.columns[: self.header.width]

    def records(self, strict: bool = False) -> Iterator[Record]:
        """Every row, with the line on which its JSON begins."""
        names = self._names
        rows = UNFOLDINGS[self.function](JsonItems(self.path, placed=True), names)
        for number, row in enumerate(rows, 1):
            cells = [row.cells.get(name, "") for name in names]
            told = ("" if cell in self.nothing else cell for cell in cells)
            yield Record(number, row.line, row.line, "", (*told, *self.constants))

    def place(self, record: Record, index: int) -> tuple[int, int]:
        """The line on which the row's JSON begins."""
        return record.line, 1


def sample_items(path: Path) -> list[Item]:
    """The first values of a file, of lists the beginning. Raises ``JsonRefused``."""
    return [Item(item.line, _beginning(item.value)) for item in islice(JsonItems(path), _SAMPLE)]


def _beginning(value: JsonValue) -> JsonValue:
    """A value with the first elements of the list that it is, or holds under a key."""
    if isinstance(value, list):
        return value[:_SAMPLE]
    if isinstance(value, dict):
        return {k: v[:_SAMPLE] if isinstance(v, list) else v for k, v in value.items()}
    return value


def sample_columns(items: Sequence[Item], function: str) -> tuple[str, ...]:
    """The columns of the rows that a function makes of a sample; empty if it makes none."""
    found: dict[str, None] = {}
    for row in islice(UNFOLDINGS[function](items, ()), _SAMPLE):
        found.update(dict.fromkeys(row.cells))
    if not found:
        return ()
    return tuple(dict.fromkeys([*found, *COLUMNS.get(function, ())]))


def lay_down(path: Path, function: str, wanted: Collection[str]) -> LaidDown:
    """Write the rows of a file as text, with the wanted columns only. Raises ``JsonRefused``."""
    names = tuple(dict.fromkeys(wanted))
    seen: dict[str, None] = dict.fromkeys(COLUMNS.get(function, ()))
    target = temporary_file("rows.csv")
    count = 0
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(names)
        for row in UNFOLDINGS[function](JsonItems(path), names):
            seen.update(dict.fromkeys(row.cells))
            writer.writerow([row.cells.get(name, "") for name in names])
            count += 1
    return LaidDown(target, names, count, tuple(seen))
