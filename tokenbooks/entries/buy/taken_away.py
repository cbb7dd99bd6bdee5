"""Entries of credits that were taken away from lots: one for each removal, on its day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from tokenbooks.credits.drawing import Taken
from tokenbooks.entries.booking import Booking
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Line, by_unit


def removal_entries(
    booking: Booking,
    changes: Mapping[Line, Decimal],
    taken: Iterable[Taken],
    kind: str,
    rule: str,
    narrations: Mapping[str, str],
) -> list[Entry]:
    """The entries of one kind, which is the rule of its lines; late on the period's first day.

    ``narrations`` are by event.
    """
    events = {item.id: item.event for item in taken}
    return [
        booking.entry(
            kind,
            unit.contract,
            unit.unit,
            events[unit.unit].day,
            narrations[events[unit.unit].event],
            amounts,
            rule=rule,
            late=booking.period.start,
            code=events[unit.unit].document,
        )
        for unit, amounts in by_unit(changes, kind).items()
    ]
