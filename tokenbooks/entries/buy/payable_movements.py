"""What moves payables in foreign currencies: documents on account, and what settles them.

What a card pays is owed in the book's currency, for its issuer converts on the day of the
charge. So only what is bought or billed on account is owed in the currency of its document.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tokenbooks.book import Contract
from tokenbooks.credits.acquisitions import lot_id, price_paid, tax_kind
from tokenbooks.credits.lots import Account
from tokenbooks.documents import CreditEvent, Invoice
from tokenbooks.entries.buy.opening import opening_rate
from tokenbooks.entries.buy.owed import billed_amount, billed_tax, document_id
from tokenbooks.entries.buy.purchase import charged
from tokenbooks.entries.buy.refund import NARRATIONS, paid_back
from tokenbooks.entries.exchange import Exchange, settled_currency
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.problems import NOWHERE, Position


@dataclass(frozen=True, slots=True)
class Movement:
    """What adds to the payable of a document on a day, or with a minus settles it.

    ``foreign`` in its own currency, ``in_book`` as its lines are posted.
    """

    day: date
    foreign: Decimal
    in_book: Decimal
    account: Account = ("", "")
    number: str = ""
    currency: str = ""
    position: Position = NOWHERE


def payable_movements(facts: Facts, exchange: Exchange, until: Period) -> Iterator[Movement]:
    """All movements of payables in foreign currencies up to the end of a period."""
    yield from _of_opening(facts, exchange)
    yield from _of_credits(facts, exchange, until)
    yield from _of_invoices(facts, exchange, until)


def _of_opening(facts: Facts, exchange: Exchange) -> Iterator[Movement]:
    """What was payable when the book began."""
    start = facts.book.start
    for row in facts.opening:
        if row.role == "accounts_payable" and row.currency not in {None, exchange.currency}:
            yield Movement(
                start.start,
                -row.amount,
                -exchange.in_book(row.amount, opening_rate(row, start, exchange)),
                (row.contract, row.party),
                row.document,
                row.currency or "",
                row.position,
            )


def _of_credits(facts: Facts, exchange: Exchange, until: Period) -> Iterator[Movement]:
    """Purchases on account, and what the provider gives back of them on account."""
    foreign = [
        event
        for event in facts.credits
        if event.day < until.end and settled_currency(facts, event) != exchange.currency
    ]
    bought = [event for event in foreign if event.event == "purchase"]
    numbers = {lot_id(event): event.document or lot_id(event) for event in bought}
    for event in bought:
        in_book = charged(facts, event, exchange.places)
        yield _of_event(event, numbers, owed_for(facts, event), in_book)
    for event in foreign:
        is_on_account = event.event in NARRATIONS and event.pay == "account"
        if is_on_account and event.paid is not None and lot_id(event) in numbers:
            price, tax = paid_back(event, Decimal(0), exchange.places)
            in_book = price + (tax if tax_kind(facts, event) != "reverse_charge" else 0)
            yield _of_event(event, numbers, -owed_for(facts, event), -in_book)


def _of_event(
    event: CreditEvent, numbers: dict[str, str], foreign: Decimal, in_book: Decimal
) -> Movement:
    account, number = (event.contract, event.party), numbers[lot_id(event)]
    currency = event.currency or ""
    return Movement(event.day, foreign, in_book, account, number, currency, event.position)


def owed_for(facts: Facts, event: CreditEvent) -> Decimal:
    """What a purchase is owed for, in the currency of its price, with tax and fee."""
    tax = event.tax or Decimal(0)
    is_charged = tax_kind(facts, event) != "reverse_charge"
    return price_paid(event) + (event.fee or Decimal(0)) + (tax if is_charged else 0)


def _of_invoices(facts: Facts, exchange: Exchange, until: Period) -> Iterator[Movement]:
    """Invoices and credit notes on account, and what settles any document."""
    foreign = [
        row
        for row in facts.invoices
        if row.day < until.end and row.currency not in {None, exchange.currency}
    ]
    bills = [row for row in foreign if row.kind == "invoice" and row.pay in {None, "account"}]
    for row in foreign:
        number = row.invoice
        if row.kind in {"receipt", "write_off"}:
            amount = -row.amount
            in_book = -exchange.in_book(row.amount, exchange.rate_of(row))
        elif row.pay in {None, "account"}:
            amount, in_book = _billed(row, facts.book.contracts[row.contract], exchange)
            number = number if row.kind == "invoice" else taken_back(row, bills)
        else:
            continue
        account, currency = (row.contract, row.party), row.currency or ""
        yield Movement(row.day, amount, in_book, account, number, currency, row.position)


def taken_back(note: Invoice, bills: Sequence[Invoice]) -> str:
    """The invoice whose payable a credit note takes back: of its number, else of its days."""
    own = [
        bill
        for bill in bills
        if (bill.contract, bill.party, bill.currency) == (note.contract, note.party, note.currency)
        and bill.day <= note.day
    ]
    same = [bill for bill in own if bill.invoice == note.invoice]
    found = same or [bill for bill in own if _share_days(bill, note)]
    return found[0].invoice if found else document_id(note)


def _share_days(bill: Invoice, note: Invoice) -> bool:
    if bill.first_day is None or bill.last_day is None:
        return False
    if note.first_day is None or note.last_day is None:
        return False
    return bill.first_day <= note.last_day and note.first_day <= bill.last_day


def _billed(row: Invoice, contract: Contract, exchange: Exchange) -> tuple[Decimal, Decimal]:
    """What a document adds to the payable, foreign and as its lines have it."""
    rate, amount, tax = exchange.rate_of(row), billed_amount(row), billed_tax(row)
    if contract.tax_kind == "cost":
        return amount + tax, exchange.in_book(amount + tax, rate)
    if contract.tax_kind == "reverse_charge":
        return amount, exchange.in_book(amount, rate)
    return amount + tax, exchange.in_book(amount, rate) + exchange.in_book(tax, rate)
