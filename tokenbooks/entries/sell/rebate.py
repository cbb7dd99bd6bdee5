"""Rebates that come later: revenue at the net price that is expected, the rest a refund liability.

Rule: consideration that will probably be given back is none (ASC 606-10-32-10; ACCOUNTING 6.3;
P030, P031). ``net_price`` in ``estimates.csv`` is the share of the list price that will be
kept. What is given back comes as discounts of the plan or as credit notes, which use the
liability up. Each span of the discount (a year, where the plan has none) has its own estimate:
the latest up to the span's last day, or a later one whose cohort is that day.

700,000 units at a list price of 100, net 90: revenue 63,000,000, refund liability 7,000,000.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tokenbooks.documents import Estimate
from tokenbooks.facts import Facts
from tokenbooks.periods import Period, span_of
from tokenbooks.rating.charges import FEE, TERM, Charges, Step
from tokenbooks.rating.plan import Plan
from tokenbooks.rating.term_charges import DISCOUNT
from tokenbooks.rating.terms import Discount

NET_PRICE = "net_price"

#: The spans of discounts from the shortest to the longest.
_LENGTHS = ("month", "quarter", "year", "term")


@dataclass(frozen=True, slots=True)
class Rebate:
    """What a contract's customer has been charged at list price, and given back of it so far.

    ``expected`` is what will be given back of what was ``charged``, ``given`` what was; in the
    plan's currency. ``estimate`` is that of the latest span.
    """

    contract: str
    party: str
    charged: Fraction
    expected: Fraction
    given: Fraction
    estimate: Estimate

    @property
    def liability(self) -> Fraction:
        """What is still to be given back."""
        return max(self.expected - self.given, Fraction(0))


def rebates(facts: Facts, charges: Charges, period: Period) -> list[Rebate]:
    """The rebates of all customers for whom a net price is expected."""
    found = []
    for (contract, party), steps in sorted(charges.steps.items()):
        if facts.book.contracts[contract].sells:
            rebate = _rebate(facts, charges, (contract, party), steps, period)
            found += [rebate] if rebate else []
    return found


def _rebate(
    facts: Facts,
    charges: Charges,
    account: tuple[str, str],
    steps: Iterable[Step],
    period: Period,
) -> Rebate | None:
    """The rebate of one customer over all spans for which a net price is expected."""
    contract, party = account
    discount = rebate_discount(facts.plan_of(facts.book.contracts[contract]))
    charged = expected = given = Fraction(0)
    latest: Estimate | None = None
    first: date | None = None
    for span, own in _by_span(steps, discount.every if discount else "year").items():
        row = _estimate_of(facts, account, span, period)
        if row is None or (discount and span.end <= period.end):
            # what a discount of the plan gives is given once its span is over
            continue
        at_list = sum((_list_value(step) for step in own), Fraction(0))
        charged += at_list
        expected += at_list * (1 - row.value)
        given += sum((_discounts(charges, step) for step in own), Fraction(0))
        latest, first = row, first or span.start
    if latest is None or first is None:
        return None
    given += _credit_notes(facts, account, first, period)
    return Rebate(contract, party, charged, expected, given, latest)


def is_expected(facts: Facts, contract: str) -> bool:
    """Whether anybody expects rebates of a contract: each of its customers has one then."""
    sells = facts.book.contracts[contract].sells
    return sells and any(
        (row.name, row.contract) == (NET_PRICE, contract) for row in facts.estimates
    )


def rebate_discount(plan: Plan) -> Discount | None:
    """The discount of the longest span that applies to all of it, longer than a month."""
    found = [
        item
        for item in plan.terms.discounts
        if item.applies == "all" and item.every in _LENGTHS[1:]
    ]
    return max(found, key=lambda item: _LENGTHS.index(item.every), default=None)


def _by_span(steps: Iterable[Step], every: str) -> Mapping[Period, list[Step]]:
    """The steps by their spans, in time order."""
    found: dict[Period, list[Step]] = {}
    for step in sorted(steps, key=lambda step: step.at):
        found.setdefault(span_of(step.at.date(), every), []).append(step)
    return found


def _estimate_of(
    facts: Facts, account: tuple[str, str], span: Period, period: Period
) -> Estimate | None:
    """The net price that is expected of a span, as far as it is known at a period's end."""
    contract, party = account
    named = facts.estimated(NET_PRICE, contract, period.last_day, (str(span),))
    last = min(period.last_day, span.last_day)
    return named or facts.estimated(NET_PRICE, contract, last, (party, ""))


def _list_value(step: Step) -> Fraction:
    """The value of usage at list price, before all terms of the plan."""
    own = (value for part, value in step.parts.items() if part.kind not in {FEE, TERM})
    return sum(own, Fraction(0))


def _discounts(charges: Charges, step: Step) -> Fraction:
    """What discounts of the plan took off."""
    taken = (
        -value
        for part, value in step.parts.items()
        if part.kind == TERM and charges.terms[part.id].kind == DISCOUNT
    )
    return sum(taken, Fraction(0))


def _credit_notes(facts: Facts, account: tuple[str, str], first: date, period: Period) -> Fraction:
    """What credit notes gave back from a day on."""
    notes = (
        abs(Fraction(row.amount))
        for row in facts.invoices
        if (row.contract, row.party, row.kind) == (*account, "credit_note")
        and first <= row.day < period.end
    )
    return sum(notes, Fraction(0))
