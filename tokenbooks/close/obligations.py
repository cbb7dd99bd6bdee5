"""Remaining performance obligations: what customers have promised to pay for, still to be served.

What is deferred, less the breakage that is expected of it, and what commitments billed in
arrears still lack (ASC 606-10-50-13 to 50-15, IFRS 15.120). Usage that is billed as it happens
is exempt (50-14(b)), and so are contracts of a year or less (50-14(a)); both are told as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import currency_places, round_half_up
from tokenbooks.close.computed import Computed
from tokenbooks.entries.sell.breakage import PROPORTIONAL, CohortBreakage
from tokenbooks.facts import Facts
from tokenbooks.periods import TERM, Period
from tokenbooks.rating.term_counts import COMMITMENT

ZERO = Decimal(0)

#: How an amount will be recognised.
ON_USE, BY_DAY, AT_END = "as used", "by the day", "by the end of its span"


@dataclass(frozen=True, slots=True)
class Obligation:
    """An amount that is still to be recognised.

    ``month`` is when, where that is known: of an advance invoice; of a commitment the month in
    which its span ends; of credits the month in which the last of them expire.
    """

    contract: str
    name: str
    how: str
    month: Period | None
    amount: Decimal


def obligations(facts: Facts, computed: Computed, period: Period) -> list[Obligation]:
    """All remaining obligations at the end of a period."""
    found = [
        *_credits(computed.sold.breakage, facts),
        *_advances(facts, computed, period),
        *_commitments(facts, computed, period),
    ]
    return [item for item in found if item.amount]


def _credits(cohorts: Iterable[CohortBreakage], facts: Facts) -> Iterator[Obligation]:
    places = currency_places(facts.book.currency)
    for item in cohorts:
        own = item.cohort
        unused = own.alive_paid - own.alive_used
        rate = item.rate.value if item.method == PROPORTIONAL else Fraction(0)
        expected = min(round_half_up(rate * Fraction(own.alive_paid), places), unused)
        # of what is expected to stay unused a part is recognised already, the rest is breakage
        yield Obligation(item.name.contract, item.name.id, ON_USE, None, unused - expected)


def _advances(facts: Facts, computed: Computed, period: Period) -> Iterator[Obligation]:
    places = currency_places(facts.book.currency)
    for item in computed.sold.advances:
        for month, amount in item.schedule(period.end, places):
            yield Obligation(item.row.contract, item.row.invoice, BY_DAY, month, amount)


def _commitments(facts: Facts, computed: Computed, period: Period) -> Iterator[Obligation]:
    """What commitments billed in arrears still lack in spans that are not over."""
    places = currency_places(facts.book.currency)
    for count in computed.rated.charges.counts:
        own = facts.book.contracts[count.contract]
        terms = facts.plan_of(own).terms.commitment
        if count.kind != COMMITMENT or not own.sells or terms is None or terms.shortfall != "bill":
            continue
        span = count.span_of(period.last_day)
        left = count.amount(span) - count.counted(span, period.last_day)
        if span.end > period.end and left > 0 and span != TERM:
            month = Period.month_of(span.last_day)
            yield Obligation(own.id, str(span), AT_END, month, round_half_up(left, places))
