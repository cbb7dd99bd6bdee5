"""What moves the figures of an approved month: refused where nothing declares it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.books import (
    ARREARS,
    CREDITS,
    INVOICES,
    PLAN,
    PREPAID,
    close,
    lines,
    tokenbooks,
    usage,
    write_book,
)
from tests.reconcile import statements

FORMAT = """\
format: gateway
title: our gateway's log
kind: usage
recognise: {all: [when, tokens]}
time: {column: when, written: day, zone: UTC, rows: events}
dimensions: {model: {column: model}}
meters:
  credits: {column: tokens}
replace: none
"""
RULED = ARREARS + "keep: [model, project]\nallocate: [{when: {project: a}, class: rd}]\n"
POOLED = PREPAID.replace(
    "plan: llm", "plan: llm\n    each: customer\n    parties: customers.csv"
).replace("usage/*.csv", "usage/*.csv")
EURO = ARREARS.replace("currency: USD", "currency: EUR")
RATES = "date,from,to,rate\n2025-10-31,USD,EUR,0.92\n2025-11-30,USD,EUR,0.93\n"
LOT = CREDITS + "2025-10-01,llm,purchase,500,a,,,,,,1,,\n"
GRANT = LOT + "2025-10-02,llm,grant,50,free,,,,,promo,2,,\n"
OPENING = "role,contract,service_period,amount\naccrued_expenses,llm,2025-09,-40\n"
INVOICE = INVOICES + "2025-10-03,llm,I-1,invoice,2025-09-01,2025-09-30,41,,\n"


def approve(book: Path, *periods: str) -> None:
    """Close and approve months."""
    for period in periods:
        close(book, period)
        signed = ("--by", "B. Controller", "--prepared-by", "A. Clerk")
        ran = tokenbooks(book, "approve", "-p", period, *signed)
        assert ran.code == 0, ran.err


def put(book: Path, files: dict[str, str]) -> None:
    """Lay files into a book, whose other files stay."""
    for name, text in files.items():
        (book / name).parent.mkdir(exist_ok=True)
        (book / name).write_text(text, encoding="utf-8", newline="\n")


def locked_book(folder: Path, files: dict[str, str], text: str = ARREARS) -> Path:
    """A book whose October is approved, with usage of October and November."""
    rows = {"usage/a.csv": usage("2025-10-05,100,a"), "usage/b.csv": usage("2025-11-05,50,a")}
    write_book(folder, {**rows, **files}, text)
    approve(folder, "2025-10")
    return folder


class Change(NamedTuple):
    """Something of an approved book that changes: in which file, from what, to what."""

    book: str
    files: dict[str, str]
    file: str
    old: str
    new: str
    said: str


SINCE = "changed since then: "
NOT_THERE = "1 row of {0}, not there any more (not read then: {0}:2)"
MOVES = " has changed since a close was made from it, and that moves closed figures: "
READ = "contract llm: usage of closed days is read differently now, though no file is new: "
CUSTOMERS = {
    "customers.csv": "customer,pool\nx,team\ny,team\n",
    "credits.csv": "date,contract,party,event,credits,lot,pool\n"
    "2025-10-01,llm,x,purchase,500,a,team\n",
    "usage/a.csv": "date,model,customer,credits\n2025-10-05,m,y,100\n",
    "usage/b.csv": "date,model,customer,credits\n2025-11-05,m,y,50\n",
}
LOGS = {
    "formats/gateway.yaml": FORMAT,
    "usage/a.csv": "when,model,tokens,more\n2025-10-05,m,100,7\n",
    "usage/b.csv": "when,model,tokens,more\n2025-11-05,m,50,7\n",
}
LATE_NIGHT = {"usage/a.csv": "timestamp,model,credits\n2025-10-31T23:30:00Z,m,100\n"}
BILLED = {"opening.csv": OPENING, "invoices.csv": INVOICE}
#: Lots without priorities, of which the free one comes first.
FREE_FIRST = GRANT.replace("1,,", ",,").replace("2,,", ",,")

OF_PLAN = Change(
    ARREARS,
    {},
    "plans/llm.yaml",
    "credits: 1",
    "credits: 2",
    f"2025-10 llm ai_expense by 100.00; {SINCE}plans/llm.yaml\n",
)
OF_FORMAT = Change(
    ARREARS,
    LOGS,
    "formats/gateway.yaml",
    "{column: tokens}",
    "{column: more}",
    f"{READ}2025-10-05 credits 100 -> 7\n",
)


def of_book(book: str, files: dict[str, str], old: str, new: str, said: str) -> Change:
    return Change(book, files, "tokenbooks.yaml", old, new, said)


UNDECLARED = {
    "a price": OF_PLAN,
    "a rule": of_book(
        RULED,
        {},
        "class: rd",
        "class: opex",
        f"2025-10 llm ai_expense_rd by -100.00; {SINCE}tokenbooks.yaml\n",
    ),
    "an account": of_book(
        ARREARS,
        {},
        "start:",
        "accounts: {ai_expense: Expenses:X}\nstart:",
        "ai_expense of llm was Expenses:AI:Services in 2025-10, and is Expenses:X now",
    ),
    "the journal": of_book(
        ARREARS,
        {},
        "journal: ledger",
        "journal: beancount",
        "2025-10 was written with journal: ledger, the book now says beancount",
    ),
    "a purchase": Change(
        PREPAID,
        {"credits.csv": LOT},
        "credits.csv",
        ",500,",
        ",400,",
        SINCE + NOT_THERE.format("credits.csv"),
    ),
    "a purchase that is lost": Change(
        PREPAID,
        {"credits.csv": LOT},
        "credits.csv",
        LOT,
        CREDITS,
        f"{SINCE}1 row of credits.csv, not there any more\n",
    ),
    "free credits": Change(
        PREPAID,
        {"credits.csv": GRANT},
        "credits.csv",
        ",50,",
        ",60,",
        f"lot free; {SINCE}1 row of credits.csv",
    ),
    "the order of lots": of_book(
        PREPAID,
        {"credits.csv": FREE_FIRST},
        "start:",
        "policies: {free_first: false}\nstart:",
        f"{SINCE}tokenbooks.yaml\n",
    ),
    "an invoice": Change(
        ARREARS, BILLED, "invoices.csv", ",41,", ",42,", SINCE + NOT_THERE.format("invoices.csv")
    ),
    "an opening balance": Change(
        ARREARS, BILLED, "opening.csv", "-40", "-44", SINCE + NOT_THERE.format("opening.csv")
    ),
    "an exchange rate": Change(
        EURO, {"rates.csv": RATES}, "rates.csv", "0.92", "0.95", f"{SINCE}rates.csv\n"
    ),
    "parties": Change(
        POOLED, CUSTOMERS, "customers.csv", "y,team", "y,", f"{SINCE}customers.csv\n"
    ),
    "a format": OF_FORMAT,
    "the zone": of_book(
        ARREARS,
        LATE_NIGHT,
        "    side: buy",
        "    side: buy\n    timezone: Asia/Tokyo",
        f"{READ}2025-10-31 credits 100 -> 0",
    ),
    "usage": Change(
        ARREARS,
        {},
        "usage/a.csv",
        ",100",
        ",99",
        f"usage/a.csv{MOVES}2025-10-05 credits 100 -> 99\n",
    ),
    "whose usage it is": Change(
        RULED, {}, "usage/a.csv", ",a,100", ",b,100", f"usage/a.csv{MOVES}other keys of the same"
    ),
}


@pytest.mark.parametrize("name", UNDECLARED)
def test_what_moves_an_approved_month_undeclared_is_refused(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = UNDECLARED[name]
    monkeypatch.chdir(locked_book(tmp_path, change.files, change.book))
    path = Path(change.file)
    before = path.read_text()
    assert change.old in before
    path.write_text(before.replace(change.old, change.new))
    for command in (("close", "-p", "2025-11", "--write"), ("close",), ("check",)):
        ran = tokenbooks(Path(), *command)
        assert ran.code == 1
        assert ran.out == ""
        assert "error[locked-changed]: 2025-10 is approved, but" in ran.err
        assert change.said in ran.err
    path.write_text(before)
    assert tokenbooks(Path(), "check", "--replay").code == 0


def test_what_moves_nothing_may_change(tmp_path: Path) -> None:
    """Comments, rates of the open month, formats that no file has, terms of contracts."""
    book = locked_book(tmp_path, {"rates.csv": RATES}, EURO)
    put(
        book,
        {
            "plans/llm.yaml": f"# read again\n{PLAN}",
            "rates.csv": RATES.replace("0.93", "0.94"),
            "formats/gateway.yaml": FORMAT,
            "invoices.csv": INVOICES,
            "tokenbooks.yaml": EURO.replace("party: LLM", "party: LLM\n    from: 2025-10-01"),
        },
    )
    ran = tokenbooks(book, "close", "-p", "2025-11", "--write")
    assert ran.code == 0, ran.err
    assert "error" not in tokenbooks(book, "check", "--replay").err


def test_a_renamed_file_of_an_approved_month_is_told_without_advice_to_write_it_again(
    tmp_path: Path,
) -> None:
    book = locked_book(tmp_path, {})
    (book / "usage/a.csv").rename(book / "usage/october.csv")
    said = tokenbooks(book, "check").err
    assert "warning[closed-file-missing]: 2025-10 was made from usage/a.csv" in said
    assert "help: give usage/october.csv its old name back; 2025-10 is approved, and is not" in said
    assert close(book, "2025-11")[0]["debit"] == "50.00"


def test_a_lost_file_is_not_hidden_by_a_new_one(tmp_path: Path) -> None:
    """The new file has the same day and other rows: it corrects nothing, since the old is gone."""
    book = locked_book(tmp_path, {})
    (book / "usage/a.csv").unlink()
    put(book, {"usage/new.csv": usage("2025-10-05,90,a")})
    said = tokenbooks(book, "close", "-p", "2025-11", "--write").err
    assert (
        "usage/a.csv: error[locked-changed]: 2025-10 is approved, but usage/a.csv is gone" in said
    )
    assert "2025-10-05 credits 100 -> 90" in said


def test_a_format_that_changes_is_not_hidden_by_a_new_file(tmp_path: Path) -> None:
    """The late 5 are late usage, the 93 that the format would take away are not."""
    book = locked_book(tmp_path, LOGS)
    put(book, {"usage/late.csv": "when,model,tokens,more\n2025-10-09,m,5,5\n"})
    changed = FORMAT.replace(OF_FORMAT.old, OF_FORMAT.new)
    put(book, {"formats/gateway.yaml": changed})
    said = tokenbooks(book, "close", "-p", "2025-11", "--write").err
    assert "error[locked-changed]: 2025-10 is approved, but contract llm: usage of closed" in said
    assert "2025-10-05 credits 100 -> 7\n" in said
    put(book, {"formats/gateway.yaml": FORMAT})
    assert totals(book, "2025-11")["ai_expense"] == "55.00"


def test_the_first_approved_month_is_told_where_a_later_one_is_only_written(
    tmp_path: Path,
) -> None:
    """Writing November again would not help: what is wrong is October."""
    book = locked_book(tmp_path, {})
    close(book, "2025-11")
    put(book, {"plans/llm.yaml": PLAN.replace("credits: 1", "credits: 2")})
    for command in (("close", "-p", "2025-12"), ("close", "-p", "2025-11"), ("check",)):
        said = tokenbooks(book, *command).err
        assert "error[locked-changed]: 2025-10 is approved, but" in said
        assert "close-stale" not in said


def test_a_price_of_the_open_month_only_makes_the_written_one_stale(tmp_path: Path) -> None:
    book = locked_book(tmp_path, {})
    close(book, "2025-11")
    rate = '  - {for: {model: "*"}, from: 2025-11-01, prices: {credits: 3}}\n'
    put(book, {"plans/llm.yaml": PLAN + rate})
    said = tokenbooks(book, "close", "-p", "2025-12").err
    assert "error[close-stale]: 2025-11 is written, but its inputs now give other figures:" in said
    assert "2025-11 llm ai_expense by 100.00" in said
    assert totals(book, "2025-11")["ai_expense"] == "150.00"


def test_a_statement_that_changes_moves_no_figure_and_is_told(tmp_path: Path) -> None:
    stated = "day,model,item,tokens,cost,currency,kind\n2025-10-05,gpt,input,1000000,1,USD,usage\n"
    book = locked_book(
        tmp_path,
        {
            "usage/a.csv": "date,model,input_tokens\n2025-10-05,gpt,1000000\n",
            "usage/b.csv": "date,model,input_tokens\n2025-11-05,gpt,2000000\n",
            "plans/llm.yaml": statements.PLAN,
            "statements/a.csv": stated,
            "formats/our-costs.yaml": statements.FORMAT,
        },
        statements.BOOK,
    )
    manifest = json.loads((book / "close/2025-10/manifest.json").read_text())
    kinds = {record["path"]: record["kind"] for record in manifest["inputs"]["files"]}
    assert kinds == {"usage/a.csv": "usage", "statements/a.csv": "statement"}
    assert "closed-" not in tokenbooks(book, "check", "--replay").err
    put(book, {"statements/a.csv": stated.replace(",1,USD", ",3,USD")})
    said = tokenbooks(book, "check").err
    assert "statements/a.csv: warning[closed-statement-changed]: 2025-10 was reconciled" in said
    assert tokenbooks(book, "close", "-p", "2025-11").code == 0
    (book / "statements/a.csv").rename(book / "statements/new.csv")
    assert "statements/a.csv: warning[closed-file-missing]: 2025-10 was made from statements" in (
        tokenbooks(book, "check").err
    )


# -- late facts: booked in the open month ------------------------------------------------


def totals(book: Path, period: str) -> dict[str, str]:
    """What a close posts, by role; nothing else may be wrong with the book afterwards."""
    sums: dict[str, Decimal] = {}
    for row in close(book, period):
        amount = Decimal(row["debit"]) - Decimal(row["credit"])
        sums[row["role"]] = sums.get(row["role"], Decimal(0)) + amount
    checked = tokenbooks(book, "check", "--replay")
    assert "error" not in checked.err
    return {role: str(amount) for role, amount in sums.items() if amount}


def test_usage_that_arrives_for_an_approved_month_goes_to_the_open_one(tmp_path: Path) -> None:
    # C075: 75.00 of October are told in November, and keep their service period
    book = locked_book(tmp_path, {})
    before = (book / "close/2025-10/manifest.json").read_bytes()
    put(book, {"usage/late.csv": usage("2025-10-20,75,a")})
    rows = close(book, "2025-11")
    late = [row for row in rows if row["service_period"] == "2025-10"]
    assert {(row["role"], row["debit"], row["credit"]) for row in late} == {
        ("ai_expense", "75.00", "0.00"),
        ("accrued_expenses", "0.00", "75.00"),
    }
    assert (book / "close/2025-10/manifest.json").read_bytes() == before
    approve(book, "2025-11")
    assert "2 approved" in tokenbooks(book, "check", "--replay").err


def test_usage_that_arrives_before_the_approval_raises_the_accrual_itself(tmp_path: Path) -> None:
    # C076: October is only written, and written again: 100 + 75
    book = write_book(tmp_path, {"usage/a.csv": usage("2025-10-05,100")})
    close(book, "2025-10")
    put(book, {"usage/late.csv": usage("2025-10-20,75")})
    assert totals(book, "2025-10") == {"ai_expense": "175.00", "accrued_expenses": "-175.00"}


def test_rows_appended_to_a_file_of_an_approved_month_are_late_usage(tmp_path: Path) -> None:
    book = locked_book(tmp_path, {})
    with (book / "usage/a.csv").open("a") as file:
        file.write("2025-10-21,m,a,8\n")
    # 50 of November and 8 of October
    assert totals(book, "2025-11") == {"ai_expense": "58.00", "accrued_expenses": "-58.00"}


def test_a_new_download_corrects_the_days_of_an_old_one(tmp_path: Path) -> None:
    """The old file stays beside it: of each day the later download counts."""
    daily = FORMAT.replace("rows: events", "rows: buckets").replace("none", "bucket")
    header = "when,model,tokens\n"
    files = {
        "formats/gateway.yaml": daily,
        "usage/1.csv": f"{header}2025-10-05,m,100\n2025-10-06,m,10\n",
        "usage/a.csv": f"{header}2025-10-01,m,1\n",
        "usage/b.csv": f"{header}2025-11-05,m,50\n",
    }
    book = locked_book(tmp_path, files)
    put(book, {"usage/2.csv": f"{header}2025-10-05,m,90\n2025-10-06,m,10\n2025-10-07,m,4\n"})
    # 90 + 10 + 4 - 110 = -6 of October, and 50 of November
    assert totals(book, "2025-11") == {"ai_expense": "44.00", "accrued_expenses": "-44.00"}


def test_a_declared_correction_of_a_price_is_booked_when_it_is_known(tmp_path: Path) -> None:
    book = locked_book(tmp_path, {})
    again = '  - {corrects: misread, on: 2025-11-12, for: {model: "*"}, prices: {credits: 1.1}}\n'
    put(book, {"plans/llm.yaml": PLAN + again})
    # (100 + 50) x 1.1 - 100 = 65
    assert totals(book, "2025-11") == {"ai_expense": "65.00", "accrued_expenses": "-65.00"}


def test_a_correction_that_says_it_was_known_in_an_approved_month_is_refused(
    tmp_path: Path,
) -> None:
    book = locked_book(tmp_path, {})
    again = '  - {corrects: misread, on: 2025-10-12, for: {model: "*"}, prices: {credits: 1.1}}\n'
    put(book, {"plans/llm.yaml": PLAN + again})
    said = tokenbooks(book, "close", "-p", "2025-11").err
    assert "error[locked-changed]: 2025-10 is approved" in said
    assert "`corrects` and `on` in 2025-11" in said


def test_a_tier_that_late_usage_moves_is_booked_in_the_open_month(tmp_path: Path) -> None:
    tiers = PLAN.replace(
        "{credits: 1}",
        "{credits: {tiers: volume, over: month, steps: [{up_to: 100, price: 2}, {price: 1}]}}",
    )
    book = locked_book(tmp_path, {"plans/llm.yaml": tiers})
    put(book, {"usage/late.csv": usage("2025-10-30,40,a")})
    # October: 140 x 1 - 100 x 2 = -60; November: 50 x 2 = 100
    assert totals(book, "2025-11") == {"ai_expense": "40.00", "accrued_expenses": "-40.00"}


def test_a_credit_note_for_an_approved_month_is_booked_in_the_open_month(tmp_path: Path) -> None:
    invoice = INVOICES + "2025-10-31,llm,I-1,invoice,2025-10-01,2025-10-31,100,,\n"
    book = locked_book(tmp_path, {"invoices.csv": invoice})
    note = "2025-11-14,llm,N-1,credit_note,2025-10-01,2025-10-31,30,,\n"
    put(book, {"invoices.csv": invoice + note})
    # the note takes 30 off what is owed; 50 of November are accrued
    assert totals(book, "2025-11") == {
        "ai_expense": "20.00",
        "accounts_payable": "30.00",
        "accrued_expenses": "-50.00",
    }


def test_an_invoice_dated_in_an_approved_month_is_booked_on_the_first_open_day(
    tmp_path: Path,
) -> None:
    book = locked_book(tmp_path, {})
    row = "2025-10-31,llm,I-1,invoice,2025-10-01,2025-10-31,105,,\n"
    put(book, {"invoices.csv": INVOICES + row})
    posted = lines(close(book, "2025-11"))
    days = {day for entry, day, _, _ in posted if entry.startswith("invoice")}
    assert days == {"2025-11-01"}
    assert tokenbooks(book, "check", "--replay").code in (0, 1)


def test_usage_before_an_expiry_written_off_in_an_approved_month_moves_to_expense(
    tmp_path: Path,
) -> None:
    # C101: 500 bought, 100 used, 400 written off; 25 of them had been used the day before
    lot = CREDITS + "2025-10-01,llm,purchase,500,a,,,,2025-10-31,,,,\n"
    book = locked_book(
        tmp_path, {"credits.csv": lot, "usage/b.csv": usage("2025-12-05,1")}, PREPAID
    )
    put(book, {"usage/late.csv": usage("2025-10-30,25,a")})
    assert totals(book, "2025-11") == {"ai_expense": "25.00", "expired_credits_loss": "-25.00"}


def test_a_purchase_told_late_is_booked_in_the_open_month(tmp_path: Path) -> None:
    book = locked_book(tmp_path, {"credits.csv": LOT}, PREPAID)
    more = "2025-10-20,llm,purchase,30,b,,,,,,2,,\n"
    put(book, {"credits.csv": LOT + more})
    # 30 more credits; 50 of November are used
    assert totals(book, "2025-11") == {
        "prepaid_credits": "-20.00",
        "cash": "-30.00",
        "ai_expense": "50.00",
    }
