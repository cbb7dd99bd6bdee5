"""tokenbooks init: what it writes is a book that reads, and it never overwrites anything."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
from pathlib import Path

import pytest

from tokenbooks.cli.main import main
from tokenbooks.desk.book_text import yaml_text
from tokenbooks.sources.book_files import read_facts
from tokenbooks.sources.yaml_tree import parse_tree

PLAIN = """\
date,project,model,batch,input_tokens,cached_input_tokens,output_tokens,requests
2025-11-03,alpha,small-1,false,1000,0,200,5
2025-11-03,alpha,small-1,true,500,0,100,1
2025-11-04,beta,large-1,false,400,300,90,1
"""


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files_below(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def write_usage(text: str = PLAIN, path: str = "acme/usage/gateway/2025-11.csv") -> None:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


# -- a book without usage -----------------------------------------------------------


@pytest.mark.parametrize("settle", ["prepaid", "arrears"])
@pytest.mark.parametrize("journal", ["ledger", "beancount"])
def test_a_new_book_reads_without_a_problem(settle: str, journal: str) -> None:
    chosen = ["--settle", settle, "--journal", journal, "--currency", "EUR", "--start", "2025-10"]
    assert main(["init", "acme", "--name", 'Acme & "Sons": AI', "--party", "Open AI", *chosen]) == 0
    facts, problems = read_facts(Path("acme"))
    assert problems == []
    assert facts is not None
    book = facts.book
    contract = book.contracts["open-ai"]
    assert (book.name, book.currency, str(book.start)) == ('Acme & "Sons": AI', "EUR", "2025-10")
    assert (book.journal, contract.party, contract.settle) == (journal, "Open AI", settle)
    # a space cannot stand in an account name, so the new book has names of its own
    assert book.account("prepaid_credits", contract) == "Assets:Prepaid:Open-AI"


def test_without_answers_there_are_defaults() -> None:
    assert main(["--today", "2026-01-15", "init", "north-wind_labs"]) == 0
    facts, problems = read_facts(Path("north-wind_labs"))
    assert problems == []
    assert facts is not None
    # the month before today's is the one whose close is due
    assert (facts.book.name, str(facts.book.start)) == ("North Wind Labs", "2025-12")
    assert facts.book.contracts["openai"].settle == "prepaid"
    assert (Path("north-wind_labs") / "usage/openai").is_dir()


def test_what_was_written_and_what_comes_next_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", "my books", "--start", "2025-10"])
    said = capsys.readouterr().err.splitlines()
    assert [line for line in said if line.startswith("wrote ")] == [
        "wrote my books/tokenbooks.yaml",
        "wrote my books/plans/openai-api.yaml",
        "wrote my books/credits.csv",
        "wrote my books/invoices.csv",
        "wrote my books/usage/openai/",
    ]
    assert said[-3:] == [
        "  tokenbooks --book 'my books' check",
        "  tokenbooks --book 'my books' usage",
        "  tokenbooks --book 'my books' close -p 2025-10",
    ]


@pytest.mark.parametrize("there", ["tokenbooks.yaml", "credits.csv", "plans/openai-api.yaml"])
def test_nothing_is_written_where_anything_would_be_overwritten(
    there: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_usage("mine", f"acme/{there}")
    assert main(["init", "acme"]) == 1
    assert files_below(Path("acme")) == {there: "mine"}
    assert f"acme/{there}: error[init-overwrites]" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [
        ["--side", "sell"],
        ["--journal", "excel"],
        ["--settle", "later"],
        ["--currency", "dollars"],
        ["--start", "October"],
        ["--party", "A|B"],
        ["--name", "  "],
        ["--sample", "nowhere"],
        ["--sample", "northwind", "--currency", "EUR"],
    ],
    ids=" ".join,
)
def test_wrong_options_are_refused(options: list[str]) -> None:
    assert main(["init", "acme", *options]) == 2
    assert not Path("acme").exists()


def test_a_folder_that_cannot_be_made_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("acme").write_text("a file")
    assert main(["init", "acme"]) == 1
    assert "error[cannot-write]" in capsys.readouterr().err


# -- a book from usage --------------------------------------------------------------


def test_a_book_from_usage_lacks_only_its_prices() -> None:
    write_usage()
    assert main(["init", "acme", "--from", "usage"]) == 0
    facts, problems = read_facts(Path("acme"))
    assert facts is None
    # small-1: input and output; large-1: also cached; and the factor of batches
    assert [problem.code for problem in problems] == ["price-missing"] * 6
    plan = Path("acme/plans/gateway-api.yaml")
    plan.write_text(plan.read_text().replace("?", "0.5"))
    facts, problems = read_facts(Path("acme"))
    assert problems == []
    assert facts is not None
    assert str(facts.book.start) == "2025-11"
    assert facts.book.contracts["gateway"].usage[0].files == "usage/gateway/*"
    read = facts.plans["gateway-api"]
    assert [(str(rate.conditions), [p.name for p in rate.prices]) for rate in read.rates] == [
        ("model: large-1", ["input_tokens", "cached_input_tokens", "output_tokens"]),
        ("model: small-1", ["input_tokens", "output_tokens"]),
    ]
    assert read.part_of == {"cached_input_tokens": "input_tokens"}
    assert [str(modifier.when) for modifier in read.modifiers] == ["batch: true"]


def test_a_month_closes_once_the_prices_are_filled_in(capsys: pytest.CaptureFixture[str]) -> None:
    write_usage()
    main(["init", "acme", "--from", "acme/usage", "--settle", "arrears", "--party", "Gateway"])
    plan = Path("acme/plans/gateway-api.yaml")
    text = re.sub(r"\? per 1M", "1000 per 1M", plan.read_text())
    plan.write_text(text.replace('{"*": ?}', '{"*": 0.5}'))
    assert main(["--book", "acme", "close"]) == 0
    # (1000 + 200 + 400 + 300 + 90) x 0.001 = 1.99, and half of (500 + 100) x 0.001 = 0.30
    assert re.search(r"Liabilities:Accrued:Gateway +-2\.29 USD", capsys.readouterr().out)


def test_allocation_is_prepared_with_what_usage_has() -> None:
    write_usage()
    main(["init", "acme", "--from", "usage"])
    rules = [
        line for line in Path("acme/tokenbooks.yaml").read_text().splitlines() if "when:" in line
    ]
    assert [re.sub("  +", "  ", rule) for rule in rules] == [
        "#  - {when: {project: alpha}, class: opex, cost_center: general}  # Gateway: 1,800 tokens",
        "#  - {when: {project: beta}, class: opex, cost_center: general}  # Gateway: 790 tokens",
    ]


def test_each_provider_becomes_a_contract(root: Path) -> None:
    sample = root / "samples/northwind"
    for part in ("usage", "statements"):
        for file in (sample / part).rglob("*.csv"):
            write_usage(file.read_text(), f"acme/downloads/{file.name}")
    assert main(["init", "acme", "--from", "downloads", "--settle", "arrears"]) == 0
    plans = Path("acme/plans")
    for plan in plans.iterdir():
        plan.write_text(plan.read_text().replace("?", "1"))
    facts, problems = read_facts(Path("acme"))
    assert problems == []
    assert facts is not None
    found = {
        (contract.party, kind): [source.files for source in sources]
        for contract in facts.book.contracts.values()
        for kind, sources in (("usage", contract.usage), ("statement", contract.statement))
    }
    assert found == {
        ("OpenAI", "usage"): ["downloads/completions_usage_*.csv"],
        ("OpenAI", "statement"): ["downloads/cost_*.csv"],
        ("Anthropic", "usage"): ["downloads/claude_api_tokens_*.csv"],
        ("Anthropic", "statement"): ["downloads/claude_api_cost_*.csv"],
        # a cost table has quantities too: it is taken as usage
        ("Google", "usage"): ["downloads/northwind_cost_table_*.csv"],
        ("Google", "statement"): [],
        # the plain file of the company's own gateway
        ("Provider", "usage"): ["downloads/gateway_*.csv"],
        ("Provider", "statement"): [],
    }


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("nowhere", "file-missing"),
        ("acme", "file-missing"),
        ("elsewhere", "path-outside"),
        ("elsewhere/2025-11.csv", "path-outside"),
        ("acme/notes.txt", "format-unknown"),
    ],
)
def test_usage_that_cannot_be_taken_is_told(
    path: str, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_usage(path="elsewhere/2025-11.csv")
    if path.endswith(".txt"):
        write_usage("call the bank\n", path)
    before = files_below(Path())
    assert main(["init", "acme", "--from", path]) == 1
    assert f"error[{code}]" in capsys.readouterr().err
    assert files_below(Path()) == before


def test_a_secret_key_is_not_written_into_the_book() -> None:
    secret = f"sk-{'invented' * 4}9XYZ"
    write_usage(PLAIN.replace("project", "api_key").replace("alpha", secret))
    main(["init", "acme", "--from", "usage"])
    text = Path("acme/tokenbooks.yaml").read_text()
    assert "invented" not in text
    assert "{api_key: sk-*9XYZ}" in text


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("research", "research"),
        ("Back Office", "Back Office"),
        ("usage/openai/*", "usage/openai/*"),
        ("true", '"true"'),
        ("12", '"12"'),
        ("*", '"*"'),
        ("a: b", '"a: b"'),
        ("a #1", '"a #1"'),
        (' say "x"', '" say \\"x\\""'),
        ("Größe", '"Größe"'),
    ],
)
def test_texts_are_quoted_where_yaml_needs_it(value: str, written: str) -> None:
    assert yaml_text(value) == written
    tree, problems = parse_tree(f"key: {written}\n", "x")
    assert problems == []
    assert tree is not None
    assert tree["key"].word() == value


# -- samples ------------------------------------------------------------------------


def test_samples_are_named(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    assert main(["init", "--list-samples"]) == 0
    named = capsys.readouterr().out.split()
    assert "northwind" in named
    assert named == sorted(path.parent.name for path in root.glob("samples/*/tokenbooks.yaml"))


def test_a_sample_is_copied_and_closes(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    assert main(["init", "copy", "--sample", "northwind"]) == 0
    copied = files_below(Path("copy"))
    sample = root / "samples/northwind"
    assert copied["tokenbooks.yaml"] == (sample / "tokenbooks.yaml").read_text()
    assert {name.split("/")[0] for name in copied} == {
        *("README.md", "credits.csv", "invoices.csv", "ledger", "plans", "rates.csv"),
        *("statements", "tokenbooks.yaml", "usage"),
    }
    assert capsys.readouterr().err.endswith("close -p 2025-10\n")
    assert main(["--book", "copy", "close"]) == 0


# -- questions ----------------------------------------------------------------------


def test_a_person_at_a_terminal_is_asked(tmp_path: Path, root: Path) -> None:
    answers = ["Acme Labs", "EUR", "2025-13", "2025-10", "beancount", "Mistral", "arrears"]
    said = said_at_terminal(["init", "acme"], answers, tmp_path, root)
    assert "'2025-13' is not a month" in said
    facts, problems = read_facts(tmp_path / "acme")
    assert problems == []
    assert facts is not None
    book, contract = facts.book, facts.book.contracts["mistral"]
    assert (book.name, book.currency, str(book.start)) == ("Acme Labs", "EUR", "2025-10")
    assert (book.journal, contract.settle) == ("beancount", "arrears")


def said_at_terminal(arguments: list[str], answers: list[str], folder: Path, root: Path) -> str:
    """What a run at a terminal says, each answer given when it is asked for."""
    master, terminal = pty.openpty()
    run = subprocess.Popen(
        [sys.executable, "-m", "tokenbooks", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(root), "NO_COLOR": "1"},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    said, waiting = "", list(answers)
    while select.select([master], [], [], 30)[0]:
        try:
            said += os.read(master, 4096).decode()
        except OSError:  # the other end is closed
            break
        if waiting and said.endswith("]: "):
            os.write(master, f"{waiting.pop(0)}\n".encode())
    os.close(master)
    assert run.wait(timeout=30) == 0, said
    return said
