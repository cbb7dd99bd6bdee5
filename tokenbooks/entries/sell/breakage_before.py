"""Breakage that was recognised before the book's start.

An opening balance of deferred revenue says what was still a liability of lots sold in a month,
or of all; the lots say what was left of them. The difference had been recognised already, and
is shared over their cohorts by what was left. The lots of a customer are matched with the rows
of that customer alone, and a row of a month takes its lots out of a row of all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import round_half_up, share_out
from tokenbooks.documents import OpeningBalance
from tokenbooks.entries.sell.cohorts import Cohort, CohortName
from tokenbooks.facts import Facts

#: The role whose opening balance tells it.
_DEFERRED = "deferred_revenue"

#: What rows of one contract, party and month of sale say together.
_Stated = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class TooMuchDeferred:
    """A row by which more is deferred than its lots have ``left`` at the book's start."""

    row: OpeningBalance
    deferred: Decimal
    left: Decimal


def recognised_before(
    facts: Facts, cohorts: Mapping[CohortName, Cohort], places: int
) -> tuple[dict[CohortName, Decimal], list[TooMuchDeferred]]:
    """What was recognised of each cohort, and the rows that no lots can be meant by."""
    found: dict[CohortName, Decimal] = {}
    unfit = []
    rows = _rows(facts)
    for key, own in rows.items():
        weights = _weights(key, rows, cohorts)
        left = round_half_up(sum(weights.values(), Fraction(0)), places)
        deferred = -round_half_up(sum((Fraction(row.amount) for row in own), Fraction(0)), places)
        if deferred > left:
            unfit.append(TooMuchDeferred(own[0], deferred, left))
        elif weights:
            for name, part in share_out(left - deferred, weights, places).items():
                found[name] = found.get(name, Decimal(0)) + part
    return found, unfit


def _rows(facts: Facts) -> dict[_Stated, list[OpeningBalance]]:
    """The rows of each contract, party and month; months only where they tell cohorts apart."""
    found: dict[_Stated, list[OpeningBalance]] = {}
    for row in facts.opening:
        if row.role == _DEFERRED:
            by_month = "month" in facts.book.contracts[row.contract].revenue.cohort
            month = row.service_period if by_month else ""
            found.setdefault((row.contract, row.party, month), []).append(row)
    return found


def _weights(
    key: _Stated,
    rows: Mapping[_Stated, list[OpeningBalance]],
    cohorts: Mapping[CohortName, Cohort],
) -> dict[CohortName, Fraction]:
    """What was left of the lots that rows are about, by cohort."""
    contract, party, month = key
    return {
        name: Fraction(cohort.opening[party])
        for name, cohort in cohorts.items()
        if name.contract == contract
        and cohort.opening.get(party)
        and (name.month if (contract, party, name.month) in rows else "") == month
    }
