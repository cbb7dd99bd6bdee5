"""Revenue of a seller: on use at the price of the credits, and by the day."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.conformance.seller.story import SellerBook
from tokenbooks.periods import Period

Case = dict[str, Any]

_MONTHS = {name: number for number, name in enumerate(calendar.month_abbr) if name}
_ANY_DAY = date(2025, 11, 20)


def check_revenue(case: Case, folder: Path) -> None:
    """Credits sold at a price each; those used are recognised, the rest is deferred."""
    plan, used = case["plan"], case["usage"]["used"]
    sold, price = Decimal(plan["sold_credits"]), Decimal(plan["price"])
    book = SellerBook(_ANY_DAY.replace(day=1), _ANY_DAY).sells()
    book.sale(_ANY_DAY.replace(day=1), sold, sold * price)
    book.uses(_ANY_DAY, used)
    sums: dict[str, Decimal] = {}
    for nets in book.close(folder).values():
        for role, amount in nets.items():
            sums[role] = sums.get(role, Decimal(0)) + amount
    assert -sums["revenue_usage"] == Decimal(case["expected"]["recognised"])
    assert -sums["deferred_revenue"] == Decimal(case["expected"]["deferred"])


def check_straight_line(case: Case, folder: Path) -> None:
    """An amount that is billed in advance, and earned by the days of each of its months."""
    plan, expected = case["plan"], case["expected"]
    days = [int(count) for _, count in plan["months"]]
    first = _first_day(plan["months"][0][0], days[0])
    last = first + timedelta(days=sum(days) - 1)
    book = SellerBook(first.replace(day=1), last).sells(
        "plan", "arrears", billing={"in": "advance"}
    )
    row = {"date": first, "contract": "plan", "invoice": "A-1", "kind": "invoice", "pay": "cash"}
    row |= {"amount": plan["amount"], "period_start": first, "period_end": last}
    book.invoices.append(row)
    posted = book.close(folder)
    recognised, deferred, left = [], [], Decimal(plan["amount"])
    for month in _months(first, last):
        earned = -sum(
            (
                nets.get("revenue_subscription", Decimal(0))
                for d, nets in posted.items()
                if d in month
            ),
            Decimal(0),
        )
        left -= earned
        recognised.append(earned)
        deferred.append(left)
    assert recognised == [Decimal(amount) for amount in expected["recognised"]]
    assert deferred == [Decimal(amount) for amount in expected["deferred_end"]]


def _months(first: date, last: date) -> list[Period]:
    found = [Period.month_of(first)]
    while found[-1].last_day < last:
        found.append(Period.month_of(found[-1].end))
    return found


def _first_day(name: str, days: int) -> date:
    """The first day of months told as ``2026-01``, or as ``Jan 15-31``."""
    if match := re.fullmatch(r"(\d{4})-(\d{2})", name):
        month = date(int(match[1]), int(match[2]), 1)
        return month.replace(day=calendar.monthrange(month.year, month.month)[1] - days + 1)
    word, _, span = name.partition(" ")
    return date(_ANY_DAY.year, _MONTHS[word], int(span.partition("-")[0]))


def straight_line_listed(case: Case) -> str:
    """Why a case is not run; empty if it is."""
    known = all(
        re.fullmatch(r"\d{4}-\d{2}", name) or name.partition(" ")[0] in _MONTHS
        for name, _ in case["plan"]["months"]
    )
    return "" if known else "months told in another way"
