"""A flat fee beside what serving its customers costs, as `report profitability` tells it."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import yaml

from tests.conformance.engine import TODAY, run, write_files
from tests.conformance.seller.story import Case, Row, days_of, number
from tests.conformance.seller.timing import check_flat_fee
from tests.conformance.story import csv_text
from tokenbooks.periods import Period

#: The group of the report -> the name of its margin in cases.
_NAMES = {"the": "top_margin", "all": "rest_margin"}


def check_profitability(case: Case, folder: Path) -> None:
    """The entries of a month, and on a book with every user the margins of two groups."""
    check_flat_fee(case, folder / "entries")
    (day,) = days_of(case)
    month = str(Period.month_of(day))
    write_files(folder / "users", _files(case, month))
    options = ("--book", str(folder / "users"), "--today", TODAY)
    code, _, problems = run(*options, "close", "-p", month, "--write")
    assert code == 0, problems
    asked = ("report", "profitability", "--top", case["inputs"]["top_users_pct"])
    code, text, problems = run(*options, *asked, "--format", "json")
    assert code == 0, problems
    rows = json.loads(text)["concentration"]["rows"]
    margins = {_NAMES.get(row["groups"].split()[0]): Decimal(row["margin"]) for row in rows}
    found = {"top_margin": margins["top_margin"], "rest_margin": margins["rest_margin"]}
    found["total_margin"] = found["top_margin"] + found["rest_margin"]
    expected = {name: Decimal(value) for name, value in case["expected_values"].items()}
    assert {name: found[name] for name in expected} == expected


def _files(case: Case, month: str) -> dict[str, str]:
    compute, share = number(case, "compute"), number(case, "top_compute_pct")
    users, percent = int(number(case, "users")), int(number(case, "top_users_pct"))
    top = -(-users * percent // 100)
    # only proportions count, so that no quantity is a rounded one
    quantities = [share * (users - top)] * top + [(100 - share) * top] * (users - top)
    names = [f"user-{number:04}" for number in range(users)]
    sell: Row = {"side": "sell", "party": "Users", "plan": "flat", "settle": "arrears"}
    sell |= {"each": "customer", "parties": "customers.csv", "revenue": {"gross_net": "principal"}}
    buy: Row = {"side": "buy", "party": "Vendor", "plan": "vendor", "settle": "arrears"}
    book: Row = {"book": "Users", "currency": "USD", "start": month, "keep": ["model", "customer"]}
    book["contracts"] = {
        "flat": sell | {"usage": [{"files": "usage/flat.csv", "meters": ["credits"]}]},
        "vendor": buy | {"usage": [{"files": "usage/vendor.csv", "meters": ["credits"]}]},
    }
    rates = [{"prices": {"credits": "0"}}]
    fees = [{"name": "flat", "price": case["inputs"]["fee"], "every": "month"}]
    flat = {"plan": "flat", "currency": "USD", "rates": rates, "fees": fees}
    vendor = {"plan": "vendor", "currency": "USD", "rates": [{"prices": {"credits": "1"}}]}
    day = f"{month}-01"
    sold = zip(names, quantities, strict=True)
    return {
        "tokenbooks.yaml": yaml.safe_dump(book, sort_keys=False),
        "plans/flat.yaml": yaml.safe_dump(flat, sort_keys=False),
        "plans/vendor.yaml": yaml.safe_dump(vendor, sort_keys=False),
        "customers.csv": csv_text([{"customer": name} for name in names]),
        "usage/vendor.csv": csv_text([{"date": day, "credits": compute}]),
        "usage/flat.csv": csv_text(
            [{"date": day, "customer": name, "credits": own} for name, own in sold]
        ),
    }


TOPICS: dict[str, Callable[[Case, Path], None]] = {"profitability": check_profitability}
