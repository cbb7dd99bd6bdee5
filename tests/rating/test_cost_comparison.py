"""Why usage costs more under one plan than under another: price, quantity, terms."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenbooks.rating.cost_comparison import Cost, effects


def cost(amount: str = "0", counted: str = "0", terms: str = "0") -> Cost:
    return Cost(Fraction(amount), Fraction(counted), Fraction(terms))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # 10 units at 2, and at 3: (3 - 2) x 10 by price
        (cost("20", "10"), cost("30", "10"), ("10", "0", "0")),
        # 10 at 2, and 8 of them counted at 2: 2 x (8 - 10) by quantity
        (cost("20", "10"), cost("16", "8"), ("0", "-4", "0")),
        # 10 at 2, and 8 counted at 3: (3 - 2) x 8 and 2 x (8 - 10)
        (cost("20", "10"), cost("24", "8"), ("8", "-4", "0")),
        # all is free under the second: 2 x (0 - 10)
        (cost("20", "10"), cost(), ("0", "-20", "0")),
        # all is free under the first: nothing to compare a price with
        (cost(), cost("24", "8"), ("0", "24", "0")),
        # a price of 0 is a price: (3 - 0) x 8
        (cost("0", "8"), cost("24", "8"), ("24", "0", "0")),
        # a fee of 5 and a discount of 1
        (cost("20", "10"), cost("20", "10", "5"), ("0", "0", "5")),
        (cost("20", "10", "-1"), cost("20", "10", "5"), ("0", "0", "6")),
        # an amount without a unit: a flat part that is due at zero
        (cost("20", "10"), cost("4"), ("0", "0", "-16")),
        (cost(), cost(), ("0", "0", "0")),
    ],
)
def test_the_effects_of_a_difference(
    first: Cost, second: Cost, expected: tuple[str, str, str]
) -> None:
    assert effects(first, second) == tuple(map(Fraction, expected))


amounts = st.fractions(-1000, 1000, max_denominator=60)
counts = st.fractions(0, 1000, max_denominator=60)
costs = st.builds(Cost, amounts, counts, amounts)


@given(costs, costs)
def test_effects_sum_to_the_difference(first: Cost, second: Cost) -> None:
    assert sum(effects(first, second)) == second.total - first.total


@given(costs)
def test_a_plan_does_not_differ_from_itself(one: Cost) -> None:
    assert effects(one, one) == (0, 0, 0)
