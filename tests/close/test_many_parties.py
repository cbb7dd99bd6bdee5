"""Books of contracts with many parties, closed month after month as people close them."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from tests.books import close, lines, tokenbooks, write_book
from tokenbooks.archive import credit_rows, party_tables
from tokenbooks.close import compute, plain_parties
from tokenbooks.sources.credits import in_bulk as credits_in_bulk

BOOK = """\
book: Tests
currency: USD
start: 2025-10
timezone: UTC
journal: ledger
keep: [user]
contracts:
  llm: {side: buy, party: LLM, plan: llm, settle: prepaid, each: user, usage: usage/*.csv}
allocate:
  - {when: {model: large}, class: rd, cost_center: research}
  - {when: {model: "*"}, class: cogs, cost_center: support}
"""
PLAN = """\
plan: llm
currency: USD
rates:
  - for: {model: "*"}
    prices: {credits: 1}
"""
# ann has 20 for 16, and a gift that ends; ben waits for November; cy has more than enough
CREDITS = """\
date,contract,party,event,credits,lot,paid,expires
2025-10-01,llm,ann,purchase,20,a-1,16,
2025-10-01,llm,ann,grant,3,a-2,,2025-10-20
2025-11-04,llm,ben,purchase,10,b-1,,
2025-10-01,llm,cy,purchase,100,c-1,,2025-11-15
"""
USAGE = """\
date,user,model,credits
2025-10-05,ann,large,5
2025-10-25,ann,small,4
2025-10-09,ben,small,7
2025-11-09,ben,large,2
2025-11-09,cy,large,12.345
2025-11-10,cy,small,0.005
"""


@pytest.fixture(params=[0, 10**9], ids=["large file", "small file"])
def book(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A book whose three parties are many; its credits go into a table, or are read."""
    monkeypatch.setattr(plain_parties, "MANY_PARTIES", 2)
    monkeypatch.setattr(credits_in_bulk, "LARGE_FILE", request.param)
    files = {"plans/llm.yaml": PLAN, "credits.csv": CREDITS, "usage/a.csv": USAGE}
    return write_book(tmp_path, files, BOOK)


OCTOBER = [
    ("purchase-llm-2025-10", "2025-10-31", "prepaid_credits", "116.00"),
    ("purchase-llm-2025-10", "2025-10-31", "cash", "-116.00"),
    # ann: 3 of the gift, then 2 + 4 at 0.80
    ("consumption-llm-2025-10", "2025-10-31", "ai_expense_cogs", "3.20"),
    ("consumption-llm-2025-10", "2025-10-31", "ai_expense_rd", "1.60"),
    ("consumption-llm-2025-10", "2025-10-31", "prepaid_credits", "-4.80"),
    ("accrual-llm-2025-10", "2025-10-31", "ai_expense_cogs", "7.00"),
    ("accrual-llm-2025-10", "2025-10-31", "accrued_expenses", "-7.00"),
]
NOVEMBER = [
    ("settlement-llm-2025-10-in-2025-11", "2025-11-04", "accrued_expenses", "7.00"),
    ("settlement-llm-2025-10-in-2025-11", "2025-11-04", "prepaid_credits", "-7.00"),
    ("purchase-llm-2025-11", "2025-11-30", "prepaid_credits", "10.00"),
    ("purchase-llm-2025-11", "2025-11-30", "cash", "-10.00"),
    # 2 of ben and 12.35 of cy, whose 12.345 and 0.005 are 12.34 and 0.01 by largest remainder
    ("consumption-llm-2025-11", "2025-11-30", "ai_expense_cogs", "0.01"),
    ("consumption-llm-2025-11", "2025-11-30", "ai_expense_rd", "14.34"),
    ("consumption-llm-2025-11", "2025-11-30", "prepaid_credits", "-14.35"),
    ("expiry-llm-2025-11", "2025-11-30", "expired_credits_loss", "87.65"),
    ("expiry-llm-2025-11", "2025-11-30", "prepaid_credits", "-87.65"),
]


def test_the_journal_tells_all_parties_together(book: Path) -> None:
    assert lines(close(book, "2025-10")) == OCTOBER
    assert lines(close(book, "2025-11")) == NOVEMBER
    assert "replay-differs" not in tokenbooks(book, "check", "--replay").err


def test_one_by_one_they_come_to_the_same(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "put_plain_parties", plain_parties.name_many_parties)
    assert lines(close(book, "2025-10")) == OCTOBER
    monkeypatch.undo()
    monkeypatch.setattr(plain_parties, "MANY_PARTIES", 2)
    # what the closes before had gone through one by one may be in tables now
    assert lines(close(book, "2025-11")) == NOVEMBER
    lots = table(book / "close/2025-11/party_lots.csv")
    assert [(lot["lot"], lot["cost_opening"], lot["cost_closing"]) for lot in lots] == [
        ("a-1", "11.2", "11.2"),
        ("b-1", "0", "1"),
        ("c-1", "100", "0"),
    ]


def test_tables_tell_each_party(book: Path) -> None:
    close(book, "2025-10")
    month = book / "close/2025-10"
    lots = table(month / "party_lots.csv")
    wanted = ("party", "lot", "last_day", "acquired", "used", "expired", "closing", "cost_used")
    assert [tuple(lot[name] for name in wanted) for lot in lots] == [
        ("ann", "a-1", "", "20", "6", "0", "14", "4.8"),
        ("ann", "a-2", "2025-10-20", "3", "3", "0", "0", "0"),
        ("cy", "c-1", "2025-11-15", "100", "0", "0", "100", "0"),
    ]
    assert table(month / "party_accruals.csv") == [
        {
            "contract": "llm",
            "party": "ben",
            "service_period": "2025-10",
            "opening": "0",
            "accrued": "7",
            "relieved": "0",
            "closing": "7",
        }
    ]
    assert table(month / "accruals.csv")[0]["closing"] == "7.00"
    # ann's large 5: 3 free and 2 at 0.80; her small 4 at 0.80; ben's 7 at list value
    costs = [(row["party"], row["class"], Decimal(row["cost"])) for row in charges(month)]
    assert costs == [
        ("ann", "rd", Decimal("1.6")),
        ("ann", "cogs", Decimal("3.2")),
        ("ben", "cogs", Decimal(7)),
    ]


def test_large_tables_are_parquet_and_carry_on_alike(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(party_tables, "MOST_CSV_ROWS", 0)
    monkeypatch.setattr(credit_rows, "MOST_CSV_ROWS", 0)
    assert lines(close(book, "2025-10")) == OCTOBER
    assert (book / "close/2025-10/state/party_lots.parquet").exists()
    monkeypatch.undo()
    monkeypatch.setattr(plain_parties, "MANY_PARTIES", 2)
    assert lines(close(book, "2025-11")) == NOVEMBER
    lots = table(book / "close/2025-11/party_lots.csv")
    assert [(lot["lot"], lot["opening"], lot["cost_opening"]) for lot in lots] == [
        ("a-1", "14", "11.2"),
        ("b-1", "0", "0"),
        ("c-1", "100", "100"),
    ]


def test_a_party_that_is_no_longer_plain_moves_nothing(book: Path) -> None:
    close(book, "2025-10")
    refund = "2025-11-20,llm,ann,refund,5,a-1,4,\n"
    (book / "credits.csv").write_text(CREDITS + refund, encoding="utf-8")
    found = lines(close(book, "2025-11"))
    refunded = [
        ("refund-llm-a-1-refund-2025-11-20", "2025-11-20", "cash", "4.00"),
        ("refund-llm-a-1-refund-2025-11-20", "2025-11-20", "prepaid_credits", "-4.00"),
    ]
    assert sorted(found) == sorted([*NOVEMBER, *refunded])
    (lot,) = table(book / "close/2025-11/lots.csv")
    assert (lot["lot"], lot["cost_opening"], lot["cost_refunded"], lot["cost_closing"]) == (
        *("a-1", "11.20", "4.00", "7.20"),
    )
    assert "replay-differs" not in tokenbooks(book, "check", "--replay").err


def test_a_contract_that_comes_to_have_many_parties_moves_nothing(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain_parties, "MANY_PARTIES", 3)
    assert ("purchase-llm-a-1", "2025-10-01", "cash", "-16.00") in lines(close(book, "2025-10"))
    # a fourth party has no credits, and makes them many
    (book / "usage/b.csv").write_text("date,user,model,credits\n2025-11-30,dan,small,1\n")
    assert lines(close(book, "2025-11")) == [
        *NOVEMBER[:-2],
        ("accrual-llm-2025-11", "2025-11-30", "ai_expense_cogs", "1.00"),
        ("accrual-llm-2025-11", "2025-11-30", "accrued_expenses", "-1.00"),
        *NOVEMBER[-2:],
    ]


def test_late_rows_of_credits_and_usage_are_booked_in_the_open_month(book: Path) -> None:
    close(book, "2025-10")
    late = "2025-10-02,llm,ben,purchase,7,b-0,6.30,\n"
    (book / "credits.csv").write_text(CREDITS + late, encoding="utf-8")
    found = [line for line in lines(close(book, "2025-11")) if "-in-" in line[0]]
    assert found == [
        ("purchase-llm-2025-10-in-2025-11", "2025-11-30", "prepaid_credits", "6.30"),
        ("purchase-llm-2025-10-in-2025-11", "2025-11-30", "cash", "-6.30"),
        ("settlement-llm-2025-10-in-2025-11", "2025-11-30", "accrued_expenses", "7.00"),
        ("settlement-llm-2025-10-in-2025-11", "2025-11-30", "ai_expense_cogs", "-0.70"),
        ("settlement-llm-2025-10-in-2025-11", "2025-11-30", "prepaid_credits", "-6.30"),
    ]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def charges(month: Path) -> list[dict[str, str]]:
    found = table(month / "charges.csv")
    return sorted(found, key=lambda row: (row["party"], row["class"] != "rd"))
