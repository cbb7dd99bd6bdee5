"""Invoices: Dr accrued expenses, Cr accounts payable, the true-up to expense.

The invoice relieves what was accrued for its days; the difference is a change in estimate,
booked in the open period with the service period of the usage (ACCOUNTING 3.1; ASC
250-10-45-17), to the classes and cost centres of the accrual in proportion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import money_text, round_half_up, share_out
from tokenbooks.documents import Invoice
from tokenbooks.entries.booking import Booking
from tokenbooks.entries.buy.owed import Owed, document_id
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Line, Posted, by_unit
from tokenbooks.entries.service import last_day_of

Spans = Mapping[tuple[str, str, str], Owed]


@dataclass(slots=True)
class Relief:
    """What one document does to one service span: accrual relieved, and true-up lines."""

    document: str
    owed: Owed
    invoiced: Decimal
    relieved: Decimal = Decimal(0)
    lines: Posted = field(default_factory=dict)

    @property
    def true_up(self) -> Decimal:
        """What the document adds to expense beyond the accrual."""
        return self.invoiced - self.relieved


def relieved(
    owed: Spans,
    changes: Mapping[Line, Decimal],
    before: Mapping[Line, Decimal],
    bills: Sequence[Invoice],
    booked: Mapping[Line, Decimal],
) -> list[Relief]:
    """What the documents of this close relieve, by document and service span.

    ``booked`` are lines that other entries of this close already post.
    """
    reliefs: list[Relief] = []
    for key, span in sorted(owed.items(), key=lambda item: last_day_of(item[0][2])):
        own = [
            Relief(document_id(bill), span, span.invoiced[document_id(bill)])
            for bill in sorted(bills, key=lambda bill: (bill.day, bill.invoice))
            if (bill.contract, bill.party) == key[:2] and document_id(bill) in span.invoiced
        ]
        if own:
            _relieve(own, span, _accrued_before(span, before))
            _true_up(own, span, changes, booked)
            reliefs += own
    return reliefs


def invoice_entries(
    booking: Booking,
    changes: Mapping[Line, Decimal],
    reliefs: Sequence[Relief],
    bills: Sequence[Invoice],
) -> list[Entry]:
    """One entry a document, on its date."""
    by_document = {(bill.contract, document_id(bill)): bill for bill in bills}
    entries = []
    for unit, amounts in by_unit(changes, "payable").items():
        bill = by_document.get((unit.contract, unit.unit))
        own = [r for r in reliefs if r.document == unit.unit and r.owed.contract == unit.contract]
        lines: Posted = dict(amounts)
        for relief in own:
            lines.update(relief.lines)
        entries.append(
            booking.entry(
                "invoice",
                unit.contract,
                unit.unit,
                bill.day if bill else booking.period.start,
                _narration(bill, own),
                lines,
                rule="invoice-relieves-accrual",
                service=_service(own),
                late=booking.period.start,
                code=bill.invoice if bill else "",
            )
        )
    return entries


def _accrued_before(span: Owed, before: Mapping[Line, Decimal]) -> Decimal:
    unit = ("service", span.contract, span.party, span.service, span.service)
    return -before.get(Line(*unit, "accrued_expenses"), Decimal(0))


def _relieve(own: Sequence[Relief], span: Owed, accrued_before: Decimal) -> None:
    """Share what is no longer accrued over the documents that bill it."""
    gone = max(Decimal(0), accrued_before + span.opening - span.accrued)
    weights = {relief.document: abs(Fraction(relief.invoiced)) for relief in own}
    places = max(0, -int(gone.as_tuple().exponent))
    shares = share_out(gone, weights, places)
    for relief in own:
        relief.relieved = shares[relief.document]


def _true_up(
    own: Sequence[Relief],
    span: Owed,
    changes: Mapping[Line, Decimal],
    booked: Mapping[Line, Decimal],
) -> None:
    """The lines of each document; the last takes the whole expense change if nothing else moves."""
    unit = ("service", span.contract, span.party, span.service, span.service)
    accrued = Line(*unit, "accrued_expenses")
    expense = {
        line: amount - booked.get(line, Decimal(0))
        for line, amount in {**dict.fromkeys(booked, Decimal(0)), **changes}.items()
        if line[:5] == unit and line.role != "accrued_expenses"
    }
    weights = {Line(*unit, *to): value for to, value in span.weights.items() if value}
    if not weights:
        weights = {line: Fraction(1) for line in list(expense)[:1]}
    total = sum((relief.true_up for relief in own), Decimal(0))
    alone = sum(expense.values(), Decimal(0)) == total
    for number, relief in enumerate(own):
        if relief.relieved:
            relief.lines[accrued] = relief.relieved
        if alone and number == len(own) - 1:
            for line, amount in expense.items():
                taken = sum((other.lines.get(line, Decimal(0)) for other in own[:-1]), Decimal(0))
                if amount - taken:
                    relief.lines[line] = amount - taken
        elif relief.true_up and weights:
            places = max(0, -int(relief.true_up.as_tuple().exponent))
            relief.lines.update(
                {
                    line: part
                    for line, part in share_out(relief.true_up, weights, places).items()
                    if part
                }
            )


def _narration(bill: Invoice | None, own: Sequence[Relief]) -> str:
    if bill is not None and bill.kind == "credit_note":
        return "Credit note"
    true_up = sum((relief.true_up for relief in own), Decimal(0))
    accrued = sum((relief.relieved for relief in own), Decimal(0))
    if not accrued:
        rated = sum((relief.owed.billed_value for relief in own), Fraction(0))
        return f"Invoice, rated {money_text(round_half_up(rated, 2), 2)}" if rated else "Invoice"
    return f"Invoice, accrued {accrued}, true-up {true_up}"


def _service(own: Sequence[Relief]) -> str:
    services = [relief.owed.service for relief in own]
    return " to ".join(dict.fromkeys([services[0], services[-1]])) if services else ""
