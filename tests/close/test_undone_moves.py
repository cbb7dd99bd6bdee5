"""Moves and lots that a close has booked, and that facts known since have undone."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

from tests.books import PREPAID, close, lines, tokenbooks, usage, write_book
from tests.credit_rows import credits_file, row


def plan(terms: str) -> str:
    return f"plan: llm\ncurrency: USD\ncredits: {terms}\nrates:\n  - prices: {{credits: 1}}\n"


ROLLING = plan("{rollover: {expires: 1 month}}")


def cost_of_lots(book: Path, month: str) -> dict[str, tuple[str, str, str]]:
    """Opening, moved or acquired, and closing cost of each lot in a month's table."""
    with (book / f"close/{month}/lots.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    return {
        each["lot"]: (
            each["cost_opening"],
            str(Decimal(each["cost_acquired"]) + Decimal(each["cost_moved"])),
            each["cost_closing"],
        )
        for each in rows
    }


def test_what_rolled_on_comes_back_when_late_usage_uses_it_up(tmp_path: Path) -> None:
    """8 of 10 credits at 0.50 are used, 2 roll on with 1.00; then 2 more of them were used."""
    bought = [
        row("2025-10-01", "purchase", "10", lot="a", paid="5", expires="2025-10-20"),
        row("2025-10-05", "purchase", "100", lot="c", paid="50", expires="2026-10-20"),
    ]
    files = {
        "credits.csv": credits_file(*bought),
        "plans/llm.yaml": ROLLING,
    }
    book = write_book(tmp_path, files | {"usage/a.csv": usage("2025-10-05,8")}, PREPAID)
    close(book, "2025-10")
    (book / "usage/late.csv").write_text(usage("2025-10-06,2"))
    booked = close(book, "2025-11")
    assert lines(booked)[:2] == [
        ("rollover-llm-a-rollover-2025-10-21-in-2025-11", "2025-11-01", "prepaid_credits", "1.00"),
        ("rollover-llm-a-rollover-2025-10-21-in-2025-11", "2025-11-01", "prepaid_credits", "-1.00"),
    ]
    assert cost_of_lots(book, "2025-11") == {
        "a": ("0.00", "1.00", "0.00"),
        "a-rollover-2025-10-21": ("1.00", "-1.00", "0.00"),
        "c": ("50.00", "0.00", "50.00"),
    }
    assert tokenbooks(book, "check", "--replay").code == 0


def test_a_lot_that_is_no_more_stays_in_the_roll_forward(tmp_path: Path) -> None:
    """The plan's bonus of 10 took 10.00 of 110.00; a row of November says that it was 5."""
    bought = row("2025-10-01", "purchase", "100", lot="a", paid="110")
    told = plan("{bonus: [{from: 50, percent: 10}]}")
    files = {"credits.csv": credits_file(bought), "plans/llm.yaml": told}
    book = write_book(tmp_path, files | {"usage/a.csv": usage("2025-10-05,16")}, PREPAID)
    close(book, "2025-10")
    later = row("2025-11-04", "bonus", "5", lot="b", parent="a")
    (book / "credits.csv").write_text(credits_file(bought, later))
    close(book, "2025-11")
    october, november = (cost_of_lots(book, month) for month in ("2025-10", "2025-11"))
    assert november["a-bonus-2025-10-01"] == ("10.00", "-10.00", "0.00")
    closed = sum(Decimal(closing) for _, _, closing in october.values())
    assert sum(Decimal(opening) for opening, _, _ in november.values()) == closed
