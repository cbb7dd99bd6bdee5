"""Small books for tests: written as people write them, closed through the command line."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tokenbooks.cli.main import main

ARREARS = """\
book: Tests
currency: USD
start: 2025-10
timezone: UTC
journal: ledger
contracts:
  llm:
    side: buy
    party: LLM
    plan: llm
    settle: arrears
    usage: usage/*.csv
"""
PREPAID = ARREARS.replace("settle: arrears", "settle: prepaid")

#: One credit costs 1.00, so that usage reads as money.
PLAN = """\
plan: llm
currency: USD
rates:
  - for: {model: "*"}
    prices: {credits: 1}
"""
CREDITS = "date,contract,event,credits,lot,paid,used,starts,expires,kind,priority,parent,document\n"
INVOICES = "date,contract,invoice,kind,period_start,period_end,amount,tax,pay\n"


def usage(*rows: str) -> str:
    """Plain usage: rows as ``2025-10-03,5`` or ``2025-10-03,5,project``."""
    lines = [row if row.count(",") == 2 else f"{row}," for row in rows]
    cells = [line.split(",") for line in lines]
    return "date,model,project,credits\n" + "".join(
        f"{day},m,{project},{quantity}\n" for day, quantity, project in cells
    )


def write_book(folder: Path, files: Mapping[str, str], book: str = ARREARS) -> Path:
    """Write a book: ``tokenbooks.yaml``, the plan, and the given files."""
    for name, text in {"tokenbooks.yaml": book, "plans/llm.yaml": PLAN, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return folder


@dataclass(frozen=True)
class Ran:
    """A command that has run."""

    code: int
    out: str
    err: str


def run(*arguments: str) -> Ran:
    """Run the command line."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(list(arguments))
    return Ran(code, out.getvalue(), err.getvalue())


def tokenbooks(folder: Path, *arguments: str) -> Ran:
    """Run a command on a book."""
    return run("--book", str(folder), "--today", "2026-06-30", *arguments)


def close(folder: Path, period: str, *more: str) -> list[dict[str, Any]]:
    """Write a close and return its postings, as the JSON output has them."""
    ran = tokenbooks(folder, "close", "-p", period, "--write", "--format", "json", *more)
    assert ran.code == 0, ran.err
    rows: list[dict[str, Any]] = json.loads(ran.out)["entries"]["rows"]
    return rows


def lines(rows: list[dict[str, Any]]) -> list[tuple[str, str, str, str]]:
    """Postings as (entry, date, role, amount), debit positive."""
    return [
        (
            row["entry"],
            row["date"],
            row["role"],
            str(Decimal(row["debit"]) - Decimal(row["credit"])),
        )
        for row in rows
    ]
