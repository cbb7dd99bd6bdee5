"""What is booked late: what it says that it corrects or settles, and what it does not."""

from __future__ import annotations

import re
from pathlib import Path

from tests.books import PREPAID, close, lines, usage, write_book
from tests.credit_rows import credits_file, row

#: 50 credits for 45.00: one costs 0.90.
BOUGHT = row("2025-10-01", "purchase", "50", lot="one", paid="45")


def links(book: Path, period: str) -> dict[str, str | None]:
    """The entries of a written journal, with the earlier entry that each names."""
    found = {}
    text = (book / f"close/{period}/journal.ledger").read_text()
    for block in text.split("\n\n"):
        entry = re.search(r"; entry: (\S+)", block)
        link = re.search(r"; ((?:corrects|settles): \S+)", block)
        if entry and not entry[1].startswith("assertions"):
            found[entry[1]] = link[1] if link else None
    return found


def test_late_usage_that_lots_cover_in_part_is_consumption_and_an_accrual(tmp_path: Path) -> None:
    files = {"credits.csv": credits_file(BOUGHT), "usage/a.csv": usage("2025-10-20,30")}
    book = write_book(tmp_path, files, PREPAID)
    close(book, "2025-10")
    write_book(book, {**files, "usage/b.csv": usage("2025-10-22,40")}, PREPAID)
    # of the 40 the lot covers 20, for 18.00; 20.00 are owed, which nothing was accrued for
    assert lines(close(book, "2025-11")) == [
        ("consumption-llm-2025-10-in-2025-11", "2025-11-30", "ai_expense", "18.00"),
        ("consumption-llm-2025-10-in-2025-11", "2025-11-30", "prepaid_credits", "-18.00"),
        ("accrual-llm-2025-10-in-2025-11", "2025-11-30", "ai_expense", "20.00"),
        ("accrual-llm-2025-10-in-2025-11", "2025-11-30", "accrued_expenses", "-20.00"),
    ]
    assert links(book, "2025-11") == {
        "consumption-llm-2025-10-in-2025-11": "corrects: consumption-llm-2025-10",
        "accrual-llm-2025-10-in-2025-11": None,
    }


def test_an_accrual_that_late_usage_makes_larger_is_not_settled(tmp_path: Path) -> None:
    files = {"credits.csv": credits_file(BOUGHT), "usage/a.csv": usage("2025-10-20,60")}
    book = write_book(tmp_path, files, PREPAID)
    close(book, "2025-10")
    # 10 are accrued. A later lot of 15 for 6.00 covers them and 5 of 20 more: 15 stay owed
    more = row("2025-11-05", "purchase", "15", lot="two", paid="6")
    files = {"credits.csv": credits_file(BOUGHT, more), "usage/a.csv": files["usage/a.csv"]}
    write_book(book, {**files, "usage/b.csv": usage("2025-10-22,20")}, PREPAID)
    close(book, "2025-11")
    assert links(book, "2025-11") == {
        "purchase-llm-two": None,
        "consumption-llm-2025-10-in-2025-11": "corrects: consumption-llm-2025-10",
        "accrual-llm-2025-10-in-2025-11": "corrects: accrual-llm-2025-10",
    }


def test_an_accrual_that_a_later_lot_pays_is_settled(tmp_path: Path) -> None:
    files = {"credits.csv": credits_file(BOUGHT), "usage/a.csv": usage("2025-10-20,60")}
    book = write_book(tmp_path, files, PREPAID)
    close(book, "2025-10")
    more = row("2025-11-05", "purchase", "8", lot="two", paid="4")
    write_book(book, {**files, "credits.csv": credits_file(BOUGHT, more)}, PREPAID)
    # 10 were accrued; 8 of them are paid with 4.00 of credits
    assert lines(close(book, "2025-11"))[2:] == [
        ("settlement-llm-2025-10-in-2025-11", "2025-11-05", "accrued_expenses", "8.00"),
        ("settlement-llm-2025-10-in-2025-11", "2025-11-05", "ai_expense", "-4.00"),
        ("settlement-llm-2025-10-in-2025-11", "2025-11-05", "prepaid_credits", "-4.00"),
    ]
    assert links(book, "2025-11")["settlement-llm-2025-10-in-2025-11"] == (
        "settles: accrual-llm-2025-10"
    )


def test_rows_that_come_late_correct_no_entry(tmp_path: Path) -> None:
    files = {"credits.csv": credits_file(BOUGHT), "usage/a.csv": usage("2025-10-05,20")}
    book = write_book(tmp_path, files, PREPAID)
    close(book, "2025-10")
    late = [
        row("2025-10-03", "purchase", "10", lot="two", paid="9"),
        row("2025-10-20", "refund", "5", lot="one"),
        row("2025-10-21", "void", "5", lot="one"),
        row("2025-10-22", "transfer", "5", lot="one", to="entity:Sister"),
        row("2025-10-23", "transfer", "5", lot="three", paid="3"),
    ]
    write_book(book, {**files, "credits.csv": credits_file(BOUGHT, *late)}, PREPAID)
    close(book, "2025-11")
    assert links(book, "2025-11") == {
        "purchase-llm-two-in-2025-11": None,
        "refund-llm-one-refund-2025-10-20-in-2025-11": None,
        "adjustment-llm-one-void-2025-10-21-in-2025-11": None,
        "transfer-llm-one-transfer-2025-10-22-in-2025-11": None,
        "transfer-llm-three-in-2025-11": None,
    }


def test_a_write_off_that_late_usage_takes_back_is_corrected(tmp_path: Path) -> None:
    ending = row("2025-10-01", "purchase", "50", lot="one", paid="45", expires="2025-10-31")
    files = {"credits.csv": credits_file(ending), "usage/a.csv": usage("2025-10-05,20")}
    book = write_book(tmp_path, files, PREPAID)
    close(book, "2025-10")
    write_book(book, {**files, "usage/b.csv": usage("2025-10-22,10")}, PREPAID)
    close(book, "2025-11")
    assert links(book, "2025-11") == {
        "consumption-llm-2025-10-in-2025-11": "corrects: consumption-llm-2025-10",
        "expiry-llm-one-in-2025-11": "corrects: expiry-llm-one",
    }
