"""The movements of lots as columns: what makes the opening the closing, in credits and in cost."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import exact_text
from tokenbooks.close.lot_states import LotState
from tokenbooks.facts import Facts
from tokenbooks.reports.explained_cells import without
from tokenbooks.reports.table import Cell, Column, Table

#: Credits are shown to this many decimals at most.
CREDIT_PLACES = 6

#: opening + acquired - used - expired - refunded + moved + adjusted = closing.
MOVEMENTS = ("acquired", "used", "expired", "refunded", "moved", "adjusted")
#: Movements that most books never have.
RARE = ("refunded", "moved", "adjusted")


def credits_cell(quantity: Fraction) -> Decimal:
    """Credits as a plain decimal."""
    return Decimal(exact_text(quantity, CREDIT_PLACES))


def credit_movements(before: LotState, now: LotState) -> tuple[Cell, ...]:
    """The credits of a lot at first, its movements, and the credits at last."""
    moved = (credits_cell(getattr(now, name) - getattr(before, name)) for name in MOVEMENTS)
    return (credits_cell(before.left), *moved, credits_cell(now.left))


def cost_movements(before: LotState, now: LotState) -> tuple[Cell, ...]:
    """The cost of a lot at first, its movements, and the cost at last."""
    keys = [f"cost_{name}" for name in MOVEMENTS]
    moved = (getattr(now, key) - getattr(before, key) for key in keys)
    return (before.cost_left, *moved, now.cost_left)


def movement_columns() -> list[Column]:
    """The columns of ``credit_movements``."""
    return [
        Column(name, name.capitalize(), number=True) for name in ("opening", *MOVEMENTS, "closing")
    ]


def cost_columns(places: int) -> list[Column]:
    """The columns of ``cost_movements``."""
    return [
        Column(f"cost_{name}", f"Cost {name}", number=True, places=places, total=True)
        for name in ("opening", *MOVEMENTS, "closing")
    ]


def has_parties(facts: Facts) -> bool:
    """Whether any contract has parties of its own, so that tables tell whose lots are meant."""
    return any(contract.each for contract in facts.book.contracts.values())


def without_unused(table: Table, keys: Sequence[str]) -> Table:
    """A table without those of some columns that are empty or zero in every row."""
    places = {column.key: index for index, column in enumerate(table.columns)}
    unused = [
        key for key in keys if key in places and not any(row[places[key]] for row in table.rows)
    ]
    return without(table, unused)
