"""Revenue that depends on estimates: tiers over a year, rebates that come later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

from tests.conformance.seller.story import (
    Case,
    SellerBook,
    as_billed,
    days_of,
    expected_by_day,
    number,
)

#: The tiers of brief A, for a million units each.
_TIERS = [
    {"up_to": 1, "price": "60"},
    {"up_to": 5, "price": "50"},
    {"price": "40"},
]


def check_tiers(case: Case, folder: Path) -> None:
    """What is charged early in a year against what the whole year will be worth."""
    (day,) = days_of(case)
    start = date(day.year, 1, 1)
    book = SellerBook(start, day).sells("plan", "arrears")
    used = number(case, "q1_m")
    if "expected_m" in case["inputs"]:
        price = {"tiers": "graduated", "over": "year", "steps": _TIERS}
        book.estimate(
            "expected_volume", case["inputs"]["expected_m"], start, "plan", cohort="credits"
        )
    else:
        price = case["inputs"]["list"]
        share = f"{case['inputs']['net']}/{case['inputs']['list']}"
        book.estimate("net_price", share, start, "plan")
    book.plans["plan"] = {"rates": [{"prices": {"credits": price}}]}
    book.uses(day, used, "plan")
    assert as_billed(book.close(folder)) == expected_by_day(case)
    values = case.get("expected_values") or {}
    if "pwc_revenue" in values:
        _check_published(values, folder / "published")


def _check_published(values: dict[str, str], folder: Path) -> None:
    """700,000 units at a list price of 100, of which 90 are expected to be kept."""
    day = date(2025, 3, 31)
    book = SellerBook(day.replace(day=1), day).sells("plan", "arrears")
    book.plans["plan"] = {"rates": [{"prices": {"credits": "100"}}]}
    book.estimate("net_price", "90/100", day.replace(day=1), "plan")
    book.uses(day, 700_000, "plan")
    posted = book.close(folder)
    assert -posted[day]["revenue_usage"] == Decimal(values["pwc_revenue"])
    assert -posted[day]["refund_liability"] == Decimal(values["pwc_liability"])


TOPICS: dict[str, Callable[[Case, Path], None]] = {"tiers": check_tiers}
