"""Prices and quantities that differ, as accountants split them.

With our price p and quantity q, and the statement's P and Q::

    price effect     (P - p) x Q
    quantity effect  p x (Q - q)

Where the statement says no quantities, a price differs if what it has is our quantity at
another price that the plan knows, or the same multiple of ours on several days.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

from tokenbooks.amounts import exact_text
from tokenbooks.rating.cost_comparison import Cost, effects
from tokenbooks.reconcile.causes import QUANTITY, RATE, UNEXPLAINED
from tokenbooks.reconcile.statements.cells import METER, MODEL, Cell, Key, KnownPrice, Side
from tokenbooks.reconcile.statements.open_cells import OpenCells, price_words, rank
from tokenbooks.reconcile.statements.repeated_rows import whole_multiple

#: On how many days an equal multiple is a price; a whole one needs more, and every day.
_FEW, _LONG = 2, 5

#: The widest range of a multiple, of itself, that tells anything.
_NARROW = Fraction(1, 50)


class _Multiple(NamedTuple):
    """Which multiple of our amount the statement has, from the lowest its rounding allows."""

    low: Fraction
    high: Fraction
    cell: Cell

    @property
    def is_narrow(self) -> bool:
        return self.high is self.low or self.high - self.low <= abs(self.low) * _NARROW


def other_prices(cells: OpenCells) -> None:
    """Cells of which both views say the same quantity: nothing but the price differs."""
    for cell in cells:
        ours, theirs = cell.usage, cell.statement
        if ours and theirs and ours.quantity and ours.quantity == theirs.quantity:
            known = _known_price(cells, cell)
            words = _price_words(ours.amount / ours.quantity, _each(theirs), known)
            cells.close(cell, RATE, words, known and known.each * ours.quantity - ours.amount)


def known_prices(cells: OpenCells) -> None:
    """Cells without a stated quantity that come to ours at another price of the plan."""
    for cell in cells:
        ours, theirs = cell.usage, cell.statement
        if ours and theirs and ours.quantity and theirs.quantity is None:
            known = _known_price(cells, cell)
            if known:
                words = _price_words(ours.amount / ours.quantity, None, known)
                cells.close(cell, RATE, words, known.each * ours.quantity - ours.amount)


def constant_multiples(cells: OpenCells) -> None:
    """Cells that are the same multiple of ours, on two days or more of a model and meter.

    Exactly twice, or a half, is no price but rows that stand there twice, unless it is so on
    every day that differs and these are many.
    """
    series: dict[Key, list[_Multiple]] = {}
    for cell in cells:
        ours, theirs = cell.usage, cell.statement
        if ours and theirs and ours.amount and theirs.amount and theirs.quantity is None:
            multiple = _multiple(cell, ours.amount, theirs.amount)
            series.setdefault(_series(cells, cell), []).append(multiple)
    for multiples in series.values():
        for group in _of_one_ratio(multiples):
            if _is_price(group, len(group) == len(multiples)):
                _close_group(cells, group)


def price_and_quantity(cells: OpenCells) -> None:
    """Cells of which both views say quantities: the price effect and the quantity effect."""
    for cell in cells:
        ours, theirs = cell.usage, cell.statement
        if not ours or not theirs or ours.quantity is None or theirs.quantity is None:
            continue
        price, quantity, unborne = effects(
            Cost(ours.amount, ours.quantity), Cost(theirs.amount, theirs.quantity)
        )
        if unborne:
            cells.close(cell, UNEXPLAINED, "an amount that no quantity bears")
            continue
        rounding = price
        if abs(price) > cell.bound and ours.quantity:
            known, our_price = _known_price(cells, cell), ours.amount / ours.quantity
            rounding = theirs.amount - known.each * theirs.quantity if known else Fraction(0)
            words = _price_words(our_price, _each(theirs), known)
            cells.explain(cell, RATE, price - rounding, words)
        cells.explain(cell, QUANTITY, quantity, "another quantity, at our price")
        cells.close_rounded(cell, rounding)


def _series(cells: OpenCells, cell: Cell) -> Key:
    """What shares a price: a model's meter where cells tell both, else the key itself."""
    if {METER, MODEL} <= set(cells.dimensions):
        return cells.value(cell, MODEL), cells.value(cell, METER)
    return cell.key


def _multiple(cell: Cell, ours: Fraction, theirs: Fraction) -> _Multiple:
    if not cell.bound:
        ratio = theirs / ours
        return _Multiple(ratio, ratio, cell)
    ends = sorted([(theirs - cell.bound) / ours, (theirs + cell.bound) / ours])
    return _Multiple(ends[0], ends[1], cell)


def _of_one_ratio(multiples: Iterable[_Multiple]) -> Iterator[list[_Multiple]]:
    """Groups of which all can be the same multiple, from the lowest on."""
    group: list[_Multiple] = []
    least_high = Fraction(0)
    for multiple in sorted(multiples, key=_by_size):
        if group and multiple.low > least_high:
            yield group
            group = []
        least_high = min(least_high, multiple.high) if group else multiple.high
        group.append(multiple)
    if group:
        yield group


def _by_size(multiple: _Multiple) -> tuple[int, Fraction, Fraction]:
    return rank(multiple.low), multiple.low, multiple.high


def _is_price(group: list[_Multiple], is_whole_series: bool) -> bool:
    """Whether cells of one multiple tell a price: exact enough, and no rows that are repeated."""
    days = {multiple.cell.day for multiple in group if multiple.is_narrow}
    if len(days) < _FEW:
        return False
    return (is_whole_series and len(days) >= _LONG) or not whole_multiple(_narrowest(group).cell)


def _narrowest(group: list[_Multiple]) -> _Multiple:
    return min(group, key=lambda multiple: (multiple.high - multiple.low, multiple.cell.day))


def _close_group(cells: OpenCells, group: list[_Multiple]) -> None:
    """Close cells of one multiple, named as the most exact of them tells it."""
    narrowest = _narrowest(group)
    ratio = (narrowest.low + narrowest.high) / 2
    words = f"the statement has {exact_text(ratio, 4)} times our price"
    for multiple in group:
        cells.close(multiple.cell, RATE, words)


def _known_price(cells: OpenCells, cell: Cell) -> KnownPrice | None:
    """The price of the plan, other than ours, at which a quantity comes to what is stated."""
    ours, theirs = cell.usage, cell.statement
    if not ours or not theirs or not ours.quantity:
        return None
    quantity = ours.quantity if theirs.quantity is None else theirs.quantity
    near = [
        (abs(price.each * quantity - theirs.amount), number, price)
        for number, price in enumerate(cells.prices(cell))
        if price.each * ours.quantity != ours.amount
    ]
    rest, _, price = min(near, default=(None, 0, None))
    return price if rest is not None and rest <= cell.bound else None


def _each(side: Side) -> Fraction | None:
    return side.amount / side.quantity if side.quantity else None


def _price_words(ours: Fraction, stated: Fraction | None, known: KnownPrice | None) -> str:
    """Both prices of a unit, and where the plan says the other."""
    if known:
        charged = f"{price_words(known.each)} ({known.words})"
    else:
        charged = price_words(stated) if stated else "nothing"
    return f"charged {charged}, ours is {price_words(ours)}"
