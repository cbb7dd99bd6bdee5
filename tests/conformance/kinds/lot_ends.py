"""When credits end, and what is lost then."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from tests.conformance.engine import close_book
from tests.conformance.kinds.kind import Case
from tests.conformance.kinds.lot_books import FIRST_DAY, lot_row, use
from tests.conformance.kinds.run import METER
from tests.conformance.shapes import LOSS, is_expense
from tests.conformance.story import Story, Use, instant_text
from tokenbooks.periods import zone

_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
#: A unit of time -> how many of which unit of plans it is.
_UNITS = {"day": (1, "days"), "week": (7, "days"), "month": (1, "months")}
_UNITS |= {"quarter": (3, "months"), "year": (12, "months")}


def check_expiry_instant(case: Case, folder: Path) -> None:
    """Usage a second before the end is paid from the lot; usage at the end is not."""
    plan = case["plan"]
    starts = datetime.fromisoformat(case["usage"]["start"])
    ends = datetime.fromisoformat(case["expected"]["expires"])
    times, unit = _UNITS[plan["unit"]]
    local = zone(plan["tz"])
    bought = starts.astimezone(local).date()
    story = Story(start=bought.replace(day=1), contract={"timezone": plan["tz"]})
    story.terms = {"credits": {"expires": f"{times * int(plan['count'])} {unit}"}}
    story.credits = [lot_row("purchase", "lot", "10", bought, starts=instant_text(starts))]
    for at, quantity in ((ends - _SECOND, "1"), (ends, "2")):
        day = at.astimezone(local).date()
        story.uses.append(Use(day, METER, Decimal(quantity), at=at))
    closed = close_book(folder, story)
    assert (closed.used("lot"), closed.uncovered()) == (1, 2)


def expiry_instant_listed(case: Case) -> str:
    """Plans count days and months."""
    unit = case["plan"]["unit"]
    return "" if unit in _UNITS else f"plans count days and months, not {unit}s"


def check_expiry_writeoff(case: Case, folder: Path) -> None:
    """The cost of what is used, and on the last day that of the rest."""
    plan, expected = case["plan"], case["expected"]
    paid = Decimal(plan["credits"]) * Decimal(plan["cost_basis"])
    row = lot_row("purchase", "lot", plan["credits"], paid=paid, expires=date(2025, 1, 31))
    story = Story(credits=[row], uses=[use(FIRST_DAY, case["usage"]["used"])])
    balances = close_book(folder, story).balances()
    on_use = sum((v for role, v in balances.items() if is_expense(role)), Decimal(0))
    found = {"on_use": on_use, "on_expiry": balances.get(LOSS, Decimal(0))}
    assert {name: found[name] for name in expected} == {n: Decimal(v) for n, v in expected.items()}


def expiry_writeoff_listed(case: Case) -> str:
    """Amounts are posted in cents; a lot cannot be used beyond what it holds."""
    if case["plan"].get("places", "2") != "2":
        return "the currency of the book has cents"
    above = Decimal(case["usage"]["used"]) > Decimal(case["plan"]["credits"])
    return "what a lot does not cover is accrued, beside its cost" if above else ""


def check_breakage_plan(case: Case, folder: Path) -> None:
    """What each lot loses at its end, after usage and what was taken back, the last first."""
    lots: dict[str, str] = dict(case["plan"]["lots"])
    story = Story(start=FIRST_DAY)
    for number, name in enumerate(sorted(lots, key=_time_of)):
        ends = date(2025, 3, 1) + number * _DAY
        story.credits.append(lot_row("opening", name, lots[name], expires=ends))
    open_uses: list[tuple[int, Decimal]] = []
    for number, (action, quantity) in enumerate(case["usage"]["ops"]):
        day = FIRST_DAY + number * _DAY
        if action == "use":
            story.uses.append(use(day, quantity))
            open_uses.append((len(story.uses), Decimal(quantity)))
        else:
            _take_back(story, day, Decimal(quantity), open_uses)
    story.end = date(2025, 4, 1)
    closed = close_book(folder, story)
    expired = dict.fromkeys(lots, Decimal(0))
    for row in closed.lots:
        expired[row["lot"]] += Decimal(row["expired"])
    assert expired == {lot: Decimal(v) for lot, v in case["expected"]["expires"].items()}


def breakage_plan_listed(case: Case) -> str:
    """Only usage that there was can be taken back."""
    left = Decimal(0)
    for action, quantity in case["usage"]["ops"]:
        if action not in {"use", "undo"}:
            return f"usage is used or undone, not {action}"
        left += Decimal(quantity) if action == "use" else -Decimal(quantity)
        if left < 0:
            return "more is taken back than was used"
    return ""


def _take_back(
    story: Story, day: date, quantity: Decimal, open_uses: list[tuple[int, Decimal]]
) -> None:
    """Rows that take back the last uses, each as far as it goes."""
    while quantity:
        number, left = open_uses.pop()
        back = min(quantity, left)
        row = use(day, -back)
        story.uses.append(Use(row.day, METER, -back, row.project, 1, row.service, None, number))
        if left > back:
            open_uses.append((number, left - back))
        quantity -= back


def _time_of(name: str) -> tuple[int, str]:
    """The time that a lot is called after, such as T10."""
    digits = re.search(r"\d+", name)
    return (int(digits[0]) if digits else 0, name)
