"""Closes that once went wrong: signs, credit notes, invoices of nothing, rounding by day."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from tests.books import (
    ARREARS,
    CREDITS,
    INVOICES,
    PREPAID,
    close,
    lines,
    tokenbooks,
    usage,
    write_book,
)

RULES = """\
allocate:
  - {when: {model: a}, class: rd}
  - {when: {model: b}, class: opex}
"""
VOLUME = """\
plan: llm
currency: USD
rates:
  - prices:
      credits: {tiers: volume, over: quarter, steps: [{up_to: 100, price: 10}, {price: 1}]}
"""
HEADER = "date,model,credits\n"


def totals(rows: list[dict[str, str]]) -> dict[str, Decimal]:
    """What was posted, by role."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row["role"]] += Decimal(row["debit"]) - Decimal(row["credit"])
    return {role: amount for role, amount in sums.items() if amount}


@pytest.mark.parametrize(("book", "lots"), [(ARREARS, ""), (PREPAID, "2000")])
def test_a_band_that_falls_takes_back_from_the_class_that_falls(
    tmp_path: Path, book: str, lots: str
) -> None:
    # October: 100 of a at 10 = 1,000. November: 450 in all at 1, so 450 - 1,000 = -550:
    # a 150 - 1,000 = -850, b 300
    files = {
        "usage/o.csv": f"{HEADER}2025-10-05,a,100\n",
        "usage/n.csv": f"{HEADER}2025-11-05,a,50\n2025-11-06,b,300\n",
        "plans/llm.yaml": VOLUME,
    }
    if lots:
        files["credits.csv"] = CREDITS + f"2025-10-01,llm,purchase,{lots},one,,,,,,,,\n"
    write_book(tmp_path, files, book + RULES)
    first = totals(close(tmp_path, "2025-10"))
    assert first["ai_expense_rd"] == Decimal(1000)
    second = totals(close(tmp_path, "2025-11"))
    whole = first["ai_expense_rd"] + second.get("ai_expense_rd", 0) + second["ai_expense_opex"]
    assert whole == Decimal(450)


def test_a_volume_band_and_a_modifier_do_not_depend_on_the_order_of_days(tmp_path: Path) -> None:
    # 100 batch at half price and 100 plain; above 100 in all the price is 5, not 10
    plan = VOLUME.replace("price: 1}", "price: 5}").replace("quarter", "month") + (
        "modifiers:\n  - {name: batch, when: {batch: true}, times: {credits: 0.5}}\n"
    )
    header = "date,model,batch,credits\n"
    for number, days in enumerate([("05", "06"), ("06", "05")]):
        folder = tmp_path / str(number)
        rows = f"{header}2025-10-{days[0]},a,true,100\n2025-10-{days[1]},a,,100\n"
        write_book(folder, {"usage/a.csv": rows, "plans/llm.yaml": plan})
        # 100 x 0.5 x 5 + 100 x 5 = 750
        assert totals(close(folder, "2025-10"))["ai_expense"] == Decimal(750)


def test_an_invoice_of_nothing_relieves_the_accrual(tmp_path: Path) -> None:
    invoice = "2025-11-03,llm,I-1,invoice,2025-10-01,2025-10-31,0,,\n"
    files = {"usage/a.csv": usage("2025-10-05,100"), "invoices.csv": INVOICES + invoice}
    book = write_book(tmp_path, files)
    close(book, "2025-10")
    assert lines(close(book, "2025-11")) == [
        ("invoice-llm-I-1", "2025-11-03", "accrued_expenses", "100.00"),
        ("invoice-llm-I-1", "2025-11-03", "ai_expense", "-100.00"),
    ]
    assert "= 0.00 USD" in (book / "close/2025-11/journal.ledger").read_text()
    assert close(book, "2025-12") == []


@pytest.mark.parametrize("method", ["relieve", "auto_reverse"])
def test_an_invoice_and_its_credit_note_in_one_close(tmp_path: Path, method: str) -> None:
    rows = "2025-11-03,llm,I-1,invoice,2025-10-01,2025-10-31,110,,\n"
    rows += "2025-11-05,llm,N-1,credit_note,2025-10-01,2025-10-31,10,,\n"
    files = {"usage/a.csv": usage("2025-10-05,100"), "invoices.csv": INVOICES + rows}
    book = write_book(tmp_path, files, f"{ARREARS}policies: {{accrual_method: {method}}}\n")
    close(book, "2025-10")
    posted = close(book, "2025-11")
    assert totals(posted) == {"accrued_expenses": Decimal(100), "accounts_payable": Decimal(-100)}
    note = [line for line in lines(posted) if "N-1" in line[0]]
    assert ("accrued_expenses" in {line[2] for line in note}) is False


@pytest.mark.parametrize("span", ["day", "week", "month"])
def test_posting_by_shorter_spans_ends_at_the_same_cent(tmp_path: Path, span: str) -> None:
    # 0.004 a day for 30 days: 0.12
    rows = usage(*(f"2025-11-{day:02},0.004" for day in range(1, 31)))
    text = ARREARS.replace("start: 2025-10", "start: 2025-11")
    book = write_book(tmp_path, {"usage/a.csv": rows}, f"{text}post_usage: {span}\n")
    assert totals(close(book, "2025-11"))["ai_expense"] == Decimal("0.12")


def test_a_bonus_that_comes_later_has_no_cost_and_restates_nothing(tmp_path: Path) -> None:
    rows = "2025-10-01,llm,purchase,100,one,90,,,,,,,\n"
    rows += "2025-11-03,llm,bonus,10,,,,,,,,one,\n"
    files = {"usage/a.csv": usage("2025-10-05,50"), "credits.csv": CREDITS + rows}
    book = write_book(tmp_path, files, PREPAID)
    assert totals(close(book, "2025-10"))["ai_expense"] == Decimal(45)
    assert close(book, "2025-11") == []


def test_a_payment_of_an_opening_card_balance_relieves_the_card(tmp_path: Path) -> None:
    files = {
        "usage/a.csv": usage("2025-10-05,1"),
        "opening.csv": "role,contract,amount,document\ncredit_card_payable,llm,-80,D1\n",
        "invoices.csv": INVOICES + "2025-10-20,llm,D1,receipt,,,80,,\n",
    }
    book = write_book(tmp_path, files)
    posted = totals(close(book, "2025-10"))
    assert "credit_card_payable" not in posted  # -80 opening, 80 paid
    assert posted["cash"] == Decimal(-80)


def test_an_invoice_that_begins_before_the_book_relieves_what_was_accrued(tmp_path: Path) -> None:
    # September's accrual of 100 covers 15 of its days: 50; October 1 to 15 is rated at 50
    files = {
        "usage/a.csv": "date,model,credits\n2025-10-10,a,50\n",
        "opening.csv": "role,contract,service_period,amount\naccrued_expenses,llm,2025-09,-100\n",
        "invoices.csv": INVOICES + "2025-10-16,llm,I-0,invoice,2025-09-16,2025-10-15,150,,\n",
    }
    book = write_book(tmp_path, files, ARREARS + RULES)
    posted = totals(close(book, "2025-10"))
    # the invoice gives 75 to September (25 less than was accrued) and 75 to October
    assert posted["ai_expense_rd"] == Decimal(75)
    assert posted["ai_expense_unallocated"] == Decimal(-25)


def test_a_zone_that_changes_under_written_months_is_refused(tmp_path: Path) -> None:
    rows = "timestamp,model,credits\n2025-11-01T01:00:00Z,m,50\n2025-10-20T00:00:00Z,m,5\n"
    book = write_book(tmp_path, {"usage/a.csv": rows})
    close(book, "2025-10")
    write_book(book, {}, ARREARS + "    timezone: America/New_York\n")
    ran = tokenbooks(book, "close", "-p", "2025-11", "--write")
    assert ran.code == 1
    assert "error[closed-usage-moved]: contract llm" in ran.err
