"""Payments: Dr what was payable, Cr cash.

A receipt settles an invoice, or a purchase of credits by card or on account, and relieves
the liability that the document was booked to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from tokenbooks.amounts import currency_places, round_half_up
from tokenbooks.documents import Invoice
from tokenbooks.entries.booking import Booking
from tokenbooks.entries.buy.owed import document_id
from tokenbooks.entries.buy.payable_movements import owed_for
from tokenbooks.entries.buy.purchase import PAID_FROM, charged, paid_from
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.exchange import Exchange, settled_currency
from tokenbooks.entries.posted import Line, Posted, add, by_unit
from tokenbooks.facts import Facts
from tokenbooks.periods import Period


def payments_to_date(facts: Facts, receipts: Iterable[Invoice], exchange: Exchange) -> Posted:
    """What should be posted for the payments made so far, by document and day.

    What was payable in a foreign currency is relieved at the rate of the payment; what that
    is more or less than it was carried at is an exchange difference (``payable_exchange``).
    """
    liabilities = _liabilities(facts)
    posted: Posted = {}
    for receipt in receipts:
        month = str(Period.month_of(receipt.day))
        unit = ("receipt", receipt.contract, receipt.party, payment_id(receipt), month)
        settled = liabilities.get((receipt.contract, receipt.invoice), "accounts_payable")
        paid = exchange.in_book(receipt.amount, exchange.rate_of(receipt))
        add(posted, Line(*unit, settled), paid)
        contract = facts.book.contracts[receipt.contract]
        add(posted, Line(*unit, paid_from(contract, receipt.pay or "cash")), -paid)
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


def overpayments(facts: Facts, period: Period) -> Iterator[tuple[Invoice, Decimal, Decimal]]:
    """The receipts of a period that pay more than their document is for.

    With each, what the document is for, and what its receipts up to this one come to, both
    in the document's currency.
    """
    owed = _owed(facts)
    paid: dict[tuple[str, str], Decimal] = {}
    receipts = (row for row in facts.invoices if row.kind == "receipt" and row.day < period.end)
    for receipt in sorted(receipts, key=lambda row: (row.day, row.position)):
        key = (receipt.contract, receipt.invoice)
        places = currency_places(receipt.currency or facts.book.currency)
        paid[key] = paid.get(key, Decimal(0)) + round_half_up(receipt.amount, places)
        if key in owed and paid[key] > owed[key] and receipt.day in period:
            yield receipt, owed[key], paid[key]


def _owed(facts: Facts) -> dict[tuple[str, str], Decimal]:
    """What each document is for: invoices, purchases, and balances of the opening."""
    owed: dict[tuple[str, str], Decimal] = {}

    def owe(contract: str, document: str, currency: str | None, *amounts: Decimal) -> None:
        places = currency_places(currency or facts.book.currency)
        known = owed.get((contract, document), Decimal(0))
        rounded = (round_half_up(amount, places) for amount in amounts)
        owed[contract, document] = sum(rounded, known)

    for balance in facts.opening:
        if balance.document and balance.role in PAID_FROM.values():
            owe(balance.contract, balance.document, balance.currency, -balance.amount)
    for event in facts.credits:
        if event.document and event.event == "purchase":
            currency = settled_currency(facts, event)
            is_foreign = currency != facts.book.currency
            places = currency_places(currency)
            whole = owed_for(facts, event) if is_foreign else charged(facts, event, places)
            owe(event.contract, event.document, currency, whole)
    for item in facts.modifications:
        if item.added is not None:
            owe(item.contract, item.id, None, item.added.paid)
    for row in facts.invoices:
        if row.kind == "invoice":
            is_charged = facts.book.contracts[row.contract].tax_kind != "reverse_charge"
            tax = row.tax if is_charged else Decimal(0)
            owe(row.contract, row.invoice, row.currency, row.amount, tax)
    return owed


def _liabilities(facts: Facts) -> dict[tuple[str, str], str]:
    """The role that each document's liability was booked to."""
    contracts = facts.book.contracts
    roles = {
        (event.contract, event.document): paid_from(
            contracts[event.contract], event.pay or contracts[event.contract].pay
        )
        for event in facts.credits
        if event.document and event.event == "purchase"
    }
    billed = {
        (row.contract, row.invoice): paid_from(contracts[row.contract], row.pay or "account")
        for row in facts.invoices
        if row.kind == "invoice"
    }
    opening = {(row.contract, row.document): row.role for row in facts.opening if row.document}
    return {**opening, **roles, **billed}
