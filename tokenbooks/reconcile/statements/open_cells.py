"""The cells that differ, as far as nothing has explained them yet, and the causes found so far.

A test of what a difference is due to either closes a cell, or takes a part of it: then the
cell stays open with the smaller rest. So every difference is explained once, and the sum of
the causes is that of the differences whatever the tests find.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

from tokenbooks.amounts import exact_text
from tokenbooks.reconcile.causes import ROUNDING, USAGE, Cause
from tokenbooks.reconcile.statements.cells import (
    METER,
    MODEL,
    Cell,
    Compared,
    Key,
    KnownPrice,
    Piece,
    Side,
)
from tokenbooks.reconcile.statements.pieces import Pieces, Place

_ROUNDING_WORDS = "the statement is rounded"


class OpenCells:
    """The open cells of a comparison by day and key, and the causes of what is closed.

    Days near the period are there to find shifts; what they differ by is no cause of it.
    """

    def __init__(self, compared: Compared) -> None:
        self.period = compared.period
        self.dimensions = compared.dimensions
        self.pieces = Pieces(compared)
        self.found: list[Cause] = []
        self._prices = compared.prices
        self._numbers = {name: number for number, name in enumerate(compared.dimensions)}
        ordered = sorted(compared.cells, key=place_of)
        self._open = {place_of(cell): cell for cell in ordered if cell.difference}

    def __iter__(self) -> Iterator[Cell]:
        """The cells that are still open, by day; a test may close any of them meanwhile."""
        for place in list(self._open):
            if place in self._open:
                yield self._open[place]

    def by_key(self) -> Iterable[list[Cell]]:
        """The open cells of each key, by day."""
        found: dict[Key, list[Cell]] = {}
        for cell in self:
            found.setdefault(cell.key, []).append(cell)
        return found.values()

    def near(self, cell: Cell, days: int) -> Cell | None:
        """The open cell of the same key so many days later; None where there is none."""
        return self._open.get((cell.day + timedelta(days=days), cell.key))

    def is_open(self, cell: Cell) -> bool:
        """Whether nothing has explained a cell yet, or any part of it."""
        return self._open.get(place_of(cell)) is cell

    def value(self, cell: Cell, dimension: str) -> str:
        """The value of a dimension; '' where the cells do not tell it."""
        number = self._numbers.get(dimension)
        return "" if number is None else cell.key[number]

    def prices(self, cell: Cell) -> tuple[KnownPrice, ...]:
        """The prices that the plan knows for a cell's model and meter."""
        return self._prices.get((self.value(cell, MODEL), self.value(cell, METER)), ())

    def period_words(self, cell: Cell) -> str:
        """What to say of a shift to or from a day: nothing where it is in the period."""
        return "" if cell.day in self.period else ", in another period"

    # -- explaining ---------------------------------------------------------------------

    def explain(
        self, cell: Cell, name: str, amount: Fraction, words: str, places: Sequence[str] = ()
    ) -> None:
        """Say what an amount of a cell is due to, without closing it; ``places`` are evidence."""
        if amount and cell.day in self.period:
            where = tuple(zip(self.dimensions, cell.key, strict=True))
            self.found.append(Cause(name, amount, words, cell.day, where, tuple(places)))

    def close(
        self,
        cell: Cell,
        name: str,
        words: str,
        amount: Fraction | None = None,
        places: Sequence[str] = (),
    ) -> None:
        """Explain a cell; what the amount leaves of its difference is rounding."""
        self.explain(cell, name, cell.difference if amount is None else amount, words, places)
        self.close_rounded(cell, Fraction(0) if amount is None else cell.difference - amount)

    def close_rounded(self, cell: Cell, rest: Fraction) -> None:
        """Close a cell of which all is explained but a rest, which is the statement's rounding."""
        self.explain(cell, ROUNDING, rest, _ROUNDING_WORDS)
        self.drop(cell)

    def take(
        self,
        cell: Cell,
        view: str,
        part: Side,
        name: str,
        words: str,
        places: Sequence[str] = (),
    ) -> None:
        """Explain a part of what a view has in a cell; the cell keeps the rest of it.

        It is closed where the rest is nothing but rounding.
        """
        side = (cell.usage if view == USAGE else cell.statement) or Side(Fraction(0))
        amount = -part.amount if view == USAGE else part.amount
        self.explain(cell, name, amount, words, places)
        rest = _less(side, part)
        if view != USAGE and rest and not rest.quantity and abs(rest.amount) <= cell.bound:
            self.explain(cell, ROUNDING, rest.amount, _ROUNDING_WORDS)
            rest = None
        smaller = replace(cell, usage=rest) if view == USAGE else replace(cell, statement=rest)
        if abs(smaller.difference) <= smaller.bound:
            self.close_rounded(smaller, smaller.difference)
        else:
            self._open[place_of(smaller)] = smaller

    def drop(self, cell: Cell) -> None:
        """Close a cell of which all is explained."""
        del self._open[place_of(cell)]


def place_of(cell: Cell) -> Place:
    """Where a cell stands."""
    return cell.day, cell.key


def has_more(cell: Cell) -> bool:
    """Whether the statement has more than the usage: a sign alone, which is quick to tell."""
    return cell.difference.numerator > 0


def quantity_difference(cell: Cell) -> Fraction | None:
    """The statement's quantity less ours; None where a view that is there says none."""
    total = Fraction(0)
    for side, sign in ((cell.statement, 1), (cell.usage, -1)):
        if side is not None:
            if side.quantity is None:
                return None
            total += sign * side.quantity
    return total


def whole_difference(cell: Cell) -> Piece:
    """What a piece must be to explain all of a difference, whichever view has it."""
    quantity = quantity_difference(cell)
    return Piece((), abs(cell.difference), None if quantity is None else abs(quantity))


def rank(number: Fraction) -> int:
    """A whole number in the order of exact ones, in billionths: it sorts many times quicker."""
    return number.numerator * 10**9 // number.denominator


def price_words(each: Fraction) -> str:
    """A price of one unit as people say it: small ones for a million."""
    if each and abs(each) < Fraction(1, 100):
        return f"{exact_text(each * 10**6, 6)} per 1M"
    return f"{exact_text(each, 6)} each"


def _less(side: Side, part: Side) -> Side | None:
    """What is left of a side without a part; None where that is nothing."""
    amount = side.amount - part.amount
    if side.quantity is None or part.quantity is None:
        return side._replace(amount=amount, quantity=None) if amount else None
    quantity = side.quantity - part.quantity
    return side._replace(amount=amount, quantity=quantity) if amount or quantity else None
