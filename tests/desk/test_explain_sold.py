"""Explaining what a seller posts, and what the desk tells of a book that sells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.books import close, tokenbooks, usage, write_book
from tests.entries.sell.test_promotions import BOOK, ESTIMATES

CREDITS = "date,contract,event,credits,paid,lot,expires,kind,parent,document\n"
ROWS = (
    "2025-11-03,packs,sale,1000,1000,one,2026-11-02,,,S-1\n"
    "2025-11-04,packs,grant,100,,trial,2025-12-31,promo,,\n"
)
RATES = (
    "2025-11-01,packs,breakage_rate,,8%,study.pdf,Ada,Grace\n"
    "2025-11-01,packs,cost_to_serve,,40%,bill.pdf,Ada,Grace\n"
)

Tables = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1,000 of credits sold and 100 given; 250 used of the first, 100 of the others."""
    files = {
        "credits.csv": CREDITS + ROWS,
        "estimates.csv": ESTIMATES + RATES,
        "usage/november.csv": usage("2025-11-20,350"),
    }
    text = BOOK + "policies: {breakage: {escheat_pct: 0}}\n"
    folder = write_book(tmp_path_factory.mktemp("packs"), files, text)
    close(folder, "2025-11")
    return folder


def explained(folder: Path, what: str, *more: str) -> Tables:
    ran = tokenbooks(folder, "explain", what, "--format", "json", *more)
    assert ran.code == 0, ran.err
    return dict(json.loads(ran.out))


def column(table: dict[str, Any], name: str) -> list[Any]:
    return [row[name] for row in table["rows"]]


def test_a_sale_is_explained_by_its_row_and_its_lot(packs: Path) -> None:
    found = explained(packs, "sale-packs-one")
    assert column(found["documents"], "event") == ["sale"]
    assert column(found["documents"], "line") == [2]
    assert column(found["rollforward"], "closing") == ["750", "750"]
    assert explained(packs, str(packs / "credits.csv") + ":2") == found


def test_revenue_is_explained_in_the_direction_of_what_is_earned(packs: Path) -> None:
    found = explained(packs, "consumption-packs-2025-11")
    (line,) = found["sum"]["rows"]
    assert (line["from_credits"], line["posted"], line["rounding"]) == (
        *("250.000000", "250.00", "0.000000"),
    )
    assert column(found["lots"], "posted") == ["250.00", "0.00"]
    narrowed = explained(packs, "consumption-packs-2025-11", "--role", "revenue_usage")
    assert narrowed["sum"] == found["sum"]
    assert narrowed["charges"] == found["charges"]


#: Entry -> the rows of files that it comes from, and words that its figures are told in.
#: Breakage: 80 x 250/920 = 21.74. Free credits: 100 used x 40% = 40.00.
BEHIND = {
    "breakage-packs-llm-2025-11-12m-2025-11": (["breakage_rate"], ["250.00 is used", "21.74"]),
    "promotion-packs-used-2025-11-30": (["cost_to_serve"], ["100 is used", "40%"]),
}


@pytest.mark.parametrize("entry", BEHIND)
def test_what_an_estimate_posts_is_explained_by_its_row_and_figures(
    packs: Path, entry: str
) -> None:
    rows, words = BEHIND[entry]
    found = explained(packs, entry)
    assert column(found["documents"], "event") == rows
    told = " ".join(found["entry"]["notes"])
    assert all(word in told for word in words), told


def test_an_estimate_leads_to_the_entries_that_depend_on_it(packs: Path) -> None:
    found = explained(packs, str(packs / "estimates.csv") + ":2")
    assert column(found["entries"], "entry") == ["breakage-packs-llm-2025-11-12m-2025-11"]


def test_a_row_of_usage_goes_to_revenue(packs: Path) -> None:
    found = explained(packs, str(packs / "usage/november.csv") + ":2")
    assert column(found["allocation"], "account") == ["Income:AI:Usage"]


def test_tax_on_use_is_told_apart_from_revenue(tmp_path: Path) -> None:
    # 119.00 at 19%: 100.00 of revenue and 19.00 of tax
    rows = "2025-11-03,packs,sale,119,119,one,,,,S-1\n"
    files = {"credits.csv": CREDITS + rows, "usage/november.csv": usage("2025-11-20,119")}
    text = BOOK + "    tax: {kind: voucher_multi, rate: 19}\n"
    folder = write_book(tmp_path, files, text)
    close(folder, "2025-11")
    found = explained(folder, "consumption-packs-2025-11")
    assert column(found["sum"], "posted") == ["100.00", "19.00"]
    assert column(found["sum"], "rounding") == ["0.000000", "0.000000"]
    assert column(found["lots"], "posted") == ["119.00"]
    reconciled = tokenbooks(folder, "reconcile", "-p", "2025-11", "--format", "json")
    causes = json.loads(reconciled.out)["causes"]["rows"]
    assert [(row["cause"], row["amount"]) for row in causes] == [("tax", "19")]


def test_overage_is_explained_by_the_usage_beyond_the_credits(tmp_path: Path) -> None:
    rows = "2025-11-03,packs,sale,100,100,one,,,,S-1\n"
    files = {"credits.csv": CREDITS + rows, "usage/november.csv": usage("2025-11-20,120")}
    files["plans/llm.yaml"] = (
        "plan: llm\ncurrency: USD\nrates: [{prices: {credits: 1}}]\noverage: bill\n"
    )
    folder = write_book(tmp_path, files, BOOK)
    close(folder, "2025-11")
    found = explained(folder, "accrual-packs-2025-11", "--role", "revenue_overage")
    assert column(found["sum"], "posted") == ["20.00"]
    assert column(found["sum"], "rounding") == ["0.000000"]
    assert len(found["charges"]["rows"]) == 1


def test_what_is_sold_rolls_forward_apart_from_what_is_bought(packs: Path) -> None:
    ran = tokenbooks(packs, "report", "rollforward", "-p", "2025-11")
    assert "Deferred revenue by lot, 2025-11" in ran.out
    assert "Prepaid credits" not in ran.out


def test_a_lot_that_was_sold_is_traced_in_words_of_the_seller(packs: Path) -> None:
    ran = tokenbooks(packs, "credits", "trace", "one")
    assert "sale of 2025-11-03" in ran.out
    assert "purchase" not in ran.out


#: Number of a question for finance leaders -> its answer for a seller, and words of evidence.
ANSWERS = {
    3: ("partly", "deferred revenue of packs"),
    4: ("yes", "1 cohort by an estimate"),
    5: ("yes", "settled by the next sale"),
    7: ("no", "no contract was modified"),
    8: ("yes", "sales are a liability"),
}


def test_the_checklist_answers_for_a_seller(packs: Path) -> None:
    ran = tokenbooks(packs, "report", "checklist", "--format", "json")
    rows = json.loads(ran.out)["checklist"]["rows"]
    for number, (answer, words) in ANSWERS.items():
        row = rows[number - 1]
        assert row["answer"] == answer, row
        assert words in str(row), row
    assert "no contract sells" not in ran.out


def test_a_book_that_sells_checks_without_a_problem(packs: Path) -> None:
    ran = tokenbooks(packs, "check")
    assert "costs-lumped" not in ran.err
    assert ran.code == 0, ran.err
