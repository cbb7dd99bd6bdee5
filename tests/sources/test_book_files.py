from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.sources.small_book import BOOK, PLAN, codes, write_book
from tokenbooks.problems import in_order
from tokenbooks.sources.book_files import find_book, read_facts

CREDITS = "date,contract,event,credits,document\n2025-10-02,openai,purchase,100,R-1\n"
INVOICES = """\
date,contract,invoice,amount,period_start,period_end,kind
2025-10-31,anthropic,A-10,120,2025-10-01,2025-10-31,invoice
2025-11-03,openai,R-1,100,,,receipt
"""
OPENING = "role,contract,amount,service_period\naccrued_expenses,anthropic,-90,2025-09\n"


def test_all_files_become_facts(tmp_path: Path) -> None:
    folder = write_book(tmp_path, credits=CREDITS, invoices=INVOICES, opening=OPENING)
    facts, problems = read_facts(folder)
    assert problems == []
    assert facts is not None
    assert list(facts.book.contracts) == ["openai", "anthropic"]
    assert list(facts.plans) == ["api"]
    assert (len(facts.credits), len(facts.invoices), len(facts.opening)) == (1, 2, 1)
    assert facts.zone_of(facts.book.contracts["openai"]) == "UTC"


def test_files_of_rows_are_optional(tmp_path: Path) -> None:
    facts, problems = read_facts(write_book(tmp_path))
    assert problems == []
    assert facts is not None
    assert facts.credits == facts.invoices == facts.opening == ()


def test_a_plan_without_a_currency_is_not_told_to_be_in_another(tmp_path: Path) -> None:
    facts, problems = read_facts(write_book(tmp_path, plan=PLAN.replace("currency: USD\n", "")))
    assert facts is None
    assert codes(problems) == ["key-missing"]


def test_all_problems_of_all_files_are_told_in_order(tmp_path: Path) -> None:
    folder = write_book(
        tmp_path,
        BOOK.replace("plan: api, settle: arrears", "plan: apy, settle: arrears"),
        credits=CREDITS.replace("purchase", "purchse"),
        invoices=INVOICES.replace("120", "12O"),
        opening=OPENING.replace("-90", "--90"),
    )
    facts, problems = read_facts(folder)
    assert facts is None
    assert problems == in_order(problems)
    assert codes(problems) == [
        "cell-invalid",
        "cell-invalid",
        "receipt-unmatched",
        "cell-invalid",
        "plan-unknown",
    ]


def test_warnings_do_not_stop_the_reading(tmp_path: Path) -> None:
    facts, [problem] = read_facts(write_book(tmp_path, customers="customer,name\n"))
    assert facts is not None
    assert (problem.code, problem.is_error) == ("file-not-read", False)


def test_a_plan_that_cannot_be_read_is_told_once(tmp_path: Path) -> None:
    facts, problems = read_facts(write_book(tmp_path, plan="plan: [api\n"))
    assert facts is None
    assert codes(problems) == ["yaml-syntax"]


def test_the_nearest_book_upward(tmp_path: Path) -> None:
    write_book(tmp_path)
    below = tmp_path / "usage" / "openai"
    below.mkdir(parents=True)
    assert find_book(below) == find_book(tmp_path) == tmp_path
    (tmp_path / "tokenbooks.yaml").unlink()
    assert find_book(below) != tmp_path


@pytest.mark.parametrize("module", ["yaml", "duckdb", "rich", "typer", "importlib.resources"])
def test_importing_the_readers_imports_nothing_heavy(module: str) -> None:
    program = f"import sys, tokenbooks.sources.book_files; print({module!r} in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout == "False\n"


@pytest.mark.parametrize("kind", ["link out of the book", "dangling link", "folder"])
def test_a_file_that_is_there_but_cannot_be_taken_is_not_absent(tmp_path: Path, kind: str) -> None:
    (tmp_path / "book").mkdir()
    book = write_book(tmp_path / "book")
    outside = tmp_path / "elsewhere.csv"
    outside.write_text("date,contract,event,credits\n")
    if kind == "folder":
        (book / "credits.csv").mkdir()
    else:
        (book / "credits.csv").symlink_to(outside if "out" in kind else tmp_path / "nothing")
    facts, problems = read_facts(book)
    assert facts is None
    assert [problem.code for problem in problems] == ["path-outside"]
    assert problems[0].position.file.endswith("credits.csv")


@pytest.mark.parametrize(
    ("key", "link"),
    [
        ("credits: bought.csv\n", "bought.csv"),
        ("invoices: bills/*.csv\n", "bills/1.csv"),
        ("", "plans/other.yaml"),
        ("", "usage/a.csv"),
        ("", "usage"),
    ],
)
def test_links_that_lead_out_of_the_book_are_told(tmp_path: Path, key: str, link: str) -> None:
    """And not as files that are missing, nor passed over where others are there."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/a.csv").write_text("date,model,input_tokens\n")
    (tmp_path / "book").mkdir()
    text = BOOK.replace("pay: card", "pay: card, usage: usage/*.csv") + key
    book = write_book(tmp_path / "book", text)
    (book / link).parent.mkdir(exist_ok=True)
    (book / link).symlink_to(tmp_path / ("outside" if link == "usage" else "outside/a.csv"))
    facts, problems = read_facts(book)
    assert facts is None
    told = [(p.code, Path(p.position.file).relative_to(book).as_posix()) for p in problems]
    assert told == [("path-outside", "usage/a.csv" if link == "usage" else link)]


def test_many_links_that_lead_out_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    for number in range(9):
        (tmp_path / f"outside/{number}.csv").write_text("")
    (tmp_path / "book").mkdir()
    book = write_book(tmp_path / "book", BOOK.replace("pay: card", "pay: card, usage: usage/*.csv"))
    (book / "usage").symlink_to(tmp_path / "outside")
    assert [problem.count for problem in read_facts(book)[1]] == [1, 1, 7]
