"""Breakage in whole books: expiry, the state's part, late facts, history, and openings."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.books import tokenbooks
from tests.conformance.seller.story import PACKS, Row, SellerBook

NOVEMBER = date(2025, 11, 1)


def seller(until: date, *, start: date = NOVEMBER, **breakage: Any) -> SellerBook:
    """A book that posts by the month, whose policy of breakage is given."""
    book = SellerBook(start, until, post_usage="month").sells()
    book.policies = {"breakage": {"escheat_pct": 0} | breakage}
    return book


def sold(until: date, rate: str = "", **breakage: Any) -> SellerBook:
    """1,000 sold in November, usable until 31 December, of which 600 are used at once."""
    book = seller(until, **breakage)
    book.sale(NOVEMBER, 1000, 1000, expires="2025-12-31")
    book.uses(date(2025, 11, 20), 600)
    if rate:
        book.estimate("breakage_rate", rate, NOVEMBER)
    return book


def role_by_day(book: SellerBook, folder: Path, role: str) -> dict[str, str]:
    """What each day posts to a role, debit positive."""
    posted = book.close(folder)
    return {str(day): str(nets[role]) for day, nets in sorted(posted.items()) if role in nets}


def cohorts(folder: Path, month: str) -> dict[str, dict[str, str]]:
    """The rows of breakage.csv of a close, by cohort."""
    with (folder / f"close/{month}/breakage.csv").open(encoding="utf-8") as stream:
        return {row["cohort"]: row for row in csv.DictReader(stream)}


@pytest.mark.parametrize(
    ("rate", "breakage", "expected"),
    [
        # 100 x 600/900; the other 333.33 on the last usable day, in one entry
        ("10%", {}, {"2025-11-30": "-66.67", "2025-12-31": "-333.33"}),
        # 10% of 600
        ("10%", {"denominator": "issued"}, {"2025-11-30": "-60.00", "2025-12-31": "-340.00"}),
        # 40% stays unused as estimated, 400 x 600/600: expiry posts nothing
        ("40%", {}, {"2025-11-30": "-400.00"}),
        # no estimate, no history
        ("", {}, {"2025-12-31": "-400.00"}),
        ("10%", {"method": "remote"}, {"2025-12-31": "-400.00"}),
        ("10%", {"method": "none"}, {}),
        # a quarter is the state's: 75% of 66.67, then 300 less 50.00 (half up: 50.0025)
        ("10%", {"escheat_pct": 25}, {"2025-11-30": "-50.00", "2025-12-31": "-250.00"}),
    ],
)
def test_breakage_until_credits_expire(
    tmp_path: Path, rate: str, breakage: dict[str, object], expected: dict[str, str]
) -> None:
    book = sold(date(2026, 1, 31), rate, **breakage)
    assert role_by_day(book, tmp_path, "revenue_breakage") == expected


def test_the_part_of_the_state_is_owed_when_credits_expire(tmp_path: Path) -> None:
    book = sold(date(2025, 12, 31), "10%", escheat_pct=25)
    # 25% of the 400 that nobody used
    found = role_by_day(book, tmp_path, "unclaimed_property_liability")
    assert found == {"2025-12-31": "-100.00"}
    assert cohorts(tmp_path, "2025-12")["packs-2025-11-2m"]["deferred"] == "0.00"


def test_without_breakage_what_expires_stays_owed_and_nothing_is_asked(tmp_path: Path) -> None:
    book = sold(date(2026, 1, 31))
    book.policies = {"breakage": {"method": "none"}}
    # 600 used of 1,000; nothing moves when they expire
    found = role_by_day(book, tmp_path, "deferred_revenue")
    assert found == {"2025-11-01": "-1000.00", "2025-11-30": "600.00"}
    assert cohorts(tmp_path, "2026-01")["packs-2025-11-2m"]["deferred"] == "400.00"
    assert "escheat-unset" not in tokenbooks(tmp_path, "close", "-p", "2026-01").err


def test_more_use_than_expected_takes_breakage_back(tmp_path: Path) -> None:
    book = seller(date(2026, 1, 31))
    book.sale(NOVEMBER, 100_000, 100_000, expires="2026-10-31")
    book.estimate("breakage_rate", "8%", NOVEMBER)
    for month, used in ((date(2025, 11, 20), 60_000), (date(2025, 12, 20), 35_000)):
        book.uses(month, used)
    book.uses(date(2026, 1, 20), 5_000)
    # 8,000 x 60/92; at 95,000 only 5,000 can stay unused; at 100,000 nothing does
    assert role_by_day(book, tmp_path, "revenue_breakage") == {
        "2025-11-30": "-5217.39",
        "2025-12-31": "217.39",
        "2026-01-31": "5000.00",
    }


def test_an_estimate_rules_from_its_day_and_back_again(tmp_path: Path) -> None:
    book = seller(date(2026, 1, 31))
    book.sale(NOVEMBER, 100_000, 100_000, expires="2026-10-31")
    book.uses(date(2025, 11, 20), 60_000)
    days = (NOVEMBER, date(2025, 12, 31), date(2026, 1, 31))
    for day, rate in zip(days, ("8%", "5%", "8%"), strict=True):
        book.estimate("breakage_rate", rate, day)
    # 5,000 x 60/95 = 3,157.89
    assert role_by_day(book, tmp_path, "revenue_breakage") == {
        "2025-11-30": "-5217.39",
        "2025-12-31": "2059.50",
        "2026-01-31": "-2059.50",
    }


def test_the_narrowest_estimate_is_that_of_the_cohort(tmp_path: Path) -> None:
    book = sold(date(2025, 11, 30))
    for cohort, rate in (("", "8%"), ("2m", "9%"), ("packs-2025-11-2m", "10%")):
        book.estimate("breakage_rate", rate, NOVEMBER, cohort=cohort)
    assert role_by_day(book, tmp_path, "revenue_breakage") == {"2025-11-30": "-66.67"}


@pytest.mark.parametrize(
    ("method", "before"),
    [("remote", {"2025-12-31": "-400.00"}), ("none", {})],
)
def test_late_use_of_what_expired_moves_breakage_to_usage(
    tmp_path: Path, method: str, before: dict[str, str]
) -> None:
    book = sold(date(2026, 1, 31), method=method)
    book.late[PACKS] = [{"date": date(2025, 12, 20), "credits": 100}]
    moved = {"2026-01-31": "100.00"} if before else {}
    assert role_by_day(book, tmp_path, "revenue_breakage") == before | moved


def test_a_refund_takes_its_breakage_back(tmp_path: Path) -> None:
    book = seller(date(2025, 12, 31))
    book.sale(NOVEMBER, 1000, 1000, expires="2026-10-31")
    book.estimate("breakage_rate", "8%", NOVEMBER)
    book.uses(date(2025, 11, 20), 460)
    row = {"date": date(2025, 12, 5), "contract": PACKS, "event": "refund", "lot": "lot-1"}
    book.credits.append(row | {"credits": 540, "paid": 540})
    # 80 x 460/920; then nothing is left that could stay unused
    found = role_by_day(book, tmp_path, "revenue_breakage")
    assert found == {"2025-11-30": "-40.00", "2025-12-31": "40.00"}
    assert cohorts(tmp_path, "2025-12")["packs-2025-11-12m"]["deferred"] == "0.00"


def test_credits_that_roll_on_are_no_revenue_and_of_a_new_cohort(tmp_path: Path) -> None:
    book = sold(date(2025, 12, 31), "10%")
    book.plans[PACKS]["credits"] = {"rollover": {"share": 100, "expires": "2 months"}}
    # nothing of the old cohort is left to expire, nothing of the new one is used
    found = role_by_day(book, tmp_path, "revenue_breakage")
    assert found == {"2025-11-30": "-66.67", "2025-12-31": "66.67"}
    found_now = cohorts(tmp_path, "2025-12")
    assert found_now["packs-2025-11-2m"]["deferred"] == "0.00"
    assert found_now["packs-2025-12-2m"]["deferred"] == "400.00"


def test_refundable_credits_have_no_breakage_while_they_can_be_used(tmp_path: Path) -> None:
    book = sold(date(2025, 11, 30), "10%")
    book.contracts[PACKS]["refundable"] = True
    assert role_by_day(book, tmp_path, "revenue_breakage") == {}
    row = cohorts(tmp_path, "2025-11")["packs-2025-11-2m"]
    assert (row["rate_from"], row["deferred"]) == ("refundable", "400.00")


def test_own_history_counts_when_it_is_whole_months_long(tmp_path: Path) -> None:
    """The first sale is of 15 January: three months are over after 14 April."""
    book = seller(date(2025, 4, 30), start=date(2025, 1, 1), min_history_months=3)
    for month, used in ((1, 900), (2, 940), (3, 500), (4, 500)):
        book.sale(
            date(2025, month, 15), 1000, 1000, expires=date(2025, month + 1, 14), lot=f"l{month}"
        )
        book.uses(date(2025, month, 16), used)
    book.close(tmp_path)
    march, april = cohorts(tmp_path, "2025-03"), cohorts(tmp_path, "2025-04")
    assert march["packs-2025-03-1m"]["rate_from"] == "constrained"
    # 100 + 60 + 500 of 3,000 that were sold until March were never used
    row = april["packs-2025-04-1m"]
    assert (row["rate_from"], row["rate_percent"]) == ("history", "22")
    # 220 x 500/780
    assert row["recognised"] == "141.03"
    memo = (tmp_path / "close/2025-04/memos/breakage-packs.md").read_text()
    assert "22% of 1m: the book's own history of 3 months, 3 cohorts that are over." in memo
    assert "| packs-2025-01-1m | 1000.00 | 900.00 | 100.00 | 10.00% |" in memo


def opened(rows: list[Row], lots: list[Row], each: bool = False) -> SellerBook:
    """A book that takes lots over, with what opening.csv says is deferred of them."""
    book = seller(date(2025, 11, 30))
    if each:
        book.contracts[PACKS]["each"] = "customer"
    for number, lot in enumerate(lots):
        book.opens(**{"expires": "2026-06-30", "lot": f"o{number}"} | lot)
    book.opening = [{"role": "deferred_revenue", "contract": PACKS} | row for row in rows]
    cells = {"customer": "a"} if each else {}
    book.uses(NOVEMBER, 0, **cells)
    return book


LOT = {"credits": 1000, "paid": 1000, "used": 50}
HALF = {"credits": 500, "paid": 500, "used": 50}


@pytest.mark.parametrize(
    ("rows", "lots", "before"),
    [
        # 1,000 less 50 used: 950 were left, and 900 deferred
        ([{"amount": -900}], [LOT], {"packs-2025-10-8m": "50.00"}),
        # 50 of 1,000.50 cost 50.03: 950.47 were left
        ([{"amount": -900}], [LOT | {"paid": "1000.50"}], {"packs-2025-10-8m": "50.47"}),
        # two rows of the same lots are one balance
        ([{"amount": -400}, {"amount": -500}], [LOT], {"packs-2025-10-8m": "50.00"}),
        # a row of a month is of its lots; one without a month of all others: 450 left of each
        (
            [{"amount": -440, "service_period": "2025-09"}, {"amount": -420}],
            [HALF | {"starts": "2025-09-30"}, HALF],
            {"packs-2025-09-9m": "10.00", "packs-2025-10-8m": "30.00"},
        ),
        # what no row is about was deferred in full
        (
            [{"amount": -440, "service_period": "2025-09"}],
            [HALF | {"starts": "2025-09-30"}, HALF],
            {"packs-2025-09-9m": "10.00"},
        ),
    ],
)
def test_an_opening_balance_tells_what_was_recognised_before(
    tmp_path: Path, rows: list[Row], lots: list[Row], before: dict[str, str]
) -> None:
    opened(rows, lots).close(tmp_path)
    assert _opening_entries(tmp_path) == before


def test_opening_balances_are_of_the_lots_of_their_customers(tmp_path: Path) -> None:
    """450 are left of each; 400 and 420 deferred of a and b, all of c: 50 + 30 before."""
    rows = [{"party": "a", "amount": -400}, {"party": "b", "amount": -420}]
    lots = [HALF | {"party": party} for party in "abc"]
    opened(rows, lots, each=True).close(tmp_path)
    assert _opening_entries(tmp_path) == {"packs-2025-10-8m": "80.00"}


def _opening_entries(folder: Path) -> dict[str, str]:
    """What was recognised before, by cohort, as posted to deferred revenue."""
    found: dict[str, str] = {}
    path = folder / "close/2025-11/state/posted.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            kind = (row["rule"], row["service"], row["role"])
            if kind == ("breakage", "before", "prepaid_credits"):
                # the payer's view has the liability as an asset
                found[row["unit"]] = str(Decimal(row["amount"]).copy_negate())
    return found


def test_the_report_holds_each_estimate_against_what_happened(tmp_path: Path) -> None:
    book = sold(date(2026, 1, 31), "10%")
    book.sale(NOVEMBER, 100, 100, expires="2026-03-31", lot="longer")
    row = {"date": date(2026, 1, 5), "contract": PACKS, "event": "extend", "lot": "longer"}
    book.credits.append(row | {"expires": "2026-06-30"})
    book.close(tmp_path)
    told = tokenbooks(tmp_path, "report", "breakage", "--format", "csv")
    assert told.out.splitlines()[1:] == [
        # 10% of 1,000 was expected, 400 were never used; once it was over nothing is expected
        "packs,packs-2025-11-2m,2025-11,10,estimate,100.00,400.00,40.00,over",
        # the lot of five months was extended to eight
        "packs,packs-2025-11-5m,2025-11,10,estimate,10.00,,,moved",
        "packs,packs-2025-11-5m,2025-12,10,estimate,10.00,,,moved",
        "packs,packs-2025-11-8m,2026-01,10,estimate,10.00,100.00,100.00,running",
    ]


def test_the_memo_has_both_denominators_and_the_evidence(tmp_path: Path) -> None:
    sold(date(2025, 11, 30), "10%").close(tmp_path)
    memo = (tmp_path / "close/2025-11/memos/breakage-packs.md").read_text()
    assert "10% from 2025-11-01: study.pdf; prepared by Ada, approved by Grace." in memo
    # paid, used, rate, 100 x 600/900, 10% of 600, recognised, expired, the state's, deferred
    figures = "1000.00 | 600.00 | 10% | 66.67 | 60.00 | 66.67 | 0.00 | 0.00 | 333.33 |"
    assert f"| packs-2025-11-2m | {figures}" in memo
    manifest = (tmp_path / "close/2025-11/manifest.json").read_text()
    assert "memos/breakage-packs.md" in manifest
    assert "breakage.csv" in manifest
