"""Explaining what rows of the book's own files post: lots, invoices, payments, openings."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from tokenbooks.close.close_period import LotState, lot_states, new_bills
from tokenbooks.close.evidence import ServiceUsage
from tokenbooks.close.explanation import (
    Document,
    EntryExplanation,
    LotRoll,
    ReliefLine,
)
from tokenbooks.credits.lots import Lot
from tokenbooks.desk.close import Prepared
from tokenbooks.desk.find_entry import related_entries
from tokenbooks.documents import Invoice
from tokenbooks.entries.booking import Booking, identity
from tokenbooks.entries.buy.invoice import Relief
from tokenbooks.entries.buy.owed import document_id, is_bill
from tokenbooks.entries.buy.payment import payment_id
from tokenbooks.entries.buy.purchase import balance_subject, opening_lot_subject
from tokenbooks.entries.buy.usage import what_documents_relieve


def explain_documents(told: EntryExplanation, prepared: Prepared) -> None:
    """Fill in the rows, lots and invoices behind an entry that a document makes."""
    tags = dict(told.entry.tags)
    plain = tags.get("corrects", told.entry.id)
    contract, kind = tags["contract"], told.entry.kind
    if kind in {"purchase", "expiry", "opening"}:
        _explain_lots(told, prepared, contract, plain)
    if kind == "opening":
        told.documents += tuple(
            row
            for row in told.facts.opening
            if row.contract == contract
            and identity(kind, contract, balance_subject(row.role, row.service_period)) == plain
        )
    if kind in {"invoice", "receipt"}:
        rows = [
            row
            for row in told.facts.invoices
            if row.contract == contract
            and is_bill(row) == (kind == "invoice")
            and identity(kind, contract, _subject(row)) == plain
        ]
        told.documents += tuple(rows)
    if kind == "invoice":
        _explain_invoice(told, prepared, contract, rows)
    if kind == "receipt":
        _explain_receipt(told, contract, rows)
    if kind == "reversal":
        told.related += tuple(
            related_entries(
                prepared.book,
                prepared,
                contract,
                service=tags["service-period"],
                kinds=("accrual", "invoice"),
            )
        )


def _subject(row: Invoice) -> str:
    """What an entry's id names a row by."""
    if row.kind == "receipt":
        return payment_id(row).removeprefix("receipt-")
    return document_id(row)


# -- lots ----------------------------------------------------------------------------


def _explain_lots(told: EntryExplanation, prepared: Prepared, contract: str, plain: str) -> None:
    lots = prepared.close.computed.lots.values()
    kind = told.entry.kind
    own = [
        lot for lot in lots if lot.contract == contract and plain in _lot_ids(prepared, kind, lot)
    ]
    told.documents += tuple(lot.event for lot in own)
    told.rolls = tuple(roll for lot in own for roll in lot_rolls(prepared, lot))
    for lot in own:
        related = related_entries(prepared.book, prepared, contract, lot=lot.id)
        known = {item.id for item in told.related} | {told.entry.id}
        told.related += tuple(item for item in related if item.id not in known)


def _lot_ids(prepared: Prepared, kind: str, lot: Lot) -> set[str]:
    """The ids that an entry of a kind for a lot may have; a bonus comes with its purchase."""
    if kind == "opening":
        subjects = {opening_lot_subject(prepared.book.facts.book, lot.id)}
    else:
        subjects = {lot.id, lot.parent or lot.id} if kind == "purchase" else {lot.id}
    return {identity(kind, lot.contract, subject) for subject in subjects}


def lot_rolls(prepared: Prepared, lot: Lot) -> list[LotRoll]:
    """A lot over every period up to this close."""
    rolls = []
    before = LotState()
    months = [(month.period, month.before.lots) for month in prepared.earlier]
    close = prepared.close
    months.append((close.period, lot_states(close.computed, close.period)))
    for period, lots in months:
        now = lots.get(lot.id)
        if now is None:
            continue
        if now != before or now.left:
            rolls.append(LotRoll(lot, period, before, now))
        before = now
    return rolls


# -- invoices ------------------------------------------------------------------------


def _explain_invoice(
    told: EntryExplanation, prepared: Prepared, contract: str, rows: Iterable[Invoice]
) -> None:
    documents = {document_id(row): row for row in rows}
    for relief in _reliefs(prepared):
        row = documents.get(relief.document)
        if row is None or relief.owed.contract != contract:
            continue
        service = relief.owed.service
        accruals = related_entries(
            prepared.book, prepared, contract, service=service, kinds=("accrual", "opening")
        )
        told.reliefs += (
            ReliefLine(
                service,
                _rated(prepared, row, service),
                relief.invoiced,
                relief.relieved,
                tuple(dict.fromkeys(item.id for item in accruals)),
            ),
        )
        told.related += tuple(item for item in accruals if item not in told.related)


def _reliefs(prepared: Prepared) -> list[Relief]:
    """What the invoices of this close relieve, as its entries have it."""
    close, facts = prepared.close, prepared.book.facts
    before = close.before.posted
    reliefs, _, _ = what_documents_relieve(
        Booking(facts, close.period),
        close.changes,
        before,
        close.computed.owed,
        new_bills(facts, close.period, before),
        facts.book.policy("accrual_method", close.period.last_day),
    )
    return reliefs


def _rated(prepared: Prepared, row: Invoice, service: str) -> Fraction:
    """The list value of the invoice's days in a service span, at the prices of the plan."""
    if row.first_day is None or row.last_day is None:
        return Fraction(0)
    usage = ServiceUsage(row.contract, service, prepared.book.facts.book.post_usage)
    steps = prepared.close.computed.rated.charges.steps
    return sum(
        (
            step.value
            for (contract, _), own in steps.items()
            for step in own
            if contract == row.contract
            and step.at.date() in usage.days
            and row.first_day <= step.at.date() <= row.last_day
        ),
        Fraction(0),
    )


def _explain_receipt(told: EntryExplanation, contract: str, rows: Iterable[Invoice]) -> None:
    """The invoice or the purchase that a payment settles."""
    numbers = {row.invoice for row in rows}
    facts = told.facts
    settled: list[Document] = [
        row for row in facts.invoices if row.invoice in numbers and row.kind == "invoice"
    ]
    settled += [event for event in facts.credits if event.document in numbers]
    told.documents += tuple(row for row in settled if row.contract == contract)
