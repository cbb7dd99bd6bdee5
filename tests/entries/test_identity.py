"""Ids of entries: readable, the same in every run, and never shared by two entries."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.books import CREDITS, INVOICES, PREPAID, close, tokenbooks, usage, write_book
from tokenbooks.entries.booking import identity

DIGEST = re.compile(r"~[0-9a-f]{12}")


@pytest.mark.parametrize(
    ("kind", "contract", "subject", "expected"),
    [
        ("consumption", "openai", "2025-10", "consumption-openai-2025-10"),
        ("accrual", "open-ai", "2025-10-05", "accrual-open-ai-2025-10-05"),
        ("accrual", "linked-in", "2025-10", "accrual-linked-in/2025-10"),
        ("purchase", "openai", "openai-2025-11-05", "purchase-openai-2025-11-05"),
        ("purchase", "open-ai", "open-ai-2025-11-05", "purchase-open-ai/2025-11-05"),
        ("purchase", "openai", "oai-2025-10", "purchase-openai-oai-2025-10"),
        ("purchase", "openai", "openai-7", "purchase-openai-openai-7"),
        ("purchase", "lab", "x-1", "purchase-lab-x-1"),
        ("purchase", "lab-x", "1", "purchase-lab-x/1"),
        ("invoice", "llm", "INV-7", "invoice-llm-INV-7"),
        ("invoice", "llm", "2025-10-31", "invoice-llm-2025-10-31"),
        ("receipt", "llm", "INV-7-2025-11-14", "receipt-llm-INV-7-2025-11-14"),
        # what would read as another id, or cannot stand in one, ends with a digest
        ("invoice", "llm", "INV 7", "invoice-llm-INV-7~"),
        ("invoice", "llm", "I-1-in-2025-11", "invoice-llm-I-1-in-2025-11~"),
        ("purchase", "openai", "2025-11-05", "purchase-openai-2025-11-05~"),
    ],
)
def test_ids_are_readable(kind: str, contract: str, subject: str, expected: str) -> None:
    assert DIGEST.sub("~", identity(kind, contract, subject)) == expected


PARTS = st.lists(
    st.sampled_from(["a", "b", "in", "2025-10", "2025-10-05", "1", "b c", "b/c"]),
    min_size=1,
    max_size=4,
).map("-".join)
NAMES = PARTS.filter(lambda name: not set(name) & set(" /"))
SPANS = st.sampled_from(["2025-10", "2025-11", "2025-10-05"])
LATE = st.sampled_from(["", "-in-2025-10", "-in-2025-11"])
KEYS = st.one_of(
    st.tuples(st.sampled_from(["purchase", "expiry", "opening"]), NAMES, NAMES, LATE),
    st.tuples(st.sampled_from(["invoice"]), NAMES, PARTS, LATE),
    st.tuples(st.sampled_from(["accrual", "consumption"]), NAMES, SPANS, LATE),
)


@given(KEYS, KEYS)
def test_two_subjects_never_share_an_id(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    """Drawn from few words, so that names run into each other as often as they can."""
    assume(one != other)
    assert identity(*one[:3]) + one[3] != identity(*other[:3]) + other[3]


def test_contracts_whose_names_run_into_each_other_close(tmp_path: Path) -> None:
    """Contract `lab` with lot `x-1`, and contract `lab-x` with lot `1`."""
    book = PREPAID.replace("  llm:", "  lab:")
    other = book[book.index("  lab:") :].replace("lab:", "lab-x:").replace("LLM", "Other")
    rows = "2025-10-02,lab,purchase,100,x-1,,,,,,,,\n2025-10-02,lab-x,purchase,50,1,,,,,,,,\n"
    files = {"credits.csv": CREDITS + rows, "usage/a.csv": usage("2025-10-05,1")}
    folder = write_book(tmp_path, files, book + other)
    entries = {row["entry"] for row in close(folder, "2025-10")}
    assert {"purchase-lab-x-1", "purchase-lab-x/1"} <= entries
    told = tokenbooks(folder, "explain", "purchase-lab-x/1")
    assert told.code == 0
    assert "50.00" in told.out


def test_lots_named_like_built_ones_and_balances_close(tmp_path: Path) -> None:
    """A lot `2025-10-02` beside one without a name of that day; a lot called as a balance."""
    rows = "2025-10-02,llm,purchase,100,,,,,,,,,\n2025-10-02,llm,purchase,50,2025-10-02,,,,,,,,\n"
    rows += "2025-09-02,llm,opening,70,accrued_expenses-2025-09,,,,,,,,\n"
    opening = "role,contract,service_period,amount\naccrued_expenses,llm,2025-09,-20\n"
    files = {
        "credits.csv": CREDITS + rows,
        "opening.csv": opening,
        "usage/a.csv": usage("2025-10-05,1"),
    }
    folder = write_book(tmp_path, files, PREPAID)
    made = {}
    for row in close(folder, "2025-10"):
        made.setdefault(DIGEST.sub("~", row["entry"]), row["debit"])
    assert made["purchase-llm-2025-10-02"] == "100.00"
    assert made["purchase-llm-2025-10-02~"] == "50.00"
    assert made["opening-llm-lot-accrued_expenses-2025-09~"] == "70.00"
    assert made["opening-llm-accrued_expenses-2025-09"] == "20.00"
    for place, amount in (
        ("credits.csv:4", "70"),
        ("credits.csv:3", "50"),
        ("opening.csv:2", "-20"),
    ):
        told = tokenbooks(folder, "explain", place, "--format", "json")
        rows = json.loads(told.out)["documents"]["rows"]
        assert [(Path(row["file"]).name, row["amount"]) for row in rows] == [(place[:-2], amount)]


def test_an_invoice_numbered_like_a_credit_note_is_no_credit_note(tmp_path: Path) -> None:
    """Invoice `credit_note-1` of 70 and credit note `1` of 10 are two documents."""
    rows = "2025-10-30,llm,credit_note-1,invoice,2025-10-01,2025-10-31,70,,\n"
    rows += "2025-10-31,llm,1,credit_note,2025-10-01,2025-10-31,10,,\n"
    files = {"usage/a.csv": usage("2025-10-05,60"), "invoices.csv": INVOICES + rows}
    folder = write_book(tmp_path, files)
    payable = {
        DIGEST.sub("~", row["entry"]): (row["debit"], row["credit"])
        for row in close(folder, "2025-10")
        if row["role"] == "accounts_payable"
    }
    assert payable == {
        "invoice-llm--credit_note-1-~": ("0.00", "70.00"),
        "invoice-llm-credit_note-1": ("10.00", "0.00"),
    }
