"""Draws: which lot covers which part of the usage, step by step.

Within a step, lots are drawn in their order until the step is covered; a step that
several lots cover is shared between them by list value. What no lot covers waits and is
settled by the next lot of the party, oldest first, unless an invoice has billed it.
Expiry comes after all earlier usage and touches only its own lot. A step with a negative
value takes draws back, the last first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

from tokenbooks.credits.lots import Lot
from tokenbooks.credits.order import in_draw_order
from tokenbooks.rating.charges import Part, Step

Parts = Mapping[Part, Fraction]


@dataclass(frozen=True, slots=True)
class Draw:
    """What a lot gives for the usage of a step: list value, and whose it was.

    ``used_at`` is the time of the usage, ``drawn_at`` the time of the draw; they differ
    where a later lot settles earlier usage.
    """

    lot: str
    used_at: datetime
    drawn_at: datetime
    quantity: Fraction
    parts: Parts


@dataclass(slots=True)
class Uncovered:
    """Usage of a step that no lot has covered."""

    used_at: datetime
    quantity: Fraction
    parts: Parts


@dataclass(slots=True)
class Drawn:
    """The result: draws in order, what stays uncovered, and how much each lot gave.

    ``left`` is what of each draw was not taken back. ``netted`` is uncovered usage and what
    took it back later: together nothing, but of other days and classes.
    """

    draws: list[Draw] = field(default_factory=list)
    uncovered: list[Uncovered] = field(default_factory=list)
    given: dict[str, Fraction] = field(default_factory=dict)
    left: list[Fraction] = field(default_factory=list)
    netted: list[Uncovered] = field(default_factory=list)

    @property
    def owed(self) -> list[Uncovered]:
        """All usage that no lot paid for."""
        return [*self.uncovered, *self.netted]

    def draw(self, draw: Draw) -> None:
        """Add a draw; a negative one takes back, and is never taken back itself."""
        self.draws.append(draw)
        self.left.append(max(draw.quantity, Fraction(0)))
        self.given[draw.lot] += draw.quantity


def draw_lots(
    steps: Sequence[Step],
    lots: Sequence[Lot],
    order: Callable[[datetime], tuple[str, ...]],
    invoiced_on: Callable[[date], date | None] = lambda day: None,
) -> Drawn:
    """Draw the lots of one party for its steps, in time order.

    ``order`` gives the keys of the draw order at a time; ``invoiced_on`` the date of the
    invoice that bills a day, which no lot settles from then on.
    """
    drawn = Drawn(given={lot.id: lot.used_before for lot in lots})
    by_time = {step.at: step for step in steps}
    for at in sorted({*by_time, *(lot.starts for lot in lots)}):
        usable = _usable(lots, at, drawn)
        if not usable and at not in by_time:
            continue
        ordered = in_draw_order(usable, order(at)) if len(usable) > 1 else usable
        if drawn.uncovered and ordered:
            _settle(drawn, ordered, at, invoiced_on)
        if at in by_time:
            _cover(drawn, ordered, by_time[at])
    return drawn


def _usable(lots: Iterable[Lot], at: datetime, drawn: Drawn) -> list[Lot]:
    return [
        lot
        for lot in lots
        if lot.starts <= at
        and (lot.ends is None or at < lot.ends)
        and drawn.given[lot.id] < lot.quantity
    ]


def _cover(drawn: Drawn, ordered: Sequence[Lot], step: Step) -> None:
    value = step.value
    if value < 0:
        _take_back(drawn, step, -value)
        return
    rest = _give(drawn, ordered, value, step.at, step.at, step.parts)
    if rest:
        drawn.uncovered.append(Uncovered(step.at, rest, _scaled(step.parts, rest / value)))


def _settle(
    drawn: Drawn,
    ordered: Sequence[Lot],
    at: datetime,
    invoiced_on: Callable[[date], date | None],
) -> None:
    waiting, drawn.uncovered = drawn.uncovered, []
    for item in waiting:
        invoiced = invoiced_on(item.used_at.date())
        billed = invoiced is not None and invoiced <= at.date()
        rest = (
            item.quantity
            if billed
            else _give(drawn, ordered, item.quantity, item.used_at, at, item.parts)
        )
        if rest:
            parts = _scaled(item.parts, rest / item.quantity)
            drawn.uncovered.append(Uncovered(item.used_at, rest, parts))


def _give(
    drawn: Drawn,
    ordered: Sequence[Lot],
    value: Fraction,
    used_at: datetime,
    drawn_at: datetime,
    parts: Parts,
) -> Fraction:
    """Draw lots for a value; returns what they did not cover."""
    rest = value
    for lot in ordered:
        left = lot.quantity - drawn.given[lot.id]
        quantity = min(left, rest)
        if quantity <= 0:
            continue
        shared = parts if quantity == value else _scaled(parts, quantity / value)
        drawn.draw(Draw(lot.id, used_at, drawn_at, quantity, shared))
        rest -= quantity
        if not rest:
            break
    return rest


def _take_back(drawn: Drawn, step: Step, value: Fraction) -> None:
    """Undo what was covered last, as far as a negative step goes.

    What is taken back belongs to the day and the classes of the step that takes it back.
    """
    rest = value
    while rest and drawn.uncovered:
        last = drawn.uncovered.pop()
        back = min(rest, last.quantity)
        kept = last.quantity - back
        drawn.netted.append(
            Uncovered(last.used_at, back, _scaled(last.parts, back / last.quantity))
        )
        drawn.netted.append(Uncovered(step.at, -back, _scaled(step.parts, back / value)))
        if kept:
            parts = _scaled(last.parts, kept / last.quantity)
            drawn.uncovered.append(Uncovered(last.used_at, kept, parts))
        rest -= back
    for number in range(len(drawn.draws) - 1, -1, -1):
        back = min(rest, drawn.left[number])
        if back:
            earlier = drawn.draws[number]
            drawn.left[number] -= back
            drawn.draw(
                Draw(earlier.lot, step.at, step.at, -back, _scaled(step.parts, back / value))
            )
            rest -= back
    if rest:
        drawn.netted.append(Uncovered(step.at, -rest, _scaled(step.parts, rest / value)))


def _scaled(parts: Parts, factor: Fraction) -> dict[Part, Fraction]:
    return {part: value * factor for part, value in parts.items()}
