"""The balance of each day, where a lot is dead for a time or takes in older ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.books import PREPAID, usage, write_book
from tests.cli.test_credits import HEADER, PLAN
from tokenbooks.close.credit_days import CreditDays, credit_days
from tokenbooks.desk.look import look_at_usage
from tokenbooks.desk.open_book import open_book

UNTIL = date(2025, 12, 1)


def days_of(folder: Path, rows: str, *used: str, yaml: str = PREPAID) -> CreditDays:
    files = {"credits.csv": HEADER + rows, "usage/a.csv": usage(*used), "plans/llm.yaml": PLAN}
    book, problems = open_book(write_book(folder, files, yaml))
    assert book is not None, problems
    looked, _ = look_at_usage(book, UNTIL)
    assert looked is not None
    return credit_days(book.facts, looked.computed, UNTIL)[("llm", "")]


#: 100 until 31 October, 30 of them used on the 5th. On 10 November the provider lets the other
#: 70 live until the end of the year.
EXTENDED = """\
2025-10-01,llm,purchase,100,,one,,2025-10-31,,,
2025-11-10,llm,extend,,,one,,2025-12-31,,,
"""


@pytest.mark.parametrize(
    ("more", "used", "balances"),
    [
        # nothing is there between its old end and the day of the row
        ("", (), {"10-30": 70, "10-31": 0, "11-09": 0, "11-10": 70}),
        # 20 used in between wait, and are settled on the 10th
        ("", ("2025-11-05,20",), {"11-04": 0, "11-05": -20, "11-09": -20, "11-10": 50}),
        # 15 are refunded in between: they were gone already
        (
            "2025-11-05,llm,refund,15,,one,15,,,,\n",
            (),
            {"10-31": 0, "11-05": 0, "11-09": 0, "11-10": 55},
        ),
        # 15 are refunded before and 5 after
        (
            "2025-10-20,llm,refund,15,,one,15,,,,\n2025-11-20,llm,refund,5,,one,5,,,,\n",
            (),
            {"10-20": 55, "10-31": 0, "11-10": 55, "11-20": 50},
        ),
    ],
)
def test_a_lot_that_was_extended_after_its_end_was_dead_till_then(
    tmp_path: Path, more: str, used: tuple[str, ...], balances: dict[str, int]
) -> None:
    days = days_of(tmp_path, EXTENDED + more, "2025-10-05,30", *used)
    found = {day: days.balance(date.fromisoformat(f"2025-{day}")) for day in balances}
    assert found == balances


def test_pooled_credits_move_on_the_day_of_the_purchase(tmp_path: Path) -> None:
    # 60 of 100 are left when 50 more are bought: only these are bought, the 60 have moved
    rows = "2025-10-01,llm,purchase,100,,one,90,,,,\n2025-10-20,llm,purchase,50,,two,50,,,,\n"
    yaml = PREPAID + "policies: {lot_order: average}\n"
    days = days_of(tmp_path, rows, "2025-10-05,40", yaml=yaml)
    found = [(str(day), on.bought, on.added, on.gone, left) for day, on, left in days.balances()]
    assert found == [
        ("2025-10-01", 100, 0, 0, 100),
        ("2025-10-05", 0, 0, 0, 60),
        ("2025-10-20", 50, 60, 60, 110),
    ]
