"""The table of charges of a close: for people and their spreadsheets."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.books import ARREARS, close, tokenbooks, usage, write_book
from tokenbooks.reports.csv_text import neutralised

PROJECTS = ["=1+1", "+a", "-a", "@a", "-5", "+1e3", "-1.5.0", "-", "'=1+1", "a=1", "plain"]


def column(path: Path, name: str) -> list[str]:
    with path.open(newline="") as stream:
        return [row[name] for row in csv.DictReader(stream)]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """One row a project, and an October that is closed."""
    rows = usage(*(f"2025-10-05,10,{project}" for project in PROJECTS))
    write_book(tmp_path, {"usage/a.csv": rows})
    close(tmp_path, "2025-10")
    return tmp_path


def test_texts_that_a_spreadsheet_would_run_get_an_apostrophe(book: Path) -> None:
    path = book / "close/2025-10/charges.csv"
    shown = column(path, "project")
    assert sorted(shown) == sorted(neutralised(project) for project in PROJECTS)
    assert {"'=1+1", "'+a", "'-a", "'@a", "-5", "+1e3", "'-1.5.0", "'-"} < set(shown)
    assert set(column(path, "quantity")) == {"10"}


def test_the_state_that_a_later_close_reads_has_them_as_they_are(book: Path) -> None:
    state = book / "close/2025-10/state/usage.csv"
    assert sorted(column(state, "d_project")) == sorted(PROJECTS)
    # a row of October that comes late adds to its project, and none of the others moves
    write_book(book, {"usage/late.csv": usage("2025-10-06,7,=1+1")})
    close(book, "2025-11")
    late = book / "close/2025-11"
    assert column(late / "charges.csv", "project") == ["'=1+1"]
    assert column(late / "state/usage.csv", "d_project") == ["=1+1"]
    assert "error[" not in tokenbooks(book, "check", "--replay").err


def test_the_bands_of_a_price_by_request_stand_in_one_order(tmp_path: Path) -> None:
    steps = ", ".join(f"{{up_to: {n}, price: {n} per 1}}" for n in range(1, 9))
    tiers = f"{{tiers: graduated, over: request, steps: [{steps}, {{price: 9 per 1}}]}}"
    rate = f"  - for: {{model: m}}\n    prices: {{credits: {tiers}}}\n"
    plan = f"plan: llm\ncurrency: USD\nrates:\n{rate}"
    rows = "timestamp,model,project,credits\n" + "".join(
        f"2025-10-05T10:00:0{n}Z,m,p{n},10\n" for n in range(9)
    )
    write_book(tmp_path, {"usage/a.csv": rows, "plans/llm.yaml": plan}, ARREARS)
    close(tmp_path, "2025-10")
    path = tmp_path / "close/2025-10/charges.csv"
    shown = list(zip(column(path, "project"), column(path, "price"), strict=True))
    assert len(shown) == 9 * 9
    assert shown == sorted(shown)
