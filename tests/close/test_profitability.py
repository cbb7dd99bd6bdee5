"""Revenue beside the cost of serving it: by customer, traced by model and meter."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from tokenbooks.close.metrics import BoughtMonth, Ratio, SoldMonth, bought_ratios, sold_ratios
from tokenbooks.close.profitability import Charged, concentration, profits, unpaid_quantity

TOKENS = "output_tokens"


def sold(customer: str, quantity: str, revenue: str, unpaid: str = "0") -> Charged:
    amounts = (Decimal(quantity), Decimal(revenue))
    return Charged(True, (customer,), "m", TOKENS, *amounts, Fraction(unpaid))


def bought(quantity: str, cost: str, customer: str = "", model: str = "m") -> Charged:
    return Charged(False, (customer,), model, TOKENS, Decimal(quantity), Decimal(cost))


def test_a_flat_fee_and_five_users_who_burn_three_quarters_of_the_compute() -> None:
    """100 users at 20 a month, compute of 1,600, 75% of it for 5 of them.

    5 users: 100 - 1,200 = -1,100; 95 users: 1,900 - 400 = 1,500; in all 400.
    """
    rows = [bought("1600", "1600.00")]
    rows += [sold(f"heavy-{n}", "240", "20.00") for n in range(5)]
    # 400 among 95, told in 95ths so that the quantities are whole
    rows = [row._replace(quantity=row.quantity * 95) for row in rows]
    rows += [sold(f"light-{n}", "400", "20.00") for n in range(95)]
    found = profits(rows)
    top = concentration(found, 5)
    assert [top.size, top.top.margin, top.rest.margin] == [5, -1100, 1500]
    assert [found.total.margin, top.share] == [400, Fraction(3, 4)]
    assert [name for (name,), _ in found.below_zero()] == [f"heavy-{n}" for n in range(5)]


def test_what_nothing_sold_explains_stays_apart() -> None:
    """100 tokens bought for 50.00, 60 of them sold to Ada: 30.00 is hers, 20.00 is nobody's."""
    found = profits([bought("100", "50.00"), sold("ada", "60", "90.00")])
    assert found.groups["ada",].cost == 30
    assert [found.not_traced, found.total.cost, found.total.margin] == [20, 50, 40]


def test_what_another_model_costs_is_not_traced() -> None:
    found = profits([bought("10", "7.00", model="other"), sold("ada", "10", "9.00")])
    assert [found.groups["ada",].cost, found.not_traced] == [0, 7]


def test_no_more_is_traced_than_was_bought() -> None:
    """100 tokens sold, 80 bought for 40.00: each that was sold costs 0.40, in all 40.00."""
    found = profits([bought("80", "40.00"), sold("ada", "75", "90.00"), sold("bob", "25", "30.00")])
    assert [found.groups[name,].cost for name in ("ada", "bob")] == [30, 10]
    assert found.not_traced == 0


#: What Ada was sold -> what it costs, of 10 tokens that are told to be hers for 7.00, and 10
#: for 5.00 that are not: only what is beyond the 10 has a share of these.
TOLD = [("5", Fraction(7)), ("10", Fraction(7)), ("14", Fraction(9)), ("30", Fraction(12))]


@pytest.mark.parametrize(("quantity", "expected"), TOLD)
def test_usage_of_a_provider_that_says_its_customer_is_that_customers(
    quantity: str, expected: Fraction
) -> None:
    rows = [bought("10", "7.00", customer="ada"), bought("10", "5.00")]
    found = profits([*rows, sold("ada", quantity, "9.00")])
    assert found.groups["ada",].cost == expected
    assert found.total.cost == 12


def test_revenue_that_no_charge_explains_stays_apart() -> None:
    found = profits([sold("ada", "1", "9.00")], Fraction(10))
    assert [found.groups["ada",].revenue, found.other, found.total.revenue] == [9, 10, 19]


#: Of 10 units: list value, price of each, share paid by free credits -> units that earn nothing.
UNPAID: list[tuple[str, Fraction | None, str, Fraction]] = [
    ("20", None, "0", Fraction(0)),
    ("20", None, "1/4", Fraction(5, 2)),
    ("20", None, "1", Fraction(10)),
    ("0", None, "0", Fraction(10)),
    # at 2 each, 8 of list value is 4 units: 6 were included
    ("8", Fraction(2), "0", Fraction(6)),
    ("8", Fraction(2), "1/4", Fraction(7)),
    # dearer than its price: a modifier
    ("30", Fraction(2), "0", Fraction(0)),
]


@pytest.mark.parametrize(("listed", "each", "free", "expected"), UNPAID)
def test_how_much_of_usage_earned_nothing(
    listed: str, each: Fraction | None, free: str, expected: Fraction
) -> None:
    assert unpaid_quantity(Decimal(10), Decimal(listed), each, Fraction(free)) == expected


def test_what_free_usage_costs() -> None:
    """10 tokens for 8.00, of which 4 earned nothing: 3.20."""
    found = profits([bought("10", "8.00"), sold("ada", "10", "6.00", "4")])
    assert found.groups["ada",].free == Fraction("3.2")


GROWTH = "revenue growth on the month before, %"


def figures(ratios: list[Ratio]) -> dict[str, Fraction | None]:
    return {ratio.name: ratio.value for ratio in ratios}


def test_the_ratios_of_a_seller_name_what_they_are_divided_by() -> None:
    """340 of 7M tokens: 48.57; 60,000 used and 8,000 unused of 100,000 sold; 340 - 119 = 65%."""
    now = SoldMonth(
        *(Fraction(340), Fraction(7_000_000), 2, Fraction(119), Fraction(0)),
        *(Fraction(100_000), Fraction(60_000), Fraction(8_000)),
    )
    found = figures(sold_ratios(now, None))
    assert round(found["revenue per million tokens"] or 0, 2) == Fraction("48.57")
    assert found["utilisation, % of credits sold to date"] == 60
    assert found["breakage, % of credits sold to date"] == 8
    assert found["gross margin on tokens, % of revenue"] == 65
    assert found["tokens per active customer"] == 3_500_000
    assert found[GROWTH] is None
    before = SoldMonth(Fraction(272), Fraction(0), 0, *(Fraction(0),) * 5)
    assert figures(sold_ratios(now, before))[GROWTH] == 25


def test_nothing_divided_by_nothing_is_not_known() -> None:
    nothing = BoughtMonth(*(Fraction(0),) * 5)
    found = figures(bought_ratios(nothing, "tickets"))
    assert found.pop("spend") == 0
    assert set(found.values()) == {None}


def test_the_ratios_of_a_buyer() -> None:
    """90.00 for 45,000 tokens and 30 tickets; 80 of 100 of ended credits were used."""
    own = BoughtMonth(*map(Fraction, (90, 45_000, 30, 80, 20)))
    found = figures(bought_ratios(own, "tickets"))
    assert found == {
        "spend": 90,
        "spend per 1,000 tokens": 2,
        "credits used, % of used and expired": 80,
        "spend per tickets": 3,
    }
