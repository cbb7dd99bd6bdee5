"""Why a statement differs from the usage as we rate it: each difference by one cause.

The tests go from what is plain to what must be inferred (ACCOUNTING 7): the same meters, free
usage, prices at equal quantities; then amounts that stand on another day, under another key,
or twice; then prices that are inferred; then what one view lacks. The first that explains a
difference wins, and nothing is spread. What none explains is said to be unexplained.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from tokenbooks.amounts import exact_text
from tokenbooks.reconcile.causes import FREE, QUANTITY, ROUNDING, UNEXPLAINED, Cause
from tokenbooks.reconcile.statements.cells import Cell, Compared
from tokenbooks.reconcile.statements.exchanged_keys import exchanged_keys
from tokenbooks.reconcile.statements.missing_rows import (
    missing_cells,
    missing_meters,
    missing_pieces,
    newest_days,
)
from tokenbooks.reconcile.statements.open_cells import OpenCells
from tokenbooks.reconcile.statements.price_effects import (
    constant_multiples,
    known_prices,
    other_prices,
    price_and_quantity,
)
from tokenbooks.reconcile.statements.repeated_rows import repeated_amounts, repeated_pieces
from tokenbooks.reconcile.statements.shifted_days import (
    shifted_differences,
    shifted_pieces,
    shifted_quantities,
    shifted_series,
)


def statement_causes(compared: Compared) -> tuple[Cause, ...]:
    """The causes of all differences inside the period, by day, name and key.

    Those of a day sum to what the day's cells differ by, statement less usage; one of rounding
    without a day is what the cells that agree leave (``compared.agreed``). Cells of the days
    near the period serve to find shifts. No two cells have the same day and key.
    """
    cells = OpenCells(compared)
    missing_meters(cells, compared.only_usage, compared.only_statement)
    for test in _TESTS:
        test(cells)
    found = sorted(cells.found, key=_order)
    return (*found, *_agreed_rounding(compared))


def rounding_alone(cells: OpenCells) -> None:
    """Cells that agree as far as the statement tells."""
    for cell in cells:
        if cell.bound and abs(cell.difference) <= cell.bound:
            cells.close(cell, ROUNDING, "the statement is rounded")


def free_usage(cells: OpenCells) -> None:
    """Quantities for which nothing is owed; what differs in quantity beside is told apart."""
    for cell in cells:
        ours, theirs = cell.usage, cell.statement
        if not cell.free or not ours or not theirs or theirs.amount:
            continue
        free = -ours.amount
        if ours.quantity and theirs.quantity is not None:
            free = -ours.amount / ours.quantity * theirs.quantity
            quantity = cell.difference - free
            cells.explain(cell, QUANTITY, quantity, "another quantity, at our price")
        cells.explain(cell, FREE, free, "the statement has it as free: nothing is owed")
        cells.close_rounded(cell, Fraction(0))


def unexplained(cells: OpenCells) -> None:
    """What no test explains, with what is known of it."""
    for cell in cells:
        cells.close(cell, UNEXPLAINED, _what_is_known(cell))


_TESTS: Sequence[Callable[[OpenCells], None]] = (
    free_usage,
    rounding_alone,
    other_prices,
    shifted_differences,
    exchanged_keys,
    shifted_quantities,
    shifted_pieces,
    shifted_series,
    repeated_pieces,
    known_prices,
    constant_multiples,
    newest_days,
    repeated_amounts,
    missing_pieces,
    missing_cells,
    price_and_quantity,
    unexplained,
)


def _what_is_known(cell: Cell) -> str:
    ours, theirs = cell.usage, cell.statement
    if not ours or not theirs or not ours.amount:
        return "nothing that the book knows explains it"
    times = exact_text(theirs.amount / ours.amount, 4)
    lacking = "statement" if theirs.quantity is None else "usage"
    words = f"the {lacking} says no quantities: rate or quantity differs"
    return f"{words}; the statement has {times} times ours"


def _agreed_rounding(compared: Compared) -> list[Cause]:
    agreed = compared.agreed
    if not agreed.rounding:
        return []
    cells = "1 cell agrees" if agreed.rounded_cells == 1 else f"{agreed.rounded_cells} cells agree"
    words = f"{cells} within the statement's rounding"
    if not agreed.rounded_cells:
        words = "values that are no finite decimals"
    return [Cause(ROUNDING, agreed.rounding, words, rows=max(1, agreed.rounded_cells))]


def _order(cause: Cause) -> tuple[str, str, tuple[tuple[str, str], ...], Fraction]:
    return str(cause.day), cause.name, cause.where, cause.amount
