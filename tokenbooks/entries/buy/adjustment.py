"""Credits that a provider takes away without money back: Dr expired credits loss, Cr prepaid.

Voided credits and negative adjustments have no value left; their cost is lost as that of
expired ones is (ACCOUNTING 2.4). Free credits go without an entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from tokenbooks.credits.drawing import Taken
from tokenbooks.credits.lots import Lot
from tokenbooks.entries.booking import Booking
from tokenbooks.entries.buy.taken_away import removal_entries
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Line, Posted, add
from tokenbooks.periods import Period

NARRATIONS = {"void": "Credits voided by the provider", "adjust": "Credits adjusted"}


def adjustments_to_date(taken: Iterable[Taken], lots: Mapping[str, Lot]) -> Posted:
    """What should be posted for all credits taken away so far, each a unit of its own."""
    posted: Posted = {}
    for item in taken:
        if item.event.event in NARRATIONS:
            lot, month = lots[item.lot], str(Period.month_of(item.event.day))
            unit = ("adjustment", lot.contract, lot.party, item.id, month)
            add(posted, Line(*unit, "expired_credits_loss", lot=lot.id), item.cost)
            add(posted, Line(*unit, "prepaid_credits", lot=lot.id), -item.cost)
    return posted


def adjustment_entries(
    booking: Booking, changes: Mapping[Line, Decimal], taken: Iterable[Taken]
) -> list[Entry]:
    """The write-offs of what was taken away, on their days."""
    return removal_entries(booking, changes, taken, "adjustment", "credits-adjusted", NARRATIONS)
