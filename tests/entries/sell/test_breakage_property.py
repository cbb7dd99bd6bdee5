"""Breakage of random books: all money is accounted for, and SQL comes to what Python comes to."""

from __future__ import annotations

import csv
import tempfile
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conformance.seller.story import PACKS, Nets, SellerBook
from tokenbooks.close import plain_parties

START = date(2025, 11, 1)
MONTHS = ("2025-11", "2025-12", "2026-01")


class Sale(NamedTuple):
    """Credits of a customer, sold and usable for some days; ``paid`` is in cents."""

    customer: str
    day: int
    credits: int
    paid: int
    life: int


class Use(NamedTuple):
    """What a customer used on a day."""

    customer: str
    day: int
    credits: int


customers = st.sampled_from("ab")
sales = st.builds(
    Sale,
    customers,
    st.integers(0, 80),
    st.integers(1, 60),
    st.integers(1, 9_999),
    st.integers(1, 70),
)
uses = st.builds(Use, customers, st.integers(0, 90), st.integers(0, 40))
rates = st.lists(st.integers(0, 100), min_size=3, max_size=3)
cases = (
    st.lists(sales, min_size=1, max_size=5),
    st.lists(uses, max_size=6),
    rates,
    st.sampled_from(["expected_redemption", "issued"]),
    st.sampled_from(["proportional", "remote", "none"]),
    st.sampled_from([0, 25, 100]),
)


def book_of(
    sold: list[Sale],
    used: list[Use],
    percents: list[int],
    denominator: str,
    method: str,
    state: int,
) -> SellerBook:
    """A book of three months with many small customers, its estimate made anew each month."""
    book = SellerBook(START, date(2026, 1, 31), post_usage="month").sells(each="customer")
    chosen = {"denominator": denominator, "method": method, "escheat_pct": state}
    book.policies = {"breakage": chosen}
    for item in sold:
        day = START + timedelta(days=item.day)
        ends = day + timedelta(days=item.life)
        paid = Decimal(item.paid) / 100
        book.sale(day, item.credits, paid, expires=ends, party=item.customer)
    # the lots come first: what is used beyond them would be owed, which is not breakage
    book.uses(START, 0, customer="a")
    for use in used:
        book.uses(START + timedelta(days=use.day), use.credits, customer=use.customer)
    for month, percent in zip(MONTHS, percents, strict=True):
        book.estimate("breakage_rate", f"{percent}%", date.fromisoformat(f"{month}-01"))
    return book


class Closed(NamedTuple):
    """What the months of a book came to: nets to date of each role, and cohorts."""

    nets: list[Nets]
    cohorts: list[list[dict[str, str]]]


def closed(book: SellerBook, many: int) -> Closed:
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as name:
        patch.setattr(plain_parties, "MANY_PARTIES", many)
        posted = book.close(Path(name))
        nets: list[Nets] = []
        cohorts = []
        for month in MONTHS:
            sums: Nets = defaultdict(Decimal)
            for day, amounts in posted.items():
                if str(day)[:7] <= month:
                    for role, amount in amounts.items():
                        sums[role] += amount
            nets.append({role: amount for role, amount in sums.items() if amount})
            path = Path(name) / f"close/{month}/breakage.csv"
            with path.open(encoding="utf-8", newline="") as stream:
                cohorts.append(list(csv.DictReader(stream)))
    return Closed(nets, cohorts)


def total(rows: list[dict[str, str]], column: str) -> Decimal:
    return sum((Decimal(row[column]) for row in rows), Decimal(0))


@settings(max_examples=max(4, settings.default.max_examples // 15), deadline=None)
@given(*cases)
def test_all_money_is_revenue_deferred_or_owed_to_the_state(
    sold: list[Sale],
    used: list[Use],
    percents: list[int],
    denominator: str,
    method: str,
    state: int,
) -> None:
    book = book_of(sold, used, percents, denominator, method, state)
    found = closed(book, many=10**6)
    for nets, rows in zip(found.nets, found.cohorts, strict=True):
        for row in rows:
            assert Decimal(row["deferred"]) >= 0
        # the table ties to the journal
        assert total(rows, "deferred") == -nets.get("deferred_revenue", Decimal(0))
        assert total(rows, "escheated") == -nets.get("unclaimed_property_liability", Decimal(0))
        revenue = -nets.get("revenue_breakage", Decimal(0))
        earned = total(rows, "sold") - total(rows, "used") - total(rows, "deferred")
        assert revenue == earned - total(rows, "escheated")
        assert revenue >= 0
    for row in found.cohorts[-1]:
        if not Decimal(row["alive_paid"]):
            # over its life, breakage is what was never used
            kept = Decimal(row["sold"]) - Decimal(row["used"])
            assert Decimal(row["expired"]) == kept
    assert closed(book, many=0) == found


def test_a_customer_that_can_be_in_a_table_and_one_that_cannot_are_one_cohort() -> None:
    """A refund takes a customer out of the tables: 1,000 less 300, and 1,000, used 400 each."""
    book = book_of([], [], [10, 10, 10], "expected_redemption", "proportional", 0)
    for customer in "ab":
        book.sale(START, 1000, 1000, expires="2026-10-31", party=customer, lot=customer)
        book.uses(START, 400, customer=customer)
    row = {"date": START + timedelta(days=3), "contract": PACKS, "event": "refund", "lot": "a"}
    book.credits.append(row | {"party": "a", "credits": 300, "paid": 300})
    found = closed(book, many=0)
    # 10% of 1,700: 170 x 800/1,530
    assert [row["recognised"] for row in found.cohorts[0]] == ["88.89"]
    assert found == closed(book, many=10**6)
