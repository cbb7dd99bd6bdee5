"""Plans in credits, and lots of credits that cost something else than they are worth."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.conformance.engine import close_book, rate_book
from tests.conformance.kinds.kind import Case
from tests.conformance.kinds.run import METER
from tests.conformance.shapes import PREPAID, is_expense
from tests.conformance.story import Story, Use
from tokenbooks.periods import Period

_BEGIN = date(2025, 11, 3)
_END = Period.month_of(_BEGIN).end


def check_action_credits(case: Case, folder: Path) -> None:
    """Actions priced in credits, drawn from a lot of them."""
    plan, expected = case["plan"], case["expected"]
    prices = {name: f"{number} credits" for name, number in plan["credits_per"].items()}
    story = Story(rates=[{"prices": prices}])
    story.terms = {"credits": {"unit": "credit", "worth": "1"}}
    story.uses = [
        Use(_BEGIN, name, Decimal(number)) for name, number in case["usage"]["actions"].items()
    ]
    story.start = _BEGIN.replace(day=1)
    rated = rate_book(folder / "rated", story, _END)
    assert rated.total == Decimal(expected["credits"])
    if "balance" in plan:
        story.credits = [_lot("purchase", plan["balance"])]
        closed = close_book(folder / "closed", story)
        assert closed.balances()[PREPAID] == Decimal(expected["balance"])


def check_virtual_currency(case: Case, folder: Path) -> None:
    """Tokens bought at a unit price; each draw expenses its share of what they cost."""
    plan = case["plan"]
    cost = Decimal(plan["purchased"]) * Decimal(plan["unit_price"])
    assert cost == Decimal(case["expected"]["purchase_cost"])
    story = Story(credits=[_lot("purchase", plan["purchased"]) | {"paid": cost}], post_usage="day")
    story.uses = [
        Use(_BEGIN + timedelta(days=number), METER, Decimal(draw))
        for number, draw in enumerate(case["usage"]["draws"])
    ]
    closed = close_book(folder, story)
    assert closed.entries[0].nets[PREPAID] == cost
    costs = [sum(_expenses(entry.nets)) for entry in closed.entries if _expenses(entry.nets)]
    assert costs == [Decimal(cost) for cost in case["expected"]["draw_costs"] if Decimal(cost)]


def virtual_currency_listed(case: Case) -> str:
    """What costs nothing is a grant, without an entry."""
    return "" if Decimal(case["plan"]["unit_price"]) else "credits that cost nothing are not bought"


def check_coupon(case: Case, folder: Path) -> None:
    """A fixed coupon is a lot of free credits; a percentage is a discount of the plan."""
    plan, usage = case["plan"], case["usage"]
    base, used = Decimal(usage["base"]), Decimal(usage.get("already_used", "0"))
    if "fixed" in plan:
        story = Story(credits=[_lot("grant", plan["fixed"])])
        story.uses = [Use(_BEGIN, METER, used), Use(_BEGIN + timedelta(days=1), METER, base)]
        discount = Fraction(close_book(folder, story).lot_credits("used") - used)
    else:
        story = Story(settle="arrears", uses=[Use(_BEGIN, METER, base)], start=_BEGIN)
        terms: dict[str, Any] = {"percent": plan["pct"], "every": "month", "applies": "all"}
        story.terms = {"discounts": [terms]}
        discount = Fraction(base) - rate_book(folder, story, _END).total
    assert discount == Decimal(case["expected"]["discount"])


def _lot(event: str, quantity: str) -> dict[str, Any]:
    return {"date": _BEGIN, "contract": "provider", "event": event, "lot": "lot"} | {
        "credits": quantity
    }


def _expenses(nets: dict[str, Decimal]) -> list[Decimal]:
    return [amount for role, amount in nets.items() if is_expense(role)]
