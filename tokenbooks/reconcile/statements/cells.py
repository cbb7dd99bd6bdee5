"""Usage as we rate it beside what a statement says, cell by cell, as plain values.

A cell is a day with values of the dimensions that both sides tell. All amounts are exact, in
the currency of the plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from tokenbooks.periods import Period

#: Names among ``Compared.dimensions`` that mean the same everywhere.
METER, MODEL = "meter", "model"

#: A value of pieces: the row of a file, FILE:LINE, where rows are told apart.
ROW = "(row)"

#: Days before and after a period in which usage may stand on another day.
NEAR = timedelta(days=3)

Key = tuple[str, ...]

_NOTHING = Fraction(0)


class Side(NamedTuple):
    """What one view says of a cell; ``quantity`` is None where it says none.

    ``rows`` is how many rows of files stand behind it.
    """

    amount: Fraction
    quantity: Fraction | None = None
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Cell:
    """A day and key with both views; None where a view has nothing there.

    ``bound`` is by how much the statement's own rounding may move its amount. ``free`` says
    that the statement marks it as included, granted or complimentary: its amount is 0 then.
    ``provisional`` says that the statement's day may still change. ``difference`` is the
    statement's amount less ours; it is asked often, and worked out once.
    """

    day: date
    key: Key
    usage: Side | None = None
    statement: Side | None = None
    bound: Fraction = Fraction(0)
    free: bool = False
    provisional: bool = False
    difference: Fraction = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        stated = self.statement.amount if self.statement else _NOTHING
        difference = stated - self.usage.amount if self.usage else stated
        object.__setattr__(self, "difference", difference)


class Piece(NamedTuple):
    """A finer row behind one side of a cell: of more dimensions than both sides tell."""

    values: tuple[tuple[str, str], ...]
    amount: Fraction
    quantity: Fraction | None


class KnownPrice(NamedTuple):
    """A price of one unit that the plan knows for a model and meter, and where it says so.

    ``words`` name it, such as "until 2025-11-14" or "batch".
    """

    each: Fraction
    words: str


class Agreed(NamedTuple):
    """What cells come to in a period that agree, exactly or within the source's rounding.

    ``rounding`` is the sum of what rounding leaves (statement less usage).
    """

    cells: int = 0
    amount: Fraction = Fraction(0)
    rounded_cells: int = 0
    rounding: Fraction = Fraction(0)
    bound: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Compared:
    """The cells of a contract that differ, in a period and the days near it.

    ``dimensions`` name the values of each key. ``pieces`` are the finer rows of usage and of
    the statement behind cells that differ, where there are any. ``prices`` are those that the
    plan knows, by (model, meter). ``only_usage`` and ``only_statement`` are meters of which
    the other side has no figures at all in these days.
    """

    contract: str
    period: Period
    dimensions: tuple[str, ...]
    cells: tuple[Cell, ...]
    agreed: Agreed = field(default_factory=Agreed)
    usage_pieces: Mapping[tuple[date, Key], tuple[Piece, ...]] = field(default_factory=dict)
    statement_pieces: Mapping[tuple[date, Key], tuple[Piece, ...]] = field(default_factory=dict)
    prices: Mapping[tuple[str, str], tuple[KnownPrice, ...]] = field(default_factory=dict)
    only_usage: frozenset[str] = frozenset()
    only_statement: frozenset[str] = frozenset()
