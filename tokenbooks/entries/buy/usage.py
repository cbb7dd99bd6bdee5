"""Entries for usage: consumption of lots, accruals, invoices and settlements.

The difference of a service span is told in the words of an accountant: what an invoice
relieves is its entry, what lots cover is consumption, what is newly owed is an accrual,
and an accrual that a later lot settles is a settlement (DESIGN: uncovered usage is settled
by the next lot at that lot's cost, the difference to expense).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial

from tokenbooks.amounts import currency_places
from tokenbooks.documents import Invoice
from tokenbooks.entries.booking import Booking
from tokenbooks.entries.buy.invoice import Relief, Spans, invoice_entries, relieved
from tokenbooks.entries.buy.reversal import reversal_entries
from tokenbooks.entries.buy.settlement import SettledOn, settlement_entries, settles
from tokenbooks.entries.buy.sharing import shared_anew, sharing_entries
from tokenbooks.entries.destinations import default_destination
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Line, Posted, by_service, difference
from tokenbooks.entries.service import last_day_of


def usage_entries(
    booking: Booking,
    changes: Mapping[Line, Decimal],
    before: Mapping[Line, Decimal],
    owed: Spans,
    bills: Sequence[Invoice],
    settled_on: SettledOn,
    method: str,
) -> list[Entry]:
    """All entries for usage. ``bills`` are the documents that this close books.

    ``method`` is policy ``accrual_method``: ``relieve`` (the invoice relieves the accrual)
    or ``auto_reverse`` (the accrual is reversed on the first day; equal result).
    """
    reliefs, entries, booked = what_documents_relieve(booking, changes, before, owed, bills, method)
    entries += invoice_entries(booking, changes, reliefs, bills)
    for relief in reliefs:
        for line, amount in relief.lines.items():
            booked[line] = booked.get(line, Decimal(0)) + amount
    untold = by_service(difference(_service_lines(changes), booked), "service")
    places = currency_places(booking.facts.book.currency)
    moved, rest = shared_anew(untold, changes, bills, places)
    entries += sharing_entries(booking, moved, owed)
    consumed = by_service(changes, "consumption")
    for key in sorted({*rest, *consumed}, key=lambda key: (last_day_of(key[1]), key)):
        entries += _span_entries(booking, key, consumed.get(key, {}), rest.get(key, {}), settled_on)
    return entries


def what_documents_relieve(
    booking: Booking,
    changes: Mapping[Line, Decimal],
    before: Mapping[Line, Decimal],
    owed: Spans,
    bills: Sequence[Invoice],
    method: str,
) -> tuple[list[Relief], list[Entry], Posted]:
    """What the documents of a close relieve, and the reversals that come before them.

    The last is what the reversals post already.
    """
    default = partial(default_destination, booking.facts)
    service = _service_lines(changes)
    if method == "auto_reverse":
        reversals, booked = reversal_entries(booking, before)
        return relieved(owed, service, {}, bills, booked, default), reversals, booked
    return relieved(owed, service, before, bills, {}, default), [], {}


def _service_lines(changes: Mapping[Line, Decimal]) -> Posted:
    return {line: amount for line, amount in changes.items() if line.rule == "service"}


def _span_entries(
    booking: Booking,
    key: tuple[str, str],
    consumed: Posted,
    accrued: Posted,
    settled_on: SettledOn,
) -> list[Entry]:
    contract, service = key
    day = last_day_of(service)
    if booking.is_late(day) and settles(consumed, accrued):
        return list(settlement_entries(booking, key, {**consumed, **accrued}, settled_on))
    entries = []
    if consumed:
        entries.append(
            booking.entry(
                "consumption",
                contract,
                service,
                day,
                "Usage paid from credits",
                consumed,
                rule="prepaid-consumption",
                service=service,
            )
        )
    if accrued:
        entries.append(
            booking.entry(
                "accrual",
                contract,
                service,
                day,
                "Usage not yet invoiced",
                accrued,
                rule="accrued-usage",
                service=service,
            )
        )
    return entries
