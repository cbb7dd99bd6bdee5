"""Invoices over several months, of which usage comes after they were booked."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.books import ARREARS, INVOICES, close, lines, tokenbooks, usage, write_book

RULES = """\
allocate:
  - {when: {project: a}, role: ai_expense_rd}
  - {when: {project: b}, role: ai_expense_opex}
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Used 300 by a in October, 700 by b in November; one invoice of 1,000 for both."""
    folder = write_book(
        tmp_path,
        {
            "usage/a.csv": usage("2025-10-20,300,a", "2025-11-10,700,b"),
            "invoices.csv": INVOICES + "2025-11-16,llm,I-1,invoice,2025-10-15,2025-11-14,1000,,\n",
        },
        ARREARS + RULES,
    )
    close(folder, "2025-10")
    close(folder, "2025-11")
    return folder


def test_late_usage_moves_expense_between_the_months_of_an_invoice(book: Path) -> None:
    """1,000 more of October: its share is 1,000 x 1,300 / 2,000 = 650 instead of 300.

    October is then rated 1,300 and billed 650, so that 650 are owed until the next document
    (of the 1,000 that came late); the 350 that November had too much go to October.
    """
    (book / "usage/b.csv").write_text(usage("2025-10-21,1000,a"))
    assert lines(close(book, "2025-12")) == [
        ("invoice-llm-I-1-in-2025-12", "2025-12-31", "ai_expense_rd", "350.00"),
        ("invoice-llm-I-1-in-2025-12", "2025-12-31", "ai_expense_opex", "-350.00"),
        ("accrual-llm-2025-10-in-2025-12", "2025-12-31", "ai_expense_rd", "650.00"),
        ("accrual-llm-2025-10-in-2025-12", "2025-12-31", "accrued_expenses", "-650.00"),
    ]
    told = tokenbooks(book, "explain", "invoice-llm-I-1-in-2025-12")
    assert told.code == 0
    assert "Invoice shared anew" in told.out
    assert tokenbooks(book, "check", "--replay").code == 0


def test_what_an_invoice_takes_from_all_its_months_stays_its_amount(book: Path) -> None:
    (book / "usage/b.csv").write_text(usage("2025-10-21,1000,a"))
    rows = [row for period in ("2025-12",) for row in close(book, period)]
    moved = [row for row in rows if row["entry"].startswith("invoice-")]
    assert sum(Decimal(row["debit"]) - Decimal(row["credit"]) for row in moved) == 0
    assert "accounts_payable" not in {row["role"] for row in rows}


def test_reversed_accruals_are_told_apart_from_what_an_invoice_shares_anew(book: Path) -> None:
    text = (book / "tokenbooks.yaml").read_text()
    (book / "tokenbooks.yaml").write_text(text + "policies: {accrual_method: auto_reverse}\n")
    for period in ("2025-10", "2025-11"):
        close(book, period)
    (book / "usage/b.csv").write_text(usage("2025-10-21,1000,a"))
    assert [line[2:] for line in lines(close(book, "2025-12"))] == [
        ("ai_expense_rd", "350.00"),
        ("ai_expense_opex", "-350.00"),
        ("ai_expense_rd", "650.00"),
        ("accrued_expenses", "-650.00"),
    ]
