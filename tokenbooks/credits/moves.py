"""What moves from one lot into another, with its cost: rollover, and pooled cost.

The cost basis is kept and the new lot names its parent (DESIGN 7; PEERS (d)): credits that
roll on cost what they cost before; what a minimum adds costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from tokenbooks.credits.lots import Lot, Removal
from tokenbooks.credits.rollover import rolled, rolled_end, within_cap
from tokenbooks.documents import CreditEvent

ROLLOVER, POOLED = "rollover", "pooled"


def rolling_quantities(
    rolling: Sequence[Lot], alive: Iterable[Lot], rests: Mapping[str, Fraction]
) -> dict[str, Fraction]:
    """How much of each lot that ends lives on, by its terms; nothing is left out.

    ``rests`` is what is left of each lot. The most that all rolled credits of a party may
    come to counts those that rolled before and are still alive.
    """
    found: dict[str, Fraction] = {}
    for account in sorted({lot.account for lot in rolling}):
        own = [lot for lot in rolling if lot.account == account]
        amounts = {lot.id: rolled(lot.rollover, rests[lot.id]) for lot in own if lot.rollover}
        caps = [cap for lot in own if lot.rollover and (cap := lot.rollover.at_most) is not None]
        if caps:
            before = sum(
                (rests[lot.id] for lot in alive if _was_rolled(lot) and lot.account == account),
                Fraction(0),
            )
            amounts = within_cap(amounts, max(Fraction(min(caps)) - before, Fraction(0)))
        found |= amounts
    return found


def _was_rolled(lot: Lot) -> bool:
    return lot.event.event == ROLLOVER


def rollover_removal(lot: Lot, at: datetime) -> Removal:
    """What takes the rolled credits away from a lot that ends."""
    child = f"{lot.id}-{ROLLOVER}-{at:%Y-%m-%d}"
    event = _event(lot, ROLLOVER, _day_before(at), child)
    return Removal(child, event, at, None, child)


def rolled_lot(
    lot: Lot, removal: Removal, quantity: Fraction, kept: Fraction, cost: Decimal
) -> Lot:
    """The lot in which credits live on: ``kept`` of them are the old ones, with their cost."""
    assert lot.rollover is not None
    assert lot.ends is not None
    terms, starts = lot.rollover, removal.at
    ends = rolled_end(terms, starts, (lot.starts, lot.ends))
    return replace(
        lot,
        id=removal.into,
        quantity=quantity,
        cost=cost,
        acquired=removal.event.day,
        starts=starts,
        ends=ends,
        last_day=_day_before(ends),
        parent=lot.id,
        event=removal.event,
        used_before=Fraction(0),
        removals=(),
        rollover=terms if terms.again else None,
        moved=kept,
        moved_cost=cost,
        gap=None,
        extended=(),
    )


def pooling_removal(lot: Lot, older: Lot) -> Removal:
    """What moves the rest of an older lot into a lot that begins."""
    name = f"{older.id}-{POOLED}-{lot.id}"
    # lots that a book takes over are pooled when it does
    day = max(lot.starts.date(), lot.acquired)
    return Removal(name, _event(older, POOLED, day, lot.id), lot.starts, None, lot.id)


def _day_before(ends: datetime) -> date:
    """The last day of which something lies before an instant."""
    return (ends - timedelta(microseconds=1)).date()


def _event(lot: Lot, event: str, day: date, into: str) -> CreditEvent:
    return CreditEvent(
        day=day,
        contract=lot.contract,
        event=event,
        credits=Decimal(0),
        party=lot.party,
        lot=into,
        parent=lot.id,
        position=lot.event.position,
    )
