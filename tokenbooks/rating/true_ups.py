"""True-ups: what a commitment or a minimum lacks, on the last day of each of its spans."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from fractions import Fraction

from tokenbooks.amounts import exact_text, number_text
from tokenbooks.periods import TERM, Period, day_count
from tokenbooks.rating.account_terms import (
    NOTHING,
    AccountTerms,
    AppliedTerm,
    Bounds,
    is_within,
    spans_of,
)
from tokenbooks.rating.term_charges import MINIMUM, SHORTFALL
from tokenbooks.rating.term_facts import Held
from tokenbooks.rating.terms import Commitment, Minimum


def charge_shortfall(account: AccountTerms, item: Commitment) -> None:
    """Charge what a commitment lacks."""
    bounds, amount = (item.starts, item.until), Fraction(item.amount)
    term = AppliedTerm(SHORTFALL, "commitment", _least_text(item), item)
    spans = spans_of(item.every, item.starts)
    _true_up(account, term, spans, account.net_within(bounds), bounds, lambda span: amount)


def charge_minimum(account: AccountTerms, item: Minimum) -> None:
    """Charge what a minimum lacks."""

    def least(span: Period) -> Fraction:
        if not item.prorate:
            return Fraction(item.amount)
        return Fraction(item.amount) * _share_held(span, account.held, item.prorate)

    term, spans = AppliedTerm(MINIMUM, "minimum", _least_text(item), item), spans_of(item.every)
    account.count(term, spans, account.net, least)
    _true_up(account, term, spans, account.net, (None, None), least)


def _least_text(item: Commitment | Minimum) -> str:
    return f"at least {number_text(item.amount)} each {item.every}"


def _true_up(
    account: AccountTerms,
    term: AppliedTerm,
    spans: Callable[[date], Period],
    values: Mapping[datetime, Fraction],
    bounds: Bounds,
    least: Callable[[Period], Fraction],
) -> None:
    totals: dict[Period, Fraction] = {}
    for at, value in values.items():
        own = spans(at.date())
        totals[own] = totals.get(own, NOTHING) + value
    for own in _ended(account, spans, bounds):
        lacks = least(own) - totals.get(own, NOTHING)
        if lacks <= 0:
            continue
        wanted, used = exact_text(least(own)), exact_text(totals.get(own, NOTHING))
        charge = account.new_charge(term, own)
        charge.lines.append(f"{wanted} - {used} = {exact_text(lacks)}")
        at = account.last_of(own, bounds[1])
        charge.add(at, lacks)
        account.change(at, lacks)


def _ended(
    account: AccountTerms, spans: Callable[[date], Period], bounds: Bounds
) -> Iterator[Period]:
    """The spans that are over by the end of the computed days."""
    held = account.held
    day = max(held.first, bounds[0] or held.first)
    while day < held.end:
        own = spans(day)
        if account.is_over(own, bounds[1]) and is_within(day, bounds):
            yield own
        day = own.end


def _share_held(span: Period, held: Held, basis: str) -> Fraction:
    """The days of a span that the contract holds, over all of its days (half-open).

    A contract holds its term whole.
    """
    if span == TERM:
        return Fraction(1)
    first = max(span.start, held.starts or span.start)
    end = min(span.end, held.until or span.end)
    return Fraction(max(0, day_count(first, end, basis)), day_count(span.start, span.end, basis))
