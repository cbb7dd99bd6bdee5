"""Tax schedules of both sides: advance payments received, and credits paid in advance."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.books import PREPAID, close, tokenbooks, usage, write_book
from tokenbooks.close.tax_prepaid import served_soon, twelve_months, year_end_after
from tokenbooks.close.tax_schedule import (
    CASH,
    DEFERRAL,
    FULL,
    METHODS,
    Received,
    Standing,
    tax_year,
    taxed_years,
)
from tokenbooks.periods import Period

# -- what is received in advance ---------------------------------------------------------


def received(paid: int, *earned: int, year: int = 2024, before: Standing | None = None) -> Received:
    """A payment of one year, and the revenue of it to date at the end of each year from it on."""
    ends = {
        year + n: Standing(Decimal(paid), Decimal(sum(earned[: n + 1]))) for n in range(len(earned))
    }
    return Received("packs", year, ends, before or Standing())


def included(own: Received, method: str) -> dict[int, Decimal]:
    found = {item.year: item.included[method] for item in taxed_years([own])}
    return {year: amount for year, amount in found.items() if amount}


def test_a_deferral_ends_with_the_next_tax_year() -> None:
    """100,000 of 2024, of which the books earn 30,000 in it: then all the rest (T011)."""
    own = received(100_000, 30_000, 50_000, 20_000)
    assert included(own, DEFERRAL) == {2024: 30_000, 2025: 70_000}
    assert included(own, FULL) == {2024: 100_000}
    assert included(own, CASH) == {2024: 100_000}


def test_the_next_year_is_known_before_it_comes() -> None:
    """Whatever 2025 earns, it takes the 70,000 that 2024 did not."""
    this_year, next_year = taxed_years([received(100_000, 30_000)])
    assert this_year.earned == 30_000
    assert next_year.earned is None
    assert (next_year.year, next_year.included[DEFERRAL]) == (2025, 70_000)


def test_what_goes_back_is_taken_from_the_year_in_which_it_goes() -> None:
    """1,000 received, 400 earned in the year; 100 refunded in the next."""
    own = received(1_000, 400)
    own.ends[2025] = Standing(Decimal(900), Decimal(700))
    assert included(own, DEFERRAL) == {2024: 400, 2025: 500}
    assert included(own, FULL) == {2024: 1_000, 2025: -100}


def test_of_a_book_that_begins_later_only_the_rest_is_left() -> None:
    """Sold in 2023 with 400 of 1,000 used by its end: the book of 2024 takes the other 600."""
    own = received(1_000, 700, year=2024, before=Standing(Decimal(1_000), Decimal(400)))
    own.year = 2023
    assert included(own, DEFERRAL) == {2024: 600}
    assert included(own, FULL) == {}


@given(
    st.integers(1, 10**6),
    st.lists(st.integers(0, 10**5), min_size=1, max_size=5),
    st.integers(0, 9),
)
def test_every_method_includes_all_that_is_paid_once(
    more: int, earned: list[int], back: int
) -> None:
    paid = sum(earned) + more
    own = received(paid, *earned)
    last = max(own.ends)
    own.ends[last] = own.ends[last]._replace(paid=Decimal(paid - min(back, more)))
    for method in METHODS:
        assert sum(included(own, method).values()) == own.ends[last].paid


def test_a_tax_year_is_named_by_the_calendar_year_of_its_end() -> None:
    assert tax_year(Period.parse("2025-06"), 6) == 2025
    assert tax_year(Period.parse("2025-07"), 6) == 2026
    assert tax_year(Period.parse("2025-12"), 12) == 2025


# -- what is paid in advance -------------------------------------------------------------

#: first benefit, expires, end of the next tax year -> limit and result (ACCOUNTING 5.1).
RULES = {
    # brief A's example: 1 December 2025 comes before the end of 2025 (T001)
    "passes": ("2024-12-01", "2025-06-30", "2025-12-31", "2025-12-01", "passes"),
    # paid in December, good from February to January: 2025-12-31 is the earlier limit (T002)
    "both bind": ("2025-02-01", "2026-01-31", "2025-12-31", "2025-12-31", "next_year_end"),
    # exactly 12 months pass, one day more fails (T004)
    "12 months": ("2025-02-01", "2026-02-01", "2026-12-31", "2026-02-01", "passes"),
    "a day more": ("2025-02-01", "2026-02-02", "2026-12-31", "2026-02-01", "twelve_months"),
    # a short next tax year (T005)
    "short year": ("2025-02-01", "2026-02-01", "2025-06-30", "2025-06-30", "next_year_end"),
    # never expires (T006)
    "no end": ("2025-02-01", "", "2025-12-31", "2025-12-31", "indefinite"),
}


@pytest.mark.parametrize("case", RULES.values(), ids=RULES)
def test_the_earlier_of_two_limits_binds(case: tuple[str, str, str, str, str]) -> None:
    first, expires, year_end, limit, result = case
    end = date.fromisoformat(expires) if expires else None
    found = twelve_months(date.fromisoformat(first), end, date.fromisoformat(year_end))
    assert (str(found.limit), found.result) == (limit, result)


def test_a_deposit_is_no_payment() -> None:
    """A balance that is paid back on demand deducts nothing when it is paid (T010)."""
    end = date(2025, 12, 31)
    assert not twelve_months(end, end, end, deposit=True).deducts_at_once


def test_all_or_nothing_within_three_and_a_half_months() -> None:
    """Paid on 15 December: to 15 March passes, to 15 December does not (T008)."""
    paid = date(2024, 12, 15)
    assert served_soon(paid, date(2025, 3, 15))
    assert served_soon(paid, date(2025, 3, 30))
    assert not served_soon(paid, date(2025, 3, 31))
    assert not served_soon(paid, date(2025, 12, 15))
    assert not served_soon(paid, None)


def test_the_next_tax_year_ends_after_the_one_of_the_payment() -> None:
    assert year_end_after(date(2024, 12, 1), 12) == date(2025, 12, 31)
    assert year_end_after(date(2024, 12, 1), 6) == date(2026, 6, 30)


# -- the report of a book ----------------------------------------------------------------

SELLER = """\
book: Lumen
currency: USD
start: 2025-11
journal: ledger
contracts:
  packs:
    side: sell
    party: Customers
    plan: llm
    settle: prepaid
    usage: usage/*.csv
    revenue: {gross_net: principal}
"""
CREDITS = "date,contract,event,credits,paid,used,lot,starts,expires,pay,document\n"


def report(folder: Path, number: int = 0, *more: str) -> list[dict[str, str]]:
    ran = tokenbooks(folder, "report", "tax", "--format", "csv", *more)
    assert ran.code == 0, ran.err
    return list(csv.DictReader(ran.out.split("\n\n")[number].splitlines()))


def seller(folder: Path, tax: str = "") -> Path:
    """1,000 sold in November and 400 before the book, of which 100 was used; 350 in December.

    The older lot is used first: what is left of it is 300.
    """
    files = {
        "credits.csv": CREDITS
        + "2025-11-01,packs,opening,400,400,100,old,2025-09-01,2026-02-28,,\n"
        + "2025-11-03,packs,sale,1000,1000,,new,,2026-11-02,,\n",
        "usage/all.csv": usage("2025-12-20,350"),
    }
    write_book(folder, files, SELLER + tax)
    for month in ("2025-11", "2025-12"):
        close(folder, month)
    return folder


def test_without_a_chosen_method_all_stand_side_by_side(tmp_path: Path) -> None:
    """Received 1,400, all in 2025; 450 is earned, and the other 950 is income of 2026."""
    this_year, next_year = report(seller(tmp_path))
    assert this_year == {
        "contract": "packs",
        "received_in": "2025",
        "tax_year": "2025",
        "received": "1400.00",
        "book_revenue": "450.00",
        "451c_deferral": "450.00",
        "full_inclusion": "1400.00",
        "cash": "1400.00",
    }
    assert (next_year["tax_year"], next_year["451c_deferral"]) == ("2026", "950.00")
    assert next_year["book_revenue"] == ""


def test_the_chosen_method_stands_with_its_difference_to_the_books(tmp_path: Path) -> None:
    """A tax year that ends in November: the 400 of September and the 1,000 are of 2025."""
    tax = "tax: {provider_method: 451c_deferral, year_end: 11}\n"
    first, second = report(seller(tmp_path, tax))
    assert (first["tax_year"], first["book_revenue"], first["difference"]) == (
        "2025-11",
        "100.00",
        "0.00",
    )
    # all the rest is income of the next year, of which the books have 350 so far
    assert second["451c_deferral"] == "1300.00"
    assert second["difference"] == "950.00"


def test_credits_are_deducted_by_lot(tmp_path: Path) -> None:
    """5,000 to 30 June passes; credits without an end are deducted as used (T001, T006, T007).

    800 of the first is used in December: a book-tax difference of 4,200.
    """
    files = {
        "credits.csv": CREDITS
        + "2025-12-01,llm,purchase,5000,5000,,a,,2026-06-30,card,\n"
        + "2025-12-02,llm,purchase,600,600,,b,,,card,\n"
        + "2025-12-03,llm,purchase,70,70,,c,,2026-07-31,account,D-1\n",
        "usage/all.csv": usage("2025-12-20,800"),
    }
    folder = write_book(tmp_path, files, PREPAID.replace("2025-10", "2025-12"))
    close(folder, "2025-12")
    (year,) = report(folder)
    assert year == {
        "contract": "llm",
        "tax_year": "2025",
        "paid": "5600.00",
        "book_expense": "800.00",
        "cash_12month": "5000.00",
        "accrual": "800.00",
    }
    lots = {row["lot"]: row for row in report(folder, 1)}
    assert {lot: row["cash_12month"] for lot, row in lots.items()} == {
        "a": "when paid",
        "b": "as used (no end)",
        "c": "when paid",
    }
    # what is owed on account is not paid yet
    assert (lots["c"]["paid_on"], lots["a"]["limit"]) == ("", "2026-12-01")
