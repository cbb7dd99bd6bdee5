"""Pieces behind cells that differ, as far as the rows of files tell them apart.

Rows of a file may share every key, so that only a row itself tells which of them is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from tokenbooks.reconcile.statements.cells import METER, ROW, Compared, Key, Piece
from tokenbooks.reconcile.statements.compare_cells import CHARGE
from tokenbooks.reconcile.statements.compare_pieces import Pieces
from tokenbooks.reconcile.statements.compare_rows import NameTable


class FileRow(NamedTuple):
    """What a row of a file says of one meter; ``place`` is where it stands (FILE:LINE).

    ``values`` are its dimensions, as the file names them.
    """

    place: str
    day: date
    values: tuple[tuple[str, str], ...]
    meter: str | None
    quantity: Fraction | None
    amount: Fraction | None


def with_rows(
    compared: Compared, usage: Iterable[FileRow], stated: Iterable[FileRow], names: NameTable
) -> Compared:
    """The comparison with a piece for each row of a file, of those pieces that rows make up.

    A piece is one of rows only where they come to exactly what it is: else it stays whole.
    ``names`` tells the common names of dimensions.
    """
    return replace(
        compared,
        usage_pieces=_by_rows(compared.dimensions, compared.usage_pieces, usage, names, _used),
        statement_pieces=_by_rows(
            compared.dimensions, compared.statement_pieces, stated, names, _stated
        ),
    )


def _by_rows(
    dimensions: tuple[str, ...],
    pieces: Pieces,
    rows: Iterable[FileRow],
    names: NameTable,
    split: Callable[[Piece, Sequence[FileRow]], list[Piece]],
) -> Pieces:
    finer = {name for own in pieces.values() for piece in own for name, _ in piece.values}
    told = tuple(name for name in (*dimensions, *sorted(finer)) if name != CHARGE)
    by_values: dict[tuple[date, Key], list[FileRow]] = {}
    for row in rows:
        values = {name: names.get(name, {}).get(cell, cell) for name, cell in row.values}
        values[METER] = row.meter or ""
        key = tuple(values.get(name, "") for name in told)
        by_values.setdefault((row.day, key), []).append(row)
    found = {}
    for (day, key), own in pieces.items():
        parts: list[Piece] = []
        for piece in own:
            wanted = dict(zip(dimensions, key, strict=True)) | dict(piece.values)
            place = tuple(wanted.get(name, "") for name in told)
            parts += split(piece, by_values.get((day, place), ()))
        found[day, key] = tuple(parts)
    return found


def _used(piece: Piece, rows: Sequence[FileRow]) -> list[Piece]:
    """A piece of usage by its rows, each at the price of the piece."""
    own = [(row, row.quantity) for row in rows if row.quantity]
    counted = sum((quantity for _, quantity in own), Fraction(0))
    if not counted or counted != piece.quantity:
        return [piece]
    return [
        Piece(_with_row(piece, row), piece.amount * quantity / counted, quantity)
        for row, quantity in own
    ]


def _stated(piece: Piece, rows: Sequence[FileRow]) -> list[Piece]:
    """A piece of the statement by its rows, as these state their amounts."""
    own = [(row, row.amount) for row in rows if row.amount]
    if not own or sum((amount for _, amount in own), Fraction(0)) != piece.amount:
        return [piece]
    is_counted = piece.quantity is not None
    return [
        Piece(_with_row(piece, row), amount, row.quantity if is_counted else None)
        for row, amount in own
    ]


def _with_row(piece: Piece, row: FileRow) -> tuple[tuple[str, str], ...]:
    return (*piece.values, (ROW, row.place))
