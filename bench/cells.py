"""What stands in a column of a generated export, as SQL over the number ``i`` of the row.

A kind of cell writes the text as the provider does, and knows the type that DuckDB would
need to read it without a check. Columns differ by their salt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.usage import PERIOD, below, even, skewed

_FIRST = f"TIMESTAMP '{PERIOD}-01'"
_DAYS = 31
#: Unix seconds of the first day.
_SECONDS = 1_759_276_800
_MILLISECONDS = _DAYS * 86_400_000


@dataclass(frozen=True, slots=True)
class Cell:
    """``text`` is the SQL of a cell, given its salt and how many rows there are."""

    text: Callable[[int, int], str]
    type: str = "VARCHAR"


def said(text: str) -> Cell:
    """The same text in every row."""
    return Cell(lambda salt, rows: f"'{text}'")


EMPTY = Cell(lambda salt, rows: "NULL")


def name(prefix: str, count: int, salt: int | None = None) -> Cell:
    """One of so many names; few of them have most rows.

    Names of one salt go together: with 200 keys and 30 projects every key is of one project.
    """
    width = len(str(count - 1))

    def text(of_column: int, rows: int) -> str:
        number = below(count, skewed(of_column if salt is None else salt))
        return f"'{prefix}' || lpad(({number})::VARCHAR, {width}, '0')"

    return Cell(text)


def one_of(*texts: str, salt: int | None = None) -> Cell:
    """One of some texts, the first ones more often; an empty one is an empty cell.

    With one salt, as with ``name``, texts of the same place go together.
    """
    listed = ", ".join("NULL" if not text else f"'{text}'" for text in texts)

    def text(of_column: int, rows: int) -> str:
        number = below(len(texts), skewed(of_column if salt is None else salt))
        return f"[{listed}][1 + {number}]"

    return Cell(text)


def identifier(prefix: str) -> Cell:
    """An id of its own in every row, in no order."""
    return Cell(lambda salt, rows: f"'{prefix}' || lpad((({even(salt)}))::VARCHAR, 10, '0') || i")


def count(least: int, most: int, floats: bool = False, commas: bool = False) -> Cell:
    """A whole number, small ones more often; as ``31422.0`` or ``31,422`` where asked for."""

    def text(salt: int, rows: int) -> str:
        number = f"({least} + {below(most - least, skewed(salt))})"
        if commas:
            return f"format('{{:,}}', {number})"
        return f"{number}::VARCHAR" + (" || '.0'" if floats else "")

    return Cell(text, "BIGINT")


def decimal(most: int, places: int, sign: str = "", zeros: int = 0) -> Cell:
    """A number with decimals, with ``zeros`` more of them that are all 0."""
    unit = 10**places

    def text(salt: int, rows: int) -> str:
        number = f"({below(most * unit, f'({skewed(salt)})::HUGEINT')})::BIGINT"
        fraction = f"lpad(({number} % {unit})::VARCHAR, {places}, '0')"
        return f"'{sign}' || ({number} // {unit})::VARCHAR || '.' || {fraction} || '{'0' * zeros}'"

    return Cell(text, f"DECIMAL(18,{places + zeros})" if places + zeros < 17 else "DECIMAL(38,18)")


def json_object(**cells: Cell) -> Cell:
    """A JSON object with such values, which are numbers."""

    def text(salt: int, rows: int) -> str:
        parts = [
            f"'\"{key}\": ' || {cell.text(salt + n, rows)}"
            for n, (key, cell) in enumerate(cells.items())
        ]
        return "'{' || " + " || ', ' || ".join(parts) + " || '}'"

    return Cell(text)


def sometimes(cell: Cell, each: int) -> Cell:
    """Only one row of so many has the cell; the others are empty."""
    return Cell(
        lambda salt, rows: (
            f"CASE WHEN {below(each, even(salt + 500))} = 0 THEN {cell.text(salt, rows)} END"
        ),
        cell.type,
    )


def instant(pattern: str, plus: int = 0, kind: str = "TIMESTAMP") -> Cell:
    """Instants of the month in order, by the pattern of ``strftime``, seconds later."""
    return Cell(
        lambda salt, rows: (
            f"strftime({_FIRST} + to_milliseconds(i * {_MILLISECONDS} // {rows} + {plus * 1000}),"
            f" '{pattern}')"
        ),
        kind,
    )


def day(pattern: str = "%Y-%m-%d", plus: int = 0, kind: str = "DATE") -> Cell:
    """Days of the month in order, or so many days later."""
    return Cell(
        lambda salt, rows: (
            f"strftime({_FIRST} + to_days((i * {_DAYS} // {rows} + {plus})::INTEGER), '{pattern}')"
        ),
        kind,
    )


def unix_day(plus: int = 0) -> Cell:
    """The same days in Unix seconds."""
    return Cell(
        lambda salt, rows: f"({_SECONDS} + (i * {_DAYS} // {rows} + {plus}) * 86400)::VARCHAR",
        "BIGINT",
    )
