"""Rollover: how much lives on, what a cap cuts, and until when it lives."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenbooks.credits.rollover import rolled, rolled_end, within_cap
from tokenbooks.rating.credit_terms import Length, RolloverTerms

AMOUNTS = st.fractions(min_value=0, max_value=1000, max_denominator=1000)
PRICES = st.decimals(min_value=0, max_value=1000, places=2)


def terms(
    share: str = "100", low: str = "0", high: str | None = None, expires: Length | None = None
) -> RolloverTerms:
    most = None if high is None else Decimal(high)
    return RolloverTerms(Decimal(share), Decimal(low), most, expires=expires)


@pytest.mark.parametrize(
    ("rule", "left", "lives_on"),
    [
        (terms(), "30", "30"),
        (terms(high="100"), "30", "30"),
        (terms(high="100"), "150", "100"),
        (terms(high="0"), "100", "0"),
        (terms(low="50", high="50"), "0", "50"),  # a minimum gives more than is left
        (terms(low="80", high="50"), "10", "50"),  # and the maximum rules over it
        (terms("50"), "30", "15"),
        (terms("50", high="10"), "30", "10"),
        (terms("33"), "1/3", "11/100"),  # exactly
        (terms("0"), "30", "0"),
        # credits that may not roll are a lot of their own, drawn first: 80 of 140 used
        # leave all of the 60 that may, 100 leave 40, 150 leave none
        (terms(), "60", "60"),
        (terms(), "40", "40"),
        (terms(), "0", "0"),
    ],
)
def test_what_lives_on_of_a_rest(rule: RolloverTerms, left: str, lives_on: str) -> None:
    assert rolled(rule, Fraction(left)) == Fraction(lives_on)


@pytest.mark.parametrize(
    ("at_most", "lots", "kept"),
    [
        (None, {"a": "40", "b": "100"}, {"a": "40", "b": "100"}),
        ("140", {"a": "40", "b": "100"}, {"a": "40", "b": "100"}),
        ("110", {"a": "40", "b": "100"}, {"a": "10", "b": "100"}),  # a ends first
        ("50", {"a": "40", "b": "100"}, {"a": "0", "b": "50"}),
        ("0", {"a": "40", "b": "100"}, {"a": "0", "b": "0"}),
        # half of a grant of 200: of 150 that are left 100 live on, of 50 all
        ("100", {"a": "150"}, {"a": "100"}),
        ("100", {"a": "50"}, {"a": "50"}),
        ("100", {}, {}),
    ],
)
def test_a_cap_cuts_what_ends_first(
    at_most: str | None, lots: dict[str, str], kept: dict[str, str]
) -> None:
    most = None if at_most is None else Decimal(at_most)
    found = within_cap({lot: Fraction(left) for lot, left in lots.items()}, most)
    assert found == {lot: Fraction(left) for lot, left in kept.items()}
    assert list(found) == list(lots)


@pytest.mark.parametrize(
    ("expires", "starts", "before", "ends"),
    [
        # the rule says how long
        (Length(months=1), "2025-12-01", ("2025-09-01", "2025-12-01"), "2026-01-01"),
        (Length(days=30), "2025-12-01", ("2025-09-01", "2025-12-01"), "2025-12-31"),
        # else as long as the lot before: a month after a month
        (None, "2025-12-01", ("2025-11-01", "2025-12-01"), "2026-01-01"),
        (None, "2025-03-01", ("2024-03-01", "2025-03-01"), "2026-03-01"),
        (None, "2025-02-28", ("2025-01-31", "2025-02-28"), "2025-03-31"),  # the 31st again
        # or as many days
        (None, "2025-11-20", ("2025-11-01", "2025-11-20"), "2025-12-09"),
        (None, "2025-11-08", ("2025-11-01", "2025-11-08"), "2025-11-15"),
        (None, "2025-11-01T06", ("2025-11-01T00", "2025-11-01T06"), "2025-11-01T12"),
        (None, "2025-12-01T06", ("2025-11-01T00", "2025-12-01T06"), "2025-12-31T12"),
        # a rest that rolls on some days later lives as long
        (None, "2025-12-05", ("2025-11-01", "2025-12-01"), "2026-01-05"),
    ],
)
def test_when_a_rolled_lot_ends(
    expires: Length | None, starts: str, before: tuple[str, str], ends: str
) -> None:
    began, ended = map(datetime.fromisoformat, before)
    found = rolled_end(terms(expires=expires), datetime.fromisoformat(starts), (began, ended))
    assert found == datetime.fromisoformat(ends)


@given(PRICES, PRICES, PRICES, AMOUNTS)
def test_what_lives_on_keeps_within_its_bounds(
    share: Decimal, low: Decimal, high: Decimal, left: Fraction
) -> None:
    lives_on = rolled(RolloverTerms(share, low, high), left)
    assert min(low, high) <= lives_on <= high
    if share <= 100 and not low:
        assert lives_on <= left


@given(st.lists(AMOUNTS, max_size=6), PRICES)
def test_a_cap_cuts_no_more_than_it_must(lots: list[Fraction], at_most: Decimal) -> None:
    rests = {str(number): left for number, left in enumerate(lots)}
    kept = within_cap(rests, at_most)
    assert sum(kept.values()) == min(sum(lots), at_most)
    assert all(0 <= kept[lot] <= left for lot, left in rests.items())
    cut = [lot for lot in rests if kept[lot] < rests[lot]]
    assert cut == list(rests)[: len(cut)] or not all(rests.values())
    assert all(not kept[lot] for lot in cut[:-1])
