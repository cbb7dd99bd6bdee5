"""Reconciling through the command line: what a month shows, keeps, warns of and corrects."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.books import close, tokenbooks, write_book
from tests.reconcile.statements import PLAN, costs, usage

BOOK = """\
book: Tests
currency: USD
start: 2025-10
contracts:
  llm: {side: buy, party: LLM, plan: llm, settle: arrears, usage: usage/*.csv,
    statement: statements/*.csv}
"""
#: 3M tokens of input at 1 per 1M = 3.00 on the 3rd, 2.00 on the 4th.
USAGE = usage("2025-10-03,gpt,web,3000000,0", "2025-10-04,gpt,web,2000000,0")
AGREEING = costs("2025-10-03,3,gpt-2025; input,3000000,", "2025-10-04,2,gpt-2025; input,2000000,")
#: On the 4th 2M are billed at 1.50 instead of 1: 1.00 too much.
DEAR = costs("2025-10-03,3,gpt-2025; input,3000000,", "2025-10-04,3,gpt-2025; input,2000000,")

LEDGER = "date,account,amount,entry\n"
BOOKED = (
    LEDGER
    + "2025-10-31,Expenses:AI:Services,5.00,accrual-llm-2025-10\n"
    + "2025-10-31,Liabilities:Accrued:LLM,-5.00,accrual-llm-2025-10\n"
)


def book(folder: Path, statement: str = AGREEING, more: str = "", **files: str) -> Path:
    texts = {"usage/a.csv": USAGE, "statements/a.csv": statement, "plans/llm.yaml": PLAN}
    return write_book(folder, {**texts, **files}, BOOK + more)


def reconciled(folder: Path, *more: str, code: int = 0) -> dict[str, list[dict[str, Any]]]:
    ran = tokenbooks(folder, "reconcile", "-p", "2025-10", "--format", "json", *more)
    assert ran.code == code, ran.err
    return {name: table["rows"] for name, table in json.loads(ran.out).items()}


def causes(tables: dict[str, list[dict[str, Any]]]) -> list[tuple[str, str, str, str]]:
    return [(r["leg"], r["cause"], r["amount"], r["status"]) for r in tables["causes"]]


def test_a_month_that_agrees_has_no_causes(tmp_path: Path) -> None:
    tables = reconciled(book(tmp_path))
    (row,) = tables["reconciliation"]
    assert (row["statement"], row["usage"], row["booked"]) == ("5.00", "5.00", "5.00")
    assert row["standing"] == "agrees"
    assert causes(tables) == []


def test_a_difference_to_correct_makes_the_command_fail(tmp_path: Path) -> None:
    folder = book(tmp_path, DEAR)
    tables = reconciled(folder, code=1)
    # (1.50 - 1.00) x 2 million
    assert causes(tables) == [("statement - usage", "rate", "1", "to-correct")]
    ran = tokenbooks(folder, "reconcile", "-p", "2025-10")
    assert "warning[difference-to-correct]: llm, 2025-10" in ran.err


@pytest.mark.parametrize(
    ("threshold", "code", "status"), [("0.99", 1, "to-correct"), ("1", 0, "passed")]
)
def test_the_posting_threshold_passes_what_is_small(
    tmp_path: Path, threshold: str, code: int, status: str
) -> None:
    folder = book(tmp_path, DEAR, f"policies: {{posting_threshold: {threshold}}}\n")
    assert causes(reconciled(folder, code=code)) == [("statement - usage", "rate", "1", status)]


def test_what_is_passed_adds_up_over_the_months(tmp_path: Path) -> None:
    """1.00 is passed in October and 1.00 in November: 2.00 is above the materiality of 1.50."""
    policies = "policies: {posting_threshold: 1, materiality: 1.5}\n"
    november = costs("2025-11-04,3,gpt-2025; input,2000000,")
    folder = book(
        tmp_path,
        DEAR,
        policies,
        **{
            "usage/b.csv": usage("2025-11-04,gpt,web,2000000,0"),
            "statements/b.csv": november,
        },
    )
    close(folder, "2025-10")
    assert reconciled(folder)
    close(folder, "2025-11")
    ran = tokenbooks(folder, "reconcile", "-p", "2025-11")
    assert ran.code == 1
    assert (
        "warning[passed-accumulated]: differences passed up to 2025-11 have added up to 2"
        in ran.err
    )
    assert "warning[passed-accumulated]" in tokenbooks(folder, "check").err


def test_a_close_keeps_its_reconciliation_and_a_replay_gives_it_again(tmp_path: Path) -> None:
    folder = book(tmp_path, DEAR)
    close(folder, "2025-10")
    written = folder / "close/2025-10"
    assert (written / "reconciliation.csv").read_text() == (
        "contract,leg,cause,day,where,amount,status,words\n"
        'llm,statement - usage,rate,2025-10-04,"gpt, input_tokens",1,to-correct,'
        '"charged 1.5 per 1M, ours is 1 per 1M"\n'
    )
    assert (
        "| llm | 6.00 | 5.00 | 5.00 | 0.00 | to-correct |"
        in (written / "reconciliation.md").read_text()
    )
    records = json.loads((written / "manifest.json").read_text())["inputs"]["files"]
    assert [(r["path"], r["kind"]) for r in records] == [
        ("usage/a.csv", "usage"),
        ("statements/a.csv", "statement"),
    ]
    # the statement of a later month is no input of this one
    (folder / "statements/b.csv").write_text(costs("2025-11-04,3,gpt-2025; input,2000000,"))
    said = tokenbooks(folder, "check", "--replay").err
    assert "error" not in said


def test_a_book_without_statements_keeps_no_reconciliation(tmp_path: Path) -> None:
    folder = write_book(
        tmp_path,
        {"usage/a.csv": USAGE, "plans/llm.yaml": PLAN},
        BOOK.replace(",\n    statement: statements/*.csv", ""),
    )
    close(folder, "2025-10")
    assert not (folder / "close/2025-10/reconciliation.csv").exists()


def test_the_ledger_is_the_last_view(tmp_path: Path) -> None:
    folder = book(tmp_path, more="recorded: [{files: gl.csv}]\n", **{"gl.csv": BOOKED})
    close(folder, "2025-10")
    tables = reconciled(folder)
    (row,) = tables["reconciliation"]
    assert (row["booked"], row["recorded"], row["standing"]) == ("5.00", "5.00", "agrees")
    assert [(r["item"], r["amount"]) for r in tables["balances"]] == [
        ("by the subledger", "-5.00"),
        ("in the ledger", "-5.00"),
    ]


def test_what_the_ledger_lacks_is_proposed(tmp_path: Path) -> None:
    folder = book(tmp_path, more="recorded: [{files: gl.csv}]\n", **{"gl.csv": LEDGER})
    close(folder, "2025-10")
    tables = reconciled(folder, code=1)
    assert causes(tables) == [("booked - recorded", "unrecorded", "5", "to-correct")]
    proposed = {(r["account"], Decimal(r["amount"])) for r in tables["proposals"]}
    assert proposed == {
        ("Expenses:AI:Services", Decimal("5.00")),
        ("Liabilities:Accrued:LLM", Decimal("-5.00")),
    }
    journal = tokenbooks(folder, "reconcile", "-p", "2025-10", "--proposals").out
    assert "Expenses:AI:Services" in journal
    assert "; Reconciliation" not in journal


def test_check_tells_of_months_that_nobody_approved(tmp_path: Path) -> None:
    folder = book(tmp_path, DEAR)
    close(folder, "2025-10")
    assert "warning[difference-to-correct]" in tokenbooks(folder, "check").err
    ran = tokenbooks(folder, "approve", "-p", "2025-10", "--by", "B", "--prepared-by", "A")
    assert ran.code == 0, ran.err
    assert tokenbooks(folder, "check").code == 0


def test_an_approval_keeps_what_was_open(tmp_path: Path) -> None:
    folder = book(tmp_path, DEAR)
    close(folder, "2025-10")
    tokenbooks(folder, "approve", "-p", "2025-10", "--by", "B", "--prepared-by", "A")
    written = folder / "close/2025-10"
    assert (
        "llm, 2025-10: to be corrected between statement and usage: rate 1"
        in (written / "approval.yaml").read_text()
    )
    assert "rate" in (written / "approved-reconciliation.csv").read_text()


def test_a_journal_that_was_changed_is_told_and_not_read(tmp_path: Path) -> None:
    folder = book(tmp_path)
    close(folder, "2025-10")
    journal = folder / "close/2025-10/journal.ledger"
    journal.write_text(journal.read_text().replace("5.00 USD", "5.00"))
    ran = tokenbooks(folder, "reconcile", "-p", "2025-10")
    assert ran.code == 1
    assert "error[output-changed]: the journal of 2025-10 cannot be read" in ran.err


def test_one_contract_can_be_asked_for(tmp_path: Path) -> None:
    folder = book(tmp_path)
    assert reconciled(folder, "--contract", "llm")["reconciliation"]
    assert tokenbooks(folder, "reconcile", "--contract", "other").code == 2
