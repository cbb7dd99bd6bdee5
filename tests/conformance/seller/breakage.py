"""Breakage: in proportion to use, re-estimated, and what is left when credits end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

from tests.conformance.seller.story import (
    PACKS,
    Case,
    SellerBook,
    days_of,
    expected_by_day,
    on,
    opening_of,
)
from tokenbooks.periods import Period


def check_breakage(case: Case, folder: Path) -> None:
    """A lot that a book takes over, used, estimated, and ended as the entries tell."""
    _check_blocks(case, folder)
    days, blocks = days_of(case), _blocks(case)
    book = SellerBook(days[0].replace(day=1), days[-1], post_usage="day").sells()
    book.policies = _policies(case)
    used_before = -opening_of(case, "revenue_usage")
    deferred = -opening_of(case, "deferred_revenue")
    paid = Decimal(blocks[-1]["args"]["price"]) if blocks else deferred + used_before
    before = paid - used_before - deferred
    lapses = [day for day in days if _only_lapses(case, day)]
    row = book.opens(paid, paid, used_before or "", expires=lapses[-1] if lapses else "")
    if before:
        book.opening.append(
            {"role": "deferred_revenue", "contract": PACKS, "amount": -deferred}
            | {"service_period": str(Period.month_of(row["starts"]))}
        )
    if blocks:
        book.estimate("breakage_rate", blocks[-1]["args"]["rate"], book.start)
    for day in days:
        if used := -on(case, day, "revenue_usage"):
            book.uses(day, used)
    if not book.usage:
        book.uses(days[0], 0)
    assert book.close(folder / "book") == expected_by_day(case)


def _policies(case: Case) -> dict[str, object]:
    given = case.get("policy") or {}
    blocks = _blocks(case)
    method = given.get("breakage_method", "proportional")
    denominator = given.get("breakage_denominator")
    if denominator is None and blocks and blocks[-1]["args"]["method"] == "issued":
        denominator = "issued"
    chosen = {"method": method} | ({"denominator": denominator} if denominator else {})
    share = _given_as(case, "escheat")
    return {"breakage": chosen | ({"escheat_pct": share} if share else {})}


def _given_as(case: Case, beginning: str) -> str:
    """The input or the policy whose name begins so; empty if there is none."""
    facts = case["inputs"] | (case.get("policy") or {})
    return next((value for name, value in facts.items() if name.startswith(beginning)), "")


def _blocks(case: Case) -> list[Case]:
    return [block for block in case.get("verify", ()) if block["fn"] == "breakage"]


def _only_lapses(case: Case, day: date) -> bool:
    """Whether a day has nothing but what credits that end leave unused."""
    nets = expected_by_day(case)[day]
    alone = set(nets) <= {"deferred_revenue", "revenue_breakage", "unclaimed_property_liability"}
    recognised = -nets.get("revenue_breakage", Decimal(0))
    is_last = day == days_of(case)[-1]
    after = -Decimal(case.get("expected_balances", {}).get("deferred_revenue", "0"))
    return alone and recognised > 0 and is_last and not after


def _check_blocks(case: Case, folder: Path) -> None:
    """A pack of a price, used so far, at a rate: breakage and what is still deferred."""
    for index, block in enumerate(_blocks(case)):
        given, day = block["args"], date(2025, 11, 20)
        book = SellerBook(day.replace(day=1), day, post_usage="month").sells()
        method = "remote" if given["method"] == "remote" else "proportional"
        denominator = "issued" if given["method"] == "issued" else "expected_redemption"
        book.policies = {"breakage": {"method": method, "denominator": denominator}}
        book.sale(day.replace(day=1), given["price"], given["price"])
        book.uses(day, given["used"])
        book.estimate("breakage_rate", given["rate"], day.replace(day=1))
        posted = book.close(folder / f"block-{index}")
        sums = {
            role: sum((nets.get(role, Decimal(0)) for nets in posted.values()), Decimal(0))
            for role in ("revenue_breakage", "deferred_revenue")
        }
        assert -sums["revenue_breakage"] == Decimal(block["expect"]["breakage"])
        assert -sums["deferred_revenue"] == Decimal(block["expect"]["deferred"])


TOPICS: dict[str, Callable[[Case, Path], None]] = {
    "breakage": check_breakage,
    "breakage.reestimate": check_breakage,
}
