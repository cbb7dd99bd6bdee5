"""Rows that one view lacks: whole meters, days that may still come, single rows, whole cells."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from tokenbooks.reconcile.causes import (
    MISSING_STATED,
    MISSING_USAGE,
    NO_METER,
    PROVISIONAL,
    STATEMENT,
    USAGE,
    Cause,
)
from tokenbooks.reconcile.statements.cells import METER, Cell, Piece, Side
from tokenbooks.reconcile.statements.open_cells import (
    OpenCells,
    has_more,
    place_of,
    whole_difference,
)
from tokenbooks.reconcile.statements.pieces import piece_words, places_of

_LACKS = {STATEMENT: MISSING_USAGE, USAGE: MISSING_STATED}


def missing_meters(
    cells: OpenCells, only_usage: frozenset[str], only_statement: frozenset[str]
) -> None:
    """Meters of which one view has no figures at all: one cause for each on each day."""
    if METER not in cells.dimensions:
        for view, meters in ((USAGE, only_usage), (STATEMENT, only_statement)):
            _pieces_of_meters(cells, view, meters)
        return
    words = dict.fromkeys(only_usage, _only(USAGE)) | dict.fromkeys(
        only_statement, _only(STATEMENT)
    )
    sums: dict[tuple[date, str], list[Fraction]] = {}
    for cell in cells:
        meter = cells.value(cell, METER)
        if meter in words:
            sums.setdefault((cell.day, meter), []).append(cell.difference)
            cells.drop(cell)
    for (day, meter), amounts in sums.items():
        total = sum(amounts, Fraction(0))
        if day in cells.period:
            where = ((METER, meter),)
            cells.found.append(Cause(NO_METER, total, words[meter], day, where, rows=len(amounts)))


def newest_days(cells: OpenCells) -> None:
    """Days that may still change, of which the statement says less than the usage."""
    for cell in cells:
        if cell.provisional and not has_more(cell):
            cells.close(cell, PROVISIONAL, "the statement's newest days may still change")


def missing_pieces(cells: OpenCells) -> None:
    """Differences of one row, or of the rows of one value, that the other view lacks."""
    for cell in cells:
        if cell.usage and cell.statement:
            view = STATEMENT if has_more(cell) else USAGE
            is_finer = cells.pieces.of(view, place_of(cell))
            piece = _lacked(cells, cell, view) if is_finer else None
            if piece:
                amount = piece.amount if view == STATEMENT else -piece.amount
                words = f"only the {view} has {piece_words(piece)}"
                cells.close(cell, _LACKS[view], words, amount, places_of(piece))


def missing_cells(cells: OpenCells) -> None:
    """Cells that only one view has."""
    for cell in cells:
        if not cell.statement:
            cells.close(cell, MISSING_STATED, "the statement has nothing of it")
        elif not cell.usage:
            cells.close(cell, MISSING_USAGE, "the usage has nothing of it")


def _pieces_of_meters(cells: OpenCells, view: str, meters: frozenset[str]) -> None:
    """Take the pieces of such meters out of cells that tell no meters."""
    for cell in cells if meters else ():
        for piece in list(cells.pieces.of(view, place_of(cell))):
            meter = dict(piece.values).get(METER)
            current = cells.near(cell, 0)
            if meter in meters and current:
                cells.pieces.use(view, place_of(cell), piece)
                part = Side(piece.amount, piece.quantity)
                cells.take(current, view, part, NO_METER, f"{meter}: {_only(view)}")


def _only(view: str) -> str:
    return f"only the {view} has figures of it"


def _lacked(cells: OpenCells, cell: Cell, view: str) -> Piece | None:
    """The piece of a view that is what the cell differs by and that the other does not have."""
    place, wanted = place_of(cell), whole_difference(cell)
    piece = cells.pieces.worth(view, place, wanted, cell.bound)
    other = STATEMENT if view == USAGE else USAGE
    return None if piece and cells.pieces.worth(other, place, piece, cell.bound) else piece
