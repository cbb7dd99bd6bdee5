"""Expiry: Dr expired credits loss, Cr prepaid, at the cost that is left.

Rule: expired credits have no value and are written off on the last usable day, after
that day's usage (ACCOUNTING 2.4). Free credits expire without an entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from tokenbooks.book import Contract
from tokenbooks.credits.lots import Lot
from tokenbooks.entries.booking import Booking
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Line, Posted, add, by_unit
from tokenbooks.entries.service import last_day_of
from tokenbooks.periods import Period


def expiry_to_date(
    lots: Iterable[Lot],
    given: Mapping[str, Fraction],
    tops: Mapping[str, Fraction],
    before: datetime,
    places: int,
) -> Posted:
    """What should be posted for all lots that ended before an instant.

    Of each lot ``given`` was used, and ``tops`` is what others did not take away.
    """
    posted: Posted = {}
    for lot in lots:
        if lot.ends is None or lot.last_day is None or lot.ends > before:
            continue
        left = lot.cost_between(given[lot.id], tops[lot.id], places)
        service = str(Period.month_of(lot.last_day))
        unit = ("expiry", lot.contract, lot.party, lot.id, service)
        add(posted, Line(*unit, lapsed_role(lot.kind), lot=lot.id), left)
        add(posted, Line(*unit, "prepaid_credits", lot=lot.id), -left)
    return posted


def lapsed_role(kind: str) -> str:
    """What the rest of a lot is that ends: a commitment that was not used up is a shortfall."""
    return "commitment_shortfall_expense" if kind == "commitment" else "expired_credits_loss"


def is_breakage(contract: Contract, kind: str) -> bool:
    """Whether what expires is the breakage of a seller."""
    return contract.sells and kind != "commitment"


def _last_day(lot: Lot, service: str) -> date:
    """The day of a write-off; of one that an extension undoes, the month of it is over."""
    if lot.last_day and str(Period.month_of(lot.last_day)) == service:
        return lot.last_day
    return last_day_of(service)


def expiry_subject(lot: Lot, service: str) -> str:
    """What the id of a write-off names a lot by; one that was extended can expire once more."""
    first = lot.extended[0][1] if lot.extended else None
    if first is None or str(Period.month_of(_day_before(first))) == service:
        return lot.id
    # a blank, which no lot's name has, keeps it apart from all lots
    return f"{lot.id} {service}"


def expiry_subjects(lot: Lot) -> set[str]:
    """What the ids of all write-offs of a lot may name it by."""
    days = [_day_before(end) for _, end in lot.extended]
    days += [lot.last_day] if lot.last_day else []
    return {lot.id, *(expiry_subject(lot, str(Period.month_of(day))) for day in days)}


def _day_before(ends: datetime) -> date:
    return (ends - timedelta(microseconds=1)).date()


def expiry_entries(
    booking: Booking, changes: Mapping[Line, Decimal], lots: Mapping[str, Lot]
) -> list[Entry]:
    """The write-offs, each on the last usable day of its lot."""
    return [
        booking.entry(
            "expiry",
            unit.contract,
            expiry_subject(lots[unit.unit], unit.service),
            _last_day(lots[unit.unit], unit.service),
            "Expired credits written off",
            amounts,
            rule="expired-credits",
            service=unit.service,
        )
        for unit, amounts in by_unit(changes, "expiry").items()
        # what customers leave unused is told with the breakage of its cohort
        if not is_breakage(booking.facts.book.contracts[unit.contract], lots[unit.unit].kind)
    ]
