"""Tiers that reset after more than a month: revenue at the rate expected for their whole span.

Where a customer's early units cost more than the later ones, what is charged is not what is
earned: each unit of the span is worth the same. So revenue is quantity x the blended rate of
the expected volume; what is charged beyond it is deferred, what it is ahead of the charge is a
contract asset (ACCOUNTING 6.3; ASC 606-10-32-5 to 32-8, 55-18; P029). It is estimated anew at
each close, with a cumulative catch-up, and nothing is left at the end of the span.

2M used of expected 10M, charged 110.00; the year is expected to cost 460.00: revenue is
2 x 46.00 = 92.00, and 18.00 is deferred.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tokenbooks.documents import Estimate
from tokenbooks.facts import Facts
from tokenbooks.rating.models import AboveLastStepError
from tokenbooks.rating.pools import Pool, expected_value

#: The least days of a span that is longer than a month.
_LONGER = 32

VOLUME = "expected_volume"


@dataclass(frozen=True, slots=True)
class Blended:
    """A price whose span is longer than a month, of one party, at the end of a period.

    ``charged`` and ``earned`` are to date, in the plan's currency; the difference is deferred,
    or a contract asset below zero.
    """

    contract: str
    party: str
    meter: str
    span: str
    quantity: Fraction
    charged: Fraction
    earned: Fraction
    estimate: Estimate

    @property
    def ahead(self) -> Fraction:
        """What is charged and not yet earned."""
        return self.charged - self.earned


def long_pools(pools: Iterable[Pool], facts: Facts) -> list[Pool]:
    """The pools of contracts that sell whose counting spans are longer than a month."""
    return [
        pool
        for pool in pools
        if facts.book.contracts[pool.contract].sells
        and (pool.key.span.end - pool.key.span.start).days >= _LONGER
        and pool.quantity > 0
    ]


def blended_prices(facts: Facts, pools: Iterable[Pool], end: date, last: date) -> list[Blended]:
    """What each long span has charged and earned; spans that are over, or passed by, are not told.

    ``end`` is the end of the period (exclusive), ``last`` its last day.
    """
    found = []
    for pool in long_pools(pools, facts):
        names = (pool.name, facts.book.contracts[pool.contract].plan, "")
        row = facts.estimated(VOLUME, pool.contract, last, names)
        if row is None or pool.key.span.end <= end or pool.quantity >= row.value:
            continue
        try:
            whole = expected_value(pool, row.value)
        except AboveLastStepError:
            continue
        earned = whole * pool.quantity / row.value
        found.append(
            Blended(
                *(pool.contract, pool.party, pool.name, pool.span),
                *(pool.quantity, pool.value, earned, row),
            )
        )
    return found
