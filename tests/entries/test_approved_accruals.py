"""Accruals by judgement: what approved rows of adjustments.csv post, and what takes it back."""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests import peers
from tests.books import (
    ARREARS,
    INVOICES,
    PREPAID,
    close,
    lines,
    tokenbooks,
    usage,
    write_book,
)
from tests.credit_rows import credits_file, row

HEADER = "date,contract,service_period,amount,role,cost_center,memo,document,prepared,approved\n"


def adjustments(*rows: str) -> str:
    """Rows as ``2025-11-30,2025-11,19.63,role,cost center,memo``; what is left out is empty."""
    text = HEADER
    for item in rows:
        day, service, amount, *rest = item.split(",")
        role, center, memo = [*rest, "", "", ""][:3]
        text += f'{day},llm,{service},{amount},{role},{center},"{memo or "judged"}",,Ann,Bob\n'
    return text


def told(rows: list[tuple[str, str, str, str]]) -> list[tuple[str, str, str, str]]:
    """Postings with the digests of rows taken out of the ids."""
    return [(re.sub(r"(approved-\S+?)-[0-9a-f]{12}", r"\1", item[0]), *item[1:]) for item in rows]


def accruals(book: Path, period: str) -> dict[str, tuple[str, ...]]:
    """Opening, accrued, relieved and closing of a written close, by service period."""
    with (book / f"close/{period}/accruals.csv").open(newline="") as stream:
        names = ("opening", "accrued", "relieved", "closing")
        return {r["service_period"]: tuple(r[n] for n in names) for r in csv.DictReader(stream)}


def start(folder: Path, files: dict[str, str], terms: str = ARREARS) -> Path:
    """A book that begins in November; one without usage is of a contract without exports."""
    if "usage/a.csv" not in files:
        terms = terms.replace("    usage: usage/*.csv\n", "")
    return write_book(folder, files, terms.replace("start: 2025-10", "start: 2025-11"))


def test_only_errors_are_posted_not_what_reconciles(tmp_path: Path) -> None:
    """Worked figure X001: the provider has 10,000.00, the books 9,840.00."""
    memo = "rate -75.00, missing usage 90.00, unrecorded 4.63"
    files = {
        "usage/a.csv": usage("2025-11-20,9840"),
        "adjustments.csv": HEADER + f'2025-11-30,llm,2025-11,19.63,,,"{memo}",,Ann,Bob\n',
    }
    book = start(tmp_path, files)
    # -75.00 + 90.00 + 4.63 = 19.63; 9,840.00 + 19.63 = 9,859.63
    posted = close(book, "2025-11")
    assert told(lines(posted)) == [
        ("accrual-llm-2025-11", "2025-11-30", "ai_expense", "9840.00"),
        ("accrual-llm-2025-11", "2025-11-30", "accrued_expenses", "-9840.00"),
        ("approved-llm-2025-11", "2025-11-30", "ai_expense", "19.63"),
        ("approved-llm-2025-11", "2025-11-30", "accrued_expenses", "-19.63"),
    ]
    assert accruals(book, "2025-11") == {"2025-11": ("0.00", "9859.63", "0.00", "9859.63")}
    journal = (book / "close/2025-11/journal.ledger").read_text()
    assert f"2025-11-30 ! LLM\n    ; Approved accrual, {memo}\n" in journal
    assert "; service-period: 2025-11\n" in journal


def test_hidden_usage_that_only_the_bill_shows(tmp_path: Path) -> None:
    """Worked figure C089: 10,000.00 tracked; retries, retrieval, context and embeddings are not."""
    files = {
        "usage/a.csv": usage("2025-11-20,10000"),
        "adjustments.csv": adjustments(
            "2025-11-30,2025-11,2000.00,,,retries",
            "2025-11-30,2025-11,1500.00,,,retrieval",
            "2025-11-30,2025-11,1000.00,,,context",
            "2025-11-30,2025-11,500.00,,,embeddings",
        ),
    }
    book = start(tmp_path, files)
    posted = [item for item in lines(close(book, "2025-11")) if item[0].startswith("approved")]
    assert len({entry for entry, *_ in posted}) == 4
    expense = sum(Decimal(amount) for *_, role, amount in posted if role == "ai_expense")
    assert expense == Decimal("5000.00")
    # 10,000.00 + 5,000.00
    assert accruals(book, "2025-11")["2025-11"][-1] == "15000.00"
    # the bill of 15,000.00 relieves it all, and nothing is left to expense
    (book / "invoices.csv").write_text(
        INVOICES + "2025-12-03,llm,B-1,invoice,2025-11-01,2025-11-30,15000.00,,account\n"
    )
    assert lines(close(book, "2025-12")) == [
        ("invoice-llm-B-1", "2025-12-03", "accrued_expenses", "15000.00"),
        ("invoice-llm-B-1", "2025-12-03", "accounts_payable", "-15000.00"),
    ]
    assert accruals(book, "2025-12") == {"2025-11": ("15000.00", "0.00", "15000.00", "0.00")}


@pytest.mark.parametrize("method", ["relieve", "auto_reverse"])
def test_expense_becomes_what_was_invoiced(tmp_path: Path, method: str) -> None:
    files = {
        "usage/a.csv": usage("2025-11-20,100"),
        "adjustments.csv": adjustments("2025-11-30,2025-11,30.00"),
        "invoices.csv": INVOICES
        + "2025-12-03,llm,B-1,invoice,2025-11-01,2025-11-30,124.00,,account\n",
    }
    book = start(tmp_path, files, f"{ARREARS}policies: {{accrual_method: {method}}}\n")
    close(book, "2025-11")
    close(book, "2025-12")
    assert balances(book, "2025-12") == {
        "ai_expense": Decimal("124.00"),
        "accounts_payable": Decimal("-124.00"),
    }
    assert agrees(book)


def agrees(book: Path) -> bool:
    """Whether every written close comes out again; warnings do not matter."""
    return "error[" not in tokenbooks(book, "check", "--replay").err


def balances(book: Path, period: str) -> dict[str, Decimal]:
    """The balance of each role after a written close, by role, those of zero left out."""
    sums: dict[str, Decimal] = {}
    with (book / f"close/{period}/state/posted.csv").open(newline="") as stream:
        for line in csv.DictReader(stream):
            sums[line["role"]] = sums.get(line["role"], Decimal(0)) + Decimal(line["amount"])
    return {role: amount for role, amount in sums.items() if amount}


#: Rows, and documents of November; what is then accrued at the end of December.
STANDING = {
    "no document": (["2025-11-30,2025-11,30"], [], "30"),
    "an invoice of another month": (["2025-11-30,2025-11,30"], [("invoice", "12-31", 12)], "30"),
    "an invoice before the row": (["2025-12-10,2025-11,30"], [("invoice", "12-03", 11)], "30"),
    "an invoice on the row's day": (["2025-12-03,2025-11,30"], [("invoice", "12-03", 11)], "0"),
    "an invoice after the row": (["2025-11-30,2025-11,30"], [("invoice", "12-03", 11)], "0"),
    "taken back": (["2025-11-30,2025-11,30", "2025-12-05,2025-11,-30"], [], "0"),
    "taken back in part": (["2025-11-30,2025-11,30", "2025-12-05,2025-11,-10"], [], "20"),
    "a credit note answers what is expected from one": (
        ["2025-12-10,2025-11,-20"],
        [("invoice", "12-03", 11), ("credit_note", "12-20", 11)],
        "0",
    ),
    "a credit note does not answer what is owed": (
        ["2025-12-10,2025-11,30"],
        [("invoice", "12-03", 11), ("credit_note", "12-20", 11)],
        "30",
    ),
    "a row of a later month does not count": (["2026-01-10,2025-11,30"], [], "0"),
}


@pytest.mark.parametrize("case", STANDING)
def test_what_stands(tmp_path: Path, case: str) -> None:
    rows, documents, left = STANDING[case]
    bills = [
        f"2025-{day},llm,B-{number},{kind},2025-{month}-01,2025-{month}-{27 + number},50,,account\n"
        for number, (kind, day, month) in enumerate(documents)
    ]
    files = {"adjustments.csv": adjustments(*rows), "invoices.csv": INVOICES + "".join(bills)}
    book = start(tmp_path, files)
    close(book, "2025-11")
    close(book, "2025-12")
    assert -balances(book, "2025-12").get("accrued_expenses", Decimal(0)) == Decimal(left)
    assert agrees(book)


def test_expense_goes_where_the_usage_went_or_where_the_row_says(tmp_path: Path) -> None:
    rules = "allocate:\n" + "".join(
        f"  - {{when: {{project: {name}}}, class: {class_}}}\n"
        for name, class_ in (("lab", "rd"), ("site", "cogs"))
    )
    files = {
        "usage/a.csv": usage("2025-11-05,75,lab", "2025-11-06,25,site"),
        "adjustments.csv": adjustments(
            "2025-11-30,2025-11,10.01", "2025-11-30,2025-11,4.00,ai_expense_opex,support"
        ),
    }
    book = start(tmp_path, files, ARREARS + rules)
    posted = [r for r in close(book, "2025-11") if r["entry"].startswith("approved")]
    # 10.01 x 75% = 7.5075, and 2.5025: the odd cent goes to the larger remainder
    assert sorted((r["role"], r["class"], r["cost_center"], r["debit"]) for r in posted) == [
        ("accrued_expenses", "", "", "0.00"),
        ("accrued_expenses", "", "", "0.00"),
        ("ai_expense_cogs", "cogs", "", "2.50"),
        ("ai_expense_opex", "opex", "support", "4.00"),
        ("ai_expense_rd", "rd", "", "7.51"),
    ]


def test_a_prepaid_contract_owes_it_too_and_no_lot_pays_for_it(tmp_path: Path) -> None:
    files = {
        "credits.csv": credits_file(row("2025-11-01", "purchase", "200", lot="one", paid="180")),
        "usage/a.csv": usage("2025-11-05,100"),
        "adjustments.csv": adjustments("2025-11-30,2025-11,12.00", "2025-12-31,2025-11,-12.00"),
    }
    book = start(tmp_path, files, PREPAID)
    close(book, "2025-11")
    # 180.00 - 100 x 0.90 = 90.00
    assert balances(book, "2025-11") == {
        "cash": Decimal("-180.00"),
        "prepaid_credits": Decimal("90.00"),
        "ai_expense": Decimal("102.00"),
        "accrued_expenses": Decimal("-12.00"),
    }
    close(book, "2025-12")
    assert "accrued_expenses" not in balances(book, "2025-12")


def test_usage_that_comes_after_the_row_stands_beside_it_until_it_is_taken_back(
    tmp_path: Path,
) -> None:
    files = {
        "usage/a.csv": usage("2025-11-05,100"),
        "adjustments.csv": adjustments("2025-11-30,2025-11,12.00"),
    }
    book = start(tmp_path, files)
    close(book, "2025-11")
    write_book(
        book, {"usage/late.csv": usage("2025-11-29,11")}, (book / "tokenbooks.yaml").read_text()
    )
    ran = tokenbooks(book, "close", "-p", "2025-12")
    assert (
        "adjustments.csv:2: warning[adjustment-overtaken]: usage of llm 2025-11 came that adds"
        " 11.00 USD, and 12.00 USD of approved accruals still stand beside it"
    ) in ran.err
    taken_back = adjustments("2025-11-30,2025-11,12.00", "2025-12-31,2025-11,-12.00")
    (book / "adjustments.csv").write_text(taken_back)
    ran = tokenbooks(book, "close", "-p", "2025-12", "--write")
    assert "adjustment-overtaken" not in ran.err
    # 100.00 + 11.00
    assert balances(book, "2025-12")["ai_expense"] == Decimal("111.00")


def test_a_row_that_is_approved_after_its_close_is_booked_in_the_open_one(tmp_path: Path) -> None:
    unapproved = adjustments("2025-11-30,2025-11,12.00").replace("Bob", "")
    book = start(tmp_path, {"adjustments.csv": unapproved})
    ran = tokenbooks(book, "close", "-p", "2025-11", "--write")
    assert ran.code == 0
    assert "adjustments.csv:2: warning[adjustment-unapproved]: nobody approved" in ran.err
    assert "approved-llm" not in (book / "close/2025-11/journal.ledger").read_text()
    (book / "adjustments.csv").write_text(adjustments("2025-11-30,2025-11,12.00"))
    assert told(lines(close(book, "2025-12"))) == [
        ("approved-llm-2025-11-in-2025-12", "2025-12-31", "ai_expense", "12.00"),
        ("approved-llm-2025-11-in-2025-12", "2025-12-31", "accrued_expenses", "-12.00"),
    ]
    assert "corrects" not in (book / "close/2025-12/journal.ledger").read_text()
    assert agrees(book)


def test_one_person_may_do_both_where_the_policy_says_so(tmp_path: Path) -> None:
    policy = "policies: {approval: [{value: two_people}, {value: single, from: 2025-12}]}\n"
    rows = adjustments("2025-11-30,2025-11,12.00", "2025-12-31,2025-11,-12.00").replace(
        "Bob", "Ann"
    )
    book = start(tmp_path, {"adjustments.csv": rows}, ARREARS + policy)
    ran = tokenbooks(book, "check")
    assert "adjustments.csv:2:" in ran.err
    assert "error[adjustment-single]: Ann prepared it and approved it" in ran.err
    assert "adjustments.csv:3:" not in ran.err


def test_days_as_spans_owe_it_on_the_last_day_of_the_service_period(tmp_path: Path) -> None:
    files = {
        "usage/a.csv": usage("2025-11-05,100"),
        "adjustments.csv": adjustments("2025-11-20,2025-11,12.00"),
        "invoices.csv": INVOICES
        + "2025-12-03,llm,B-1,invoice,2025-11-01,2025-11-15,112,,account\n",
    }
    book = start(tmp_path, files, ARREARS.replace("start:", "post_usage: day\nstart:"))
    posted = told(lines(close(book, "2025-11")))
    assert ("approved-llm-2025-11", "2025-11-20", "accrued_expenses", "-12.00") in posted
    close(book, "2025-12")
    # it bills a day of the service period
    assert balances(book, "2025-12") == {
        "ai_expense": Decimal("112.00"),
        "accounts_payable": Decimal("-112.00"),
    }


def test_an_accrual_in_the_books_currency_of_a_foreign_contract(tmp_path: Path) -> None:
    euro = ARREARS.replace("currency: USD", "currency: EUR")
    files = {
        "usage/a.csv": usage("2025-11-05,100"),
        "rates.csv": "date,from,to,rate\n2025-11-30,USD,EUR,0.90\n2025-12-31,USD,EUR,0.80\n",
        "adjustments.csv": adjustments("2025-11-30,2025-11,12.00"),
    }
    book = start(tmp_path, files, euro)
    close(book, "2025-11")
    # 100 x 0.90 + 12.00
    assert balances(book, "2025-11")["accrued_expenses"] == Decimal("-102.00")
    close(book, "2025-12")
    # only what is owed in dollars is remeasured: 100 x 0.80 + 12.00
    assert balances(book, "2025-12")["accrued_expenses"] == Decimal("-92.00")
    assert accruals(book, "2025-12")["2025-11"][-1] == "92.00"


@pytest.mark.parametrize("journal", ["ledger", "beancount"])
def test_the_programs_accept_the_entry_whatever_the_memo_says(tmp_path: Path, journal: str) -> None:
    memo = 'INV: 7 [see ""mail""]; 5% * 3'
    files = {
        "usage/a.csv": usage("2025-11-05,100"),
        "adjustments.csv": HEADER + f'2025-11-30,llm,2025-11,12.00,,,"{memo}",T-8,Ann,Bob\n',
    }
    book = start(tmp_path, files, ARREARS.replace("journal: ledger", f"journal: {journal}"))
    close(book, "2025-11")
    if journal == "ledger":
        peers.check_hledger(book / "books.ledger")
        peers.check_ledger(book / "books.ledger")
    else:
        peers.check_beancount(book / "books.beancount")


def test_explain_tells_the_row(tmp_path: Path) -> None:
    rows = adjustments("2025-11-30,2025-11,12.00,,,hours of Nov 30")
    files = {
        "usage/a.csv": usage("2025-11-05,100"),
        "adjustments.csv": rows + rows[len(HEADER) :].replace("Bob", "").replace("12.00", "3.00"),
    }
    book = start(tmp_path, files)
    entry = close(book, "2025-11")[-1]["entry"]
    by_entry = tokenbooks(book, "explain", entry)
    assert by_entry.code == 0
    assert "hours of Nov 30" in by_entry.out
    assert "accrual-llm-2025-11" in by_entry.out  # what else is accrued for the service period
    by_row = tokenbooks(book, "explain", "adjustments.csv:2")
    assert by_row.out == by_entry.out
    unapproved = tokenbooks(book, "explain", "adjustments.csv:3")
    assert "No entry is made for the row, because nobody approved it." in unapproved.out


def test_a_row_that_changed_after_it_was_posted_makes_the_close_stale(tmp_path: Path) -> None:
    book = start(tmp_path, {"adjustments.csv": adjustments("2025-11-30,2025-11,12.00")})
    close(book, "2025-11")
    (book / "adjustments.csv").write_text(adjustments("2025-11-30,2025-11,13.00"))
    ran = tokenbooks(book, "close", "-p", "2025-12")
    assert ran.code == 1
    assert "error[close-stale]" in ran.err
