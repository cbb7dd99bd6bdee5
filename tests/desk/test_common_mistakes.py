"""The common mistakes of the field: `check` tells them where they are certain, and only there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.books import ARREARS, CREDITS, INVOICES, PREPAID, close, tokenbooks, usage, write_book

MISTAKES = {
    "purchase-expensed",
    "expiry-missing",
    "costs-lumped",
    "accrual-left-out",
    "accrual-forgotten",
    "statement-without-usage",
}
INVOICE = "2026-01-31,llm,I,invoice,2026-01-01,2026-01-31,5,,\n"
REGULAR = "2025-10-05 2025-11-05 2025-12-05"
ONE = usage("2025-10-05,10")
TWO_PROJECTS = usage("2025-10-05,10,search", "2025-10-06,10,support", "2025-10-07,10")
THREE_PROJECTS = usage("2025-10-05,10,search", "2025-10-06,10,support", "2025-10-07,10,lab")
ALLOCATE = "allocate:\n  - {when: {project: search}, class: cogs}\n  - {class: rd}\n"
STATED = ARREARS + "    statement: statements/*.csv\n"
STATEMENT = (
    "usage_date_utc,model,workspace,api_key,usage_type,token_type,cost_usd\n"
    "2025-11-01,Claude Sonnet 4.5,Default,key,message,input_no_cache,3.36\n"
)


def told(book: Path) -> list[str]:
    """The common mistakes that a check tells."""
    said = tokenbooks(book, "check").err
    return [code for code in re.findall(r"warning\[([a-z-]+)\]", said) if code in MISTAKES]


def lots(*rows: str) -> str:
    """Purchases as ``day,credits,expires``."""
    cells = [row.split(",") for row in rows]
    return CREDITS + "".join(
        f"{day},llm,purchase,{count},,{count},,,{expires},,,,\n" for day, count, expires in cells
    )


@pytest.mark.parametrize(
    ("book", "files", "mistakes"),
    [
        (PREPAID + 'accounts: {prepaid_credits: "Expenses:Credits"}\n', {}, ["purchase-expensed"]),
        (PREPAID + 'accounts: {prepaid_credits: "Assets:Credits"}\n', {}, []),
        # a contract in arrears buys no credits
        (ARREARS + 'accounts: {prepaid_credits: "Expenses:Credits"}\n', {}, []),
        (
            PREPAID,
            {"credits.csv": lots("2025-10-01,50,2026-10-01", "2025-10-02,50,")},
            ["expiry-missing"],
        ),
        # one warning a contract
        (
            PREPAID,
            {"credits.csv": lots("2025-10-01,5,2026-10-01", "2025-10-02,50,", "2025-10-03,50,")},
            ["expiry-missing"],
        ),
        # credits of which none ends may be such that never do
        (PREPAID, {"credits.csv": lots("2025-10-01,50,", "2025-10-02,50,")}, []),
        # what is used up needs no end any more: 10 of 10 are used
        (PREPAID, {"credits.csv": lots("2025-10-01,10,", "2025-10-06,50,2026-10-01")}, []),
        (ARREARS, {"usage/a.csv": THREE_PROJECTS}, ["costs-lumped"]),
        (ARREARS + ALLOCATE, {"usage/a.csv": THREE_PROJECTS}, []),
        (ARREARS, {"usage/a.csv": TWO_PROJECTS}, []),
        (ARREARS + "post: [invoices]\n", {}, ["accrual-left-out"]),
        (ARREARS + "post: [accrual]\n", {}, []),
        (PREPAID + "post: [purchases]\n", {"credits.csv": lots("2025-10-01,50,")}, []),
        (STATED, {"statements/november.csv": STATEMENT}, ["statement-without-usage"]),
        (
            STATED,
            {"statements/november.csv": STATEMENT, "usage/b.csv": usage("2025-11-09,1")},
            [],
        ),
        # before the book's start nothing is its own
        (STATED, {"statements/s.csv": STATEMENT.replace("2025-11", "2025-09")}, []),
    ],
)
def test_mistakes_are_told_only_where_they_are_made(
    tmp_path: Path, book: str, files: dict[str, str], mistakes: list[str]
) -> None:
    write_book(tmp_path, {"usage/a.csv": ONE, **files}, book)
    assert told(tmp_path) == mistakes


@pytest.mark.parametrize(
    ("days", "files", "more", "mistakes"),
    [
        (REGULAR, {}, "", ["accrual-forgotten"]),
        (f"{REGULAR} 2026-01-31", {}, "", []),
        (REGULAR, {"invoices.csv": INVOICES + INVOICE}, "", []),
        (REGULAR, {}, "    until: 2026-01-01\n", []),
        # who uses it now and then has forgotten nothing
        ("2025-10-05 2025-12-05", {}, "", []),
    ],
)
def test_a_closed_month_in_arrears_without_usage_is_told(
    tmp_path: Path, days: str, files: dict[str, str], more: str, mistakes: list[str]
) -> None:
    used = usage(*(f"{day},10" for day in days.split()))
    write_book(tmp_path, {"usage/a.csv": used, **files}, ARREARS + more)
    for period in ("2025-10", "2025-11", "2025-12", "2026-01"):
        close(tmp_path, period)
    assert told(tmp_path) == mistakes
