"""CSV text as records whose fields know their line and column.

Commas separate, double quotes enclose, a quote inside is doubled, lines end with LF,
CRLF or CR (RFC 4180). Only for the small files of a book: usage is read by DuckDB.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tokenbooks.problems import Position, Problem, error


@dataclass(frozen=True, slots=True)
class Field:
    """One cell: its text and where it begins; line and column count from 1."""

    text: str
    line: int
    column: int


def read_records(text: str, file: str) -> tuple[list[list[Field]], list[Problem]]:
    """The records of a CSV text; blank lines are no records.

    Problem ``csv-syntax``: a quote that is not closed, or text right after a closing
    quote; the records before it are given.
    """
    records: list[list[Field]] = []
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    at = 0
    while at < len(lines):
        line = lines[at]
        if '"' in line:
            quoted = _Quoted(lines, at, file)
            fields = list(quoted.fields())
            if quoted.problem:
                return records, [quoted.problem]
            at = quoted.at
        else:
            fields = list(_plain_fields(line, at + 1))
        if len(fields) > 1 or fields[0].text.strip():
            records.append(fields)
        at += 1
    return records, []


def _plain_fields(line: str, number: int) -> Iterator[Field]:
    column = 1
    for part in line.split(","):
        yield Field(part, number, column)
        column += len(part) + 1


class _Quoted:
    """Reads one record that has quotes; it may go on over several lines."""

    def __init__(self, lines: list[str], at: int, file: str) -> None:
        self.lines = lines
        self.at = at
        self.place = 0
        self.file = file
        self.problem: Problem | None = None

    def fields(self) -> Iterator[Field]:
        """The fields of the record; ends early where ``problem`` is set."""
        while True:
            line, column = self.at + 1, self.place + 1
            text = self._field()
            if text is None:
                return
            yield Field(text, line, column)
            if self.place >= len(self.lines[self.at]):
                return
            self.place += 1

    def _field(self) -> str | None:
        line = self.lines[self.at]
        end = line.find(",", self.place)
        end = end if end >= 0 else len(line)
        if not line[self.place : end].lstrip().startswith('"'):
            text, self.place = line[self.place : end], end
            return text
        opening = Position(self.file, self.at + 1, self.place + 1)
        self.place = line.index('"', self.place) + 1
        return self._enclosed(opening)

    def _enclosed(self, opening: Position) -> str | None:
        parts = []
        while True:
            line = self.lines[self.at]
            closing = line.find('"', self.place)
            if closing < 0:
                parts.append(line[self.place :] + "\n")
                self.at, self.place = self.at + 1, 0
                if self.at == len(self.lines):
                    help = "add the closing quote; a quote inside a text is doubled"
                    message = "a quoted text is never closed"
                    self.problem = error("csv-syntax", message, help, opening)
                    return None
                continue
            parts.append(line[self.place : closing])
            self.place = closing + 1
            if line[self.place : self.place + 1] != '"':
                break
            parts.append('"')
            self.place += 1
        return self._after_quote("".join(parts))

    def _after_quote(self, text: str) -> str | None:
        line = self.lines[self.at]
        end = line.find(",", self.place)
        end = end if end >= 0 else len(line)
        if line[self.place : end].strip():
            place = Position(self.file, self.at + 1, self.place + 1)
            help = "enclose the whole cell in quotes, and double a quote inside it"
            self.problem = error("csv-syntax", "text follows a closing quote", help, place)
            return None
        self.place = end
        return text
