"""Accruals by judgement: Dr expense, Cr accrued expenses, for each row that a person approved.

What is owed must be accrued although no usage shows it: hours that an export does not report
yet, usage that only the provider sees, a rate in dispute (ACCOUNTING 3.1 and 7). Such an
accrual is kept like an opening accrual, until a document bills its service period or a
further row takes it back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import share_out
from tokenbooks.documents import Adjustment, Invoice
from tokenbooks.entries.booking import Booking
from tokenbooks.entries.buy.owed import Owed, service_days
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Destination, Line, Posted, add, by_unit
from tokenbooks.entries.service import ServiceSpan
from tokenbooks.facts import Facts
from tokenbooks.names import CLASS_ROLE
from tokenbooks.periods import Period

#: The rule of their lines, and the kind of their entries.
RULE = "approved"

#: Gives where the usage of a service span goes, by destination.
Weights = Callable[[str], Mapping[Destination, Fraction]]


def approved_rows(facts: Facts, end: date) -> list[Adjustment]:
    """The rows that count by a day: approved, and dated before it."""
    return [row for row in facts.adjustments if row.approved and row.day < end]


def approved_unit(row: Adjustment) -> str:
    """What a row is posted as: its service period, and the beginning of its digest."""
    return f"{row.service_period}-{row.digest[:12]}"


def approved_to_date(
    rows: Iterable[Adjustment], weights: Weights, service_span: ServiceSpan, places: int
) -> Posted:
    """The lines of approved rows; those without a role are shared as the usage is."""
    posted: Posted = {}
    for row in rows:
        service = approved_span(row, service_span)
        unit = (RULE, row.contract, row.party, approved_unit(row), service)
        own = {_destination(row): Fraction(1)} if row.role else weights(service)
        for destination, amount in share_out(row.amount, own, places).items():
            add(posted, Line(*unit, *destination), amount)
        add(posted, Line(*unit, "accrued_expenses"), -row.amount)
    return posted


def accrue_approved(
    spans: dict[str, Owed],
    rows: Sequence[Adjustment],
    documents: Sequence[Invoice],
    service_span: ServiceSpan,
) -> None:
    """Add to what is owed, by service span, the approved rows of one contract and party."""
    for period in sorted({row.service_period for row in rows}):
        own = [row for row in rows if row.service_period == period]
        name = approved_span(own[0], service_span)
        span = spans.setdefault(name, Owed(own[0].contract, own[0].party, name))
        span.approved += sum((row.amount for row in own), Decimal(0))
        left = _standing(own, [bill for bill in documents if _bills(bill, period)])
        span.approved_left += left
        span.accrued += left


def approved_entries(booking: Booking, changes: Mapping[Line, Decimal]) -> Iterator[Entry]:
    """One entry a row, on its date; one that comes late on the last day of the period."""
    rows = {(row.contract, approved_unit(row)): row for row in booking.facts.adjustments}
    for unit, amounts in by_unit(changes, RULE).items():
        row = rows.get((unit.contract, unit.unit))
        yield booking.entry(
            RULE,
            unit.contract,
            unit.unit,
            row.day if row else Period.parse(unit.unit[:7]).last_day,
            f"Approved accrual, {_reason(row)}" if row else "Approved accrual withdrawn",
            amounts,
            rule="approved-accrual",
            service=unit.service,
            code=row.document if row else "",
        )


def _standing(rows: Sequence[Adjustment], documents: Sequence[Invoice]) -> Decimal:
    """What is still accrued of rows: an invoice from their day on bills all of it.

    A credit note answers what is negative only: credit that was expected.
    """
    events: list[tuple[date, int, Decimal, str]] = [(r.day, 0, r.amount, "") for r in rows]
    events += [(bill.day, 1, Decimal(0), bill.kind) for bill in documents]
    left = Decimal(0)
    for _, _, amount, kind in sorted(events):
        left += amount
        if kind == "invoice" or (kind == "credit_note" and left < 0):
            left = Decimal(0)
    return left


def _bills(bill: Invoice, period: str) -> bool:
    return any(str(Period.month_of(day)) == period for day in service_days(bill))


def approved_span(row: Adjustment, service_span: ServiceSpan) -> str:
    """The service span in which a row is owed: that of its service period's last day."""
    return service_span(Period.parse(row.service_period).last_day)


def _destination(row: Adjustment) -> Destination:
    class_ = row.role.removeprefix(CLASS_ROLE) if row.role.startswith(CLASS_ROLE) else ""
    return Destination(row.role, class_, row.cost_center)


def _reason(row: Adjustment) -> str:
    """Why, as a journal can say it: a colon would make a tag, a bracket a date."""
    return re.sub(r"\s*[:\[\]]+\s*", " ", row.memo or row.document).strip()
