"""Opening balances other than lots: posted against opening equity on the first day."""

from __future__ import annotations

from collections.abc import Iterable

from tokenbooks.amounts import round_half_up
from tokenbooks.documents import OpeningBalance
from tokenbooks.entries.posted import Line, Posted, add
from tokenbooks.periods import Period


def opening_to_date(balances: Iterable[OpeningBalance], start: Period, places: int) -> Posted:
    """What should be posted for the rows of the opening file."""
    posted: Posted = {}
    for row in balances:
        unit = ("opening", row.contract, row.party, row.role, row.service_period or str(start))
        amount = round_half_up(row.amount, places)
        add(posted, Line(*unit, row.role), amount)
        add(posted, Line(*unit, "opening_equity"), -amount)
    return posted
