"""Rates of breakage: what share of the credits sold is expected to stay unused, and why.

A row of ``estimates.csv`` with its evidence stands. Without one, the book's own history tells:
cohorts of the same contract and term whose lots have all ended, if the oldest of them was sold
long enough ago (policy ``breakage.min_history_months``). Without either, breakage is
constrained to nothing until credits expire (ASC 606-10-32-11 to 32-13).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from tokenbooks.documents import Estimate
from tokenbooks.entries.sell.cohorts import Cohort, CohortName, whole_months
from tokenbooks.facts import Facts

#: Months of history that an own estimate needs where no policy says.
MIN_HISTORY_MONTHS = 12

#: Where a rate comes from.
ESTIMATED, HISTORY, CONSTRAINED, REFUNDABLE = "estimate", "history", "constrained", "refundable"


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate with its source; of own history the cohorts that it was computed from.

    ``months`` is how far that history reaches back.
    """

    value: Fraction
    source: str
    estimate: Estimate | None = None
    history: tuple[Cohort, ...] = ()
    months: int = 0


def breakage_rate(
    facts: Facts, cohort: Cohort, cohorts: Mapping[CohortName, Cohort], day: date
) -> Rate:
    """The rate of a cohort at the end of a day."""
    name = cohort.name
    if facts.book.contracts[name.contract].refundable:
        return Rate(Fraction(0), REFUNDABLE)
    row = facts.estimated("breakage_rate", name.contract, day, name.estimated_as)
    if row is not None:
        return Rate(row.value, ESTIMATED, row)
    matured = tuple(
        other
        for other in cohorts.values()
        if other.is_over
        and (other.name.contract, other.name.term) == (name.contract, name.term)
        and other.last_ends is not None
        and other.last_ends <= day
    )
    months = _months_back(matured, day)
    needed = facts.book.policy("breakage.min_history_months", day)
    if months < (int(Decimal(needed)) if needed else MIN_HISTORY_MONTHS):
        return Rate(Fraction(0), CONSTRAINED, None, matured, months)
    return Rate(_unused_share(matured), HISTORY, None, matured, months)


def _months_back(cohorts: Iterable[Cohort], day: date) -> int:
    """The whole months from the first sale until the end of a day."""
    sold = [cohort.first_sold for cohort in cohorts if cohort.first_sold]
    if not sold:
        return 0
    return whole_months(min(sold), day + timedelta(days=1))


def _unused_share(cohorts: Iterable[Cohort]) -> Fraction:
    """What expired of matured cohorts, as a share of what was paid and not taken back."""
    own = list(cohorts)
    kept = sum((cohort.sold - cohort.taken for cohort in own), Decimal(0))
    expired = sum((cohort.expired for cohort in own), Decimal(0))
    return Fraction(expired) / Fraction(kept) if kept else Fraction(0)


def escheat_share(facts: Facts, name: CohortName, day: date) -> tuple[Fraction, bool]:
    """What share of breakage is owed to the state, and whether anybody has said so."""
    row = facts.estimated("escheat_share", name.contract, day, name.estimated_as)
    if row is not None:
        return row.value, True
    percent = facts.book.policy("breakage.escheat_pct", day)
    return (Fraction(Decimal(percent)) / 100, True) if percent else (Fraction(0), False)
