"""Commitments billed in arrears: what they will lack, as usage goes on (P037).

A customer who has promised more than will be used pays the difference at the end of the
span. By default that is revenue then. With the policy ``commitment_shortfall: proportional``,
and an estimate of what will be used (``expected_volume`` for the cohort ``commitment``), it is
earned in proportion to use, as breakage is, and stands as a contract asset until it is billed.

120,000 committed, 90,000 expected: of the lacking 30,000 a quarter is earned when 22,500 is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from tokenbooks.documents import Estimate
from tokenbooks.entries.sell.blended import VOLUME
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.rating.term_counts import COMMITMENT, TermCount

PROPORTIONAL = "proportional"


@dataclass(frozen=True, slots=True)
class ExpectedShortfall:
    """What a commitment will probably lack at the end of its span, and what of it is earned."""

    contract: str
    party: str
    span: str
    committed: Fraction
    expected: Fraction
    used: Fraction
    estimate: Estimate

    @property
    def earned(self) -> Fraction:
        """What of the shortfall is earned by what was used."""
        lacks = max(self.committed - self.expected, Fraction(0))
        return lacks * min(self.used / self.expected, Fraction(1)) if self.expected else Fraction(0)


def expected_shortfalls(
    facts: Facts, counts: Iterable[TermCount], period: Period
) -> list[ExpectedShortfall]:
    """The commitments of customers whose spans are not over, as far as they are estimated."""
    found = []
    for count in _billed_later(facts, counts, period):
        row = _expected(facts, count, period)
        if row is not None:
            span = count.span_of(period.last_day)
            used = count.counted(span, period.last_day)
            found.append(
                ExpectedShortfall(
                    count.contract,
                    count.party,
                    str(span),
                    committed=count.amount(span),
                    expected=row.value,
                    used=used,
                    estimate=row,
                )
            )
    return found


def unexpected_commitments(facts: Facts, counts: Iterable[TermCount], period: Period) -> list[str]:
    """The contracts with such commitments of which nobody expects what will be used."""
    found = {
        count.contract
        for count in _billed_later(facts, counts, period)
        if _expected(facts, count, period) is None
    }
    return sorted(found)


def _billed_later(facts: Facts, counts: Iterable[TermCount], period: Period) -> Iterator[TermCount]:
    """The commitments that are billed at the end of a span that is not over."""
    if facts.book.policy("commitment_shortfall", period.last_day) != PROPORTIONAL:
        return
    for count in counts:
        own = facts.book.contracts[count.contract]
        terms = facts.plan_of(own).terms.commitment
        if count.kind != COMMITMENT or not own.sells or terms is None:
            continue
        if terms.shortfall == "bill" and count.span_of(period.last_day).end > period.end:
            yield count


def _expected(facts: Facts, count: TermCount, period: Period) -> Estimate | None:
    return facts.estimated(VOLUME, count.contract, period.last_day, (COMMITMENT,))
