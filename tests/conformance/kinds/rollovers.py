"""What of unused credits lives on in the next period, by the rule of a plan."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.conformance.engine import close_book
from tests.conformance.kinds.kind import Case
from tests.conformance.kinds.lot_books import FIRST_DAY, lot_row, use
from tests.conformance.story import Story
from tokenbooks.amounts import number_text

#: The first period is January; what is left rolls on into February.
_LAST_DAY, _NEXT = date(2025, 1, 31), date(2025, 2, 1)


def check_rollover(case: Case, folder: Path) -> None:
    """A month that ends: what rolled on, and what the next month begins with."""
    story = _RULES[case["plan"]["rule"]](case)
    story.start, story.end = FIRST_DAY, _NEXT
    story.contract = {"lot_order": ["priority", "id"]}
    closed = close_book(folder, story)
    new = [row for row in closed.lots if f"{_NEXT}" <= row["last_day"] < "2025-03"]
    # lots that live in February: those that rolled came with the end of January
    rolled = sum((_begins(row) for row in new if row["period"] == "2025-01"), Decimal(0))
    given = sum((Decimal(row["acquired"]) for row in new if row["period"] == "2025-02"), Decimal(0))
    found = {"rolled": rolled, "next_total": rolled + given}
    expected = case["expected"]
    assert {name: found[name] for name in expected} == {n: Decimal(v) for n, v in expected.items()}


def rollover_listed(case: Case) -> str:
    """Rules that plans do not have."""
    plan, usage = case["plan"], case["usage"]
    if plan["rule"] not in _RULES:
        return f"no plan has the rule {plan['rule']}"
    if plan["rule"] == "min_max" and Decimal(plan.get("max") or plan["min"]) < Decimal(plan["min"]):
        return "a maximum below the minimum is refused"
    if Decimal(usage.get("balance", "0")) < 0:
        return "a lot never holds less than nothing"
    return ""


def _cap_of_grant(case: Case) -> Story:
    """All that rolls at one time is at most a percentage of the grant."""
    plan = case["plan"]
    cap = Decimal(plan["grant"]) * Decimal(plan["cap_pct"]) / 100
    rule = {"at_most": number_text(cap), "again": "true"}
    story = Story(terms={"credits": {"rollover": rule}})
    if Decimal(plan.get("rolled_in", "0")):
        row = lot_row("opening", "rolled-in", plan["rolled_in"], expires=_LAST_DAY, priority=1)
        story.credits.append(row)
    story.terms["credits"]["recurring"] = [_monthly("grant", plan["grant"], 2)]
    return _used(story, case["usage"]["used"])


def _min_and_max(case: Case) -> Story:
    """A lot with this rest rolls a least and a most of it."""
    plan, balance = case["plan"], Decimal(case["usage"]["balance"])
    rule = {"min": plan["min"]} | ({"max": plan["max"]} if plan.get("max") is not None else {})
    story = Story(terms={"credits": {"rollover": rule}})
    story.credits = [lot_row("opening", "lot", balance + 1, expires=_LAST_DAY)]
    if "next_grant" in case["usage"]:
        row = lot_row("grant", "next", case["usage"]["next_grant"], _NEXT, expires="2025-02-28")
        story.credits.append(row)
    return _used(story, "1")


def _rollable_part(case: Case) -> Story:
    """Credits that may roll, and others, which are used first."""
    plan = case["plan"]
    rolls = Decimal(plan["rollable"])
    fixed = Decimal(plan["credits"]) - rolls
    grants = [_monthly("fixed", number_text(fixed), 1)] if fixed else []
    if rolls:
        own = {"rollover": {"share": "100"}, "until": f"{_LAST_DAY}"}
        grants.append(_monthly("rolls", number_text(rolls), 2) | own)
    return _used(Story(terms={"credits": {"recurring": grants}}), case["usage"]["used"])


def _share_of_rest(case: Case) -> Story:
    """A percentage of what is left rolls, up to a most."""
    plan, usage = case["plan"], case["usage"]
    rule = {"share": plan["share_pct"]} | ({"max": plan["max"]} if "max" in plan else {})
    held = Decimal(usage["balance"]) if "balance" in usage else Decimal(plan["grant"])
    used = Decimal(1) if "balance" in usage else Decimal(usage["used"])
    story = Story(terms={"credits": {"rollover": rule}})
    quantity = held + 1 if "balance" in usage else held
    story.credits = [lot_row("opening", "lot", quantity, expires=_LAST_DAY)]
    if "next_grant" in usage:
        row = lot_row("grant", "next", usage["next_grant"], _NEXT, expires="2025-02-28")
        story.credits.append(row)
    return _used(story, number_text(used))


_RULES = {
    "cap_pct_of_grant": _cap_of_grant,
    "min_max": _min_and_max,
    "rollable_part": _rollable_part,
    "share_pct": _share_of_rest,
}


def _monthly(name: str, credits: str, priority: int) -> dict[str, Any]:
    terms = {"name": name, "credits": credits, "every": "1 month", "priority": priority}
    return terms | {"from": f"{FIRST_DAY}"}


def _used(story: Story, quantity: str) -> Story:
    if Decimal(quantity):
        story.uses = [use(FIRST_DAY, quantity)]
    return story


def _begins(row: dict[str, str]) -> Decimal:
    return Decimal(row["acquired"]) + Decimal(row["moved"])
