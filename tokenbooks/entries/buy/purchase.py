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
from tokenbooks.credits.lots import Lot, price_paid, tax_kind
from tokenbooks.entries.booking import Booking
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Line, Posted, add, by_unit
from tokenbooks.facts import Facts
from tokenbooks.periods import Period

#: How a purchase is paid -> the role that is credited.
PAID_FROM = {"cash": "cash", "card": "credit_card_payable", "account": "accounts_payable"}


def purchases_to_date(facts: Facts, lots: Iterable[Lot], places: int) -> Posted:
    """What should be posted for the lots bought so far, by purchase."""
    posted: Posted = {}
    for lot in lots:
        if lot.event.event == "opening":
            _opening(posted, facts, lot, places)
            continue
        purchase = lot.parent if lot.event.event == "bonus" and lot.parent else lot.id
        unit = ("purchase", lot.contract, lot.party, purchase, str(Period.month_of(lot.acquired)))
        add(posted, Line(*unit, "prepaid_credits", lot=lot.id), lot.cost)
        if lot.event.event == "purchase":
            _payment(posted, facts, lot, unit, places)
    return posted


def _opening(posted: Posted, facts: Facts, lot: Lot, places: int) -> None:
    left = lot.cost - lot.cost_of(lot.used_before, places)
    unit = ("opening", lot.contract, lot.party, lot.id, str(facts.book.start))
    add(posted, Line(*unit, "prepaid_credits", lot=lot.id), left)
    add(posted, Line(*unit, "opening_equity"), -left)


def _payment(
    posted: Posted, facts: Facts, lot: Lot, unit: tuple[str, str, str, str, str], places: int
) -> None:
    """The other side of a purchase: tax, fee and what was paid."""
    event = lot.event
    rate = Fraction(event.fx_rate or 1)
    price = round_half_up(Fraction(price_paid(event)) * rate, places)
    tax = round_half_up(Fraction(event.tax or 0) * rate, places)
    fee = round_half_up(Fraction(event.fee or 0) * rate, places)
    kind = tax_kind(facts, event)
    if kind == "recoverable":
        add(posted, Line(*unit, "input_vat_recoverable"), tax)
    elif kind == "reverse_charge":
        add(posted, Line(*unit, "input_vat_recoverable"), tax)
        add(posted, Line(*unit, "output_vat_payable"), -tax)
    elif facts.book.policy("nonrecoverable_tax", event.day) == "expense":
        add(posted, Line(*unit, "sales_tax_expense"), tax)
    else:
        in_cost = Fraction(price_paid(event) + (event.tax or 0)) * rate
        price, tax = round_half_up(in_cost, places), Decimal(0)
    add(posted, Line(*unit, "payment_fees_expense"), fee)
    charged = price + fee + (tax if kind != "reverse_charge" else 0)
    pay = event.pay or facts.book.contracts[lot.contract].pay
    add(posted, Line(*unit, PAID_FROM[pay]), -charged)


def purchase_entries(
    booking: Booking, changes: Mapping[Line, Decimal], lots: Mapping[str, Lot]
) -> list[Entry]:
    """The entries of purchases: on the day of each, or late on the period's first day."""
    entries = []
    for unit, amounts in by_unit(changes, "purchase").items():
        event = lots[unit.unit].event
        narration = "Credits bought"
        if any(line.lot not in {"", unit.unit} for line in amounts):
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
            unit.unit if unit.service == str(start) else f"{unit.unit}-{unit.service}",
            start.start,
            "Opening balance",
            amounts,
            rule="opening-balance",
            late=booking.period.start,
        )
        for unit, amounts in by_unit(changes, "opening").items()
    ]
