"""Rows that one view has twice, or more often: as pieces that are there, or as whole multiples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from tokenbooks.reconcile.causes import DUPLICATED, STATEMENT, USAGE
from tokenbooks.reconcile.statements.cells import Cell, Piece, Side
from tokenbooks.reconcile.statements.open_cells import (
    OpenCells,
    has_more,
    place_of,
    whole_difference,
)
from tokenbooks.reconcile.statements.pieces import (
    is_worth,
    piece_words,
    places_of,
    together,
    without_row,
)

_TIMES = {2: "twice"}

#: How often rows may stand somewhere; more often than that is another unit or price.
_MOST = 9

#: The most of an amount that rounding may be where multiples of it tell anything.
_NARROW = Fraction(1, 100)


def repeated_pieces(cells: OpenCells) -> None:
    """Differences of one identical piece that a view has again, or of all such pieces."""
    for cell in cells:
        view, other = (STATEMENT, USAGE) if has_more(cell) else (USAGE, STATEMENT)
        pieces = cells.pieces.of(view, place_of(cell))
        if len(pieces) < 2:
            continue
        lacked = _rows(cells.pieces.of(other, place_of(cell)))
        for part, words, places in _surplus(_rows(pieces), lacked):
            if is_worth(part, whole_difference(cell), cell.bound):
                amount = part.amount if view == STATEMENT else -part.amount
                cells.close(cell, DUPLICATED, f"the {view} has {words}", amount, places)
                break


def repeated_amounts(cells: OpenCells) -> None:
    """Cells that come to a whole multiple of the other view's, in amount and quantity."""
    for cell in cells:
        found = whole_multiple(cell)
        if found:
            view, times, amount = found
            words = f"the {view} has it {_TIMES.get(times, f'{times} times')}"
            cells.close(cell, DUPLICATED, words, amount)


def whole_multiple(cell: Cell) -> tuple[str, int, Fraction] | None:
    """Which view has a cell a whole number of times, how often, and what that explains.

    Usage that is repeated is told at our own figures: the rest is the statement's rounding.
    """
    ours, theirs = cell.usage, cell.statement
    if not ours or not theirs or not ours.amount or not theirs.amount:
        return None
    is_more = abs(theirs.amount) > abs(ours.amount)
    larger, smaller = (theirs, ours) if is_more else (ours, theirs)
    times = _times(larger, smaller)
    if not 1 < times <= _MOST or cell.bound > abs(smaller.amount) * _NARROW:
        return None
    tolerance = cell.bound if is_more else times * cell.bound
    if abs(larger.amount - times * smaller.amount) > tolerance:
        return None
    explained = ours.amount * (times - 1) if is_more else ours.amount / times - ours.amount
    return STATEMENT if is_more else USAGE, times, explained


def _times(larger: Side, smaller: Side) -> int:
    """The nearest whole multiple, 0 where the quantities are none."""
    times = int(larger.amount / smaller.amount + Fraction(1, 2))
    if larger.quantity is None or smaller.quantity is None:
        return times
    return times if larger.quantity == times * smaller.quantity else 0


def _rows(pieces: Iterable[Piece]) -> dict[Piece, list[str]]:
    """Rows that are equal, each with the places where they stand; '' where those are not known.

    The pieces of one row of a file, such as its meters, are one.
    """
    rows: dict[tuple[object, ...], list[Piece]] = {}
    for number, piece in enumerate(pieces):
        rows.setdefault(places_of(piece) or (number,), []).append(piece)
    equal: dict[Piece, list[str]] = {}
    for own in rows.values():
        place = "".join(places_of(own[0]))
        equal.setdefault(together([without_row(piece) for piece in own]), []).append(place)
    return equal


def _surplus(
    held: Mapping[Piece, list[str]], lacked: Mapping[Piece, list[str]]
) -> Iterator[tuple[Piece, str, list[str]]]:
    """What equal rows come to beyond the first, each alone and then all together."""
    again = []
    for piece, found in held.items():
        surplus = len(found) - max(1, len(lacked.get(piece, ())))
        places = [place for place in found if place]
        for times in range(1, surplus + 1):
            often = _TIMES.get(times + 1, f"{times + 1} times")
            yield _times_piece(piece, times), f"{piece_words(piece)} {often}", places
        if surplus > 0:
            again.append((_times_piece(piece, surplus), places))
    if len(again) > 1:
        whole = together([piece for piece, _ in again])
        all_places = [place for _, own in again for place in own]
        yield whole._replace(quantity=None), f"{len(again)} rows more than once", all_places


def _times_piece(piece: Piece, times: int) -> Piece:
    quantity = None if piece.quantity is None else piece.quantity * times
    return Piece(piece.values, piece.amount * times, quantity)
