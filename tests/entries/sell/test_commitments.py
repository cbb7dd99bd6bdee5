"""What customers have promised: paid up front, or billed when it was not used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.books import tokenbooks
from tests.entries.sell.sell_books import ARREARS, estimate, write_seller
from tests.entries.sell.test_promotions import BOOK, posted

PREPAID = BOOK.replace("2025-11", "2025-01")
UP_FRONT = {
    "credits.csv": "date,contract,event,credits,paid,lot,expires,kind\n"
    "2025-01-01,packs,sale,100,100,promised,2025-03-31,commitment\n"
}
PROPORTIONAL = ARREARS + "policies:\n  commitment_shortfall: proportional\n"
QUARTER: dict[str, Any] = {"commitment": {"amount": 100, "every": "quarter"}}
EIGHTY = estimate("2025-01-01", "expected_volume", "80", "commitment")
USED = ["2025-01-10,20", "2025-02-10,20", "2025-03-10,40"]
MONTHS = ("2025-01", "2025-02", "2025-03")


def test_what_was_paid_up_front_is_earned_by_use_and_its_rest_is_a_shortfall(
    tmp_path: Path,
) -> None:
    folder = write_seller(tmp_path, {}, ["2025-02-10,60"], book=PREPAID, files=UP_FRONT)
    assert posted(folder, *MONTHS) == {
        "2025-01": {"cash": "100.00", "deferred_revenue": "-100.00"},
        "2025-02": {"deferred_revenue": "60.00", "revenue_usage": "-60.00"},
        "2025-03": {"deferred_revenue": "40.00", "revenue_shortfall": "-40.00"},
    }


def test_no_breakage_is_expected_of_a_commitment(tmp_path: Path) -> None:
    rows = estimate("2025-01-01", "breakage_rate", "40%")
    folder = write_seller(tmp_path, {}, ["2025-02-10,60"], rows, PREPAID, UP_FRONT)
    found = posted(folder, *MONTHS)
    assert not any("revenue_breakage" in nets for nets in found.values())


def test_the_buyer_of_a_commitment_loses_what_it_did_not_use(tmp_path: Path) -> None:
    book = PREPAID.replace("side: sell", "side: buy").replace("    revenue: ", "    #")
    files = {"credits.csv": UP_FRONT["credits.csv"].replace(",sale,", ",purchase,")}
    folder = write_seller(tmp_path, {}, ["2025-02-10,60"], book=book, files=files)
    assert posted(folder, *MONTHS)["2025-03"] == {
        "prepaid_credits": "-40.00",
        "commitment_shortfall_expense": "40.00",
    }


def test_by_default_a_shortfall_is_revenue_when_its_span_is_over(tmp_path: Path) -> None:
    folder = write_seller(tmp_path, QUARTER, USED, EIGHTY)
    found = posted(folder, *MONTHS)
    assert [nets.get("revenue_shortfall") for nets in found.values()] == [None, None, "-20.00"]


def test_an_expected_shortfall_is_earned_in_proportion_to_use(tmp_path: Path) -> None:
    # 100 - 80 = 20 lacking: 20/80 of it is 5, as much again, and the rest when it is billed
    folder = write_seller(tmp_path, QUARTER, USED, EIGHTY, PROPORTIONAL)
    found = posted(folder, *MONTHS)
    assert [nets["revenue_shortfall"] for nets in found.values()] == ["-5.00", "-5.00", "-10.00"]
    assert [nets["contract_asset"] for nets in found.values()] == ["5.00", "5.00", "-10.00"]
    assert found["2025-03"]["unbilled_receivable"] == "60.00"


def test_the_end_of_a_span_trues_up_what_was_expected(tmp_path: Path) -> None:
    # 20 were expected to lack, and 10 of them were earned: nothing lacks in the end
    used = ["2025-01-10,20", "2025-02-10,20", "2025-03-10,60"]
    found = posted(write_seller(tmp_path, QUARTER, used, EIGHTY, PROPORTIONAL), *MONTHS)
    assert found["2025-03"] == {
        "unbilled_receivable": "60.00",
        "revenue_usage": "-60.00",
        "revenue_shortfall": "10.00",
        "contract_asset": "-10.00",
    }


def test_a_shortfall_that_nobody_expects_waits_and_a_warning_says_so(tmp_path: Path) -> None:
    folder = write_seller(tmp_path, QUARTER, USED, book=PROPORTIONAL)
    assert "volume-unestimated" in tokenbooks(folder, "close", "-p", "2025-01").err
    assert "revenue_shortfall" not in posted(folder, "2025-01")["2025-01"]


#: Used in January; what is usage and what is overage of it, beyond 100 at 1.2 each.
BEYOND = (
    (["2025-01-10,60"], "-60.00", None),
    (["2025-01-10,100", "2025-01-20,20"], "-100.00", "-24.00"),
)


@pytest.mark.parametrize(("used", "usage", "overage"), BEYOND)
def test_usage_beyond_a_commitment_is_overage(
    tmp_path: Path, used: list[str], usage: str, overage: str | None
) -> None:
    terms = {"amount": 100, "every": "year", "shortfall": "forfeit", "overage": "1.2"}
    plan = {"commitment": terms, "overage": "bill"}
    folder = write_seller(tmp_path, plan, used, book=PREPAID, files=UP_FRONT)
    found = posted(folder, "2025-01")["2025-01"]
    assert (found["revenue_usage"], found.get("revenue_overage")) == (usage, overage)


def test_a_minimum_of_a_month_is_settled_in_it(tmp_path: Path) -> None:
    plan = {"minimum": {"amount": 10_000}}
    folder = write_seller(tmp_path, plan, ["2025-01-10,7500"])
    assert posted(folder, "2025-01")["2025-01"] == {
        "unbilled_receivable": "10000.00",
        "revenue_usage": "-7500.00",
        "revenue_shortfall": "-2500.00",
    }
