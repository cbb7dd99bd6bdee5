"""Tables for a narrow terminal: long texts that repeat stand once, under a number.

Figures are never cut, so that texts would be; where a table is wider than the terminal,
its paths, and then other texts, are taken out into a legend of their own. Files and
pipes get the tables whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from tokenbooks.reports.cells import shown_text, totals
from tokenbooks.reports.columns import aligned, display_width
from tokenbooks.reports.table import Cell, Column, Table

#: Columns that hold paths of files.
PATHS = ("file", "plan")

_GAP = 2

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Legend:
    """How some columns of a table may become one number: its heading, and what it is about."""

    heading: str
    about: str
    columns: tuple[str, ...] = ()
    but: tuple[str, ...] = ()

    def takes(self, column: Column) -> bool:
        """Whether a column goes into the legend: a named one, or any text but some."""
        if self.columns:
            return column.key in self.columns
        return not column.number and column.key not in self.but


def narrowed(
    tables: Sequence[Table], width: int | None, legends: Mapping[str, Sequence[Legend]]
) -> list[Table]:
    """Tables that fit a width if they can; None is a file or a pipe, and changes nothing.

    ``legends`` are tried in their order, by the table's name. A legend follows its table,
    that of the paths stands at the end.
    """
    if width is None:
        return list(tables)
    paths: dict[tuple[Cell, ...], int] = {}
    result: list[Table] = []
    for table in tables:
        if natural_width(table) > width:
            table = _numbered_paths(table, paths)
        split_off = []
        for legend in legends.get(table.name, ()):
            if natural_width(table) > width and any(map(legend.takes, table.columns)):
                table, texts = _split_off(table, legend)
                split_off.append(texts)
        result += [table, *split_off]
    if paths:
        columns = (Column("number", "No.", number=True), Column("path", "Path"))
        rows = tuple((number, *path) for path, number in paths.items())
        result.append(Table("paths", "Files by their numbers", columns, rows))
    return result


def natural_width(table: Table) -> int:
    """The columns of a terminal that a table takes when nothing is cut."""
    last = totals(table)
    rows = table.rows if last is None else (*table.rows, last)
    taken = 0
    for index, column in enumerate(table.columns):
        cells = [shown_text(row[index], column) for row in rows]
        shown = [column.heading, *(aligned(cells) if column.number else cells)]
        taken += max(map(display_width, shown))
    return taken + _GAP * (len(table.columns) - 1)


def noted(table: Table, width: int | None, key: str) -> Table:
    """A table whose longest texts of a column stand below it, under letters, so that it fits.

    Notes wrap at the terminal's width, where a cell would be cut.
    """
    places = [index for index, column in enumerate(table.columns) if column.key == key]
    if width is None or not places:
        return table
    letters: dict[Cell, str] = {}
    (place,) = places
    texts = {row[place] for row in table.rows if isinstance(row[place], str)}
    for text in sorted(texts, key=lambda text: -display_width(str(text))):
        if natural_width(_lettered(table, place, letters)) <= width:
            break
        letters[text] = f"({len(letters) + 1})"
    if not letters:
        return table
    in_turn = [cell for cell in dict.fromkeys(row[place] for row in table.rows) if cell in letters]
    letters = {cell: f"({number})" for number, cell in enumerate(in_turn, 1)}
    notes = (f"{letter} {text}" for text, letter in letters.items())
    result = _lettered(table, place, letters)
    return replace(result, notes=(*table.notes, *notes))


def _lettered(table: Table, place: int, letters: Mapping[Cell, str]) -> Table:
    rows = [
        (*row[:place], letters.get(row[place], row[place]), *row[place + 1 :]) for row in table.rows
    ]
    return replace(table, rows=tuple(rows))


def _numbered_paths(table: Table, paths: dict[tuple[Cell, ...], int]) -> Table:
    """A table whose paths are numbers, where that makes it narrower."""
    places = [
        index
        for index, column in enumerate(table.columns)
        if column.key in PATHS and len({row[index] for row in table.rows}) < max(2, len(table.rows))
    ]
    columns = list(table.columns)
    for index in places:
        columns[index] = Column(columns[index].key, columns[index].heading, number=True)
    rows = []
    for row in table.rows:
        cells = list(row)
        for index in places:
            if cells[index] is not None:
                cells[index] = paths.setdefault((cells[index],), len(paths) + 1)
        rows.append(tuple(cells))
    return replace(table, columns=tuple(columns), rows=tuple(rows))


def _split_off(table: Table, legend: Legend) -> tuple[Table, Table]:
    """A table with one number instead of some columns, and the legend of those numbers."""
    places = [index for index, column in enumerate(table.columns) if legend.takes(column)]
    known: dict[tuple[Cell, ...], int] = {}
    rows = []
    for row in table.rows:
        texts = tuple(row[index] for index in places)
        number = known.setdefault(texts, len(known) + 1) if any(texts) else None
        rows.append(_replaced(row, places, number))
    heading = Column(legend.heading.lower(), legend.heading, number=True)
    columns = (heading, *(table.columns[index] for index in places))
    texts_by_number = tuple((number, *texts) for texts, number in known.items())
    return (
        replace(table, columns=_replaced(table.columns, places, heading), rows=tuple(rows)),
        Table(f"{table.name}_{heading.key}", legend.about, columns, texts_by_number),
    )


def _replaced(items: Sequence[_T], places: Sequence[int], instead: _T) -> tuple[_T, ...]:
    """Items with one instead of those at some places, where the first of them stood."""
    return tuple(
        instead if index == places[0] else item
        for index, item in enumerate(items)
        if index == places[0] or index not in places
    )
