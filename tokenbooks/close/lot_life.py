"""The life of a lot: how it came, every draw, what was taken away, and what is left.

List value and exact cost, in the order in which it happened. What known removals take away is
set apart from the beginning, but stands here on its own day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from tokenbooks.amounts import currency_places
from tokenbooks.close.computed import Computed
from tokenbooks.close.credit_days import day_of, taken_on
from tokenbooks.close.lot_states import LotState
from tokenbooks.credits.drawing import Taken
from tokenbooks.credits.lots import Account, Lot
from tokenbooks.entries.destinations import Destinations
from tokenbooks.entries.posted import Destination
from tokenbooks.facts import Facts
from tokenbooks.problems import NOWHERE, Position

NOTHING = Fraction(0)
#: At one instant: what came, was taken away, has ended, was used.
_CAME, _TAKEN, _ENDED, _USED = range(4)


@dataclass(frozen=True, slots=True)
class LotEvent:
    """One thing that happened to a lot; what it lost is negative.

    A draw has whose usage it paid (``account``), where that went (``to``), and ``used_on``
    the day of the usage, which lies before its day where the lot settled it later.
    """

    day: date
    what: str
    credits: Fraction = NOTHING
    cost: Fraction = NOTHING
    used_on: date | None = None
    account: Account | None = None
    to: Destination | None = None
    about: str = ""
    position: Position = NOWHERE


def lot_life(
    facts: Facts, computed: Computed, lot: Lot, state: LotState, until: datetime
) -> list[LotEvent]:
    """All that happened to a lot before ``until``; the sums are what is left of it.

    The last may be what rounding has added to the cost in the books.
    """
    happened = [
        *_came(facts, computed, lot),
        *_extended(facts, lot),
        *_drawn(computed, lot),
        *_taken(computed, lot),
        *_ended(facts, computed, lot, until),
    ]
    happened.sort(key=lambda item: item[0])
    events = [event for _, event in happened]
    cost = sum((event.cost for event in events), NOTHING)
    if rest := Fraction(state.cost_left) - cost:
        events.append(LotEvent(day_of(until), "rounding", cost=rest))
    return events


#: When something happened, and its place among others of that time.
_Order = tuple[datetime, int, datetime]
_Happened = tuple[_Order, LotEvent]


def _came(facts: Facts, computed: Computed, lot: Lot) -> Iterator[_Happened]:
    order = (datetime.min, _CAME, lot.starts)
    event, position = lot.event.event, lot.event.position
    bought, cost = lot.quantity - lot.moved, Fraction(lot.cost - lot.moved_cost)
    if bought or cost or not lot.moved:
        name = event if not lot.moved else f"{event}, added"
        about = f"of {lot.parent}" if lot.parent and not lot.moved else ""
        yield order, LotEvent(lot.acquired, name, bought, cost, about=about, position=position)
    for taken in computed.taken:
        if taken.into == lot.id:
            about = f"from {taken.lot}"
            came = LotEvent(
                taken_on(taken),
                taken.event.event,
                taken.quantity,
                Fraction(taken.cost),
                about=about,
                position=position,
            )
            yield order, came
    if lot.used_before:
        places = currency_places(facts.book.currency)
        gone = Fraction(lot.cost_of(lot.used_before, places))
        first = facts.book.start.start
        yield order, LotEvent(first, "used before the book", -lot.used_before, -gone)


def _extended(facts: Facts, lot: Lot) -> Iterator[_Happened]:
    for row in facts.credits:
        if row.event == "extend" and row.lot == lot.id and row.contract == lot.contract:
            about = f"to {row.expires}"
            at = datetime.combine(row.day, datetime.min.time())
            event = LotEvent(row.day, "extend", about=about, position=row.position)
            yield (at, _CAME, at), event


def _drawn(computed: Computed, lot: Lot) -> Iterator[_Happened]:
    """The draws, each by where the usage went."""
    each = Fraction(lot.cost) / lot.quantity if lot.quantity else NOTHING
    rated = computed.rated
    resolved = Destinations(rated.charges, rated.allocations)
    for account, drawn in computed.drawn.items():
        for draw in drawn.draws:
            if draw.lot != lot.id:
                continue
            used_on = draw.used_at.date()
            order = (draw.drawn_at, _USED, draw.used_at)
            parts = resolved.of(draw.parts, rated.service_span(used_on))
            for to, value in sorted(parts.items()):
                event = LotEvent(
                    draw.drawn_at.date(), "use", -value, -value * each, used_on, account, to
                )
                yield order, event


def _taken(computed: Computed, lot: Lot) -> Iterator[_Happened]:
    for taken in computed.taken:
        if taken.lot == lot.id:
            event = LotEvent(
                taken_on(taken),
                taken.event.event,
                -taken.quantity,
                -Fraction(taken.cost),
                about=_where(taken),
                position=taken.event.position,
            )
            yield (taken.at, _TAKEN, taken.at), event


def _where(taken: Taken) -> str:
    to = taken.event.to
    if taken.into:
        return f"to {taken.into}"
    return f"to {to.entity}" if to is not None and to.entity else ""


def _ended(facts: Facts, computed: Computed, lot: Lot, until: datetime) -> Iterator[_Happened]:
    if lot.ends is None or lot.ends > until:
        return
    used, top = computed.given[lot.id], computed.tops[lot.id]
    if top > used:
        places = currency_places(facts.book.currency)
        cost = Fraction(lot.cost_between(used, top, places))
        yield (lot.ends, _ENDED, lot.ends), LotEvent(day_of(lot.ends), "expired", used - top, -cost)
