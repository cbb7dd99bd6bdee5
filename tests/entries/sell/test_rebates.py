"""Rebates that come later: revenue at the net price, the rest a refund liability."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.books import INVOICES, usage
from tests.entries.sell.sell_books import ARREARS, estimate, write_seller
from tests.entries.sell.test_promotions import posted
from tokenbooks.close import plain_parties

SIXTY: dict[str, Any] = {"rates": [{"prices": {"credits": 60}}]}
#: A fifth off everything of a year, once it is above 200.
FIFTH = {"discounts": [{"percent": 20, "over": 200, "applies": "all", "every": "year"}]}
FIFTY = estimate("2025-01-01", "net_price", "50/60")

#: Price, units, share kept; revenue, refund liability.
SHARES = (
    ("60", "2", "50/60", "-100.00", "-20.00"),
    ("100", "700000", "90%", "-63000000.00", "-7000000.00"),
    ("10", "1", "1/3", "-3.33", "-6.67"),  # rounded once: both come to 10
)


@pytest.mark.parametrize(("price", "units", "share", "revenue", "liability"), SHARES)
def test_revenue_is_at_the_net_price(
    tmp_path: Path, price: str, units: str, share: str, revenue: str, liability: str
) -> None:
    plan = {"rates": [{"prices": {"credits": int(price)}}]}
    rows = estimate("2025-01-01", "net_price", share)
    folder = write_seller(tmp_path, plan, [f"2025-01-31,{units}"], rows)
    found = posted(folder, "2025-01")["2025-01"]
    assert (found["revenue_usage"], found["refund_liability"]) == (revenue, liability)


def test_a_new_estimate_catches_up_for_what_was_charged_before(tmp_path: Path) -> None:
    # 120 at 50/60: 20 kept back. Then 180 at 55/60: 15, so that 5 of the 20 are earned
    rows = FIFTY + estimate("2025-02-28", "net_price", "55/60")
    folder = write_seller(tmp_path, SIXTY, ["2025-01-31,2", "2025-02-10,1"], rows)
    found = posted(folder, "2025-01", "2025-02")
    assert found["2025-01"]["refund_liability"] == "-20.00"
    assert found["2025-02"]["refund_liability"] == "5.00"
    assert found["2025-02"]["revenue_usage"] == "-65.00"


def test_a_discount_that_comes_uses_the_liability_up(tmp_path: Path) -> None:
    # 120 in January: 24 kept back. In February 300 are above 200: 60 come off, none is owed more
    rows = estimate("2025-01-01", "net_price", "80%")
    folder = write_seller(tmp_path, SIXTY | FIFTH, ["2025-01-31,2", "2025-02-10,3"], rows)
    assert posted(folder, "2025-01", "2025-02") == {
        "2025-01": {
            "unbilled_receivable": "120.00",
            "revenue_usage": "-96.00",
            "refund_liability": "-24.00",
        },
        "2025-02": {
            "unbilled_receivable": "120.00",
            "revenue_usage": "-144.00",
            "refund_liability": "24.00",
        },
    }


def test_a_discount_that_gives_only_a_part_leaves_the_rest_owed(tmp_path: Path) -> None:
    # 300 at list price, of which 70% stay: 90 are given back, 60 of them by the discount
    rows = estimate("2025-01-01", "net_price", "70%")
    folder = write_seller(tmp_path, SIXTY | FIFTH, ["2025-01-31,5"], rows)
    assert posted(folder, "2025-01")["2025-01"] == {
        "unbilled_receivable": "240.00",
        "revenue_usage": "-210.00",
        "refund_liability": "-30.00",
    }


def test_a_discount_that_does_not_come_is_revenue_when_its_year_is_over(tmp_path: Path) -> None:
    rows = estimate("2025-01-01", "net_price", "80%")
    folder = write_seller(tmp_path, SIXTY | FIFTH, ["2025-01-31,2"], rows)
    found = posted(folder, *(f"2025-{month:02}" for month in range(1, 13)))
    assert found["2025-12"] == {"refund_liability": "24.00", "revenue_usage": "-24.00"}


def test_a_credit_note_uses_the_liability_up(tmp_path: Path) -> None:
    documents = INVOICES + (
        "2025-01-31,packs,I-1,invoice,2025-01-01,2025-01-31,120,,\n"
        "2025-02-28,packs,C-1,credit_note,2025-01-01,2025-01-31,20,,\n"
    )
    files = {"invoices.csv": documents}
    folder = write_seller(tmp_path, SIXTY, ["2025-01-31,2"], FIFTY, files=files)
    assert posted(folder, "2025-01", "2025-02")["2025-02"] == {
        "accounts_receivable": "-20.00",
        "refund_liability": "20.00",
    }


def test_the_estimate_of_a_new_year_leaves_the_year_before_alone(tmp_path: Path) -> None:
    # 2025: 120 at 50/60 = 20. 2026: 60 at 55/60 = 5 more
    rows = FIFTY + estimate("2026-01-01", "net_price", "55/60")
    book = ARREARS.replace("2025-01", "2025-12")
    folder = write_seller(tmp_path, SIXTY, ["2025-12-31,2", "2026-01-10,1"], rows, book)
    found = posted(folder, "2025-12", "2026-01")
    assert found["2025-12"]["refund_liability"] == "-20.00"
    assert found["2026-01"]["refund_liability"] == "-5.00"


def test_an_estimate_of_a_year_that_is_over_names_its_last_day(tmp_path: Path) -> None:
    # in 2026 it is known that of the 120 of 2025 only 55/60 stay: 10 instead of 20 are owed
    rows = FIFTY + estimate("2026-01-31", "net_price", "55/60", cohort="2025-12-31")
    book = ARREARS.replace("2025-01", "2025-12")
    folder = write_seller(tmp_path, SIXTY, ["2025-12-31,2"], rows, book)
    assert posted(folder, "2025-12", "2026-01")["2026-01"] == {
        "refund_liability": "10.00",
        "revenue_usage": "-10.00",
    }


def test_many_customers_have_their_rebates_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # three customers with 60 each: 180 x 10/60 = 30, whichever way they are gone through
    monkeypatch.setattr(plain_parties, "MANY_PARTIES", 1)
    book = ARREARS.replace(
        "    usage: usage/*.csv\n", "    each: project\n    usage: usage/*.csv\n"
    )
    used = [f"2025-01-31,1,{name}" for name in ("a", "b", "c")]
    folder = write_seller(tmp_path, SIXTY, used, FIFTY, book)
    assert usage(*used) == (folder / "usage" / "all.csv").read_text()
    found = posted(folder, "2025-01")["2025-01"]
    assert Decimal(found["refund_liability"]) == -30
    assert found["revenue_usage"] == "-150.00"
