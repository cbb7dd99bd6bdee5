"""`tokenbooks plans import` and `plans diff`: what they print, write, and exit with."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tokenbooks.cli.main import main

USAGE = "timestamp,model,input_tokens,output_tokens\n2026-11-03T10:15:00Z,gpt-4o,1200,350\n"

#: What the price page said once: input was 3, which the catalog never says.
PLAN = """\
plan: mine
currency: USD
source: by hand
aliases: {gpt-5.6-sol: [gpt-5.6]}
rates:
  - for: {model: gpt-4o}
    from: 2026-01-01
    prices: {input_tokens: 3 per 1M, output_tokens: 10 per 1M, code_sessions: 0.03}
  - for: {model: gpt-3.5-turbo}
    prices: {input_tokens: 0.5 per 1M, output_tokens: 1.5 per 1M}
  - for: {model: in-house}
    prices: {input_tokens: 1 per 1M}
"""

LITELLM = {
    "sample_spec": {"litellm_provider": "one of the providers", "input_cost_per_token": 0},
    "gpt-4o": {
        "litellm_provider": "openai",
        "input_cost_per_token": 2.5e-06,
        "output_cost_per_token": 1e-05,
        "output_cost_per_token_batches": 5e-06,
    },
    "gpt-3.5-turbo": {"litellm_provider": "openai", "input_cost_per_token": 5e-07},
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a plan, usage and a price file; no book."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "usage.csv").write_text(USAGE)
    (tmp_path / "mine.yaml").write_text(PLAN)
    (tmp_path / "litellm.json").write_text(json.dumps(LITELLM))
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(["--today", "2026-11-21", "plans", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def tables(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, list[dict]]:
    code, out, err = run(capsys, *arguments, "--format", "json")
    assert (code, err) == (0, "")
    return {name: table["rows"] for name, table in json.loads(out).items()}


# -- import -------------------------------------------------------------------------


def test_a_plan_goes_to_standard_output(here: Path, capsys) -> None:
    code, out, err = run(capsys, "import", "--provider", "openai", "--models-in", "usage.csv")
    assert code == 0
    assert "plan: openai\n" in out
    assert ", provider openai, sha256 " in out
    assert ', read 2026-11-21"\n' in out
    assert "warning[catalog-date-noticed]: gpt-4o: batch price known only since" in err


def test_a_plan_is_written_and_then_prices_usage(here: Path, capsys) -> None:
    """1,200 x 2.50 / 1M + 350 x 10 / 1M = 0.003 + 0.0035 = 0.0065."""
    arguments = ("import", "--provider", "openai", "--model", "gpt-4o", "-o", "openai.yaml")
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (0, "")
    assert err.endswith("wrote openai.yaml\n")
    assert main(["rate", "--plan", "openai.yaml", "usage.csv", "--by", "model", "-f", "csv"]) == 0
    rated = capsys.readouterr().out.splitlines()[1]
    assert rated == "gpt-4o,1550,0.0065,0.0065,4.193548387097,1000000"
    code, _, err = run(capsys, *arguments)
    assert code == 1
    assert "openai.yaml: error[plan-overwrites]" in err
    assert run(capsys, *arguments, "--force", "--plan", "other")[0] == 0
    assert "plan: other\n" in (here / "openai.yaml").read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--provider", "openai"),
        ("--model", "gpt-4o"),
        ("--provider", "openai", "--model", "gpt-4o", "--plan", "two words"),
        ("--provider", "openai", "--model", "gpt-4o", "-o", "-.yaml"),
    ],
)
def test_wrong_use_of_import(here: Path, capsys, arguments: tuple[str, ...]) -> None:
    assert run(capsys, "import", *arguments)[0] == 2


def test_the_package_is_imported_only_where_it_is_needed(here: Path, capsys, monkeypatch) -> None:
    for name in [name for name in sys.modules if name.startswith("genai_prices")]:
        monkeypatch.delitem(sys.modules, name)
    assert run(capsys, "diff", "mine.yaml", "--against", "litellm.json")[0] == 0
    assert "genai_prices" not in sys.modules


# -- diff ---------------------------------------------------------------------------


def test_a_plan_against_the_catalog(here: Path, capsys) -> None:
    found = tables(capsys, "diff", "mine.yaml", "--provider", "openai")
    plain = [row for row in found["prices"] if row["when"] is None]
    told = [(r["kind"], r["model"], r["meter"], r["from"], r["plan"], r["catalog"]) for r in plain]
    price = ("restated", "gpt-4o", "input_tokens", "2026-01-01", "3 per 1M", "2.5 per 1M")
    assert price in told
    assert ("plan only", "gpt-4o", "code_sessions", "2026-01-01", "0.03", None) in told
    assert ("plan only", "in-house", "all", None, None, None) in told
    assert not [row for row in told if row[2] == "output_tokens"]
    (correction,) = found["rates"]
    assert (correction["does"], correction["from"]) == ("correct", "2026-01-01")
    assert ", on: 2026-11-21, " in correction["yaml"]
    assert "input_tokens: 2.5 per 1M" in correction["yaml"]
    assert "code_sessions: 0.03" in correction["yaml"]


def test_what_is_the_same_is_shown_if_asked_for(here: Path, capsys) -> None:
    found = tables(capsys, "diff", "mine.yaml", "--provider", "openai", "--all")
    same = [row for row in found["prices"] if row["kind"] == "same"]
    assert ("gpt-4o", "output_tokens") in [(row["model"], row["meter"]) for row in same]


def test_the_rates_that_are_told_can_be_pasted(here: Path, capsys) -> None:
    found = tables(capsys, "diff", "mine.yaml", "--provider", "openai")
    lines = "".join(f"  {row['yaml']}\n" for row in found["rates"])
    (here / "mine.yaml").write_text(PLAN + lines)
    after = tables(capsys, "diff", "mine.yaml", "--provider", "openai")
    assert "rates" not in after
    assert {row["kind"] for row in after["prices"]} == {"plan only", "catalog only"}


def test_an_imported_plan_agrees_and_knows_its_provider(here: Path, capsys) -> None:
    run(capsys, "import", "--provider", "openai", "--model", "gpt-5.6", "-o", "openai.yaml")
    assert tables(capsys, "diff", "openai.yaml") == {"prices": []}


def test_a_plan_of_an_unnamed_provider(here: Path, capsys) -> None:
    code, out, err = run(capsys, "diff", "mine.yaml")
    assert (code, out) == (1, "")
    assert "mine.yaml:1:7: error[catalog-provider-unnamed]" in err


def test_a_second_opinion(here: Path, capsys) -> None:
    """Both figures stand for a million tokens; the file says 2.5e-06 for one."""
    code, out, err = run(capsys, "diff", "mine.yaml", "--against", "litellm.json")
    assert (code, err) == (0, "")
    assert out == (
        "Prices of plan mine on 2026-11-21 and of the litellm file litellm.json\n"
        "\n"
        "Kind     Model   When  Meter         Plan      File\n"
        "-------  ------  ----  ------------  --------  ----------\n"
        "differs  gpt-4o        input_tokens  3 per 1M  2.5 per 1M\n"
        "\n"
        "2 of 6 prices are the same.\n"
        "Only in the plan: 2; only in the file: 1.\n"
        "Models that the file does not know: in-house.\n"
    )


def test_the_prices_of_another_day(here: Path, capsys) -> None:
    """Before the plan begins there is nothing to compare."""
    arguments = ("diff", "mine.yaml", "--against", "litellm.json", "--today", "2025-12-31")
    assert tables(capsys, *arguments) == {"prices": []}


def test_a_plan_with_mistakes_is_not_compared(here: Path, capsys) -> None:
    (here / "mine.yaml").write_text(PLAN.replace("3 per 1M", "? per 1M"))
    code, out, err = run(capsys, "diff", "mine.yaml", "--against", "litellm.json")
    assert (code, out) == (1, "")
    assert "error[price-missing]" in err
