"""Tax schedules: advance payments received, and credits paid in advance."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.conformance.engine import TODAY, run
from tests.conformance.seller.story import Case, SellerBook, days_of, expected_by_day, number, on
from tokenbooks.close.tax_prepaid import served_soon, twelve_months
from tokenbooks.close.tax_schedule import CASH, DEFERRAL, FULL, Received, Standing, taxed_years

#: A method as cases call it -> as the book does.
_METHODS = {"deferral": DEFERRAL, "full": FULL, "full_inclusion": FULL, "cash": CASH}
_TAX, _DEDUCTION, _USED = "tax_", "tax_deduction_", "used_"


def check_provider(case: Case, folder: Path) -> None:
    """What is received in one year and earned over several: the income of each."""
    if case.get("entries"):
        _check_book(case, folder)
    for block in case["verify"]:
        args = block["args"]
        paid, year = Decimal(args["received"]), int(args["year"])
        earned, ends = Decimal(0), {year: Standing(paid)}
        for name, amount in sorted(args["afs_revenue"].items()):
            earned += Decimal(amount)
            ends[int(name)] = Standing(paid, earned)
        method = _METHODS[args["method"]]
        found = {
            item.year: item.included[method] for item in taxed_years([Received("c", year, ends)])
        }
        assert {str(y): a for y, a in found.items() if a} == {
            name: Decimal(amount) for name, amount in block["expect"].items() if Decimal(amount)
        }


def _check_book(case: Case, folder: Path) -> None:
    days = days_of(case)
    book = SellerBook(days[0], days[-1]).sells()
    book.sale(days[0], number(case, "received"), number(case, "received"))
    for day in days:
        if used := -on(case, day, "revenue_usage"):
            book.uses(day, used)
    assert book.close(folder) == expected_by_day(case)
    rows = _report(folder)
    taxed = {row["tax_year"]: Decimal(row[DEFERRAL]) for row in rows}
    for name, amount in case["expected_values"].items():
        assert taxed.get(name.removeprefix(_TAX), Decimal(0)) == Decimal(amount)


def check_customer(case: Case, folder: Path) -> None:
    """Credits paid for in December: what the year deducts, on the method of the case."""
    for block in case.get("verify", ()):
        _BLOCKS[block["fn"]](block["args"], block["expect"])
    values = case.get("expected_values") or {}
    if "deduct_on_payment" in values:
        day = date(2025, 12, 31)
        assert not twelve_months(day, day, day, deposit=True).deducts_at_once
    year = _year_of(values)
    if year:
        row = _deducted(case, year, folder)
        is_cash = case["topic"] == "tax.12month"
        deducted = Decimal(row["cash_12month" if is_cash else "accrual"])
        assert deducted == Decimal(values[f"{_DEDUCTION}{year}"])
        if "book_tax_difference" in values:
            assert deducted - Decimal(row["book_expense"]) == Decimal(values["book_tax_difference"])


def _deducted(case: Case, year: str, folder: Path) -> dict[str, str]:
    """The row of the year of a book with the purchase and the use of a case."""
    day = date(int(year), 12, 1)
    used = next(Decimal(v) for k, v in case["inputs"].items() if f"{_USED}{year}" in k)
    plan: dict[str, Any] = {"rates": [{"prices": {"credits": "1"}}]}
    book = SellerBook(day, day).buys("llm", plan, "prepaid")
    row = {"date": day, "contract": "llm", "event": "purchase", "credits": case["inputs"]["paid"]}
    expires = next((b["args"]["expires"] for b in case.get("verify", ())), f"{int(year) + 1}-06-30")
    book.credits.append(row | {"paid": case["inputs"]["paid"], "lot": "a", "expires": expires})
    book.uses(day.replace(day=28), used, "llm")
    book.close(folder)
    (found,) = _report(folder)
    return found


def _report(folder: Path) -> list[dict[str, str]]:
    options = ("--book", str(folder), "--today", TODAY)
    code, text, problems = run(*options, "report", "tax", "--format", "csv")
    assert code == 0, problems
    return list(csv.DictReader(text.split("\n\n")[0].splitlines()))


def _year_of(values: dict[str, str]) -> str:
    names = [name for name in values if name.startswith(_DEDUCTION)]
    return names[0].removeprefix(_DEDUCTION) if names else ""


def _check_twelve(args: Case, expect: Case) -> None:
    """The 12-month rule with the ends of three tax years, which may be short ones."""
    ends = [date.fromisoformat(text) for text in args["tax_year_ends"]]
    paid = date.fromisoformat(args["paid"])
    own = next(n for n, end in enumerate(ends) if paid <= end)
    expires = date.fromisoformat(args["expires"]) if args["expires"] else None
    found = twelve_months(date.fromisoformat(args["first_benefit"]), expires, ends[own + 1])
    assert found.deducts_at_once == expect["ok"]
    assert str(found.limit) == expect.get("limit", str(found.limit))
    assert found.result == expect.get("reason", found.result)


def _check_soon(args: Case, expect: Case) -> None:
    """All of a payment is deducted at once, or nothing."""
    last = date.fromisoformat(args["last_service"])
    soon = served_soon(date.fromisoformat(args["paid"]), last)
    assert Decimal(args["amount"]) * soon == Decimal(expect["deduct_now"])


_BLOCKS: dict[str, Callable[[Case, Case], None]] = {"twelve": _check_twelve, "perf35": _check_soon}


def unknown_because(case: Case) -> str:
    """Why a case of these topics is not run; empty if it is."""
    known = {"451"} if case["topic"] == "tax.provider" else set(_BLOCKS)
    for block in case.get("verify", ()):
        if block["fn"] not in known:
            return f"verify {block['fn']}"
        if block["args"].get("method", "cash") not in _METHODS:
            return f"method {block['args']['method']}"
    values = case.get("expected_values") or {}
    if case.get("verify") or "deduct_on_payment" in values:
        return ""
    year = _year_of(values)
    used = any(f"{_USED}{year}" in name for name in case["inputs"])
    return "" if year and used else "inputs of another form"


TOPICS: dict[str, Callable[[Case, Path], None]] = {
    "tax.provider": check_provider,
    "tax.12month": check_customer,
    "tax.accrual": check_customer,
}
