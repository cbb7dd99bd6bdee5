"""Invoices: Dr accrued expenses, Cr accounts payable, the true-up to expense.

The invoice relieves what was accrued for its days; the difference is a change in estimate,
booked in the open period with the service period of the usage (ACCOUNTING 3.1; ASC
250-10-45-17), to the classes and cost centres of the accrual in proportion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import money_text, round_half_up, share_out
from tokenbooks.documents import Invoice
from tokenbooks.entries.booking import Booking
from tokenbooks.entries.buy.owed import Owed, document_id
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Destination, Line, Posted, by_unit
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
    default: Callable[[str], Destination],
) -> list[Relief]:
    """What the documents of this close relieve, by document and service span.

    ``booked`` are lines that other entries of this close already post; ``default`` tells where
    a contract's expense goes for which nothing is rated.
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
            _true_up(own, span, changes, booked, default(span.contract))
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
    payables = {(u.contract, u.unit): lines for u, lines in by_unit(changes, "payable").items()}
    exchanged = _exchanged(changes)
    entries = []
    for contract, document in sorted({*payables, *by_document}):
        bill = by_document.get((contract, document))
        own = [r for r in reliefs if r.document == document and r.owed.contract == contract]
        lines: Posted = dict(payables.get((contract, document), {}))
        for relief in own:
            lines.update(relief.lines)
        lines.update(exchanged.get((contract, document), {}))
        entries.append(
            booking.entry(
                "invoice",
                contract,
                document,
                bill.day if bill else booking.period.start,
                _narration(bill, own, exchanged.get((contract, document), {})),
                lines,
                rule="invoice-relieves-accrual",
                service=_service(own),
                late=booking.period.start,
                code=bill.invoice if bill else "",
            )
        )
    return entries


def _exchanged(changes: Mapping[Line, Decimal]) -> dict[tuple[str, str], Posted]:
    """The exchange differences that documents bring, by document, all their spans together."""
    found: dict[tuple[str, str], Posted] = {}
    for line, amount in changes.items():
        if line.rule == "exchange-billed":
            found.setdefault((line.contract, line.unit), {})[line] = amount
    return found


def _accrued_before(span: Owed, before: Mapping[Line, Decimal]) -> Decimal:
    unit = ("service", span.contract, span.party, span.service, span.service)
    return -before.get(Line(*unit, "accrued_expenses"), Decimal(0))


def _relieve(own: Sequence[Relief], span: Owed, accrued_before: Decimal) -> None:
    """Share what is no longer accrued over the invoices that bill it; a credit note has none."""
    gone = max(Decimal(0), accrued_before + span.held - span.accrued)
    bills = [relief for relief in own if relief.invoiced >= 0]
    if not bills:
        return
    weights = {relief.document: Fraction(relief.invoiced) for relief in bills}
    shares = share_out(gone, weights, max(0, -int(gone.as_tuple().exponent)))
    for relief in bills:
        relief.relieved = shares[relief.document]


def _true_up(
    own: Sequence[Relief],
    span: Owed,
    changes: Mapping[Line, Decimal],
    booked: Mapping[Line, Decimal],
    default: Destination,
) -> None:
    """The lines of each document: the accrual it relieves, and its true-up by class.

    Where nothing else moves the expense of the span, the last document takes all that the
    others leave, so that no cent is left for an entry of its own.
    """
    unit = ("service", span.contract, span.party, span.service, span.service)
    expense = {
        line: changes.get(line, Decimal(0)) - booked.get(line, Decimal(0))
        for line in {*changes, *booked}
        if line[:5] == unit and line.role != "accrued_expenses"
    }
    weights = {Line(*unit, *to): value for to, value in span.weights.items() if value}
    weights = weights or {Line(*unit, *default): Fraction(1)}
    for relief in own:
        places = max(0, -int(relief.true_up.as_tuple().exponent))
        relief.lines = dict(share_out(relief.true_up, weights, places))
    true_ups = sum((relief.true_up for relief in own), Decimal(0))
    if sum(expense.values(), Decimal(0)) == true_ups:
        taken = [relief.lines for relief in own[:-1]]
        own[-1].lines = {
            line: expense.get(line, Decimal(0))
            - sum((t.get(line, Decimal(0)) for t in taken), Decimal(0))
            for line in sorted({*expense, *(line for lines in taken for line in lines)})
        }
    for relief in own:
        relief.lines[Line(*unit, "accrued_expenses")] = relief.relieved
        relief.lines = {line: amount for line, amount in relief.lines.items() if amount}


def _narration(bill: Invoice | None, own: Sequence[Relief], exchanged: Posted) -> str:
    if bill is not None and bill.kind == "credit_note":
        return "Credit note"
    true_up = sum((relief.true_up for relief in own), Decimal(0))
    accrued = sum((relief.relieved for relief in own), Decimal(0))
    if not accrued:
        rated = sum((relief.owed.billed_value for relief in own), Fraction(0))
        return f"Invoice, rated {money_text(round_half_up(rated, 2), 2)}" if rated else "Invoice"
    losses = sum(
        (a for line, a in exchanged.items() if line.role != "accrued_expenses"), Decimal(0)
    )
    accrued += sum((a for line, a in exchanged.items() if line.role == "accrued_expenses"))
    told = f"Invoice, accrued {accrued}, true-up {true_up}"
    return f"{told}, exchange {losses}" if losses else told


def _service(own: Sequence[Relief]) -> str:
    services = [relief.owed.service for relief in own]
    return " to ".join(dict.fromkeys([services[0], services[-1]])) if services else ""
