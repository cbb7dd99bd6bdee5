"""The table of charges sums to what was rated, whatever the plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.rating.plans import (
    converted,
    modifier,
    package,
    per_unit,
    plan,
    priced,
    rate,
    requests,
    step,
    tiered,
    unit,
)
from tests.rating.tables import Row, rate_rows
from tokenbooks.rating.measures import Threshold
from tokenbooks.rating.plan import MeterPrice, Plan, RequestTerms
from tokenbooks.rating.terms import Allowance, Cap, Discount, Fee, Minimum, Terms

USED = [
    Row("2025-03-14", 7),
    Row("2025-03-20", 9, "globex", "api"),
    Row("2025-04-02", 30),
    Row("2025-04-03", -4, "globex"),
]
STEPS = [("10", "1", "3"), (None, "0.5", "2")]


def including(units: str) -> Terms:
    return Terms(fees=(Fee("base", Decimal(31), allowance=Allowance({"tokens": Decimal(units)})),))


def by_size(*bounds: tuple[str, str]) -> MeterPrice:
    """1 a token, or another price for the whole request above a size."""
    sizes = tuple((Threshold("tokens", Decimal(size)), unit(price)) for size, price in bounds)
    return priced(
        "per_unit", step(None, "1"), over="request", requests=RequestTerms(None, None, sizes)
    )


PLANS = {
    "per unit": plan(rate([per_unit("tokens", "0.006", "60")])),
    "a third": plan(rate([per_unit("tokens", "1", "3")])),
    "graduated": plan(rate([tiered("graduated", *STEPS)])),
    "volume of a year": plan(rate([tiered("volume", *STEPS, over="year")])),
    "packages": plan(rate([package("4", "1", free="2")])),
    "converted": plan(rate([converted("4", "half_up", "1")])),
    "by request": plan(rate([by_size(("8", "2"))])),
    "rounded requests": plan(
        rate([priced("per_unit", step(None, "1"), over="request", requests=requests("8", "5"))])
    ),
    "tiers of a request": plan(rate([tiered("graduated", *STEPS, over="request")])),
    "two rates in one counter": plan(
        rate([tiered("volume", *STEPS)]),
        rate([tiered("volume", ("20", "2", "0"), (None, "1", "0"))], date(2025, 3, 15)),
    ),
    "a modifier and a counter": plan(
        rate([tiered("graduated", *STEPS)]),
        modifiers=(modifier("half", {"tokens": "0.5"}, project="api"),),
    ),
    "an allowance": plan(rate([per_unit("tokens", "1")]), terms=including("5")),
    "an allowance and a counter": plan(rate([tiered("graduated", *STEPS)]), terms=including("5")),
    "an allowance and requests": plan(rate([by_size(("8", "2"))]), terms=including("5")),
    "discount, cap and minimum": plan(
        rate([tiered("graduated", *STEPS)]),
        terms=Terms(
            caps=(Cap(Decimal(20)),),
            discounts=(Discount(Decimal(10), Decimal(5)),),
            minimum=Minimum(Decimal(15)),
        ),
    ),
}


@pytest.mark.parametrize("name", PLANS)
def test_charges_sum_to_what_was_rated(name: str) -> None:
    found = rate_rows(PLANS[name], USED)
    assert found.codes == []
    rated, charged = found.by_month(), found.charged()
    assert rated.keys() == charged.keys() >= {"2025-03", "2025-04"}
    assert all(abs(rated[month] - charged[month]) < Fraction(1, 10**9) for month in rated)


@pytest.mark.parametrize("scope", ["party", "customer"])
def test_a_flat_amount_at_zero_is_a_charge_without_a_quantity(scope: str) -> None:
    price = replace(tiered("graduated", *STEPS, flat_on_zero=True), scope=(scope,))
    rows = [Row("2025-03-01", 0), Row("2025-04-01", 2), Row("2025-04-02", -2)]
    found = rate_rows(plan(rate([price])), rows)
    assert found.by_month() == found.charged() == {"2025-03": 3, "2025-04": 3}


def test_what_was_taken_back_from_another_day_may_leave_a_value_without_a_quantity() -> None:
    """20 at 0.5 + 2, less 5 x 1 + 3, less 15 x 0.5 + 2, in tiers of one day each."""
    rows = [Row("2025-03-01", 20), Row("2025-03-02", -5), Row("2025-03-03", -15)]
    prices: Plan = plan(rate([tiered("volume", *STEPS, over="day")]))
    found = rate_rows(prices, rows)
    assert found.by_month() == found.charged() == {"2025-03": Fraction(-11, 2)}
