"""The commands that look at a book without closing it: usage, rate, credits, check."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.books import CREDITS, PLAN, PREPAID, run, tokenbooks, usage, write_book


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """100 credits for 90.00, of which 30 are used in October and 20 in November."""
    files = {
        "usage/a.csv": usage("2025-10-05,30,lab", "2025-11-10,20,shop"),
        "credits.csv": CREDITS + "2025-10-01,llm,purchase,100,one,90,,,2026-10-01,,,,\n",
    }
    return write_book(tmp_path, files, PREPAID)


def rows(out: str, table: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(out)[table]["rows"]
    return found


def test_usage_groups_by_any_kept_dimension(book: Path) -> None:
    ran = tokenbooks(book, "usage", "--by", "project", "--format", "json")
    assert ran.code == 0
    unit = {"unit_cost": "1", "per": 1}
    assert rows(ran.out, "usage") == [
        {"project": "lab", "quantity": "30", "list_value": "30.00", "cost": "27.00", **unit},
        {"project": "shop", "quantity": "20", "list_value": "20.00", "cost": "18.00", **unit},
    ]


def test_usage_of_one_period(book: Path) -> None:
    ran = tokenbooks(book, "usage", "-p", "2025-11", "--by", "meter", "--format", "csv")
    heading = "meter,quantity,list_value,cost,unit_cost,per"
    assert ran.out == f"{heading}\ncredits,20,20.00,18.00,1,1\n"


def test_usage_files_account_for_every_row(book: Path) -> None:
    write_book(book, {"usage/b.csv": "date,model,project,credits\n2025-10-07,m,,1\n\n"}, PREPAID)
    ran = tokenbooks(book, "usage", "--files", "--format", "json")
    for row in rows(ran.out, "files"):
        parts = [int(row[key]) for key in ("used", "replaced", "skipped", "rejected")]
        assert int(row["read"]) == sum(parts)


def test_an_unknown_dimension_is_wrong_use(book: Path) -> None:
    ran = tokenbooks(book, "usage", "--by", "colour")
    assert ran.code == 2
    assert "'colour' is not one of" in ran.err


@pytest.mark.parametrize(
    ("day", "left", "cost_left"),
    [
        ("2025-10-04", "100.00", "90.00"),
        ("2025-10-05", "70.00", "63.00"),
        ("2025-11-30", "50.00", "45.00"),
    ],
)
def test_credits_at_the_end_of_a_day(book: Path, day: str, left: str, cost_left: str) -> None:
    ran = tokenbooks(book, "credits", "--as-of", day, "--format", "json")
    assert ran.code == 0
    (lot,) = rows(ran.out, "lots")
    assert (lot["left"], lot["cost_left"]) == (left, cost_left)


def test_the_runway_is_what_is_left_over_the_recent_rate(book: Path) -> None:
    # 20 used in the 30 days to 30 November: 2/3 a day, so 50 last 75 days
    ran = tokenbooks(book, "credits", "--as-of", "2025-11-30", "--format", "json")
    (balance,) = rows(ran.out, "balances")
    assert (balance["runway_days"], balance["runs_out"]) == (75, "2026-02-13")


def test_rate_prices_files_without_a_book(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN)
    (tmp_path / "usage.csv").write_text(usage("2025-10-05,2.5,lab"))
    ran = run(
        "rate", "--plan", str(tmp_path / "plan.yaml"), str(tmp_path / "usage.csv"), "-f", "csv"
    )
    assert ran.code == 0
    heading = "model,meter,price,quantity,list_value,cost,unit_cost,per"
    assert ran.out == f"{heading}\nm,credits,1,2.5,2.50,2.50,1,1\n"


def test_rate_shows_what_has_no_price_and_fails(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN.replace('"*"', "other"))
    (tmp_path / "usage.csv").write_text(usage("2025-10-05,2,lab"))
    ran = run(
        "rate", "--plan", str(tmp_path / "plan.yaml"), str(tmp_path / "usage.csv"), "-f", "csv"
    )
    assert ran.code == 1
    assert "m,credits,unpriced,2,0.00,0.00" in ran.out
    assert "error[unpriced-usage]" in ran.err


def test_rate_computes_nothing_from_a_plan_with_errors(tmp_path: Path) -> None:
    """A span that could not be read would be counted over, and end in a traceback."""
    fee = "fees: [{name: base, price: 10, every: fortnight}]\n"
    (tmp_path / "plan.yaml").write_text(PLAN + fee)
    (tmp_path / "usage.csv").write_text(usage("2025-10-05,2,lab"))
    ran = run("rate", "--plan", str(tmp_path / "plan.yaml"), str(tmp_path / "usage.csv"))
    assert (ran.code, ran.out) == (1, "")
    assert "error[value-invalid]" in ran.err


def test_no_alias_is_proposed_to_a_model_that_the_plan_has(tmp_path: Path) -> None:
    rate = "rates:\n  - {for: {model: m}, prices: {credits: {price: 1 per 1, at_least: 9}}}\n"
    (tmp_path / "plan.yaml").write_text(f"plan: llm\ncurrency: USD\n{rate}")
    (tmp_path / "usage.csv").write_text("date,model,credits,requests\n2025-10-05,m,20,3\n")
    ran = run("rate", "--plan", str(tmp_path / "plan.yaml"), str(tmp_path / "usage.csv"))
    assert "error[unpriced-usage]: contract usage: 20 credits of m" in ran.err
    assert "add an alias" not in ran.err


def test_check_is_silent_and_zero_on_a_clean_book(book: Path) -> None:
    ran = tokenbooks(book, "check", "-q")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_warnings_fail_check_but_not_close(book: Path) -> None:
    rule = "allocate:\n  - {when: {project: lab}, class: rd}\n"
    write_book(book, {}, PREPAID + rule)
    checked = tokenbooks(book, "check")
    assert checked.code == 1
    assert "warning[unallocated-usage]: usage of 20.00 USD" in checked.err
    assert tokenbooks(book, "close", "-p", "2025-10").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["close", "-p", "October"],
        ["close", "--format", "xml"],
        ["credits", "--as-of", "soon"],
        ["nonsense"],
        ["close", "--nonsense"],
        ["rate"],
    ],
)
def test_wrong_use_is_exit_2_and_never_a_traceback(book: Path, arguments: list[str]) -> None:
    ran = tokenbooks(book, *arguments)
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_no_book_anywhere_is_wrong_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("check")
    assert ran.code == 2
    assert "tokenbooks init" in ran.err


def test_the_book_is_found_upward(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(book / "usage")
    assert run("--today", "2026-06-30", "check").code == 0


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    ran = run("--version")
    assert ran.code == 0
    assert ran.out.startswith("tokenbooks ")


def test_the_same_rows_in_two_files_count_once_where_they_have_ids(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN)
    rows_with_ids = "id,date,model,credits\n1,2025-10-01,m,5\n2,2025-10-02,m,6\n"
    for name in ("a.csv", "copy of a.csv"):
        (tmp_path / name).write_text(rows_with_ids)
    files = [str(tmp_path / "a.csv"), str(tmp_path / "copy of a.csv")]
    ran = run("rate", "--plan", str(tmp_path / "plan.yaml"), *files, "-f", "csv")
    assert ran.out.splitlines()[1] == "m,credits,1,11,11.00,11.00,1,1"
