"""Counters in SQL give what the counters of ``rating.pools`` give, to the last digit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rating.plans import modifier, plan, rate, tiered
from tests.rating.tables import Rating, Row, rate_rows
from tokenbooks.close import rate_usage as module
from tokenbooks.rating.bulk import NO_BULK
from tokenbooks.rating.plan import MeterPrice, Plan
from tokenbooks.rating.terms import Allowance, Cap, Commitment, Discount, Fee, Minimum, Terms

METER = "input_tokens"


def by_customer(*steps: tuple[str | None, str, str], model: str, over: str = "month") -> MeterPrice:
    price = tiered(model, *steps, over=over)
    return replace(price, name=METER, meters=(METER,), scope=("customer",))


def rated(prices: Plan, rows: Sequence[Row], settle: str = "arrears") -> Rating:
    return rate_rows(prices, rows, settle=settle, meters=[METER])


def in_python(prices: Plan, rows: Sequence[Row], settle: str = "arrears") -> Rating:
    """The same without SQL."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_count_in_bulk", lambda *facts: (NO_BULK, [], []))
        return rated(prices, rows, settle)


def use(day: str, quantity: int, customer: str = "acme", project: str = "web") -> Row:
    return Row(f"2025-{day}", quantity, customer, project, METER)


STEPS = [("10", "1", "3"), (None, "0.5", "2")]


@pytest.mark.parametrize(
    ("model", "rows", "amounts"),
    [
        # each customer has a counter: 10 x 1 + 3 + 2 x 0.5 + 2, and 4 x 1 + 3
        ("graduated", [use("03-01", 12), use("03-02", 4, "globex")], {"2025-03": 23}),
        ("volume", [use("03-01", 12), use("03-02", 4, "globex")], {"2025-03": 15}),
        # 8 in all: 12 x 0.5 + 2 falls back to 8 x 1 + 3
        ("volume", [use("03-01", 12), use("03-02", -4)], {"2025-03": 11}),
        # more is taken back than was used: the mirror image of 10 x 1 + 3
        ("graduated", [use("03-01", -15), use("03-02", 5)], {"2025-03": -13}),
        ("volume", [use("03-01", -15), use("03-02", 5)], {"2025-03": -13}),
        # nothing used has no flat amount, and neither has what comes to nothing
        ("graduated", [use("03-01", 0), use("04-01", 7), use("04-02", -7)], {}),
    ],
)
def test_counters_in_sql(model: str, rows: list[Row], amounts: dict[str, int]) -> None:
    prices = plan(rate([by_customer(*STEPS, model=model)]))
    found = rated(prices, rows)
    assert found.rated.bulk
    assert found.by_month() == found.charged() == amounts
    assert in_python(prices, rows).by_month() == amounts


def test_what_lies_above_a_closed_last_step_is_an_error() -> None:
    prices = plan(rate([by_customer(("10", "1", "0"), model="graduated")]))
    rows = [use("03-01", 10), use("03-02", 1), use("03-02", 10, "globex")]
    assert rated(prices, rows).codes == in_python(prices, rows).codes == ["usage-above-tiers"]


@pytest.mark.parametrize(
    "terms",
    [
        Terms(commitment=Commitment(Decimal(100), "year", date(2025, 3, 15), date(2025, 9, 1))),
        Terms(caps=(Cap(Decimal(3), of=(METER,)),)),
        Terms(caps=(Cap(Decimal(3), "day"),)),
        Terms(discounts=(Discount(Decimal(10), every="day"),)),
        Terms(minimum=Minimum(Decimal(50))),
        Terms(round_lines=0),
        Terms(fees=(Fee("base", Decimal(0), allowance=Allowance({METER: Decimal(5)})),)),
        Terms(fees=(Fee("base", Decimal(9)),)),
    ],
)
def test_terms_of_a_plan_see_all_that_is_counted(terms: Terms) -> None:
    prices = plan(rate([by_customer(*STEPS, model="graduated")]), terms=terms)
    rows = [use("03-14", 7), use("03-20", 9, "globex"), use("04-01", 30)]
    whole, known = rated(prices, rows), in_python(prices, rows)
    assert whole.by_month() == known.by_month()
    assert near(whole.charged(), whole.by_month())


def test_a_price_that_no_usage_has_does_not_keep_customers_apart() -> None:
    """Else the counters in SQL would be fetched customer by customer after all."""
    used, unused = by_customer(*STEPS, model="graduated"), by_customer(*STEPS, model="volume")
    found = rated(plan(rate([used]), rate([unused], project="other")), [use("03-01", 12)])
    assert found.rated.bulk
    assert list(found.rated.by.scope) == []


def test_a_price_with_a_modifier_is_counted_in_python() -> None:
    prices = plan(
        rate([by_customer(*STEPS, model="graduated")]),
        modifiers=(modifier("half", {"*": "0.5"}, project="web"),),
    )
    found = rated(prices, [use("03-01", 12), use("03-01", 4, "globex", "api")])
    # (10 x 1 + 3 + 2 x 0.5 + 2) / 2, and 4 x 1 + 3
    assert (bool(found.rated.bulk), found.by_month()) == (False, {"2025-03": 15})


DAYS = st.dates(date(2025, 1, 1), date(2025, 12, 31)).map(lambda day: f"{day:%m-%d}")
ROWS = st.lists(
    st.builds(
        use,
        DAYS,
        st.integers(-40, 200),
        st.sampled_from(["acme", "globex"]),
        st.sampled_from(["web", "api"]),
    ),
    min_size=1,
    max_size=12,
)
AMOUNTS = st.decimals(0, 20, places=6).map(str)
BOUNDS = st.lists(st.integers(1, 100), max_size=3, unique=True).map(sorted)


@st.composite
def prices(draw: st.DrawFn) -> Plan:
    bounds = [*map(str, draw(BOUNDS)), None]
    steps = [(bound, draw(AMOUNTS), draw(AMOUNTS)) for bound in bounds]
    model = draw(st.sampled_from(["graduated", "volume"]))
    over = draw(st.sampled_from(["day", "month", "quarter", "year"]))
    return plan(rate([by_customer(*steps, model=model, over=over)]))


@settings(max_examples=settings.default.max_examples // 2, deadline=None)
@given(prices(), ROWS, st.sampled_from(["arrears", "prepaid"]))
def test_counters_in_sql_are_those_in_python(prices: Plan, rows: list[Row], settle: str) -> None:
    found, known = rated(prices, rows, settle), in_python(prices, rows, settle)
    assert found.rated.bulk
    assert found.by_month() == known.by_month()
    if settle == "prepaid":
        assert days(found) == days(known)


def days(rating: Rating) -> dict[str, Fraction]:
    """What each day adds: draws need it."""
    steps = rating.rated.charges.steps["c", ""]
    return {f"{step.at:%m-%d}": step.value for step in steps if step.value}


def near(left: dict[str, Fraction], right: dict[str, Fraction]) -> bool:
    """Whether amounts by month differ by less than the places of the table of charges."""
    return left.keys() == right.keys() and all(
        abs(left[month] - right[month]) < Fraction(1, 10**9) for month in left
    )
