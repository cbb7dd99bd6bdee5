"""tokenbooks report: roll-forwards, service periods, passed differences, the checklist."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.books import CREDITS, INVOICES, close, tokenbooks, usage, write_book
from tokenbooks.close import plain_parties

BOOK = """\
book: Tests
currency: USD
start: 2025-10
timezone: UTC
journal: ledger
contracts:
  llm: {side: buy, party: LLM, plan: llm, settle: arrears, usage: usage/llm/*.csv}
  pack: {side: buy, party: Pack, plan: llm, settle: prepaid, usage: usage/pack/*.csv}
"""
FILES = {
    "usage/llm/a.csv": usage("2025-10-05,100", "2025-11-05,50"),
    "usage/pack/a.csv": usage("2025-10-05,25", "2025-11-05,5"),
    # 100 credits for 80.00: one costs 0.80
    "credits.csv": CREDITS + "2025-10-01,pack,purchase,100,p1,80,,,2026-09-30,,,,\n",
    # what was accrued at 100.00 costs 105.00
    "invoices.csv": INVOICES + "2025-11-03,llm,I-1,invoice,2025-10-01,2025-10-31,105,,\n",
}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book of two months; in November 10 more credits of October come to light."""
    folder = write_book(tmp_path_factory.mktemp("book"), FILES, BOOK)
    close(folder, "2025-10")
    write_book(folder, {"usage/pack/late.csv": usage("2025-10-31,10")}, BOOK)
    close(folder, "2025-11")
    return folder


def report(book: Path, *arguments: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of a report's tables, by name."""
    ran = tokenbooks(book, "report", *arguments, "--format", "json")
    assert ran.code == 0, ran.err
    return {name: table["rows"] for name, table in json.loads(ran.out).items()}


def cells(rows: list[dict[str, Any]], *keys: str) -> list[str]:
    """Some cells of each row, in one text."""
    return [" ".join(str(row[key]) for key in keys) for row in rows]


# -- rollforward --------------------------------------------------------------------------

MOVEMENTS = ("opening", "acquired", "used", "expired", "closing")
ACCRUALS = ("contract", "service_period", "opening", "accrued", "relieved", "closing")


def test_a_written_month_rolls_from_opening_to_closing(book: Path) -> None:
    found = report(book, "rollforward")
    # 80 - 25 x 0.80 = 60; less (5 + 10) x 0.80 = 12
    cost = [f"cost_{name}" for name in MOVEMENTS]
    assert cells(found["prepaid"], "lot", *cost) == ["p1 60.00 0.00 12.00 0.00 48.00"]
    assert cells(found["credits"], "lot", *MOVEMENTS) == ["p1 75 0 15 0 60"]
    assert cells(found["accruals"], *ACCRUALS) == [
        "llm 2025-10 100.00 0.00 100.00 0.00",
        "llm 2025-11 0.00 50.00 0.00 50.00",
    ]
    assert cells(found["balances"], "account", "rolled", "journal", "difference") == [
        "Assets:Prepaid:Pack 48.00 48.00 0.00",
        "Liabilities:Accrued:LLM -50.00 -50.00 0.00",
    ]


def test_an_earlier_month_is_shown_as_it_was_written(book: Path) -> None:
    found = report(book, "rollforward", "-p", "2025-10")
    # the late 10 credits are not in it
    assert cells(found["prepaid"], "cost_acquired", "cost_closing") == ["80.00 60.00"]
    assert cells(found["accruals"], *ACCRUALS) == ["llm 2025-10 0.00 100.00 0.00 100.00"]


def test_a_month_to_come_is_computed_and_says_so(book: Path) -> None:
    found = report(book, "rollforward", "-p", "2025-12")
    assert cells(found["prepaid"], "cost_opening", "cost_closing") == ["48.00 48.00"]
    # from 30 November to 31 December are 31 days
    assert cells(found["ageing"], "service_period", "days", "days_31_60") == ["2025-11 31 50.00"]
    assert "2025-12 (not written)" in tokenbooks(book, "report", "rollforward", "-p", "2025-12").out


def test_accounts_that_others_post_to_have_no_balance_here(tmp_path: Path) -> None:
    write_book(tmp_path, FILES, BOOK + "post: [consumption, expiry]\n")
    close(tmp_path, "2025-10")
    found = report(tmp_path, "rollforward")
    assert cells(found["balances"], "account", "rolled", "journal") == [
        "Assets:Prepaid:Pack 60.00 None",
        "Liabilities:Accrued:LLM -100.00 None",
    ]


def test_a_damaged_journal_is_told(tmp_path: Path) -> None:
    write_book(tmp_path, FILES, BOOK)
    close(tmp_path, "2025-10")
    journal = tmp_path / "close/2025-10/journal.ledger"
    journal.write_text(journal.read_text().replace("100.00 USD", "many USD"))
    ran = tokenbooks(tmp_path, "report", "rollforward")
    assert ran.code == 1
    assert "error[output-changed]: the journal of 2025-10 cannot be read" in ran.err


# -- service periods ----------------------------------------------------------------------


def test_what_was_booked_late_keeps_its_service_period(book: Path) -> None:
    found = report(book, "service-periods")
    months = ("contract", "service_period", "on_time", "late", "expense", "last_booked")
    assert cells(found["service_periods"], *months) == [
        "llm 2025-10 100.00 5.00 105.00 2025-11",  # invoiced 105 - accrued 100
        "llm 2025-11 50.00 0.00 50.00 None",
        "pack 2025-10 20.00 8.00 28.00 2025-11",  # 25 x 0.80, then 10 x 0.80
        "pack 2025-11 4.00 0.00 4.00 None",
    ]
    late = [row for row in found["bookings"] if row["late"]]
    assert cells(late, "contract", "booked_in", "amount", "entries") == [
        "llm 2025-11 5.00 invoice-llm-I-1",
        "pack 2025-11 8.00 consumption-pack-2025-10-in-2025-11 for consumption-pack-2025-10",
    ]


def test_a_month_has_what_it_booked_and_what_was_booked_of_it(book: Path) -> None:
    found = report(book, "service-periods", "-p", "2025-10")
    assert {row["service_period"] for row in found["bookings"]} == {"2025-10"}
    found = report(book, "service-periods", "-p", "2025-11")
    assert {row["booked_in"] for row in found["bookings"]} == {"2025-11"}


# -- passed -------------------------------------------------------------------------------

HEADER = "contract,leg,cause,day,where,amount,status,words\n"


def test_passed_differences_accumulate_against_materiality(tmp_path: Path) -> None:
    write_book(tmp_path, FILES, BOOK + "policies: {materiality: 0.5}\n")
    close(tmp_path, "2025-10")
    close(tmp_path, "2025-11")
    rows = {
        "2025-10": "llm,statement - usage,rate,,,0.40,passed,x\nllm,a - b,timing,,,3,item,x\n"
        "llm,a - b,unexplained,,,-0.15,unexplained,x\n",
        "2025-11": "llm,statement - usage,rate,,,0.30,passed,x\n",
    }
    for period, text in rows.items():
        (tmp_path / "close" / period / "reconciliation.csv").write_text(HEADER + text)
    found = report(tmp_path, "passed")
    sums = ("period", "passed", "unexplained", "gross", "accumulated", "above")
    assert cells(found["passed"], *sums) == [
        "2025-10 0.40 -0.15 0.55 0.25 False",
        "2025-11 0.30 0.00 0.30 0.55 True",
    ]
    assert cells(found["differences"], "period", "amount", "status") == [
        "2025-10 0.4 passed",
        "2025-10 -0.15 unexplained",
        "2025-11 0.3 passed",
    ]
    assert len(report(tmp_path, "passed", "-p", "2025-10")["passed"]) == 1


# -- checklist ----------------------------------------------------------------------------


#: What a book says of itself whose usage has models and nothing else.
UNTOLD = (
    "1 model, told of 100% of all cost",
    "no usage says its customer",
    "no usage says its feature",
    "0% of all cost is allocated to a class",
)


def answers(book: Path) -> list[tuple[str, str]]:
    """The answers of a book, each with its evidence."""
    return [(row["answer"], row["evidence"]) for row in report(book, "checklist")["checklist"]]


def test_a_book_without_customers_is_not_flattered(book: Path) -> None:
    found = answers(book)
    assert len(found) == 10
    assert found[0] == ("no", "; ".join(UNTOLD))
    assert found[1][0] == "not applicable"  # credits have no input and output
    assert found[3][0] == "not applicable"  # nothing is sold: no breakage
    assert found[6][0] == "no"
    assert "2 months written, 0 approved, 0 of them by two people" in found[6][1]


def test_customers_and_features_are_counted_with_their_share(tmp_path: Path) -> None:
    rows = "2025-10-01,m,Ann,chat,60\n2025-10-02,m,Bob,,40\n"
    kept = "".join(BOOK.splitlines(keepends=True)[:-1]) + "keep: [model, customer, feature]\n"
    files = {"usage/llm/a.csv": f"date,model,customer,feature,credits\n{rows}"}
    write_book(tmp_path, files, kept)
    answer, evidence = answers(tmp_path)[0]
    assert answer == "partly"
    assert "2 customers, told of 100% of all cost; 1 feature, told of 60% of all cost" in evidence
    files = {"usage/llm/a.csv": files["usage/llm/a.csv"].replace("Bob,,", "Bob,search,")}
    write_book(tmp_path, files, kept)
    assert answers(tmp_path)[0][0] == "yes"


def test_text_has_a_line_a_statement_and_csv_a_row_a_question(book: Path) -> None:
    text = tokenbooks(book, "report", "checklist").out
    assert "\n                    - no usage says its customer\n" in text
    table = tokenbooks(book, "report", "checklist", "--format", "csv").out
    assert len(list(csv.DictReader(io.StringIO(table)))) == 10


def test_a_book_that_cannot_be_read_has_no_answers(tmp_path: Path) -> None:
    write_book(tmp_path, {"usage/llm/a.csv": "date,model,credits\n2025-10-01,m,x\n"}, BOOK)
    ran = tokenbooks(tmp_path, "report", "checklist")
    assert (ran.code, ran.out) == (1, "")


# -- many parties -------------------------------------------------------------------------

EACH = """\
book: Tests
currency: USD
start: 2025-10
timezone: UTC
journal: ledger
keep: [user]
contracts:
  llm: {side: buy, party: LLM, plan: llm, settle: prepaid, each: user, usage: usage/*.csv}
"""
OF_PARTIES = {
    "credits.csv": "date,contract,party,event,credits,lot,paid,expires\n"
    "2025-10-01,llm,ann,purchase,20,a-1,16,\n"
    "2025-11-04,llm,ben,purchase,10,b-1,,\n"
    "2025-10-01,llm,cy,purchase,100,c-1,,2025-11-15\n",
    "usage/a.csv": "date,user,model,credits\n2025-10-05,ann,m,5\n2025-10-09,ben,m,7\n"
    "2025-11-09,ben,m,2\n2025-11-09,cy,m,12.35\n",
}


def test_lots_of_many_parties_roll_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain_parties, "MANY_PARTIES", 2)
    write_book(tmp_path, OF_PARTIES, EACH)
    close(tmp_path, "2025-10")
    keys = ("contract", "lot", *(f"cost_{name}" for name in MOVEMENTS))
    # bought 16 + 100; ann uses 5 x 0.80; what ben uses is owed
    october = "llm (all parties) 0.00 116.00 4.00 0.00 112.00"
    # ben buys 10 and uses the 7 of October and 2; cy uses 12.35, and 87.65 end
    november = "llm (all parties) 112.00 10.00 21.35 87.65 13.00"
    assert cells(report(tmp_path, "rollforward")["prepaid"], *keys) == [october]
    computed = report(tmp_path, "rollforward", "-p", "2025-11")
    close(tmp_path, "2025-11")
    found = report(tmp_path, "rollforward", "-p", "2025-11")
    assert found == computed
    assert cells(found["prepaid"], *keys) == [november]
    assert cells(found["accruals"], *ACCRUALS) == ["llm 2025-10 7.00 0.00 7.00 0.00"]
    assert cells(found["balances"], "rolled", "difference") == ["13.00 0.00", "0.00 0.00"]
