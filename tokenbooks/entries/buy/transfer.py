"""Credits that move with their cost: to another contract, another entity, or a later lot.

Rule: a transfer is no sale and no use: the cost moves as it is, between legal entities
through what they owe each other (ACCOUNTING 2.5). What rolls over, or is pooled at average
cost, stays prepaid; only the lot changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from tokenbooks.credits.drawing import Taken
from tokenbooks.credits.lots import Lot
from tokenbooks.credits.moves import POOLED, ROLLOVER
from tokenbooks.credits.repricing import MODIFIED
from tokenbooks.documents import CreditEvent
from tokenbooks.entries.booking import Booking
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Line, Posted, add
from tokenbooks.entries.service import last_day_of
from tokenbooks.facts import Facts
from tokenbooks.periods import Period

#: Event -> the rule of its lines, which is also the kind of its entry.
RULES = {
    "transfer": "transfer",
    ROLLOVER: "rollover",
    POOLED: "transfer",
    MODIFIED: "transfer",
}

#: The rule of credits that arrive from another entity, which a lot acquires.
ARRIVAL = "arrival"

NARRATIONS = {
    "transfer": "Credits transferred",
    ROLLOVER: "Credits rolled over",
    POOLED: "Credits pooled at average cost",
    MODIFIED: "Credits repriced by a modification",
}


def transfers_to_date(facts: Facts, taken: Iterable[Taken], lots: Mapping[str, Lot]) -> Posted:
    """What should be posted for all that moved so far, each move a unit of its own."""
    posted: Posted = {}
    for item in taken:
        if item.event.event in RULES:
            _moved(posted, item, lots)
    for lot in lots.values():
        if lot.event.event == "transfer" and lot.event.to is None:
            month = str(Period.month_of(lot.event.day))
            unit = (ARRIVAL, lot.contract, lot.party, lot.id, month)
            # what older lots moved into it has entries of its own
            cost = lot.cost - lot.moved_cost
            add(posted, Line(*unit, "prepaid_credits", lot=lot.id), cost)
            add(posted, Line(*unit, "due_to_affiliate"), -cost)
    return posted


def _moved(posted: Posted, item: Taken, lots: Mapping[str, Lot]) -> None:
    lot = lots[item.lot]
    unit = _unit(lot, item.id, item.event)
    add(posted, Line(*unit, "prepaid_credits", lot=lot.id), -item.cost)
    if item.into:
        into = lots[item.into]
        there = _unit(into, item.id, item.event)
        add(posted, Line(*there, "prepaid_credits", lot=into.id), item.cost)
    else:
        add(posted, Line(*unit, "due_from_affiliate"), item.cost)


def _unit(lot: Lot, name: str, event: CreditEvent) -> tuple[str, str, str, str, str]:
    month = str(Period.month_of(event.day))
    return (RULES[event.event], lot.contract, lot.party, name, month)


def transfer_entries(
    booking: Booking,
    changes: Mapping[Line, Decimal],
    taken: Iterable[Taken],
    lots: Mapping[str, Lot],
) -> list[Entry]:
    """The entries of what moved, on the days of the moves; of the contract that gives.

    A move that was booked, and that facts known since have undone, is taken back.
    """
    events = {item.id: item.event for item in taken}
    for lot in lots.values():
        if lot.event.event == "transfer" and lot.event.to is None:
            events[lot.id] = lot.event
    entries = []
    for name, amounts in _by_move(changes).items():
        event = events.get(name)
        line = _giving(amounts, is_undone=event is None)
        kind = "transfer" if line.rule == ARRIVAL else line.rule
        entries.append(
            booking.entry(
                kind,
                line.contract,
                name,
                event.day if event else last_day_of(line.service),
                NARRATIONS[event.event if event else kind],
                amounts,
                rule="credits-moved",
                late=booking.period.start,
                code=event.document if event else "",
            )
        )
    return entries


def _giving(amounts: Posted, *, is_undone: bool) -> Line:
    """The line that a move takes from, by which its entry is called."""
    prepaid = [line for line in amounts if line.role == "prepaid_credits"]
    return (max if is_undone else min)(prepaid, key=lambda line: amounts[line])


def _by_move(changes: Mapping[Line, Decimal]) -> dict[str, Posted]:
    """The lines of each move, which may lie in two contracts."""
    moves: dict[str, Posted] = {}
    for line, amount in changes.items():
        if line.rule == ARRIVAL or line.rule in RULES.values():
            moves.setdefault(line.unit, {})[line] = amount
    return moves
