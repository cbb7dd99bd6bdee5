"""Refunds and chargebacks: what comes back, what it cost, and what of it is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.books import PREPAID, close, lines, tokenbooks, usage, write_book
from tests.credit_rows import Row, credits_file, row

#: 300 credits for 100.00: a third each, so that cents have to fall somewhere.
BOUGHT = row("2025-10-01", "purchase", "300", lot="a", paid="100")
REFUND = "refund-llm-a-refund-2025-11-10"


def book(folder: Path, *rows: Row, uses: tuple[str, ...] = ("2025-10-05,40",)) -> Path:
    files = {"credits.csv": credits_file(BOUGHT, *rows), "usage/a.csv": usage(*uses)}
    return write_book(folder, files, PREPAID)


def refunds(rows: list[dict[str, str]], kind: str = "refund") -> dict[str, str]:
    """What the refunds of a close move, by role."""
    return {role: amount for entry, _, role, amount in lines(rows) if entry.startswith(kind)}


@pytest.mark.parametrize(
    ("cells", "moved"),
    [
        # at cost, C034: 100.00 - 90.00 of the top
        ({}, {"cash": "10.00", "prepaid_credits": "-10.00"}),
        ({"pay": "card"}, {"credit_card_payable": "10.00", "prepaid_credits": "-10.00"}),
        ({"pay": "account"}, {"accounts_payable": "10.00", "prepaid_credits": "-10.00"}),
        # short of the cost, C035
        (
            {"paid": "9"},
            {"cash": "9.00", "prepaid_credits": "-10.00", "loss_on_refund": "1.00"},
        ),
        # nothing comes back
        ({"paid": "0"}, {"prepaid_credits": "-10.00", "loss_on_refund": "10.00"}),
        # more than they cost
        (
            {"paid": "12"},
            {"cash": "12.00", "prepaid_credits": "-10.00", "loss_on_refund": "-2.00"},
        ),
    ],
)
@pytest.mark.parametrize("kind", ["refund", "chargeback"])
def test_30_credits_come_back(
    tmp_path: Path, kind: str, cells: dict[str, str], moved: dict[str, str]
) -> None:
    folder = book(tmp_path, row("2025-11-10", kind, "30", lot="a", **cells))
    close(folder, "2025-10")
    posted = close(folder, "2025-11")
    assert refunds(posted) == moved
    assert {line[1] for line in lines(posted)} == {"2025-11-10"}


def test_tax_comes_back_with_the_price(tmp_path: Path) -> None:
    """The tax of a purchase is in its cost where it is not recoverable: 119.00 for 300."""
    bought = row("2025-10-01", "purchase", "300", lot="a", paid="100", tax="19")
    back = row("2025-11-10", "refund", "300", lot="a")
    files = {"credits.csv": credits_file(bought, back), "usage/a.csv": usage()}
    folder = write_book(tmp_path, files, PREPAID)
    close(folder, "2025-10")
    assert refunds(close(folder, "2025-11")) == {"cash": "119.00", "prepaid_credits": "-119.00"}


def test_late_usage_moves_no_cent_of_a_refund(tmp_path: Path) -> None:
    folder = book(tmp_path, row("2025-11-10", "refund", "100", lot="a"))
    close(folder, "2025-10")
    # 100.00 - 66.67
    assert refunds(close(folder, "2025-11"))["cash"] == "33.33"
    (folder / "usage/late.csv").write_text(usage("2025-10-06,17", "2025-11-12,43"))
    posted = close(folder, "2025-12")
    assert refunds(posted) == {}
    # 40 + 17 + 43 = 100 of 300 used: 33.33, of which 13.33 were posted
    assert sum(float(a) for _, _, role, a in lines(posted) if role == "ai_expense") == 20.00


def test_a_refund_of_what_was_used_is_an_error(tmp_path: Path) -> None:
    """200 of 300 come back, but 120 had been used by then."""
    folder = book(tmp_path, row("2025-10-10", "refund", "200", lot="a"), uses=("2025-10-05,120",))
    ran = tokenbooks(folder, "close", "-p", "2025-10")
    assert ran.code == 1
    assert "error[removed-above-left]" in ran.err


def test_usage_after_a_refund_waits_for_the_next_credits(tmp_path: Path) -> None:
    """200 of 300 came back: 100 are left for the 120 used later."""
    folder = book(tmp_path, row("2025-10-10", "refund", "200", lot="a"), uses=("2025-10-15,120",))
    posted = lines(close(folder, "2025-10"))
    assert ("consumption-llm-2025-10", "2025-10-31", "prepaid_credits", "-33.33") in posted
    assert ("accrual-llm-2025-10", "2025-10-31", "accrued_expenses", "-20.00") in posted


def test_two_refunds_of_a_day_are_two_entries(tmp_path: Path) -> None:
    two = [row("2025-11-10", "refund", size, lot="a") for size in ("100", "200")]
    folder = book(tmp_path, *two, uses=())
    close(folder, "2025-10")
    paid = {line[0]: line[3] for line in lines(close(folder, "2025-11")) if line[2] == "cash"}
    # 33.33 from the top, then the rest of 66.67
    assert paid == {REFUND: "33.33", f"{REFUND}-2": "66.67"}


def test_a_refund_that_is_told_late_is_dated_in_the_open_month(tmp_path: Path) -> None:
    folder = book(tmp_path)
    close(folder, "2025-10")
    rows = credits_file(BOUGHT, row("2025-10-20", "refund", "30", lot="a"))
    (folder / "credits.csv").write_text(rows)
    found = [line for line in lines(close(folder, "2025-11")) if line[0].startswith("refund")]
    assert {(line[1], line[2], line[3]) for line in found} == {
        ("2025-11-01", "cash", "10.00"),
        ("2025-11-01", "prepaid_credits", "-10.00"),
    }


def test_money_that_comes_back_after_the_end_reduces_the_loss(tmp_path: Path) -> None:
    """The rest of 86.67 had expired on 31 October; 30.00 of it come back in November."""
    bought = row("2025-10-01", "purchase", "300", lot="a", paid="100", expires="2025-10-31")
    files = {"credits.csv": credits_file(bought), "usage/a.csv": usage("2025-10-05,40")}
    folder = write_book(tmp_path, files, PREPAID)
    first = {line[2]: line[3] for line in lines(close(folder, "2025-10"))}
    assert first["expired_credits_loss"] == "86.67"
    back = row("2025-11-10", "refund", "90", lot="a")
    (folder / "credits.csv").write_text(credits_file(bought, back))
    posted = {line[2]: line[3] for line in lines(close(folder, "2025-11")) if "cash" not in line}
    assert posted["expired_credits_loss"] == "-30.00"
