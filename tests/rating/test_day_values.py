"""Values by day sum to the table of charges, whatever the plan."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.rating.plans import per_unit, plan, rate, tiered
from tests.rating.tables import YEAR, Rating, Row, rate_rows
from tests.rating.test_charge_table import PLANS, STEPS, USED
from tokenbooks.periods import Period
from tokenbooks.rating.day_values import FLAT, terms_of_period, value_of_period

MARCH = Period.month(2025, 3)


def day(text: str) -> date:
    return date.fromisoformat(text)


def by_month(found: Rating) -> dict[str, Fraction]:
    """The values of days and the terms of the plan, together by month."""
    months: dict[str, Fraction] = {}
    for on, value in found.charged_by_day().items():
        months[f"{on:%Y-%m}"] = months.get(f"{on:%Y-%m}", Fraction(0)) + value
    for number in range(1, 13):
        period = Period.month(2025, number)
        for value in terms_of_period(found.rated, "c", period).values():
            months[str(period)] = months.get(str(period), Fraction(0)) + value
    return {month: value for month, value in months.items() if value}


@pytest.mark.parametrize("name", PLANS)
def test_days_sum_to_the_month_of_the_table_of_charges(name: str) -> None:
    found = rate_rows(PLANS[name], USED)
    days, table = by_month(found), found.charged()
    assert days.keys() == table.keys() >= {"2025-03", "2025-04"}
    # terms of plans are not rounded here, and rounded to 12 places in the table
    assert all(abs(days[month] - table[month]) < Fraction(1, 10**11) for month in days)


@pytest.mark.parametrize("name", ["per unit", "a third", "graduated", "a modifier and a counter"])
def test_without_terms_that_is_so_to_the_last_digit(name: str) -> None:
    found = rate_rows(PLANS[name], USED)
    assert by_month(found) == found.charged()


def test_a_day_has_its_own_quantity_at_its_own_price() -> None:
    """7 and 9 at 0.5 in March; from April on 30 and -4 at 1."""
    rows = rate_rows(
        plan(rate([per_unit("tokens", "0.5")]), rate([per_unit("tokens", "1")], date(2025, 4, 1))),
        USED,
    )
    assert rows.charged_by_day() == {
        day("2025-03-14"): Fraction("3.5"),
        day("2025-03-20"): Fraction("4.5"),
        day("2025-04-02"): 30,
        day("2025-04-03"): -4,
    }
    assert rows.charged_by_day(MARCH).keys() == {day("2025-03-14"), day("2025-03-20")}


def test_a_tiered_price_stands_with_the_average_of_its_month() -> None:
    """30 in April: 10 x 1 + 3 and 20 x 0.5 + 2 = 25, a sixth of it for each 5 of usage."""
    rows = [Row("2025-04-02", 10), Row("2025-04-03", 20)]
    found = rate_rows(plan(rate([tiered("graduated", *STEPS)])), rows)
    days = found.charged_by_day()
    assert sum(days.values()) == 25
    assert abs(days[day("2025-04-02")] - Fraction(25, 3)) < Fraction(1, 10**11)


def test_what_no_quantity_bears_is_a_flat_amount() -> None:
    price = tiered("graduated", *STEPS, flat_on_zero=True)
    rows = [Row("2025-03-01", 0), Row("2025-03-02", 2), Row("2025-03-04", -2)]
    found = rate_rows(plan(rate([price])), rows)
    assert found.charged_by_day() == {}
    assert terms_of_period(found.rated, "c", MARCH) == {FLAT: 3}
    assert value_of_period(found.rated, "c", MARCH) == 3


def test_the_value_of_a_period_is_that_of_its_usage_and_terms() -> None:
    found = rate_rows(PLANS["discount, cap and minimum"], USED)
    whole = value_of_period(found.rated, "c", YEAR)
    assert whole == sum(found.by_month().values())
    assert terms_of_period(found.rated, "c", MARCH).keys() <= {"cap", "discount", "minimum"}


def test_decimals_of_quantities_count() -> None:
    rows = [Row("2025-03-01", Decimal("0.25"), meter="hours")]
    found = rate_rows(plan(rate([per_unit("hours", "3")])), rows, meters=("hours",))
    assert found.charged_by_day() == {day("2025-03-01"): Fraction(3, 4)}
