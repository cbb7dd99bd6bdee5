"""Small books of a seller without credits: one contract in arrears, its plan, its estimates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.books import usage, write_book
from tests.entries.sell.test_promotions import BOOK, ESTIMATES

ARREARS = BOOK.replace("settle: prepaid", "settle: arrears").replace("2025-11", "2025-01")


def estimate(day: str, name: str, value: str, cohort: str = "") -> str:
    """A row of estimates.csv with its evidence, and the two people that it needs."""
    return f"{day},packs,{name},{cohort},{value},study.pdf,Ada,Grace\n"


def write_seller(
    folder: Path,
    plan: dict[str, Any],
    used: list[str],
    estimates: str = "",
    book: str = ARREARS,
    files: dict[str, str] | None = None,
) -> Path:
    """A book whose plan prices credits at 1 each, unless its ``rates`` say otherwise."""
    rates = {"rates": [{"prices": {"credits": 1}}]}
    text = yaml.safe_dump({"plan": "llm", "currency": "USD"} | rates | plan, sort_keys=False)
    own = {"plans/llm.yaml": text, "usage/all.csv": usage(*used)} | (files or {})
    if estimates:
        own["estimates.csv"] = ESTIMATES + estimates
    return write_book(folder, own, book)
