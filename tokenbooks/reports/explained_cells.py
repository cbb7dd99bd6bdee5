"""Cells and columns that explanations share: exact amounts, places, facts below each other."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import exact_text
from tokenbooks.problems import Position
from tokenbooks.reports.table import Cell, Column, Table

#: Decimals of exact amounts on screen; files carry up to twelve.
EXACT_PLACES = 6


def exact_cell(value: Fraction) -> Decimal:
    """An exact amount as a decimal, to twelve places where it has no end."""
    return Decimal(exact_text(value))


def plain_columns(*pairs: tuple[str, str]) -> tuple[Column, ...]:
    """Columns of texts."""
    return tuple(Column(key, heading) for key, heading in pairs)


def place_cells(place: Position | None) -> tuple[Cell, Cell]:
    """A file and a line."""
    return (place.file, place.line) if place and place.file else (None, None)


def place_text(place: Position | None) -> str | None:
    """A place as ``FILE:LINE``."""
    return f"{place.file}:{place.line}" if place and place.file else None


def facts_table(
    name: str, title: str, facts: Sequence[tuple[str, Cell]], notes: tuple[str, ...] = ()
) -> Table:
    """Facts one below the other; what is empty is left out."""
    rows = tuple((key, value) for key, value in facts if value not in (None, ""))
    return Table(name, title, plain_columns(("what", "What"), ("value", "Value")), rows, notes)


def exact_column(key: str, heading: str) -> Column:
    """A column of exact amounts with their sum."""
    return Column(key, heading, number=True, places=EXACT_PLACES, total=True)


def without(table: Table, keys: Sequence[str]) -> Table:
    """A table without some columns, which have nothing to say."""
    kept = [index for index, column in enumerate(table.columns) if column.key not in keys]
    return Table(
        table.name,
        table.title,
        tuple(table.columns[index] for index in kept),
        tuple(tuple(row[index] for index in kept) for row in table.rows),
        table.notes,
    )
