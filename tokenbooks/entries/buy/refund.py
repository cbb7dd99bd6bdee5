"""Refunds and chargebacks: Dr cash, Cr prepaid credits; what is lost of their cost to a loss.

Rule: credits that are given back leave at what they cost; money that falls short of it is a
loss, money beyond it a gain (ACCOUNTING 2.5). The credits leave from the top of the lot, so
that usage that arrives late never moves the entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import round_half_up
from tokenbooks.book import Contract
from tokenbooks.credits.acquisitions import tax_kind
from tokenbooks.credits.drawing import Taken
from tokenbooks.credits.lots import Lot
from tokenbooks.documents import CreditEvent
from tokenbooks.entries.booking import Booking
from tokenbooks.entries.buy.purchase import TAX_ROLES, paid_from
from tokenbooks.entries.buy.taken_away import removal_entries
from tokenbooks.entries.destinations import default_destination
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Line, Posted, add
from tokenbooks.facts import Facts
from tokenbooks.periods import Period

NARRATIONS = {"refund": "Credits refunded", "chargeback": "Payment disputed, credits taken back"}


def refunds_to_date(
    facts: Facts, taken: Iterable[Taken], lots: Mapping[str, Lot], places: int
) -> Posted:
    """What should be posted for all refunds so far, each a unit of its own."""
    posted: Posted = {}
    for item in taken:
        if item.event.event not in NARRATIONS:
            continue
        lot, event = lots[item.lot], item.event
        unit = ("refund", lot.contract, lot.party, item.id, str(Period.month_of(event.day)))
        price, tax = paid_back(event, item.cost, places)
        kind, contract = tax_kind(facts, event), facts.book.contracts[lot.contract]
        if kind != "cost":
            add(posted, Line(*unit, TAX_ROLES[kind]), -tax)
        if kind == "reverse_charge":
            add(posted, Line(*unit, "output_vat_payable"), tax)
            tax = Decimal(0)
        fee = round_half_up(Fraction(event.fee or 0) * Fraction(event.fx_rate or 1), places)
        # whoever pays it: a seller pays the fee of a dispute on top of what goes back (P020)
        fee = -fee if contract.sells else fee
        add(posted, Line(*unit, "payment_fees_expense"), fee)
        add(posted, Line(*unit, paid_from(contract, event.pay or "cash")), price + tax - fee)
        add(posted, Line(*unit, "prepaid_credits", lot=lot.id), -item.cost)
        cost = item.cost - (tax if kind == "cost" else Decimal(0))
        add(posted, Line(*unit, _difference_role(facts, contract, event)), cost - price)
    return posted


def _difference_role(facts: Facts, contract: Contract, event: CreditEvent) -> str:
    """What is more or less than the cost: a loss of the buyer, revenue of the seller (P052).

    What a customer takes back beyond the unused credits is still owed for the used ones (P020).
    """
    if not contract.sells:
        return "loss_on_refund"
    if event.event == "chargeback":
        return "accounts_payable"
    return default_destination(facts, contract.id).role


def paid_back(event: CreditEvent, cost: Decimal, places: int) -> tuple[Decimal, Decimal]:
    """The money that comes back and the tax beside it; the cost where the row says nothing."""
    if event.paid is None:
        return cost, Decimal(0)
    rate = Fraction(event.fx_rate or 1)
    tax = round_half_up(Fraction(event.tax or 0) * rate, places)
    return round_half_up(Fraction(event.paid) * rate, places), tax


def refund_entries(
    booking: Booking, changes: Mapping[Line, Decimal], taken: Iterable[Taken]
) -> list[Entry]:
    """The entries of refunds, on their days, or late on the period's first day."""
    return removal_entries(booking, changes, taken, "refund", "credits-refunded", NARRATIONS)
