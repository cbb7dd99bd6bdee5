"""Plan-wide terms over closes: late usage moves them, and what all closes post is one run's."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.books import ARREARS, CREDITS, PLAN, PREPAID, close, tokenbooks, usage, write_book

MONTHS = ("2025-10", "2025-11", "2025-12")
USED = {
    "usage/a.csv": usage("2025-10-05,100", "2025-10-20,30.5,x"),
    "usage/b.csv": usage("2025-11-05,50,y"),
    "usage/c.csv": usage("2025-12-05,7.25", "2025-12-30,60"),
}
LATE = {"usage/late.csv": usage("2025-10-07,43", "2025-10-31,3,y")}
LOTS = {
    "credits.csv": CREDITS
    + "2025-10-01,llm,purchase,120,A,100,,,2026-10-01,,,,\n"
    + "2025-11-20,llm,purchase,500,B,450,,,2026-10-01,,,,\n"
}
TIERED = PLAN.replace(
    "credits: 1",
    "credits: {tiers: volume, over: quarter, steps: [{up_to: 100, price: 1, flat: 2},"
    " {price: 0.7}]}",
)


def posted(folder: Path, plan: str, book: str, late: str) -> dict[str, Decimal]:
    """What three closes post by account role; late usage is known before the close of a month."""
    files = {**USED, "plans/llm.yaml": plan, **(LOTS if book == PREPAID else {})}
    found: dict[str, Decimal] = {}
    for month in MONTHS:
        write_book(folder, {**files, **(LATE if month >= late else {})}, book)
        for row in close(folder, month):
            amount = Decimal(row["debit"]) - Decimal(row["credit"])
            found[row["role"]] = found.get(row["role"], Decimal(0)) + amount
    checked = tokenbooks(folder, "check", "--replay")
    assert (checked.code, checked.err) == (0, "no problems; 3 written months agree\n")
    return {role: amount for role, amount in found.items() if amount}


@pytest.mark.parametrize("book", [ARREARS, PREPAID], ids=["arrears", "prepaid"])
@pytest.mark.parametrize(
    "terms",
    [
        "discounts: [{percent: 10, over: 100, every: quarter, applies: all}]",
        "commitment: {amount: 400, every: quarter, from: 2025-10-15, overage: 1.5}\nround_lines: 0",
        'caps: [{of: ["*"], amount: 80, every: month}]\nminimum: {amount: 70, every: month}',
        """fees: [{name: base, price: 31, every: month, includes: {credits: 20},
                   unused: {rolls: 2 months}}]""",
    ],
)
def test_late_usage_moves_the_terms_of_its_month(tmp_path: Path, terms: str, book: str) -> None:
    plan = f"{TIERED}{terms}\n"
    in_time = posted(tmp_path / "in-time", plan, book, "2025-10")
    assert posted(tmp_path / "late", plan, book, "2025-11") == in_time
