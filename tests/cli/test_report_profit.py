"""tokenbooks report profitability and metrics: what customers bring, and what they cost."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.books import INVOICES, close, tokenbooks, write_book

BOOK = """\
book: Tests
currency: USD
start: 2025-10
timezone: UTC
journal: ledger
keep: [model, customer, feature, project]
contracts:
  llm: {side: buy, party: LLM, plan: llm, settle: arrears, usage: usage/llm/*.csv}
  seats: {side: sell, party: Users, plan: seats, settle: arrears, each: customer,
          parties: customers.csv, usage: usage/seats/*.csv, revenue: {gross_net: principal}}
"""
#: What is bought costs 1.00 a million tokens; a seat of 20.00 includes 5 million, then 3.00 each.
LLM = """\
plan: llm
currency: USD
aliases: {m: m-2025}
rates: [{for: {model: m}, prices: {input_tokens: 1 per 1M}}]
"""
SEATS = """\
plan: seats
currency: USD
rates: [{prices: {input_tokens: 3 per 1M}}]
fees: [{name: seat, price: 20, every: month, includes: {input_tokens: 5M}}]
"""
BOUGHT = "date,model,project,input_tokens\n"
SOLD = "date,model,customer,feature,input_tokens,tickets\n"
FILES = {
    "plans/llm.yaml": LLM,
    "plans/seats.yaml": SEATS,
    "customers.csv": "customer,name\nada,Ada\nbob,Bob\ncy,Cy\n",
    "invoices.csv": INVOICES,
    "usage/llm/10.csv": BOUGHT
    + "2025-10-05,m,web,30000000\n2025-10-09,m-2025,app,20000000\n2025-10-09,m-2025,,8000000\n",
    "usage/llm/11.csv": BOUGHT + "2025-11-05,m,web,80000000\n",
    "usage/seats/10.csv": SOLD
    + "2025-10-05,m,ada,chat,8000000,\n2025-10-06,m,bob,chat,2000000,\n"
    + "2025-10-07,m,cy,search,40000000,\n",
    "usage/seats/11.csv": SOLD + "2025-11-05,m,ada,chat,80000000,\n",
}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book of two written months."""
    folder = write_book(tmp_path_factory.mktemp("book"), FILES, BOOK)
    close(folder, "2025-10")
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


FIGURES = ("revenue", "cost", "margin", "margin_percent", "free_cost")


def test_each_customer_brings_revenue_and_costs_what_its_tokens_cost(book: Path) -> None:
    """Of 58 million tokens bought at 1.00, 8 + 2 + 40 million are sold.

    Cy pays 20.00 + (40 - 5) x 3.00, Ada 20.00 + (8 - 5) x 3.00, Bob 20.00.
    """
    found = report(book, "profitability", "-p", "2025-10")
    assert cells(found["profitability"], "customer", *FIGURES) == [
        "cy 125.00 40.00 85.00 68.0 5.00",
        "ada 29.00 8.00 21.00 72.4 5.00",
        "bob 20.00 2.00 18.00 90.0 2.00",
        "(not traced) 0.00 8.00 -8.00 None 0.00",
    ]
    # one of three customers; 40.00 of 50.00
    assert cells(found["concentration"], "groups", "count", "revenue", "cost", "margin") == [
        "the 5% that cost most 1 125.00 40.00 85.00",
        "all others 2 49.00 10.00 39.00",
        "of all: below zero 0 0.00 0.00 0.00",
    ]


def total(rows: list[dict[str, Any]]) -> Decimal:
    return sum((Decimal(row["revenue"]) for row in rows), Decimal(0))


def test_revenue_is_what_the_books_recognise(book: Path) -> None:
    for month in ("2025-10", "2025-11"):
        recognised = report(book, "revenue", "-p", month, "--months", "1")["revenue"]
        shown = report(book, "profitability", "-p", month)["profitability"]
        assert total(shown) == total(recognised) > 0


#: What is told apart -> its groups of October; a fee is of no model and no feature.
BY = {
    "model": ["m 114.00 50.00", "None 60.00 0.00", "(not traced) 0.00 8.00"],
    "feature": [
        "search 105.00 40.00",
        "None 60.00 0.00",
        "chat 9.00 10.00",
        "(not traced) 0.00 8.00",
    ],
    "contract": ["seats 174.00 50.00", "(not traced) 0.00 8.00"],
}


@pytest.mark.parametrize("by", BY)
def test_profit_by_other_columns(book: Path, by: str) -> None:
    found = report(book, "profitability", "-p", "2025-10", "--by", by)["profitability"]
    assert cells(found, by, "revenue", "cost") == BY[by]


def test_who_is_below_zero_is_told(tmp_path: Path) -> None:
    """Ada uses 5 million included tokens for 0.20, and serving her costs 5.00."""
    plans = {"plans/seats.yaml": SEATS.replace("price: 20", "price: 0.20")}
    used = {"usage/seats/10.csv": SOLD + "2025-10-05,m,ada,chat,5000000,\n"}
    bought = {"usage/llm/10.csv": BOUGHT + "2025-10-05,m,,5000000\n"}
    alone = {"customers.csv": "customer,name\nada,Ada\n"}
    folder = write_book(tmp_path, {**FILES, **plans, **used, **bought, **alone}, BOOK)
    close(folder, "2025-10")
    ran = tokenbooks(folder, "report", "profitability")
    assert "Below zero: ada." in ran.out
    assert ran.out.count("ada") == 2


def metrics(book: Path, *arguments: str) -> dict[str, list[str]]:
    """The rows of metrics: each figure month by month."""
    found = report(book, "metrics", *arguments)
    rows = [*found["metrics_sold"], *found["metrics_bought"]]
    return {row.pop("metric"): list(row.values()) for row in map(dict, rows)}


def test_metrics_have_a_column_a_month_and_say_what_they_are_divided_by(book: Path) -> None:
    """October: 174.00 of 50M tokens; November: 20 + 75 x 3 + 2 x 20 = 285.00 of 80M."""
    assert metrics(book) == {
        "revenue": ["174.00", "285.00"],
        # two customers of November pay, and use nothing
        "active customers": ["3", "3"],
        "revenue per million tokens": ["3.48", "3.56"],
        "tokens per active customer": ["16666667", "26666667"],
        # 285 / 174 = 1.6379
        "revenue growth on the month before, %": ["n/a", "63.79"],
        # 174 - 50 of 174; 285 - 80 of 285
        "gross margin on tokens, % of revenue": ["71.26", "71.93"],
        "utilisation, % of credits sold to date": ["n/a", "n/a"],
        "breakage, % of credits sold to date": ["n/a", "n/a"],
        "spend": ["58.00", "80.00"],
        "spend per 1,000 tokens": ["0.001000", "0.001000"],
        "credits used, % of used and expired": ["n/a", "n/a"],
    }


def test_growth_is_known_of_a_month_that_is_shown_alone(book: Path) -> None:
    assert metrics(book, "--months", "1")["revenue growth on the month before, %"] == ["63.79"]


def test_spend_by_a_column_and_for_an_outcome(book: Path) -> None:
    found = report(book, "metrics", "--by", "project", "--outcome", "input_tokens")
    assert cells(found["spend"], "project", "2025-10", "2025-11") == [
        "None 8.00 0.00",
        "app 20.00 0.00",
        "web 30.00 80.00",
    ]
    assert found["metrics_bought"][-1]["metric"] == "spend per input_tokens"


def test_what_is_not_traced_is_no_part_of_the_margin_and_said(book: Path) -> None:
    ran = tokenbooks(book, "report", "metrics", "-p", "2025-10")
    assert "Of the cost of 2025-10 8.00 is not traced to what was sold" in ran.out


WRONG = {
    "profitability --by cats": "'cats' is none of customer",
    "profitability --by ,": "give some of customer",
    "profitability -p 2026-03": "error[period-unwritten]: 2026-03 is not written",
    "metrics --by cats": "'cats' is none of contract",
    "metrics -p 2026-03": "error[period-unwritten]: 2026-03 is not written",
}


@pytest.mark.parametrize("arguments", WRONG)
def test_what_cannot_be_told_is_said(book: Path, arguments: str) -> None:
    ran = tokenbooks(book, "report", *arguments.split())
    assert ran.code != 0
    assert WRONG[arguments] in " ".join(ran.err.split())


@pytest.mark.parametrize("name", ["charges.csv", "lots.csv", "deferred.csv"])
@pytest.mark.parametrize("command", ["profitability", "metrics"])
def test_a_table_that_was_damaged_is_told_plainly(tmp_path: Path, name: str, command: str) -> None:
    folder = write_book(tmp_path, FILES, BOOK)
    close(folder, "2025-10")
    path = folder / "close/2025-10" / name
    for damage in (lambda: path.write_text("a,b\n1\n", encoding="utf-8"), path.unlink):
        damage()
        ran = tokenbooks(folder, "report", command)
        assert "error[output-changed]" in ran.err
        assert ran.code == 1


def test_customers_have_pseudonyms(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENBOOKS_REDACT_KEY", "a1" * 32)
    ran = tokenbooks(book, "report", "profitability", "-p", "2025-10", "--redact")
    assert ran.code == 0, ran.err
    assert "ada" not in ran.out
    assert "(not traced)" in ran.out


def test_a_screen_shows_the_best_and_the_worst_of_many(tmp_path: Path) -> None:
    names = [f"u{number:03}" for number in range(50)]
    used = SOLD + "".join(
        f"2025-10-05,m,{name},chat,{9 + n}000000,\n" for n, name in enumerate(names)
    )
    people = "customer,name\n" + "".join(f"{name},{name}\n" for name in names)
    files = {**FILES, "usage/seats/10.csv": used, "customers.csv": people}
    folder = write_book(tmp_path, {k: v for k, v in files.items() if "11" not in k}, BOOK)
    close(folder, "2025-10")
    ran = tokenbooks(folder, "report", "profitability")
    # and the line of what is not traced, at the end of the worst
    assert "groups between the 20 best and the 20 worst are left out" in ran.out
    assert "u025" not in ran.out
    assert len(report(folder, "profitability")["profitability"]) >= 50
