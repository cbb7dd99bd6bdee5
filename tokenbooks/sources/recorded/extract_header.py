"""The header of a ledger's CSV extract: where it stands, and which column is which.

Exports of accounting programs begin with lines of titles and use commas, semicolons or
tabs: the first line with the headings that are needed is the header.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from tokenbooks.book import RecordedSource
from tokenbooks.names import nearest
from tokenbooks.problems import Position, Problem, error

COLUMNS = (
    *("date", "account", "amount", "debit", "credit", "currency"),
    *("transaction", "payee", "narration", "document", "entry"),
)

_SIDES = ("debit", "credit")
AMOUNTS = ("amount", *_SIDES)
_DELIMITERS = (",", ";", "\t")

#: Lines among which the header is looked for.
_SEARCHED = 30


@dataclass(frozen=True, slots=True)
class Header:
    """The header: its delimiter, its line, how many cells it has, the index of each column."""

    delimiter: str
    line: int
    cells: int
    places: Mapping[str, int]


def find_header(
    text: str, file: str, source: RecordedSource
) -> tuple[Header | None, list[Problem]]:
    """The header of an extract; None with ``column-missing`` or ``column-duplicate``."""
    wanted = {column: _plain(source.columns.get(column, column)) for column in COLUMNS}
    closest: tuple[int, list[str]] = (1, [])
    for delimiter in _DELIMITERS:
        for line, names in _first_records(text, delimiter):
            needed = _needed(source, wanted, names)
            if all(wanted[column] in names for column in needed):
                return _header(delimiter, line, names, wanted, source, file)
            if _likeness(names, wanted) > _likeness(closest[1], wanted):
                closest = (line, names)
    return None, [_no_header(*closest, wanted, source, file)]


def _first_records(text: str, delimiter: str) -> Iterable[tuple[int, list[str]]]:
    """The first records by the line where they end, their cells as plain headings."""
    records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    for record in islice(records, _SEARCHED):
        yield records.line_num, [_plain(cell) for cell in record]


def _plain(heading: str) -> str:
    return " ".join(heading.split()).lower()


def _needed(source: RecordedSource, wanted: Mapping[str, str], names: list[str]) -> list[str]:
    """The columns that there must be: those that are named, a day, an account, an amount."""
    named = [column for column in COLUMNS if column in source.columns]
    amounts = [column for column in AMOUNTS if column in named]
    if "amount" in amounts:
        return list(dict.fromkeys([*named, "date", "account"]))
    # both sides before an amount, which may be without its sign beside them
    by_sides = amounts or all(wanted[side] in names for side in _SIDES)
    return list(dict.fromkeys([*named, "date", "account", *(_SIDES if by_sides else ["amount"])]))


def _header(
    delimiter: str,
    line: int,
    names: list[str],
    wanted: Mapping[str, str],
    source: RecordedSource,
    file: str,
) -> tuple[Header | None, list[Problem]]:
    needed = _needed(source, wanted, names)
    unused = set(AMOUNTS) - set(needed)
    places = {c: names.index(wanted[c]) for c in COLUMNS if wanted[c] in names and c not in unused}
    twice = [column for column in places if names.count(wanted[column]) > 1]
    if twice:
        message = f"the heading '{wanted[twice[0]]}' stands in the header twice"
        help = "rename one of the two columns in the export, or take it away"
        return None, [error("column-duplicate", message, help, Position(file, line, 1))]
    return Header(delimiter, line, len(names), places), []


def _likeness(names: list[str], wanted: Mapping[str, str]) -> tuple[int, int]:
    """How much a line looks like the header: its known headings, then its cells."""
    return len(set(names) & set(wanted.values())), len(names)


def _no_header(
    line: int,
    names: list[str],
    wanted: Mapping[str, str],
    source: RecordedSource,
    file: str,
) -> Problem:
    """Which headings are missing in the line that is most like a header."""
    missing = [column for column in _needed(source, wanted, names) if wanted[column] not in names]
    told = ", ".join(_told(column, source) for column in missing)
    near = [name for column in missing if (name := nearest(wanted[column], names))]
    hint = f"did you mean {', '.join(dict.fromkeys(near))}? " if near else ""
    help = f"{hint}say under `columns:` which heading has the {' and the '.join(missing)}"
    message = f"the header has no column {told}"
    return error("column-missing", message, help, Position(file, line, 1))


def _told(column: str, source: RecordedSource) -> str:
    heading = source.columns.get(column)
    return f"'{heading}' (for {column})" if heading else column
