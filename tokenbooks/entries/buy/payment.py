"""Payments: Dr what was payable, Cr cash.

A receipt settles an invoice, or a purchase of credits by card or on account, and relieves
the liability that the document was booked to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from tokenbooks.amounts import round_half_up
from tokenbooks.documents import Invoice
from tokenbooks.entries.booking import Booking
from tokenbooks.entries.buy.owed import document_id
from tokenbooks.entries.buy.purchase import PAID_FROM, charged
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Line, Posted, add, by_unit
from tokenbooks.facts import Facts
from tokenbooks.periods import Period


def payments_to_date(facts: Facts, receipts: Iterable[Invoice], places: int) -> Posted:
    """What should be posted for the payments made so far, by document and day."""
    liabilities = _liabilities(facts)
    posted: Posted = {}
    for receipt in receipts:
        month = str(Period.month_of(receipt.day))
        unit = ("receipt", receipt.contract, receipt.party, payment_id(receipt), month)
        settled = liabilities.get((receipt.contract, receipt.invoice), "accounts_payable")
        paid = round_half_up(receipt.amount, places)
        add(posted, Line(*unit, settled), paid)
        add(posted, Line(*unit, PAID_FROM[receipt.pay or "cash"]), -paid)
    return posted


def payment_entries(
    booking: Booking, changes: Mapping[Line, Decimal], invoices: Iterable[Invoice]
) -> list[Entry]:
    """One entry a payment, on its day."""
    rows = {(row.contract, payment_id(row)): row for row in invoices if row.kind == "receipt"}
    entries = []
    for unit, amounts in by_unit(changes, "receipt").items():
        row = rows.get((unit.contract, unit.unit))
        entries.append(
            booking.entry(
                "receipt",
                unit.contract,
                unit.unit.removeprefix("receipt-"),
                row.day if row else booking.period.start,
                f"Payment of {row.invoice}" if row else "Payment taken back",
                amounts,
                rule="payment",
                late=booking.period.start,
            )
        )
    return entries


def payment_id(receipt: Invoice) -> str:
    """The unit of a payment: its document and day, for a document may be paid in parts."""
    return f"{document_id(receipt)}-{receipt.day}"


def overpayments(
    facts: Facts, period: Period, places: int
) -> Iterator[tuple[Invoice, Decimal, Decimal]]:
    """The receipts of a period that pay more than their document is for.

    With each, what the document is for, and what its receipts up to this one come to.
    """
    owed = _owed(facts, places)
    paid: dict[tuple[str, str], Decimal] = {}
    receipts = (row for row in facts.invoices if row.kind == "receipt" and row.day < period.end)
    for receipt in sorted(receipts, key=lambda row: (row.day, row.position)):
        key = (receipt.contract, receipt.invoice)
        paid[key] = paid.get(key, Decimal(0)) + round_half_up(receipt.amount, places)
        if key in owed and paid[key] > owed[key] and receipt.day in period:
            yield receipt, owed[key], paid[key]


def _owed(facts: Facts, places: int) -> dict[tuple[str, str], Decimal]:
    """What each document is for: invoices, purchases, and balances of the opening."""
    owed: dict[tuple[str, str], Decimal] = {}
    for balance in facts.opening:
        if balance.document and balance.role in PAID_FROM.values():
            key = (balance.contract, balance.document)
            owed[key] = owed.get(key, Decimal(0)) - round_half_up(balance.amount, places)
    for event in facts.credits:
        if event.document and event.event == "purchase":
            key = (event.contract, event.document)
            owed[key] = owed.get(key, Decimal(0)) + charged(facts, event, places)
    for row in facts.invoices:
        if row.kind == "invoice":
            key = (row.contract, row.invoice)
            is_charged = facts.book.contracts[row.contract].tax_kind != "reverse_charge"
            tax = round_half_up(row.tax, places) if is_charged else 0
            owed[key] = owed.get(key, Decimal(0)) + round_half_up(row.amount, places) + tax
    return owed


def _liabilities(facts: Facts) -> dict[tuple[str, str], str]:
    """The role that each document's liability was booked to."""
    contracts = facts.book.contracts
    roles = {
        (event.contract, event.document): PAID_FROM[event.pay or contracts[event.contract].pay]
        for event in facts.credits
        if event.document and event.event == "purchase"
    }
    billed = {
        (row.contract, row.invoice): PAID_FROM[row.pay or "account"]
        for row in facts.invoices
        if row.kind == "invoice"
    }
    opening = {(row.contract, row.document): row.role for row in facts.opening if row.document}
    return {**opening, **roles, **billed}
