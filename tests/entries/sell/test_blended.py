"""Tiers that reset once a year: revenue at the rate that is expected for the whole of it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.books import tokenbooks
from tests.entries.sell.sell_books import ARREARS, estimate, write_seller
from tests.entries.sell.test_promotions import BOOK, posted

STEPS = [{"up_to": 1, "price": 60}, {"up_to": 5, "price": 50}, {"price": 40}]
RISING = [{"up_to": 1, "price": 40}, {"price": 60}]
TEN = estimate("2025-01-01", "expected_volume", "10")


def tiers(steps: list[dict[str, Any]] = STEPS, over: str = "year") -> dict[str, Any]:
    price = {"tiers": "graduated", "over": over, "steps": steps}
    return {"rates": [{"prices": {"credits": price}}]}


def test_what_is_charged_above_the_blended_rate_is_deferred(tmp_path: Path) -> None:
    # 10 cost 1 x 60 + 4 x 50 + 5 x 40 = 460, so 46 each: 110 charged, 2 x 46 = 92 earned
    folder = write_seller(tmp_path, tiers(), ["2025-01-31,2"], TEN)
    assert posted(folder, "2025-01") == {
        "2025-01": {
            "unbilled_receivable": "110.00",
            "revenue_usage": "-92.00",
            "deferred_revenue": "-18.00",
        }
    }


def test_what_is_charged_below_the_blended_rate_is_a_contract_asset(tmp_path: Path) -> None:
    # 10 cost 1 x 40 + 9 x 60 = 580, so 58 each: 40 charged for the first, 58 earned
    folder = write_seller(tmp_path, tiers(RISING), ["2025-01-31,1"], TEN)
    assert posted(folder, "2025-01") == {
        "2025-01": {
            "unbilled_receivable": "40.00",
            "revenue_usage": "-58.00",
            "contract_asset": "18.00",
        }
    }


def test_a_new_estimate_catches_up_and_nothing_is_left_at_the_end(tmp_path: Path) -> None:
    # 9 cost 420, so 46.67 each: by June 4 x 46.67 = 186.67 earned of 210. Only 8 are used in
    # the end: what they cost, 380, is earned, and no estimate matters any more
    estimates = TEN + estimate("2025-06-30", "expected_volume", "9")
    used = ["2025-01-31,2", "2025-06-10,2", "2025-12-10,4"]
    folder = write_seller(tmp_path, tiers(), used, estimates)
    found = posted(folder, *(f"2025-{month:02}" for month in range(1, 13)))
    assert {month: nets["revenue_usage"] for month, nets in found.items()} == {
        "2025-01": "-92.00",
        "2025-06": "-94.67",
        "2025-12": "-193.33",
    }
    assert sum(Decimal(nets.get("deferred_revenue", 0)) for nets in found.values()) == 0


def test_more_than_was_expected_is_earned_as_it_is_charged(tmp_path: Path) -> None:
    # 2 expected and 3 used: 60 + 2 x 50 = 160 charged, and no later unit is cheaper
    estimates = estimate("2025-01-01", "expected_volume", "2")
    folder = write_seller(tmp_path, tiers(), ["2025-01-31,3"], estimates)
    assert posted(folder, "2025-01")["2025-01"]["revenue_usage"] == "-160.00"


@pytest.mark.parametrize(("over", "warns"), [("year", True), ("quarter", True), ("month", False)])
def test_without_an_estimate_actual_rates_rule_and_a_warning_says_so(
    tmp_path: Path, over: str, warns: bool
) -> None:
    folder = write_seller(tmp_path, tiers(over=over), ["2025-01-31,2"])
    assert ("volume-unestimated" in tokenbooks(folder, "close", "-p", "2025-01").err) == warns
    assert posted(folder, "2025-01")["2025-01"]["revenue_usage"] == "-110.00"


def test_an_estimate_that_nobody_approved_counts_for_nothing(tmp_path: Path) -> None:
    unapproved = TEN.replace("Ada,Grace", "Ada,")
    folder = write_seller(tmp_path, tiers(), ["2025-01-31,2"], unapproved)
    assert posted(folder, "2025-01")["2025-01"]["revenue_usage"] == "-110.00"


#: What the lot of 500 was sold for and in which currency; what is deferred of 18 of list value.
SOLD = (
    ("500,500", "USD", "", "-18.00"),
    ("500,400", "USD", "", "-14.40"),  # at 0.80 each: 18 x 0.80
    ("500,500", "EUR", "1.1", "-19.80"),  # at the rate of the sale: 18 x 1.10
)


@pytest.mark.parametrize(("paid", "currency", "rate", "ahead"), SOLD)
def test_of_prepaid_usage_what_its_credits_were_sold_for_counts(
    tmp_path: Path, paid: str, currency: str, rate: str, ahead: str
) -> None:
    # the credits that are left are deferred too: only what moved beside them is told here
    rows = f"2025-01-01,packs,sale,{paid},lot,{currency},{rate}\n"
    files = {"credits.csv": "date,contract,event,credits,paid,lot,currency,fx_rate\n" + rows}
    plan = tiers() | {"currency": currency}
    book = BOOK.replace("2025-11", "2025-01")
    with_estimate, without = tmp_path / "with", tmp_path / "without"
    write_seller(with_estimate, plan, ["2025-01-31,2"], TEN, book, files)
    write_seller(without, plan, ["2025-01-31,2"], "", book, files)
    deferred = [
        Decimal(posted(folder, "2025-01")["2025-01"]["deferred_revenue"])
        for folder in (with_estimate, without)
    ]
    assert deferred[0] - deferred[1] == Decimal(ahead)


def test_a_buyer_pays_what_it_is_charged(tmp_path: Path) -> None:
    book = ARREARS.replace("side: sell", "side: buy").replace("    revenue: ", "    #")
    folder = write_seller(tmp_path, tiers(), ["2025-01-31,2"], book=book)
    assert posted(folder, "2025-01")["2025-01"]["accrued_expenses"] == "-110.00"
    assert "volume-unestimated" not in tokenbooks(folder, "close", "-p", "2025-01").err
