"""Settlement: usage that was accrued because no lot covered it, paid from a later lot.

Dr accrued expenses, Cr prepaid credits at that lot's cost, the difference to expense, on the
day on which the lot began (ACCOUNTING 2.5: the provider deducts the excess from the next
purchase).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from tokenbooks.credits.drawing import Drawn
from tokenbooks.entries.booking import Booking
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Posted
from tokenbooks.entries.service import ServiceSpan, last_day_of
from tokenbooks.periods import Period

#: The last day in the period on which a later lot settled usage, by contract and span.
SettledOn = Mapping[tuple[str, str], date]


def settlement_days(
    drawn: Mapping[tuple[str, str], Drawn], service_span: ServiceSpan, period: Period
) -> SettledOn:
    """When usage of earlier periods was settled in this one."""
    days: dict[tuple[str, str], date] = {}
    for (contract, _), party in drawn.items():
        for draw in party.draws:
            day = draw.drawn_at.date()
            if day in period and draw.used_at.date() < period.start:
                key = (contract, service_span(draw.used_at.date()))
                days[key] = max(day, days.get(key, day))
    return days


def settles(consumed: Posted, accrued: Posted) -> bool:
    """Whether credits pay what was accrued: they are used up, and the accrual goes down.

    Late usage that lots cover in part adds to both: it is consumption and an accrual.
    """
    return _change(consumed, "prepaid_credits") < 0 < _change(accrued, "accrued_expenses")


def _change(lines: Posted, role: str) -> Decimal:
    return sum((amount for line, amount in lines.items() if line.role == role), Decimal(0))


def settlement_entries(
    booking: Booking, key: tuple[str, str], lines: Posted, settled_on: SettledOn
) -> Iterable[Entry]:
    """The entry that settles the accrual of a service span from credits."""
    contract, service = key
    yield booking.entry(
        "settlement",
        contract,
        service,
        last_day_of(service),
        "Accrued usage settled from credits",
        lines,
        rule="prepaid-settlement",
        service=service,
        late=settled_on.get(key),
    )
