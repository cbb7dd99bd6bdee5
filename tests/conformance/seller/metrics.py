"""Ratios that managers ask for, as `report metrics` tells them of a written month."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

from tests.conformance.engine import TODAY, run
from tests.conformance.seller.story import Case, SellerBook, number

_START, _END = date(2025, 11, 1), date(2025, 11, 30)
#: The name of a figure in cases -> the start of its name in the report.
_NAMES = {
    "rev_per_m": "revenue per million tokens",
    "utilization_pct": "utilisation",
    "breakage_pct": "breakage",
}


def check_metrics(case: Case, folder: Path) -> None:
    """What tokens earn on one book, and what becomes of credits on another."""
    found = _of_tokens(case, folder / "tokens") | _of_credits(case, folder / "credits")
    for name, expected in case["expected_values"].items():
        assert found[_NAMES[name]] == Decimal(expected)


def _of_tokens(case: Case, folder: Path) -> dict[str, Decimal]:
    revenue, millions = number(case, "revenue"), number(case, "tokens_m")
    book = SellerBook(_START, _END).sells("api", "arrears")
    # the price is a rounded one; what the month comes to is whole cents again
    price = round(revenue / millions, 6)
    book.plans["api"] = {"rates": [{"prices": {"input_tokens": f"{price} per 1M"}}]}
    book.usage["api"] = [{"date": _START, "input_tokens": millions * 1_000_000}]
    return {k: v for k, v in _report(book, folder).items() if k == _NAMES["rev_per_m"]}


def _of_credits(case: Case, folder: Path) -> dict[str, Decimal]:
    sold, used, expired = (number(case, name) for name in ("sold", "used", "expired"))
    book = SellerBook(_START, _END).sells()
    book.sale(_START, used + expired, used + expired, expires=_END)
    book.sale(_START, sold - used - expired, sold - used - expired)
    book.uses(_START, used)
    return {k: v for k, v in _report(book, folder).items() if k != _NAMES["rev_per_m"]}


def _report(book: SellerBook, folder: Path) -> dict[str, Decimal]:
    """The figures of the last month, by the part of their name before the comma."""
    book.close(folder)
    options = ("--book", str(folder), "--today", TODAY)
    code, text, problems = run(*options, "report", "metrics", "--format", "csv")
    assert code == 0, problems
    rows = list(csv.reader(text.split("\n\n")[0].splitlines()))[1:]
    return {name.split(",")[0]: Decimal(figure) for name, *_, figure in rows if figure != "n/a"}


TOPICS: dict[str, Callable[[Case, Path], None]] = {"metrics": check_metrics}
