"""Credit losses of a seller: the allowance by age, write-offs, and what is paid after them."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests.books import close, lines, tokenbooks, usage, write_book

BOOK = """\
book: Lumen
currency: USD
start: 2025-10
journal: ledger
contracts:
  api:
    side: sell
    party: Customers
    plan: llm
    settle: arrears
    usage: usage/*.csv
    revenue: {gross_net: principal}
"""
INVOICES = "date,contract,invoice,kind,period_start,period_end,amount,due,currency\n"
ESTIMATES = "date,contract,name,cohort,value,prepared,approved\n"
OPENING = "role,contract,amount,document,service_period\n"

#: 2,000 is billed for October and paid; 18,000 for November (P055).
BILLED = """\
2025-10-31,api,A-10,invoice,2025-10-01,2025-10-31,2000,2025-11-30,
2025-11-15,api,A-10,receipt,,,2000,,
2025-11-30,api,A-11,invoice,2025-11-01,2025-11-30,18000,2025-12-30,
"""
USED = usage("2025-10-20,2000", "2025-11-20,18000")
#: The lines of losses are these; the others are of invoices and payments.
LOSSES = {"credit_loss_expense", "allowance_credit_losses"}


def write(folder: Path, invoices: str, estimates: str = "", opening: str = "") -> Path:
    files = {"usage/all.csv": USED, "invoices.csv": INVOICES + invoices}
    files |= {"estimates.csv": ESTIMATES + estimates} if estimates else {}
    files |= {"opening.csv": OPENING + opening} if opening else {}
    return write_book(folder, files, BOOK)


def closed(folder: Path, *periods: str) -> list[tuple[str, str, str, str]]:
    """The lines of all entries that move losses or the allowance, in the order of the journal."""
    found: list[tuple[str, str, str, str]] = []
    for period in periods:
        own = lines(close(folder, period))
        entries = {entry for entry, _, role, _ in own if role in LOSSES}
        found += [line for line in own if line[0] in entries and "opening" not in line[0]]
    return found


RATE = "2025-11-01,api,loss_rate,,1.5%,Ada,Grace\n"
WRITTEN_OFF = """\
2026-02-10,api,A-11,receipt,,,14000,,
2026-02-28,api,A-11,write_off,,,4000,,
"""


def test_a_write_off_uses_the_allowance_and_adds_what_it_lacks(tmp_path: Path) -> None:
    """18,000 x 1.5% = 270 is kept; 4,000 - 270 = 3,730 is lost beyond it (P055)."""
    book = write(tmp_path, BILLED + WRITTEN_OFF, RATE)
    months = ("2025-10", "2025-11", "2025-12", "2026-01", "2026-02")
    assert closed(book, *months) == [
        ("allowance-api-2025-11", "2025-11-30", "credit_loss_expense", "270.00"),
        ("allowance-api-2025-11", "2025-11-30", "allowance_credit_losses", "-270.00"),
        ("allowance-api-A-11-2026-02-28", "2026-02-28", "credit_loss_expense", "3730.00"),
        ("allowance-api-A-11-2026-02-28", "2026-02-28", "allowance_credit_losses", "-3730.00"),
        ("write-off-api-A-11-2026-02-28", "2026-02-28", "allowance_credit_losses", "4000.00"),
        ("write-off-api-A-11-2026-02-28", "2026-02-28", "accounts_receivable", "-4000.00"),
    ]


def test_each_age_has_its_rate_and_the_month_end_makes_the_allowance_right(tmp_path: Path) -> None:
    """At the end of December 18,000 are 1 day past due and 2,000 of June over 90 days.

    18,000 x 5% + 2,000 x 50% = 1,900; from 900 taken over a loss of 1,000.
    """
    rates = "".join(
        f"2025-12-31,api,loss_rate,{age},{rate},Ada,Grace\n"
        for age, rate in (("1-30", "5%"), ("over 90", "50%"))
    )
    opening = "allowance_credit_losses,api,-900,,\naccounts_receivable,api,2000,O-1,2025-06\n"
    book = write(tmp_path, BILLED, rates, opening)
    assert closed(book, "2025-10", "2025-11", "2025-12") == [
        ("allowance-api-2025-12", "2025-12-31", "credit_loss_expense", "1000.00"),
        ("allowance-api-2025-12", "2025-12-31", "allowance_credit_losses", "-1000.00"),
    ]


def test_a_document_may_have_a_rate_of_its_own(tmp_path: Path) -> None:
    """All of A-11 is doubtful at 40%: 7,200; the rest of its age stays at 1%."""
    rates = "2025-11-30,api,loss_rate,A-11,40%,Ada,Grace\n2025-11-30,api,loss_rate,,1%,Ada,Grace\n"
    opening = "accounts_receivable,api,500,O-1,2025-06\n"
    book = write(tmp_path, BILLED, rates, opening)
    found = closed(book, "2025-10", "2025-11")
    assert [amount for *_, amount in found] == ["7205.00", "-7205.00"]


def test_an_estimate_that_nobody_approved_counts_for_nothing(tmp_path: Path) -> None:
    book = write(tmp_path, BILLED, RATE.replace("Grace", ""))
    assert closed(book, "2025-10", "2025-11") == []


def test_without_an_allowance_the_write_off_is_the_loss(tmp_path: Path) -> None:
    book = write(tmp_path, BILLED + "2025-12-10,api,A-11,write_off,,,4000,,\n")
    assert closed(book, "2025-10", "2025-11", "2025-12") == [
        ("write-off-api-A-11-2025-12-10", "2025-12-10", "credit_loss_expense", "4000.00"),
        ("write-off-api-A-11-2025-12-10", "2025-12-10", "accounts_receivable", "-4000.00"),
    ]


def test_what_is_paid_of_a_loss_is_a_recovery(tmp_path: Path) -> None:
    """14,000 pays what was still open; of 1,500 more all is of the 4,000 written off."""
    later = "2025-12-10,api,A-11,write_off,,,4000,,\n2025-12-20,api,A-11,receipt,,,14000,,\n"
    book = write(tmp_path, BILLED + later + "2026-01-09,api,A-11,receipt,,,1500,,\n")
    assert closed(book, "2025-10", "2025-11", "2025-12", "2026-01")[2:] == [
        ("recovery-api-A-11-2026-01-09", "2026-01-09", "accounts_receivable", "1500.00"),
        ("recovery-api-A-11-2026-01-09", "2026-01-09", "credit_loss_expense", "-1500.00"),
    ]


def test_no_more_is_written_off_than_is_open(tmp_path: Path) -> None:
    """18,000 less 14,500 paid: 3,500 of the 4,000."""
    more = "2025-12-05,api,A-11,receipt,,,14500,,\n2025-12-10,api,A-11,write_off,,,4000,,\n"
    book = write(tmp_path, BILLED + more)
    closed(book, "2025-10", "2025-11")
    ran = tokenbooks(book, "close", "-p", "2025-12")
    assert "warning[write-off-beyond]: 4000.00 USD of A-11" in ran.err
    assert "only 3500.00 of it is open" in ran.err
    assert closed(book, "2025-12")[1][2:] == ("accounts_receivable", "-3500.00")


def test_a_document_may_be_written_off_in_parts(tmp_path: Path) -> None:
    parts = "2025-12-10,api,A-11,write_off,,,4000,,\n2025-12-20,api,A-11,write_off,,,1000,,\n"
    book = write(tmp_path, BILLED + parts)
    found = closed(book, "2025-10", "2025-11", "2025-12")
    assert [amount for *_, amount in found] == ["4000.00", "-4000.00", "1000.00", "-1000.00"]


def test_a_write_off_that_is_told_late_is_booked_in_the_open_month(tmp_path: Path) -> None:
    """What it adds, and what the month end then keeps, come to the same as told on time."""
    late = "2025-12-10,api,A-11,write_off,,,4000,,\n"
    rate = RATE.replace("1.5%", "10%")
    on_time = write(tmp_path / "on-time", BILLED + late, rate)
    months = ("2025-10", "2025-11", "2025-12")
    expected = _sums(closed(on_time, *months, "2026-01"))
    book = write(tmp_path / "late", BILLED, rate)
    found = closed(book, *months)
    write(book, BILLED + late, rate)
    found += closed(book, "2026-01")
    assert _sums(found) == expected
    # of 18,000 at 10% 1,800 was kept, of 14,000 it is 1,400: 4,000 is lost, and 400 set free
    assert expected["credit_loss_expense"] == Decimal("5400.00")
    assert any("-in-2026-01" in entry for entry, *_ in found)


def test_receivables_past_due_without_a_rate_are_told(tmp_path: Path) -> None:
    book = write(tmp_path, BILLED)
    closed(book, "2025-10", "2025-11")
    ran = tokenbooks(book, "close", "-p", "2025-12")
    told = "18000.00 USD of the receivables of api (1-30) has no rate of loss"
    assert f"warning[loss-unestimated]: {told}" in ran.err
    assert "loss-unestimated" not in tokenbooks(book, "close", "-p", "2025-11").err


def test_a_disputed_payment_leaves_a_receivable_that_is_lost(tmp_path: Path) -> None:
    """Of 100 paid by card 30 was used: the 30 is owed, then written off (P020)."""
    book = BOOK.replace("settle: arrears", "settle: prepaid")
    files = {
        "credits.csv": "date,contract,event,credits,paid,lot,document,pay,fee\n"
        "2025-10-01,api,sale,100,100,lot-1,S-1,card,\n"
        "2025-10-25,api,chargeback,70,100,lot-1,,,15\n",
        "usage/all.csv": usage("2025-10-05,30"),
        "invoices.csv": INVOICES + "2025-10-31,api,S-1,write_off,,,30,,\n",
    }
    found = lines(close(write_book(tmp_path, files, book), "2025-10"))
    assert found[-2:] == [
        ("write-off-api-S-1-2025-10-31", "2025-10-31", "credit_loss_expense", "30.00"),
        ("write-off-api-S-1-2025-10-31", "2025-10-31", "accounts_receivable", "-30.00"),
    ]


def test_a_loss_in_a_foreign_currency_is_at_the_rate_of_its_day(tmp_path: Path) -> None:
    """EUR 1,000 at 1.08 is 1,080.00, and 1,050.00 at 1.05 when it is written off.

    The exchange takes 30.00, 1,050.00 is the credit loss, and nothing stays receivable.
    """
    invoices = (
        "2025-10-31,api,E-1,invoice,2025-10-01,2025-10-31,1000,,EUR\n"
        "2025-11-20,api,E-1,write_off,,,1000,,EUR\n"
    )
    book = write(tmp_path, invoices)
    rates = "date,from,to,rate\n2025-10-31,EUR,USD,1.08\n2025-11-20,EUR,USD,1.05\n"
    (book / "rates.csv").write_text(rates)
    found = lines(close(book, "2025-10")) + lines(close(book, "2025-11"))
    sums = _sums(found)
    assert sums["accounts_receivable"] == 0
    # of a seller a loss of exchange stands where the gains do, as a debit
    assert sums.get("fx_loss", 0) + sums.get("fx_gain", 0) == Decimal("30.00")
    assert ("write-off-api-E-1-2025-11-20", "2025-11-20", "credit_loss_expense", "1050.00") in found


@pytest.mark.parametrize("report", ["receivables", "dunning", "tax"])
def test_reports_post_nothing(tmp_path: Path, report: str) -> None:
    book = write(tmp_path, BILLED, RATE)
    closed(book, "2025-10", "2025-11")
    before = {path: path.read_bytes() for path in book.rglob("*") if path.is_file()}
    assert tokenbooks(book, "report", report).code == 0
    assert {path: path.read_bytes() for path in book.rglob("*") if path.is_file()} == before


def test_the_ages_come_to_the_accounts_of_the_ledger(tmp_path: Path) -> None:
    book = write(tmp_path, BILLED, RATE, "accounts_receivable,api,500,O-1,2025-06\n")
    rows = [*lines(close(book, "2025-10")), *lines(close(book, "2025-11"))]
    ran = tokenbooks(book, "report", "receivables", "--format", "csv")
    ages = ran.out.split("\n\n")[0].splitlines()
    # 18,000 x 1.5% = 270.00 and 500 x 1.5% = 7.50
    assert ages[1:] == ["api,not due,18000.00,1.50,270.00", "api,over 90,500.00,1.50,7.50"]
    assert _sums(rows)["accounts_receivable"] == 18500
    assert _sums(rows)["allowance_credit_losses"] == Decimal("-277.50")


def test_explain_finds_the_row_of_a_write_off(tmp_path: Path) -> None:
    book = write(tmp_path, BILLED + "2025-12-10,api,A-11,write_off,,,4000,,\n")
    closed(book, "2025-10", "2025-11", "2025-12")
    by_id = tokenbooks(book, "explain", "write-off-api-A-11-2025-12-10")
    assert re.search(r"invoices\.csv +5 ", by_id.out)
    assert (
        "write-off-api-A-11-2025-12-10" in tokenbooks(book, "explain", f"{book}/invoices.csv:5").out
    )


def _sums(found: list[tuple[str, str, str, str]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for _, _, role, amount in found:
        sums[role] = sums.get(role, Decimal(0)) + Decimal(amount)
    return sums
