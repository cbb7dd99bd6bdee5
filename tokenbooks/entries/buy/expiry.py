"""Expiry: Dr expired credits loss, Cr prepaid, at the cost that is left.

Rule: expired credits have no value and are written off on the last usable day, after
that day's usage (ACCOUNTING 2.4). Free credits expire without an entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from tokenbooks.credits.lots import Lot
from tokenbooks.entries.booking import Booking
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Line, Posted, add, by_unit
from tokenbooks.periods import Period


def expiry_to_date(
    lots: Iterable[Lot], given: Mapping[str, Fraction], before: datetime, places: int
) -> Posted:
    """What should be posted for all lots that ended before an instant."""
    posted: Posted = {}
    for lot in lots:
        if lot.ends is None or lot.last_day is None or lot.ends > before:
            continue
        left = lot.cost - lot.cost_of(given[lot.id], places)
        service = str(Period.month_of(lot.last_day))
        unit = ("expiry", lot.contract, lot.party, lot.id, service)
        add(posted, Line(*unit, "expired_credits_loss", lot=lot.id), left)
        add(posted, Line(*unit, "prepaid_credits", lot=lot.id), -left)
    return posted


def expiry_entries(
    booking: Booking, changes: Mapping[Line, Decimal], lots: Mapping[str, Lot]
) -> list[Entry]:
    """The write-offs, each on the last usable day of its lot."""
    return [
        booking.entry(
            "expiry",
            unit.contract,
            unit.unit,
            lots[unit.unit].last_day or booking.period.last_day,
            "Expired credits written off",
            amounts,
            rule="expired-credits",
            service=unit.service,
        )
        for unit, amounts in by_unit(changes, "expiry").items()
    ]
