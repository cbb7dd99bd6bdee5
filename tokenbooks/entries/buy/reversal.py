"""Automatic reversal of accruals (policy ``accrual_method: auto_reverse``).

On the first day of the period every accrual that is still there is reversed; the invoice
then goes to expense in full, and what is still not invoiced is accrued again (ACCOUNTING
3.1). The result at the end of the period equals that of ``relieve``.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import currency_places, share_out
from tokenbooks.entries.booking import Booking
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Line, Posted, Unit
from tokenbooks.entries.service import last_day_of


def reversal_entries(
    booking: Booking, before: Mapping[Line, Decimal]
) -> tuple[list[Entry], Posted]:
    """The reversals of all accruals posted before, and the lines that they post."""
    places = currency_places(booking.facts.book.currency)
    entries: list[Entry] = []
    booked: Posted = {}
    for unit, (accrued, weights) in sorted(_accrued(before).items()):
        if accrued <= 0:
            continue
        lines: Posted = {Line("service", *unit, "accrued_expenses"): accrued}
        for line, part in share_out(accrued, weights, places).items():
            lines[line] = -part
        booked.update(lines)
        entries.append(
            booking.entry(
                "reversal",
                unit.contract,
                unit.service,
                last_day_of(unit.service),
                "Accrual reversed",
                lines,
                rule="accrual-reversal",
                service=unit.service,
                late=booking.period.start,
            )
        )
    return entries, booked


def _accrued(before: Mapping[Line, Decimal]) -> dict[Unit, tuple[Decimal, dict[Line, Fraction]]]:
    """What is accrued, by unit, and the expense lines that it went to."""
    found: dict[Unit, tuple[Decimal, dict[Line, Fraction]]] = {}
    for line, amount in before.items():
        if line.rule != "service":
            continue
        unit = Unit(line.contract, line.party, line.unit, line.service)
        accrued, weights = found.get(unit, (Decimal(0), {}))
        if line.role == "accrued_expenses":
            accrued -= amount
        else:
            weights[line] = Fraction(amount)
        found[unit] = (accrued, weights)
    return {unit: (accrued, weights) for unit, (accrued, weights) in found.items() if weights}
