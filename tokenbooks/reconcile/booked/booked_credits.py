"""What usage paid from credits costs against its list value: part of leg 2.

List value and cost are equal only where a credit cost 1.00 of the book's currency. Between
them stand what was paid for the credits, tax that is part of their cost, the rate at which
they were bought, and the cents by which each lot is rounded (ACCOUNTING 1 and 2.7).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from tokenbooks.amounts import exact_text
from tokenbooks.close.computed import Computed
from tokenbooks.credits.acquisitions import price_paid, tax_kind
from tokenbooks.credits.lots import Lot
from tokenbooks.documents import CreditEvent
from tokenbooks.entries.sell.voucher_tax import tax_share
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.reconcile.booked.booked_parties import PartyUsage
from tokenbooks.reconcile.causes import CREDITS, CURRENCY, ROUNDING, TAX, Cause

#: How many lots a cause names as its evidence.
_NAMED = 5


class _Terms(NamedTuple):
    """What the credits of a lot cost: net of tax, for one of list value in the book's currency.

    ``rate`` is that of their purchase; ``tax`` is the share of their cost that is tax.
    """

    price: Fraction
    rate: Fraction
    tax: Fraction


@dataclass(frozen=True, slots=True)
class PaidUsage:
    """The usage of a contract in a month that credits may have paid.

    ``rate`` is what a unit of the plan's currency was worth at the month's end; ``parties`` is
    what parties in tables come to.
    """

    contract: str
    period: Period
    rate: Fraction
    parties: PartyUsage


@dataclass(slots=True)
class _Drawn:
    """What was drawn from lots of equal terms: list value in the plan's currency, exact cost."""

    quantity: Fraction = Fraction(0)
    cost: Fraction = Fraction(0)
    lots: list[str] = field(default_factory=list)


def credit_causes(
    facts: Facts, computed: Computed, usage: PaidUsage, posted: Decimal
) -> Iterator[Cause]:
    """Why usage that credits paid is posted at another amount than its list value.

    ``posted`` is what is posted to date for the consumption of the month.
    """
    drawn = _drawn(facts, computed, usage)
    rate, parties = usage.rate, usage.parties
    contract = facts.book.contracts[usage.contract]
    on_use = tax_share(contract)
    exact = parties.cost * (1 - on_use)
    for terms, item in sorted(drawn.items()):
        named = tuple(item.lots[:_NAMED])
        net = item.cost * (1 - terms.tax)
        value = item.quantity * terms.rate
        words = _words(terms, item.quantity, contract.sells)
        yield Cause(CREDITS, value - net, words, evidence=named)
        words = "tax that cannot be recovered is part of what the credits cost"
        yield Cause(TAX, net - item.cost, words, evidence=named)
        words = f"bought at {exact_text(terms.rate, 6)}, at the month's end {exact_text(rate, 6)}"
        yield Cause(CURRENCY, item.quantity * (rate - terms.rate), words, evidence=named)
        words = "VAT that falls due on use is no revenue"
        yield Cause(TAX, item.cost * on_use, words, evidence=named)
        exact += item.cost * (1 - on_use)
    words = f"{exact_text(parties.drawn, 6)} used of the credits of parties, at what they cost"
    yield Cause(CREDITS, parties.drawn - parties.cost, words)
    yield Cause(TAX, parties.cost * on_use, "VAT that falls due on use is no revenue")
    yield Cause(ROUNDING, exact - Fraction(posted), "the cost of each lot, rounded once")


def _drawn(facts: Facts, computed: Computed, usage: PaidUsage) -> Mapping[_Terms, _Drawn]:
    """What the usage of a month drew, by the terms of its lots."""
    by_lot: dict[str, Fraction] = {}
    for account, own in computed.drawn.items():
        for draw in own.draws if account[0] == usage.contract else ():
            if draw.used_at.date() in usage.period:
                by_lot[draw.lot] = by_lot.get(draw.lot, Fraction(0)) + draw.quantity
    found: dict[_Terms, _Drawn] = {}
    for name, quantity in sorted(by_lot.items()):
        lot = computed.lots[name]
        item = found.setdefault(_terms(facts, computed, lot, usage.rate), _Drawn())
        item.quantity += quantity
        item.cost += Fraction(lot.cost) * quantity / lot.quantity
        item.lots.append(name)
    return found


def _terms(facts: Facts, computed: Computed, lot: Lot, rate: Fraction) -> _Terms:
    event = _bought(computed, lot)
    plan = facts.plan_of(facts.book.contracts[lot.contract])
    foreign = plan.currency != facts.book.currency and event.currency == plan.currency
    own = Fraction(event.fx_rate) if foreign and event.fx_rate else rate
    tax = _tax_share(facts, event)
    return _Terms(Fraction(lot.cost) / lot.quantity * (1 - tax), own, tax)


def _bought(computed: Computed, lot: Lot) -> CreditEvent:
    """The row that was paid for a lot: that of its purchase, for a bonus."""
    parent = computed.lots.get(lot.parent or "")
    return parent.event if lot.event.event == "bonus" and parent else lot.event


def _tax_share(facts: Facts, event: CreditEvent) -> Fraction:
    """Which share of the cost of a lot is tax."""
    is_cost = tax_kind(facts, event) == "cost"
    as_expense = facts.book.policy("nonrecoverable_tax", event.day) == "expense"
    tax, price = Fraction(event.tax or 0), Fraction(price_paid(event))
    return tax / (price + tax) if tax and is_cost and not as_expense else Fraction(0)


def _words(terms: _Terms, quantity: Fraction, sells: bool) -> str:
    used = f"{exact_text(quantity, 6)} used of credits"
    if not terms.price:
        return f"{used} that were given free: no {'revenue' if sells else 'expense'}"
    bought = "were sold at" if sells else "cost"
    return f"{used} that {bought} {exact_text(terms.price, 6)} for each 1 of list value"
