"""The same quantity under two keys of a day: another meter, model or other dimension.

Of two such cells one has more in the statement and the other more in the usage, and their
keys differ in one dimension alone. Where the statement says no quantities, its amount over
the price that the plan knows tells them. The causes of both cells net to what the two prices
make of the quantity.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from tokenbooks.reconcile import causes
from tokenbooks.reconcile.statements.cells import METER, Cell, Key, Side
from tokenbooks.reconcile.statements.compare_cells import DIFFERS
from tokenbooks.reconcile.statements.open_cells import (
    OpenCells,
    has_more,
    place_of,
    quantity_difference,
    rank,
)
from tokenbooks.reconcile.statements.pieces import Place


class _Moved(NamedTuple):
    """By how many units a cell differs, at a price of ``each``; above 0 the statement has more.

    ``tolerance`` is what the statement's rounding can make of it.
    """

    units: Fraction
    tolerance: Fraction
    each: Fraction
    cell: Cell


def exchanged_keys(cells: OpenCells) -> None:
    """Equal quantities under another value of one dimension, then equal amounts."""
    for measured in (_by_quantity, _by_amount):
        for number, dimension in enumerate(cells.dimensions):
            if dimension == DIFFERS:
                continue  # it says how summed cells differ, and is no key of any usage
            for bucket in _buckets(cells, number):
                moved = [one for cell in bucket for one in measured(cells, cell)]
                for less, more in _pairs(moved):
                    _exchange(cells, (less, more), number, dimension)


def _buckets(cells: OpenCells, number: int) -> Iterator[list[Cell]]:
    """Cells of a day that differ in one dimension at most, where some have more, some less."""
    buckets: dict[tuple[date, Key], list[Cell]] = {}
    for cell in cells:
        bucket = cell.day, cell.key[:number] + cell.key[number + 1 :]
        buckets.setdefault(bucket, []).append(cell)
    for found in buckets.values():
        if any(map(has_more, found)) and not all(map(has_more, found)):
            yield found


def _by_quantity(cells: OpenCells, cell: Cell) -> Iterator[_Moved]:
    """By what quantity a cell differs, said or at a known price; nothing where none bears it."""
    units = quantity_difference(cell)
    each = _each(cell.usage) or (None if cell.usage else _each(cell.statement))
    if units is not None:
        is_whole = not cell.usage or not cell.statement
        if each and (is_whole or abs(units * each - cell.difference) <= cell.bound):
            yield _Moved(units, Fraction(0), each, cell)
    elif each:
        yield _Moved(cell.difference / each, cell.bound / abs(each), each, cell)
    elif not cell.usage:
        for price in cells.prices(cell):
            if price.each:
                units = cell.difference / price.each
                yield _Moved(units, cell.bound / abs(price.each), price.each, cell)


def _by_amount(_: OpenCells, cell: Cell) -> Iterator[_Moved]:
    """By what amount a cell differs."""
    yield _Moved(cell.difference, cell.bound, Fraction(1), cell)


def _each(side: Side | None) -> Fraction | None:
    """What one unit costs on average; None where no quantity is said, or none bears the amount."""
    return side.amount / side.quantity if side and side.quantity and side.amount else None


def _pairs(bucket: list[_Moved]) -> Iterator[tuple[_Moved, _Moved]]:
    """What is less and what is more in the statement by equal quantities, each cell once."""
    more = sorted(
        (rank(moved.units), number) for number, moved in enumerate(bucket) if moved.units > 0
    )
    widest = max((bucket[number].tolerance for _, number in more), default=Fraction(0))
    used: set[Place] = set()
    for less in bucket:
        if less.units < 0 and place_of(less.cell) not in used:
            near = _within(bucket, more, -less.units, less.tolerance + widest)
            found = _nearest(near, less, used)
            if found:
                used |= {place_of(found.cell), place_of(less.cell)}
                yield less, found


def _within(
    bucket: list[_Moved], more: list[tuple[int, int]], wanted: Fraction, reach: Fraction
) -> Iterator[_Moved]:
    """What is more by the wanted units, as far as rounding reaches."""
    last = rank(wanted + reach)
    for number in range(bisect_left(more, (rank(wanted - reach), 0)), len(more)):
        if more[number][0] > last:
            break
        yield bucket[more[number][1]]


def _nearest(candidates: Iterable[_Moved], less: _Moved, used: set[Place]) -> _Moved | None:
    """The candidate that comes nearest to what the other has less; None where none is it."""
    found, least = None, None
    for candidate in candidates:
        rest = abs(candidate.units + less.units)
        is_nearer = least is None or rest < least
        if is_nearer and place_of(candidate.cell) not in used and _is_same(less, candidate, rest):
            found, least = candidate, rest
    return found


def _is_same(less: _Moved, more: _Moved, rest: Fraction) -> bool:
    """Whether nothing but rounding is left, and the quantities too are opposite where said."""
    if rest > less.tolerance + more.tolerance or less.cell is more.cell:
        return False
    first, second = quantity_difference(less.cell), quantity_difference(more.cell)
    return first is None or second is None or first == -second


def _exchange(cells: OpenCells, pair: tuple[_Moved, _Moved], number: int, dimension: str) -> None:
    """Close both cells by the same quantity, at the price of each; the rest is rounding."""
    less, more = pair
    name = causes.METER if dimension == METER else causes.MODEL
    units = min(max(-less.units, more.units - more.tolerance), more.units + more.tolerance)
    for moved, other, view, quantity in (
        (less, more, causes.STATEMENT, -units),
        (more, less, causes.USAGE, units),
    ):
        value = other.cell.key[number] or f"no {dimension}"
        words = f"the {view} has it under {value}"
        cells.close(moved.cell, name, words, moved.each * quantity)
