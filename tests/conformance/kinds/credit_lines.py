"""Credits that pay the lines of a bill: the tiers that were reached, then a least charge."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from tests.conformance.engine import close_book
from tests.conformance.kinds.kind import Case
from tests.conformance.kinds.lot_books import FIRST_DAY, lot_row
from tests.conformance.kinds.plan_terms import price_terms, whole_plan_terms
from tests.conformance.kinds.run import METER
from tests.conformance.shapes import PREPAID, is_expense
from tests.conformance.story import Story, Use, price

_ZERO = Decimal(0)


def check_credit_lines(case: Case, folder: Path) -> None:
    """Each tier is used on a day of its own, so that each day is a line of the bill.

    What the credits do not pay is due; a case that refuses credits that pay nothing has some
    left here.
    """
    plan, usage, expected = case["plan"], case["usage"], case["expected"]
    prices = price_terms({"model": plan.get("mode", "graduated")} | plan)
    story = Story(rates=[price(METER, prices)], start=FIRST_DAY, post_usage="day")
    story.terms = whole_plan_terms(plan)
    story.contract = {"lot_order": ["priority", "id"]}
    for number, amount in enumerate(usage["credits"]):
        story.credits.append(lot_row("opening", _credit(number), amount, priority=number))
    for number, quantity in enumerate(_by_tier(plan, Decimal(usage["qty"]))):
        story.uses.append(Use(FIRST_DAY + timedelta(days=number), METER, quantity))
    closed = close_book(folder, story)
    if "due" in expected:
        assert closed.uncovered() == Decimal(expected["due"])
    if "error" in expected:
        assert any(closed.left(_credit(n)) for n in range(len(usage["credits"])))
    if "lines" in expected:
        lines = [
            [str(-amount) for lot, amount in sorted(entry.by_lot.items()) if lot]
            for entry in closed.entries
            if PREPAID in entry.nets and any(is_expense(role) for role in entry.nets)
        ]
        wanted = [[f"{Decimal(paid):.2f}" for paid in line] for line in expected["lines"]]
        assert lines == [line for line in wanted if line]


def credit_lines_listed(case: Case) -> str:
    """Lines that days cannot tell apart."""
    plan = case["plan"]
    if "lines" not in case["expected"]:
        return ""
    if plan.get("mode", "graduated") != "graduated":
        return "the lines of a volume price"
    both = any(Decimal(t["unit"]) and Decimal(t.get("flat", "0")) for t in plan["tiers"])
    return "a tier with two prices is one charge here" if both else ""


def _credit(number: int) -> str:
    return f"credit-{number:03}"


def _by_tier(plan: Case, quantity: Decimal) -> list[Decimal]:
    """How much of a quantity lies in each tier that it reaches."""
    parts, bottom = [], _ZERO
    for tier in plan["tiers"]:
        top = quantity if tier["up_to"] is None else min(Decimal(tier["up_to"]), quantity)
        parts.append(max(top - bottom, _ZERO))
        bottom = top
    return [part for part in parts if part] or [_ZERO]
