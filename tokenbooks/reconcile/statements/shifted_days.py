"""Spending that two views date on different days of the same key: timing, nothing else.

The nearest day is looked at first, and each amount is used once. Inside a period the causes
of both days cancel; across its end only the day inside has one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from tokenbooks.reconcile.causes import RATE, STATEMENT, TIMING, USAGE
from tokenbooks.reconcile.statements.cells import NEAR, Cell, Side
from tokenbooks.reconcile.statements.open_cells import (
    OpenCells,
    has_more,
    place_of,
    quantity_difference,
    whole_difference,
)
from tokenbooks.reconcile.statements.pieces import piece_words, places_of

#: How many days later (below zero: earlier) the other day may be, the nearest first.
_APART = tuple(sign * days for days in range(1, NEAR.days + 1) for sign in (1, -1))


def shifted_differences(cells: OpenCells) -> None:
    """Two days that differ by the same amount (and quantity), one more and one less."""
    for series in cells.by_key():
        if any(map(has_more, series)) and not all(map(has_more, series)):
            for cell, other in _near_pairs(cells, series):
                if _cancel(cell, other):
                    amount = _moved(cell, other)
                    _close(cells, cell, other, amount)
                    _close(cells, other, cell, -amount)


def shifted_quantities(cells: OpenCells) -> None:
    """Quantities that each view alone has on its day, of which the days have other prices.

    Usage is rated at the price of its own day: what the prices differ by is a price effect,
    where both days are in the period.
    """
    for series in cells.by_key():
        if not all(cell.statement for cell in series) and not all(cell.usage for cell in series):
            for cell, other in _near_pairs(cells, series):
                stated, used = (cell, other) if cell.statement else (other, cell)
                if _is_repriced(cells, stated, used):
                    _close_repriced(cells, stated, used)


def shifted_series(cells: OpenCells) -> None:
    """Days that each have in the statement what the usage has a day or more away.

    One such day may be chance; it takes two days in a row that are moved alike.
    """
    for series in cells.by_key():
        if len(series) > 2 and any(cell.usage and cell.statement for cell in series):
            for apart in _APART:
                for cell in series:
                    _move_run(cells, cell, apart)


def shifted_pieces(cells: OpenCells) -> None:
    """A day whose whole difference is one piece that the other view has on another day."""
    for apart in _APART if cells.pieces else ():
        for cell in cells:
            other = cells.near(cell, apart)
            if other:
                _move_piece(cells, cell, other)


def _near_pairs(cells: OpenCells, series: Sequence[Cell]) -> Iterator[tuple[Cell, Cell]]:
    """The open cells of a key on two days near each other, the nearest days first."""
    for apart in range(1, NEAR.days + 1):
        for cell in series:
            other = cells.near(cell, apart) if cells.is_open(cell) else None
            if other:
                yield cell, other


def _cancel(cell: Cell, other: Cell) -> bool:
    """Whether two differences are each other's opposite, as exactly as the statement tells."""
    if has_more(cell) == has_more(other):
        return False
    if abs(cell.difference + other.difference) > cell.bound + other.bound:
        return False
    mine, theirs = quantity_difference(cell), quantity_difference(other)
    return mine is None or theirs is None or mine == -theirs


def _moved(cell: Cell, other: Cell) -> Fraction:
    """The difference of a cell, as near as needed to that of the other to leave only rounding."""
    low, high = -other.difference - other.bound, -other.difference + other.bound
    return min(max(cell.difference, low), high)


def _close(cells: OpenCells, cell: Cell, other: Cell, amount: Fraction) -> None:
    """Close a day whose surplus the view that has less of it has on the other day."""
    view = USAGE if has_more(cell) else STATEMENT
    cells.close(cell, TIMING, _words(cells, view, cell, other), amount)


def _is_moved(cells: OpenCells, cell: Cell, apart: int) -> bool:
    """Whether the statement has a day's usage so many days later."""
    other = cells.near(cell, apart) if cell.usage and cell.usage.amount else None
    if not cell.usage or not other or not other.statement:
        return False
    ours, theirs = cell.usage, other.statement
    if None not in (ours.quantity, theirs.quantity) and ours.quantity != theirs.quantity:
        return False
    if not other.bound:
        return theirs.amount == ours.amount
    return abs(theirs.amount - ours.amount) <= other.bound


def _is_repriced(cells: OpenCells, stated: Cell, used: Cell) -> bool:
    """Whether a stated amount is the quantity that was used at a price that the plan knows."""
    ours, theirs = used.usage, stated.statement
    if stated.usage or used.statement or not ours or not theirs or not ours.quantity:
        return False
    if theirs.quantity not in (None, ours.quantity):
        return False
    units = ours.quantity
    return any(abs(p.each * units - theirs.amount) <= stated.bound for p in cells.prices(used))


def _close_repriced(cells: OpenCells, stated: Cell, used: Cell) -> None:
    """Close both days: the price effect is told on the day of the usage."""
    moved = -stated.difference if stated.day in cells.period else used.difference
    cells.close(stated, TIMING, _words(cells, USAGE, stated, used))
    words = "the usage is rated at the price of this day, not of the statement's"
    cells.explain(used, RATE, used.difference - moved, words)
    cells.explain(used, TIMING, moved, _words(cells, STATEMENT, used, stated))
    cells.drop(used)


def _move_run(cells: OpenCells, first: Cell, apart: int) -> None:
    """Take the usage of two days or more in a row, and the statement where it has them."""
    run: list[Cell] = []
    following = cells.near(first, 0)
    while following and _is_moved(cells, following, apart):
        run.append(following)
        following = cells.near(following, 1)
    for day in run if len(run) > 1 else ():
        ours, theirs = cells.near(day, 0), cells.near(day, apart)
        if not ours or not theirs or not ours.usage or not theirs.statement:
            continue
        cells.take(ours, USAGE, ours.usage, TIMING, _words(cells, STATEMENT, ours, theirs))
        part = Side(ours.usage.amount, theirs.statement.quantity)
        cells.take(theirs, STATEMENT, part, TIMING, _words(cells, USAGE, theirs, ours))


def _move_piece(cells: OpenCells, cell: Cell, other: Cell) -> None:
    """Close a day by a piece of the other, which keeps what else it differs by."""
    view = USAGE if has_more(cell) else STATEMENT
    if has_more(cell) == has_more(other) or not cells.pieces.of(view, place_of(other)):
        return
    piece = cells.pieces.worth(view, place_of(other), whole_difference(cell), cell.bound)
    moved = piece.amount if piece else Fraction(0)
    if not piece or abs(other.difference + _signed(cell, moved)) >= abs(other.difference):
        return
    cells.pieces.use(view, place_of(other), piece)
    holds = STATEMENT if view == USAGE else USAGE
    own = f"{piece_words(piece)}: {_words(cells, view, cell, other)}"
    cells.close(cell, TIMING, own, _signed(cell, moved), places_of(piece))
    words = f"{piece_words(piece)}: {_words(cells, holds, other, cell)}"
    part = Side(moved, piece.quantity)
    cells.take(other, view, part, TIMING, words, places_of(piece))


def _signed(cell: Cell, amount: Fraction) -> Fraction:
    return amount if has_more(cell) else -amount


def _words(cells: OpenCells, view: str, cell: Cell, other: Cell) -> str:
    """Where a view has what it lacks on a cell's day; the same words for a series of days."""
    apart = (other.day - cell.day).days
    days = "1 day" if abs(apart) == 1 else f"{abs(apart)} days"
    direction = "later" if apart > 0 else "earlier"
    return f"the {view} has it {days} {direction}{cells.period_words(other)}"
