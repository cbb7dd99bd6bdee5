"""Credits that a provider takes away or adds without a sale, and credits for outages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.books import PREPAID, close, lines, usage, write_book
from tests.credit_rows import Row, credits_file, row

BOUGHT = row("2025-10-01", "purchase", "300", lot="a", paid="100")


def book(folder: Path, *rows: Row, text: str = PREPAID, uses: str = "2025-10-05,40") -> Path:
    files = {"credits.csv": credits_file(*rows), "usage/a.csv": usage(uses)}
    return write_book(folder, files, text)


def moved(rows: list[dict[str, str]], entry: str) -> dict[str, str]:
    return {line[2]: line[3] for line in lines(rows) if line[0] == entry}


@pytest.mark.parametrize(
    ("changed", "entry", "lost"),
    [
        # 260 are left: 86.67
        (row("2025-11-10", "void", "", lot="a"), "void", "86.67"),
        (row("2025-11-10", "void", "30", lot="a"), "void", "10.00"),
        (row("2025-11-10", "adjust", "-30", lot="a", memo="counted twice"), "adjust", "10.00"),
    ],
)
def test_what_is_taken_away_is_a_loss_at_cost(
    tmp_path: Path, changed: Row, entry: str, lost: str
) -> None:
    folder = book(tmp_path, BOUGHT, changed)
    close(folder, "2025-10")
    posted = close(folder, "2025-11")
    assert moved(posted, f"adjustment-llm-a-{entry}-2025-11-10") == {
        "expired_credits_loss": lost,
        "prepaid_credits": f"-{lost}",
    }


def test_free_credits_are_voided_without_an_entry(tmp_path: Path) -> None:
    gift = row("2025-10-01", "grant", "300", lot="a")
    folder = book(tmp_path, gift, row("2025-11-10", "void", "", lot="a"))
    close(folder, "2025-10")
    assert close(folder, "2025-11") == []


@pytest.mark.parametrize(
    ("paid", "bought"),
    [("", {}), ("2", {"prepaid_credits": "2.00", "cash": "-2.00"})],
)
def test_what_is_added_is_a_lot_of_its_own(
    tmp_path: Path, paid: str, bought: dict[str, str]
) -> None:
    added = row("2025-11-10", "adjust", "7", lot="a", paid=paid, memo="forgotten")
    folder = book(tmp_path, BOUGHT, added)
    close(folder, "2025-10")
    assert moved(close(folder, "2025-11"), "purchase-llm-a-adjust-2025-11-10") == bought
    lots = (folder / "close/2025-11/state/lots.csv").read_text()
    assert "\na-adjust-2025-11-10,7," in lots


def test_a_void_after_late_usage_loses_less(tmp_path: Path) -> None:
    """30 more of October are told in December: 10.00 less were lost, and used instead."""
    folder = book(tmp_path, BOUGHT, row("2025-11-10", "void", "", lot="a"))
    close(folder, "2025-10")
    close(folder, "2025-11")
    (folder / "usage/late.csv").write_text(usage("2025-10-06,30"))
    posted = lines(close(folder, "2025-12"))
    assert {line[2:] for line in posted} == {
        ("expired_credits_loss", "-10.00"),
        ("prepaid_credits", "10.00"),
        ("ai_expense", "10.00"),
        ("prepaid_credits", "-10.00"),
    }


def test_late_usage_before_an_expiry_moves_from_loss_to_expense(tmp_path: Path) -> None:
    # C101: 25 of 400 written off had been used the day before
    bought = row("2025-10-01", "purchase", "500", lot="a", expires="2025-10-31")
    folder = book(tmp_path, bought, uses="2025-10-05,100")
    close(folder, "2025-10")
    (folder / "usage/late.csv").write_text(usage("2025-10-30,25"))
    totals: dict[str, float] = {}
    for _, _, role, amount in lines(close(folder, "2025-11")):
        totals[role] = totals.get(role, 0) + float(amount)
    assert totals == {"ai_expense": 25, "expired_credits_loss": -25, "prepaid_credits": 0}


def test_usage_credited_after_an_expiry_moves_from_expense_to_loss(tmp_path: Path) -> None:
    """What comes back to credits that have ended was not used, and lapsed instead."""
    bought = row("2025-10-01", "purchase", "500", lot="a", expires="2025-10-31")
    header = "date,model,id,reverses,credits\n"
    folder = book(tmp_path, bought)
    (folder / "usage/a.csv").write_text(f"{header}2025-10-05,m,1,,75\n2025-10-06,m,2,,25\n")
    close(folder, "2025-10")
    (folder / "usage/credit.csv").write_text(f"{header}2025-11-03,m,3,2,-25\n")
    totals: dict[str, float] = {}
    for _, _, role, amount in lines(close(folder, "2025-11")):
        totals[role] = totals.get(role, 0) + float(amount)
    assert totals == {"ai_expense": -25, "expired_credits_loss": 25, "prepaid_credits": 0}


SLA = row("2025-10-20", "grant", "30", lot="sla", kind="sla")


@pytest.mark.parametrize(
    ("policy", "posted"),
    [
        ("", {}),  # zero basis: no cost, no entry
        (
            "policies: {sla_credit: reduce_expense}\n",
            {"prepaid_credits": "30.00", "ai_expense": "-30.00"},
        ),
    ],
)
def test_credits_for_an_outage(tmp_path: Path, policy: str, posted: dict[str, str]) -> None:
    folder = book(tmp_path, BOUGHT, SLA, text=PREPAID + policy)
    assert moved(close(folder, "2025-10"), "purchase-llm-sla") == posted
