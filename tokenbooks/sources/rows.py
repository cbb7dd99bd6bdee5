"""The small CSV files of a book, as rows whose cells know their place.

The header is checked by name, in any order; a cell is read by the format of its
column, and what cannot be read is a problem at that cell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

from tokenbooks.conditions import Conditions
from tokenbooks.names import nearest
from tokenbooks.periods import Moment
from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.csv_text import Field, read_records
from tokenbooks.sources.files import read_text, shown
from tokenbooks.sources.formats import FORMATS


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that a file must have and those it may have."""

    required: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def known(self) -> tuple[str, ...]:
        """All of them."""
        return self.required + self.optional


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells by column, stripped; empty cells are ''."""

    position: Position
    cells: Mapping[str, str]
    fields: Mapping[str, Field] = field(default_factory=dict)

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def at(self, column: str) -> Position:
        """The place of a cell; of the row where the file has no such column."""
        found = self.fields.get(column)
        if found is None:
            return self.position
        return Position(self.position.file, found.line, found.column)

    @property
    def digest(self) -> str:
        """The row's identity: 16 hex digits of SHA-256 over its non-empty cells by column.

        The order of columns, empty columns and spaces around cells do not change it.
        """
        filled = sorted((column, text) for column, text in self.cells.items() if text)
        canonical = "\0".join(f"{column}={text}" for column, text in filled)
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def read_rows(path: Path, columns: Columns) -> tuple[list[Row], list[Problem]]:
    """The rows of a CSV file by its header.

    Problems: those of the file and its CSV, ``column-unknown``, ``column-duplicate``,
    ``column-missing``, ``csv-fields`` (a row with more or fewer cells than the header).
    """
    text, problems = read_text(path)
    return ([], problems) if text is None else rows_of(text, shown(path), columns)


def rows_of(text: str, file: str, columns: Columns) -> tuple[list[Row], list[Problem]]:
    """The rows of a CSV text by its header; ``file`` is its name in problems."""
    records, problems = read_records(text, file)
    if not records:
        message = "the file has no header"
        help = f"begin it with the line: {','.join(columns.required)}"
        return [], [*problems, error("column-missing", message, help, Position(file, 1, 1))]
    names = [name.text.strip().lower() for name in records[0]]
    problems += _header_problems(records[0], names, columns, file)
    if not set(columns.required) <= set(names):
        return [], problems
    rows = []
    for record in records[1:]:
        if len(record) != len(names):
            if any(cell.text.strip() for cell in record):
                problems.append(_count_problem(record, names, file))
            continue
        if any(cell.text.strip() for cell in record):
            rows.append(_row(record, names, file))
    return rows, problems


def _row(record: list[Field], names: list[str], file: str) -> Row:
    fields = dict(zip(names, record, strict=True))
    cells = {name: cell.text.strip() for name, cell in fields.items()}
    return Row(Position(file, record[0].line), cells, fields)


def _header_problems(
    header: list[Field], names: list[str], columns: Columns, file: str
) -> list[Problem]:
    problems = []
    for index, (name, cell) in enumerate(zip(names, header, strict=True)):
        place = Position(file, cell.line, cell.column)
        if name in names[:index]:
            help = "take one of the two columns away"
            message = f"the column '{name}' stands in the header twice"
            problems.append(error("column-duplicate", message, help, place))
        elif name not in columns.known and len(names) > 1:
            near = nearest(name, columns.known)
            help = f"did you mean '{near}'?" if near else f"known: {', '.join(columns.known)}"
            problems.append(error("column-unknown", f"unknown column '{name}'", help, place))
    missing = [name for name in columns.required if name not in names]
    if missing:
        message = f"the header has no column {', '.join(missing)}"
        help = f"the file needs the columns {', '.join(columns.required)}"
        if len(names) == 1 and (";" in names[0] or "\t" in names[0]):
            help = f"separate the columns by commas; {help}"
        problems.append(error("column-missing", message, help, Position(file, header[0].line, 1)))
    return problems


def _count_problem(record: list[Field], names: list[str], file: str) -> Problem:
    message = f"the row has {len(record)} cells, the header {len(names)}"
    help = "add the missing commas, or put a text or number that has commas in quotes"
    last = record[min(len(record), len(names) + 1) - 1]
    return error("csv-fields", message, help, Position(file, last.line, last.column))


class Cells:
    """Reads the cells of one row by format, collecting what cannot be read."""

    def __init__(self, row: Row, problems: list[Problem]) -> None:
        self.row = row
        self.problems = problems

    def _read(self, column: str, format: str) -> object | None:
        text = self.row[column]
        if not text:
            return None
        try:
            return FORMATS[format].parse(text)
        except ValueError:
            help = FORMATS[format].help
            message = f"'{text}' is not a value of the column '{column}'"
            self.problems.append(error("cell-invalid", message, help, self.row.at(column)))
            return None

    def need(self, *columns: str) -> bool:
        """Whether the cells are filled; those that are not are problems."""
        empty = [column for column in columns if not self.row[column]]
        for column in empty:
            message = f"the row has no {column}"
            help = f"fill in the column '{column}'"
            self.problems.append(error("cell-missing", message, help, self.row.at(column)))
        return not empty

    def number(self, column: str) -> Decimal | None:
        """The number of a cell that may not be negative; None if empty or unreadable."""
        number = self.signed(column)
        if number is not None and number < 0:
            message = f"{column} is negative: {self.row[column]}"
            help = "write it without a sign; what it does is said by the event or kind"
            self.problems.append(error("cell-negative", message, help, self.row.at(column)))
        return number

    def signed(self, column: str) -> Decimal | None:
        """The number of a cell, of either sign."""
        value = self._read(column, "number")
        return value if isinstance(value, Decimal) else None

    def whole(self, column: str) -> int | None:
        """The whole number of a cell."""
        value = self._read(column, "whole")
        return value if isinstance(value, int) else None

    def day(self, column: str) -> date | None:
        """The day of a cell."""
        value = self._read(column, "day")
        return value if isinstance(value, date) else None

    def moment(self, column: str) -> Moment | None:
        """The day or instant of a cell."""
        value = self._read(column, "moment")
        return value if isinstance(value, date) else None

    def conditions(self, column: str) -> Conditions:
        """The conditions of a cell; none where it is empty or unreadable."""
        value = self._read(column, "conditions")
        return value if isinstance(value, Conditions) else Conditions()

    def name(self, column: str, format: str = "identifier") -> str | None:
        """The identifier (or another textual format) of a cell."""
        value = self._read(column, format)
        return value if isinstance(value, str) else None

    def word(self, column: str, known: tuple[str, ...], planned: tuple[str, ...] = ()) -> str:
        """One of the known words; '' if empty; what is only planned is a problem."""
        text = self.row[column].lower()
        if not text or text in known:
            return text
        if text in planned:
            self.not_available(column, f"available: {', '.join(known)}; the others are planned")
            return ""
        near = nearest(text, known)
        hint = f"did you mean '{near}'? " if near else ""
        message = f"'{text}' is not a value of the column '{column}'"
        help = f"{hint}one of: {', '.join(known)}"
        self.problems.append(error("cell-invalid", message, help, self.row.at(column)))
        return ""

    def not_available(self, column: str, help: str) -> None:
        """Report a cell that states what this version cannot do."""
        message = f"{column}: {self.row[column]} is not available in this version"
        self.problems.append(error("not-available", message, help, self.row.at(column)))

    def empty(self, *columns: str) -> None:
        """Report columns that are documented but not acted on, where they are filled."""
        for column in columns:
            if self.row[column]:
                self.not_available(column, "leave the cell empty; planned")
