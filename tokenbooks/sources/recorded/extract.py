"""A general ledger exported as CSV: one posting a row.

Extracts may have hundreds of thousands of rows, so cells are not kept with their places;
a place is looked for when a problem needs it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from tokenbooks.book import RecordedSource
from tokenbooks.documents import RecordedPosting
from tokenbooks.problems import Position, Problem, error, merged
from tokenbooks.sources.files import read_text, shown
from tokenbooks.sources.recorded.extract_header import AMOUNTS, Header, find_header
from tokenbooks.sources.recorded.wanted import WantedAccounts
from tokenbooks.sources.recorded.written_values import (
    amount_help,
    amount_reader,
    day_help,
    day_reader,
)

#: Bytes of an extract: some two million rows. More is a mistake or an attack.
LARGEST_EXTRACT = 400_000_000

#: How many rows are told that have the same kind of problem.
_TOLD = 3

#: How spreadsheets write that there is nothing on a side.
_NOTHING = ("", "-")

Value = TypeVar("Value")


class _Row(NamedTuple):
    """A row with the line on which it begins."""

    cells: list[str]
    first: int


def extract_postings(
    path: Path, source: RecordedSource, wanted: WantedAccounts, currency: str
) -> tuple[list[RecordedPosting], list[Problem]]:
    """The postings of an extract that count; ``currency`` is that of rows that say none.

    Rows of one number and day are one transaction, without a number each row is its own.
    A row with neither a day nor an account is no posting: a title, a total. Problems:
    those of the file and its header, ``csv-syntax``, ``csv-fields``, ``cell-missing``,
    ``cell-invalid``.
    """
    text, problems = read_text(path, LARGEST_EXTRACT)
    if text is None:
        return [], problems
    header, problems = find_header(text, shown(path), source)
    if header is None:
        return [], problems
    reader = _Reader(text, shown(path), header, source, wanted, currency)
    postings = list(reader.postings())
    return postings, reader.told()


class _Reader:
    """Reads the rows below a header, collecting what cannot be read."""

    def __init__(
        self,
        text: str,
        file: str,
        header: Header,
        source: RecordedSource,
        wanted: WantedAccounts,
        currency: str,
    ) -> None:
        self.text = text
        self.file = file
        self.header = header
        self.wanted = wanted
        self.currency = currency
        self.day = _remembering(day_reader(source.dates))
        self.sides = [column for column in AMOUNTS if column in header.places]
        self.amount = amount_reader(source.numbers)
        self.helps = {"date": day_help(source.dates)}
        self.helps |= dict.fromkeys(AMOUNTS, amount_help(source.numbers))
        self.numbers: dict[tuple[str, date], int] = {}
        self.transactions = 0
        self.problems: dict[tuple[str, str], list[Problem]] = {}

    def told(self) -> list[Problem]:
        """The problems, many of a kind as a few, with their places."""
        kept = [problem for kind in self.problems.values() for problem in merged(kind, _TOLD)]
        return [replace(problem, position=self._place(problem.position)) for problem in kept]

    def postings(self) -> Iterator[RecordedPosting]:
        """The postings of accounts that count, in the order of the file."""
        for row in self._rows():
            day_text, account_text = self._cell(row, "date"), self._cell(row, "account")
            if not day_text and not account_text:
                continue
            if len(row.cells) != self.header.cells:
                self._wrong_count(row)
            elif not (day_text and account_text):
                self._missing(row, "account" if day_text else "date")
            elif account := self.wanted.ours(account_text):
                posting = self._posting(row, day_text, account)
                if posting:
                    yield posting

    def _rows(self) -> Iterator[_Row]:
        records = csv.reader(
            io.StringIO(self.text, newline=""), delimiter=self.header.delimiter, strict=True
        )
        last = 0
        try:
            for cells in records:
                if last >= self.header.line:
                    yield _Row(cells, last + 1)
                last = records.line_num
        except csv.Error as failure:
            help = "enclose the whole cell in quotes, double a quote inside it, and close it"
            self._tell(error("csv-syntax", f"{failure}", help, Position(self.file, last + 1, 1)))

    def _cell(self, row: _Row, column: str) -> str:
        place = self.header.places.get(column, -1)
        return row.cells[place].strip() if 0 <= place < len(row.cells) else ""

    def _posting(self, row: _Row, day_text: str, account: str) -> RecordedPosting | None:
        day = self._read(row, "date", day_text, self.day)
        amount = self._amount(row)
        if day is None or amount is None:
            return None
        currency = self._cell(row, "currency") or self.currency
        return RecordedPosting(
            day=day,
            account=account,
            amount=amount,
            currency=currency,
            transaction=self._transaction(self._cell(row, "transaction"), day),
            payee=_one_line(self._cell(row, "payee")),
            narration=_one_line(self._cell(row, "narration")),
            document=_one_line(self._cell(row, "document")),
            entry=self._cell(row, "entry"),
            position=Position(self.file, row.first),
        )

    def _transaction(self, number: str, day: date) -> int:
        """Numbers begin anew in some ledgers each month, so the day tells them apart."""
        if number and (number, day) in self.numbers:
            return self.numbers[number, day]
        self.transactions += 1
        if number:
            self.numbers[number, day] = self.transactions
        return self.transactions

    def _amount(self, row: _Row) -> Decimal | None:
        """Debit less credit, or the amount with its sign."""
        written = {column: self._cell(row, column) for column in self.sides}
        filled = {column: text for column, text in written.items() if text not in _NOTHING}
        if not filled and "-" not in written.values():
            self._missing(row, " or ".join(self.sides))
            return None
        total = Decimal(0)
        for column, text in filled.items():
            number = self._read(row, column, text, self.amount)
            if number is None:
                return None
            total += -number if column == "credit" else number
        return total

    def _read(
        self, row: _Row, column: str, text: str, reader: Callable[[str], Value]
    ) -> Value | None:
        try:
            return reader(text)
        except ValueError:
            message = f"'{text}' is not a value of the column '{column}'"
            position = Position(self.file, row.first, self.header.places[column] + 1)
            self._tell(error("cell-invalid", message, self.helps[column], position), column)
            return None

    def _missing(self, row: _Row, column: str) -> None:
        help = "fill it in, or take the row away if it is a title or a total"
        position = Position(self.file, row.first, 1)
        self._tell(error("cell-missing", f"the row has no {column}", help, position), column)

    def _wrong_count(self, row: _Row) -> None:
        message = f"the row has {len(row.cells)} cells, the header {self.header.cells}"
        help = "put a text or number that has the delimiter in quotes; or export the ledger again"
        self._tell(error("csv-fields", message, help, Position(self.file, row.first, 1)))

    def _tell(self, problem: Problem, column: str = "") -> None:
        self.problems.setdefault((problem.code, column), []).append(problem)

    def _place(self, cell: Position) -> Position:
        """The place of a cell of which the column is still its number in the row, from 1."""
        lines = islice(io.StringIO(self.text, newline=None), cell.line - 1, cell.line)
        column = _column(next(lines, ""), self.header.delimiter, cell.column - 1)
        return Position(cell.file, cell.line, column)


def _column(line: str, delimiter: str, index: int) -> int:
    """Where a cell begins, from 1; of a cell that stands in a later line, where the first ends."""
    inside, seen = False, 0
    for place, character in enumerate(line, start=1):
        if seen == index:
            return place
        if character == '"':
            inside = not inside
        elif character == delimiter and not inside:
            seen += 1
    return len(line)


def _one_line(text: str) -> str:
    return " ".join(text.split()) if not text.isprintable() else text


def _remembering(reader: Callable[[str], date]) -> Callable[[str], date]:
    """A reader that reads each of the few days of a ledger once."""
    known: dict[str, date] = {}

    def read(text: str) -> date:
        if text not in known:
            known[text] = reader(text)
        return known[text]

    return read
