"""Breakage of a cohort: the formula of both denominators, and what always holds of it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenbooks.entries.sell.breakage import (
    ISSUED,
    NONE,
    PROPORTIONAL,
    REDEMPTION,
    REMOTE,
    breakage_of,
    breakage_to_date,
    cumulative_breakage,
)
from tokenbooks.entries.sell.breakage_rates import ESTIMATED, Rate
from tokenbooks.entries.sell.cohorts import Cohort, CohortName

NAME = CohortName("packs", "packs", "2025-11", "12m")

#: paid, used, rate, denominator -> what is recognised to date.
TABLE = [
    # 8,000 x 60,000 / 92,000
    ("100000", "60000", "8/100", REDEMPTION, "5217.39"),
    # 8% of 60,000
    ("100000", "60000", "8/100", ISSUED, "4800.00"),
    # the last expected redemption: all of the 8,000, and nothing is left
    ("100000", "92000", "8/100", REDEMPTION, "8000.00"),
    ("100000", "92000", "8/100", ISSUED, "7360.00"),
    # more is used than was expected: only 5,000 can still stay unused, 5,000 x 95/95
    ("100000", "95000", "8/100", REDEMPTION, "5000.00"),
    ("100000", "95000", "8/100", ISSUED, "5000.00"),
    ("100000", "100000", "8/100", REDEMPTION, "0.00"),
    # 5,000 x 60/95
    ("100000", "60000", "5/100", REDEMPTION, "3157.89"),
    # published: 5,000 x 22,500/45,000
    ("50000", "22500", "1/10", REDEMPTION, "2500.00"),
    # published: 20% of 125.00, 12.50 for each 50 redeemed
    ("125", "50", "1/5", REDEMPTION, "12.50"),
    # published: 100 x 540/900
    ("1000", "540", "1/10", REDEMPTION, "60.00"),
    ("1000", "0", "1/10", REDEMPTION, "0"),
    # all of it is expected to stay unused: nothing to be in proportion to
    ("1000", "0", "1", REDEMPTION, "0"),
]


@pytest.mark.parametrize(("paid", "used", "rate", "denominator", "expected"), TABLE)
def test_what_is_recognised_so_far(
    paid: str, used: str, rate: str, denominator: str, expected: str
) -> None:
    found = cumulative_breakage(Decimal(paid), Decimal(used), Fraction(rate), denominator, 2)
    assert str(found) == expected


def cohort(paid: Decimal, used: Decimal, expired: Decimal = Decimal(0)) -> Cohort:
    """A cohort alive, or one that is over where something has expired."""
    own = Cohort(NAME, sold=paid, used=used, expired=expired)
    if not expired:
        own.alive_paid, own.alive_used = paid, used
    return own


def rate(value: Fraction) -> Rate:
    return Rate(value, ESTIMATED)


cents = st.integers(0, 10_000_000).map(lambda n: Decimal(n) / 100)
shares = st.fractions(0, 1, max_denominator=1000)
denominators = st.sampled_from([REDEMPTION, ISSUED])


@given(paid=cents, part=shares, value=shares, denominator=denominators, escheat=shares)
def test_the_liability_is_never_negative_and_all_money_is_accounted_for(
    paid: Decimal, part: Fraction, value: Fraction, denominator: str, escheat: Fraction
) -> None:
    used = (paid * part.numerator / part.denominator).quantize(Decimal("0.01"))
    own = breakage_of(
        cohort(paid, used), PROPORTIONAL, denominator, rate(value), escheat, Decimal(0), 2
    )
    assert own.deferred >= 0
    assert used + own.revenue + own.escheated + own.deferred == paid


@given(
    paid=cents, part=shares, method=st.sampled_from([PROPORTIONAL, REMOTE, NONE]), escheat=shares
)
def test_over_its_life_breakage_is_what_was_never_used(
    paid: Decimal, part: Fraction, method: str, escheat: Fraction
) -> None:
    used = (paid * part.numerator / part.denominator).quantize(Decimal("0.01"))
    rest = paid - used
    own = breakage_of(
        cohort(paid, used, rest), method, REDEMPTION, rate(Fraction(1, 10)), escheat, Decimal(0), 2
    )
    kept = rest - own.escheated if method != NONE else Decimal(0)
    if rest:
        assert own.deferred == (rest if method == NONE else 0)
        # the expiry of the lots recognises the rest; this rule takes what is not revenue from it
        lines = breakage_to_date([own])
        taken = sum((a for line, a in lines.items() if line.role == "revenue_breakage"), Decimal(0))
        assert rest - taken == kept


@given(paid=cents, part=shares, first=shares, second=shares, denominator=denominators)
def test_an_estimate_that_goes_back_and_forth_leaves_nothing(
    paid: Decimal, part: Fraction, first: Fraction, second: Fraction, denominator: str
) -> None:
    """What is recognised is a figure to date: it depends on the last estimate alone."""
    used = (paid * part.numerator / part.denominator).quantize(Decimal("0.01"))
    figures = [
        cumulative_breakage(paid, used, value, denominator, 2) for value in (first, second, first)
    ]
    entries = [figures[0], figures[1] - figures[0], figures[2] - figures[1]]
    assert sum(entries) == figures[0]
    assert entries[1] == -entries[2]


@given(paid=cents, part=shares, value=shares)
def test_the_strict_denominator_is_never_behind_the_issued_one(
    paid: Decimal, part: Fraction, value: Fraction
) -> None:
    used = (paid * part.numerator / part.denominator).quantize(Decimal("0.01"))
    strict = cumulative_breakage(paid, used, value, REDEMPTION, 2)
    assert strict >= cumulative_breakage(paid, used, value, ISSUED, 2) - Decimal("0.01")


@pytest.mark.parametrize(
    ("starts", "ends", "term"),
    [
        ((2025, 11, 3), (2026, 11, 3), "12m"),
        ((2025, 11, 3), (2026, 11, 2), "11m"),
        ((2025, 11, 3), (2025, 12, 1), "28d"),
        ((2025, 1, 31), (2025, 3, 1), "1m"),
        ((2025, 11, 3), None, "open"),
    ],
)
def test_terms_are_whole_months(
    starts: tuple[int, int, int], ends: tuple[int, int, int] | None, term: str
) -> None:
    from datetime import date, datetime

    from tokenbooks.entries.sell.cohorts import term_of

    assert term_of(date(*starts), datetime(*ends) if ends else None) == term
