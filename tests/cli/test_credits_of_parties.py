"""``credits`` of contracts with so many parties that they are in tables: the same figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.books import tokenbooks, usage, write_book
from tests.cli.test_credits import EACH, HEADER, PLAN
from tokenbooks.close import plain_parties

CREDITS = """\
2025-10-01,llm,purchase,100,lab,,90,2025-12-31,,,
2025-10-20,llm,purchase,50,lab,,50,,,,
2025-10-01,llm,grant,20,shop,,,2025-10-31,,,
2025-10-03,llm,purchase,30,shop,,10,2025-11-20,,,
2025-10-01,llm,purchase,5,zoo,,5,,,,
"""
USED = [
    *("2025-10-05,30,lab", "2025-10-21,85.5,lab", "2025-11-02,1.25,lab"),
    *("2025-10-02,7,shop", "2025-11-05,11,shop", "2025-10-30,9,zoo"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {"credits.csv": HEADER + CREDITS, "usage/a.csv": usage(*USED), "plans/llm.yaml": PLAN}
    return write_book(tmp_path, files, EACH)


def both(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a command prints where parties are in tables, and where they are not."""
    found = []
    for many in (1, 1_000):
        monkeypatch.setattr(plain_parties, "MANY_PARTIES", many)
        ran = tokenbooks(folder, "credits", *arguments, "--format", "json")
        assert ran.out, ran.err
        found.append(json.loads(ran.out))
    return found[0], found[1]


@pytest.mark.parametrize("day", ["2025-10-02", "2025-10-31", "2025-11-10", "2025-12-31"])
@pytest.mark.parametrize(
    "more",
    [("--by", "lot"), ("--by", "contract"), ("--by", "party"), ("--expiring-within", "40")],
)
def test_the_figures_are_those_of_parties_one_by_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch, day: str, more: tuple[str, ...]
) -> None:
    tables, single = both(folder, monkeypatch, "--as-of", day, *more)
    # nothing is looked ahead for parties in tables
    ahead = {"expected_use", "rolls_over", "expected_loss", "loss_cost"}
    ahead |= {"used_percent"} if "expiring" in tables else set()
    for name, table in single.items():
        shown = [{k: v for k, v in row.items() if k not in ahead} for row in table["rows"]]
        other = tables[name]["rows"]
        assert [{k: v for k, v in row.items() if k not in ahead} for row in other] == shown


@pytest.mark.parametrize(
    "arguments",
    [
        ("--party", "lab", "--as-of", "2025-11-10"),
        ("--party", "shop", "--as-of", "2025-11-10", "--expiring-within", "40"),
        ("trace", "llm-lab-2025-10-01"),
        ("trace", "llm-shop-2025-10-01"),
        ("trace", "usage/a.csv:3"),
    ],
)
def test_one_party_is_told_like_any_other(
    folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    tables, single = both(folder, monkeypatch, *arguments)
    assert tables == single


def test_a_lot_that_is_left_out_is_said_to_be(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain_parties, "MANY_PARTIES", 1)
    ran = tokenbooks(folder, "credits", "--as-of", "2025-11-10")
    assert "The lots of 3 parties are left out: `--party` or `--by lot` shows them." in ran.out
