"""Purchases and opening lots: Dr prepaid credits, Cr what paid for them.

Rule: payment before service is an asset (ACCOUNTING 2.1; ASC 210-10-45-1(g), IAS 38.70).
Irrecoverable tax is in the cost, recoverable tax a receivable, a card fee an expense. A
free credit has no cost and no entry (ACCOUNTING 2.6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import round_half_up
from tokenbooks.book import Book, Contract
from tokenbooks.credits.acquisitions import price_paid, reduces_expense, tax_kind
from tokenbooks.credits.bundles import bundled_lots
from tokenbooks.credits.lots import Lot
from tokenbooks.documents import CreditEvent
from tokenbooks.entries.booking import Booking
from tokenbooks.entries.destinations import default_destination
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Line, Posted, Unit, add, by_unit
from tokenbooks.facts import Facts
from tokenbooks.names import DEFAULT_ACCOUNTS
from tokenbooks.periods import Period

#: How a purchase is paid -> the role that is credited.
PAID_FROM = {"cash": "cash", "card": "credit_card_payable", "account": "accounts_payable"}

#: Kind of tax -> the role that it is debited to. What a seller is paid on top of the price it
#: owes on: sales tax, or the VAT of a voucher whose rate is known at once.
TAX_ROLES = {
    "recoverable": "input_vat_recoverable",
    "reverse_charge": "input_vat_recoverable",
    "cost": "sales_tax_expense",
    "sales": "sales_tax_expense",
    "voucher_single": "input_vat_recoverable",
    "voucher_multi": "input_vat_recoverable",
}

#: Rows whose lots are bought or given; what moves between lots has entries of its own.
BOUGHT = frozenset({"purchase", "grant", "bonus", "adjust"})

NARRATIONS = {
    "purchase": "Credits bought",
    "grant": "Credits for an outage",
    "bonus": "Bonus credits",
    "adjust": "Credits adjusted",
}


def purchases_to_date(facts: Facts, lots: Iterable[Lot], places: int) -> Posted:
    """What should be posted for the lots bought so far, by purchase."""
    posted: Posted = {}
    bundled = bundled_lots(facts)
    for lot in lots:
        if lot.event.event == "opening":
            _opening(posted, facts, lot, places)
            continue
        if lot.event.event not in BOUGHT:
            continue
        purchase = lot.parent if lot.event.event == "bonus" and lot.parent else lot.id
        unit = ("purchase", lot.contract, lot.party, purchase, str(Period.month_of(lot.acquired)))
        add(posted, Line(*unit, "prepaid_credits", lot=lot.id), lot.cost - lot.moved_cost)
        if lot.event.event in {"purchase", "adjust"}:
            _payment(posted, facts, lot, unit, places)
            if lot.id in bundled:
                # what the row says beyond its part of a bundle's price is another promise's
                add(posted, Line(*unit, "bundle_clearing"), bundled[lot.id].excess)
        elif reduces_expense(facts, lot.event):
            add(posted, Line(*unit, *default_destination(facts, lot.contract)), -lot.cost)
    return posted


def _opening(posted: Posted, facts: Facts, lot: Lot, places: int) -> None:
    # what older lots moved into it has an opening of its own
    left = lot.cost - lot.moved_cost - lot.cost_of(lot.used_before, places)
    unit = ("opening", lot.contract, lot.party, lot.id, str(facts.book.start))
    add(posted, Line(*unit, "prepaid_credits", lot=lot.id), left)
    add(posted, Line(*unit, "opening_equity"), -left)


def _payment(
    posted: Posted, facts: Facts, lot: Lot, unit: tuple[str, str, str, str, str], places: int
) -> None:
    """The other side of a purchase: tax, fee and what was paid."""
    event, contract = lot.event, facts.book.contracts[lot.contract]
    kind = tax_kind(facts, event)
    _, tax, fee = _priced(facts, event, places)
    add(posted, Line(*unit, TAX_ROLES[kind]), tax)
    if kind == "reverse_charge":
        add(posted, Line(*unit, "output_vat_payable"), -tax)
    # the fee of a sale is what the processor keeps of what the customer pays (P021)
    add(posted, Line(*unit, "payment_fees_expense"), -fee if contract.sells else fee)
    paid = paid_from(contract, event.pay or contract.pay)
    add(posted, Line(*unit, paid), -charged(facts, event, places))


def paid_from(contract: Contract, pay: str) -> str:
    """The payer's role that pays; a seller has cash of a card as of anything else."""
    return "cash" if contract.sells and pay == "card" else PAID_FROM[pay]


def charged(facts: Facts, event: CreditEvent, places: int) -> Decimal:
    """What the provider charges for a purchase, in the book's currency, with tax and fee.

    Of a sale it is what the seller gets: less the fee of the processor.
    """
    price, tax, fee = _priced(facts, event, places)
    fee = -fee if facts.book.contracts[event.contract].sells else fee
    return price + fee + (tax if tax_kind(facts, event) != "reverse_charge" else 0)


def _priced(facts: Facts, event: CreditEvent, places: int) -> tuple[Decimal, Decimal, Decimal]:
    """The price, the tax beside it, and the fee; tax that is part of the cost is in the price."""
    rate = Fraction(event.fx_rate or 1)
    price, tax = Fraction(price_paid(event)), Fraction(event.tax or 0)
    as_expense = facts.book.policy("nonrecoverable_tax", event.day) == "expense"
    if tax_kind(facts, event) == "cost" and not as_expense:
        price, tax = price + tax, Fraction(0)
    fee = Fraction(event.fee or 0)
    return (
        round_half_up(price * rate, places),
        round_half_up(tax * rate, places),
        round_half_up(fee * rate, places),
    )


def purchase_entries(
    booking: Booking, changes: Mapping[Line, Decimal], lots: Mapping[str, Lot]
) -> list[Entry]:
    """The entries of purchases: on the day of each, or late on the period's first day."""
    entries = []
    for unit, amounts in by_unit(changes, "purchase").items():
        event = lots[unit.unit].event
        narration = NARRATIONS[event.event]
        if event.event == "purchase" and any(line.lot not in {"", unit.unit} for line in amounts):
            narration = "Credits bought, cost shared with their bonus"
        entries.append(
            booking.entry(
                "purchase",
                unit.contract,
                unit.unit,
                event.day,
                narration,
                amounts,
                rule="prepaid-purchase",
                late=booking.period.start,
                code=event.document,
            )
        )
    return entries


def opening_entries(booking: Booking, changes: Mapping[Line, Decimal]) -> list[Entry]:
    """The entries of opening lots and balances, on the first day of the book."""
    start = booking.facts.book.start
    return [
        booking.entry(
            "opening",
            unit.contract,
            _opening_subject(booking.facts.book, unit, amounts),
            start.start,
            "Opening balance",
            amounts,
            rule="opening-balance",
            late=booking.period.start,
        )
        for unit, amounts in by_unit(changes, "opening").items()
    ]


def _opening_subject(book: Book, unit: Unit, amounts: Iterable[Line]) -> str:
    if any(line.lot for line in amounts):
        return opening_lot_subject(book, unit.unit)
    return balance_subject(unit.unit, "" if unit.service == str(book.start) else unit.service)


def opening_lot_subject(book: Book, lot: str) -> str:
    """What the id of an opening names a lot by; one that is called as a balance is told apart."""
    roles = {*DEFAULT_ACCOUNTS, *book.accounts}
    return f"lot {lot}" if any(f"{lot}-".startswith(f"{role}-") for role in roles) else lot


def balance_subject(role: str, service_period: str) -> str:
    """What the id of an opening names a balance by."""
    return f"{role}-{service_period}" if service_period else role
