"""Discounts, caps and the overage of a commitment: they follow the running total of their span.

Each charges at every step what its amount for the total so far changes by, so that what was
charged before stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from fractions import Fraction

from tokenbooks.amounts import exact_text, number_text
from tokenbooks.periods import Period
from tokenbooks.rating.account_terms import NOTHING, AccountTerms, AppliedTerm, spans_of
from tokenbooks.rating.meter_values import MeterValues
from tokenbooks.rating.term_charges import CAP, DISCOUNT, OVERAGE, TermCharge
from tokenbooks.rating.term_counts import COMMITMENT
from tokenbooks.rating.terms import Cap, Commitment, Discount


def charge_discount(account: AccountTerms, item: Discount) -> None:
    """Take a percentage off all of a total, or off what lies above a bound."""
    over, percent = Fraction(item.over), Fraction(item.percent) / 100

    def amount(total: Fraction) -> Fraction:
        if total < 0:
            # what is taken back mirrors what was charged
            return -amount(-total)
        if total <= over:
            return NOTHING
        return -percent * (total if item.applies == "all" else total - over)

    above = f" above {number_text(item.over)}" if item.over else ""
    text = f"{number_text(item.percent)}% off{above} each {item.every}"
    term, spans = AppliedTerm(DISCOUNT, "discount", text, item), spans_of(item.every)
    account.count(term, spans, account.net, lambda span: over)
    _follow(account, term, spans, account.net, amount)


def charge_caps(account: AccountTerms, caps: Iterable[Cap]) -> None:
    """Take off what lies above each cap; those of the same meters see what earlier ones took."""
    rated = {item.at: item.value for item in account.usage}
    meters = MeterValues(account.lines.of(account.account), rated, account.net)
    for item in caps:
        meters.change(item.of, _charge_cap(account, item, meters))


def _charge_cap(
    account: AccountTerms, item: Cap, meters: MeterValues
) -> Mapping[datetime, Fraction]:
    most = Fraction(item.amount)
    text = f"at most {number_text(item.amount)} each {item.every}"
    term, spans = AppliedTerm(CAP, "cap", text, item), spans_of(item.every)
    values = account.net if item.of == ("*",) else meters.of(item.of)
    account.count(term, spans, values, lambda span: most)
    return _follow(account, term, spans, values, lambda total: min(NOTHING, most - total))


def charge_overage(account: AccountTerms, item: Commitment) -> None:
    """Charge what lies beyond a commitment at its factor instead of the price."""
    amount, factor = Fraction(item.amount), Fraction(item.overage)
    spans = spans_of(item.every, item.starts)
    within = account.net_within((item.starts, item.until))
    text = f"{number_text(item.amount)} each {item.every}"
    committed = AppliedTerm(COMMITMENT, "commitment", text, item)
    account.count(committed, spans, within, lambda span: amount)
    if factor == 1:
        return
    text = f"beyond {text}, x {number_text(item.overage)}"
    term = AppliedTerm(OVERAGE, "overage", text, item)
    _follow(account, term, spans, within, lambda total: (factor - 1) * max(NOTHING, total - amount))


def _follow(
    account: AccountTerms,
    term: AppliedTerm,
    spans: Callable[[date], Period],
    values: Mapping[datetime, Fraction],
    amount: Callable[[Fraction], Fraction],
) -> Mapping[datetime, Fraction]:
    """Charge what an amount of the running total changes by, and tell it by step."""
    totals: dict[Period, Fraction] = {}
    charges: dict[Period, TermCharge] = {}
    changes: dict[datetime, Fraction] = {}
    for at in sorted(values):
        own = spans(at.date())
        before = totals.get(own, NOTHING)
        totals[own] = before + values[at]
        change = amount(totals[own]) - amount(before)
        if change:
            charge = charges.get(own) or account.new_charge(term, own)
            charges[own] = charge
            charge.add(at, change)
            changes[at] = changes.get(at, NOTHING) + change
    for own, charge in charges.items():
        total = exact_text(totals[own])
        charge.lines.append(f"{term.text}: of {total} = {exact_text(charge.value)}")
    for at, change in changes.items():
        account.change(at, change)
    return changes
