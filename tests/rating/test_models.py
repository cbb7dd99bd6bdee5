"""Charge models: the arithmetic at, below and above every bound."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rating.plans import per_unit, tiered
from tokenbooks.rating.models import AMOUNTS, AboveLastStepError, explain, graduated

# first 1M at 60, next 4M at 50, beyond at 40, all per 1M
BRIEF = tiered(
    "graduated", ("1000000", "60", "0"), ("5000000", "50", "0"), (None, "40", "0"), per="1000000"
)
VOLUME = tiered(
    "volume", ("1000000", "60", "0"), ("5000000", "50", "0"), (None, "40", "0"), per="1000000"
)
FLATS = tiered(
    "graduated", ("10", "10", "2"), ("20", "5", "3"), (None, "5", "3"), flat_on_zero=True
)
NO_FLAT_AT_ZERO = tiered("graduated", ("10", "10", "2"), (None, "5", "3"))
VOLUME_FLATS = tiered(
    "volume", ("5", "0", "100"), ("10", "0", "150"), (None, "10", "0"), flat_on_zero=True
)


@pytest.mark.parametrize(
    ("price", "quantity", "amount"),
    [
        (per_unit("tokens", "2.50", "1000000"), 1_200_000, "3"),
        (per_unit("seconds", "0.006", "60"), 18, "0.0018"),
        (BRIEF, 0, "0"),
        (BRIEF, 1_000_000, "60"),
        (BRIEF, 1_000_001, "60.00005"),  # one token at 50 per 1M
        (BRIEF, 5_000_000, "260"),  # 60 + 4 x 50
        (BRIEF, 5_000_001, "260.00004"),  # one token at 40 per 1M
        (BRIEF, 7_000_000, "340"),  # 60 + 200 + 2 x 40
        (VOLUME, 1_000_000, "60"),
        (VOLUME, 1_000_001, "50.00005"),  # all of it at 50
        (VOLUME, 7_000_000, "280"),  # 7 x 40
        (FLATS, 0, "2"),
        (FLATS, 10, "102"),  # 2 + 10 x 10
        (FLATS, 11, "110"),  # 102 + 3 + 5
        (FLATS, 21, "163"),  # 102 + 3 + 50 + 3 + 5
        (NO_FLAT_AT_ZERO, 0, "0"),
        (NO_FLAT_AT_ZERO, 1, "12"),  # 2 + 10
        (VOLUME_FLATS, 0, "100"),
        (VOLUME_FLATS, 5, "100"),
        (VOLUME_FLATS, 6, "150"),
        (VOLUME_FLATS, 15, "150"),  # 15 x 10
    ],
)
def test_amount_of_a_total(price: object, quantity: int, amount: str) -> None:
    assert AMOUNTS[price.model](price, Fraction(quantity)) == Fraction(amount)


def test_usage_above_a_closed_last_step_is_refused() -> None:
    closed = tiered("graduated", ("10", "1", "0"))
    assert AMOUNTS["graduated"](closed, Fraction(10)) == 10
    with pytest.raises(AboveLastStepError):
        AMOUNTS["graduated"](closed, Fraction(11))


def test_explanation_shows_each_band() -> None:
    assert explain(BRIEF, Fraction(7_000_000)) == [
        "1000000 x 60 per 1M = 60",
        "4000000 x 50 per 1M = 200",
        "2000000 x 40 per 1M = 80",
    ]


@given(st.lists(st.integers(0, 3_000_000), min_size=1, max_size=8))
def test_stretches_of_a_graduated_price_sum_to_the_whole(quantities: list[int]) -> None:
    total, amount = Fraction(0), Fraction(0)
    for quantity in quantities:
        amount += graduated(BRIEF, total, total + quantity)
        total += quantity
    assert amount == AMOUNTS["graduated"](BRIEF, total)
