"""A quantity at a price: per unit, in tiers, in blocks, in packages, per bucket of time."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.conformance.kinds.kind import Case
from tests.conformance.kinds.plan_terms import last_bound, price_terms, tier_terms
from tests.conformance.kinds.run import DAY, METER, amount_of, rate, rate_uses, rounded
from tests.conformance.story import Use
from tokenbooks.amounts import number_text


def check_unit(case: Case, folder: Path) -> None:
    amount = amount_of(folder, price_terms(case["plan"]), case["usage"]["qty"])
    assert rounded(amount, case["plan"]) == Decimal(case["expected"]["amount"])


def check_tiers(case: Case, folder: Path) -> None:
    """Tiers; above a closed last one there is no price, whatever a peer makes of it."""
    terms = tier_terms(case["kind"].removesuffix("_error"), case["plan"])
    rated = rate(folder, terms, case["usage"]["qty"])
    _compare(rated, last_bound(case["plan"]["tiers"]), case)


def check_bucketed(case: Case, folder: Path) -> None:
    """Counting starts again in each bucket of time; here each is a day."""
    uses = [
        Use(DAY + timedelta(days=number), METER, Decimal(quantity))
        for number, quantity in enumerate(case["usage"]["buckets"])
    ]
    rated = rate_uses(folder, price_terms(case["plan"], over="day"), uses)
    assert rounded(rated.total, case["plan"]) == Decimal(case["expected"]["amount"])


def check_tiered_blocks(case: Case, folder: Path) -> None:
    """Tiers given by their width in blocks, and priced by started blocks."""
    plan = case["plan"]
    steps: list[dict[str, Any]] = []
    bound = Decimal(0)
    for tier in plan["tiers"]:
        bound += Decimal(tier["size"]) * Decimal(tier["max_blocks"] or "0")
        block = {"package": tier["size"], "price": tier["price"]}
        steps.append(({"up_to": number_text(bound)} if tier["max_blocks"] else {}) | block)
    if plan.get("past_last") == "use_last":
        steps[-1].pop("up_to", None)
    rated = rate(folder, {"tiers": plan["mode"], "steps": steps}, case["usage"]["qty"])
    _compare(rated, bound if "up_to" in steps[-1] else None, case)


def check_package(case: Case, folder: Path) -> None:
    plan, quantity = case["plan"], case["usage"]["qty"]
    amount = amount_of(folder / "amount", price_terms(plan), quantity)
    assert rounded(amount, plan) == Decimal(case["expected"]["amount"])
    if "packages" in case["expected"]:
        counted = amount_of(folder / "packages", price_terms(plan | {"price": "1"}), quantity)
        assert counted == Decimal(case["expected"]["packages"])


def check_package_delta(case: Case, folder: Path) -> None:
    """What a span comes to, less what was billed of it before."""
    amount = amount_of(folder, price_terms(case["plan"]), case["usage"]["qty"])
    billed = Fraction(case["usage"]["already_billed"])
    assert amount - billed == Decimal(case["expected"]["delta"])


def _compare(rated: Any, bound: Decimal | None, case: Case) -> None:
    if bound is not None and Decimal(case["usage"]["qty"]) > bound:
        assert rated.errors == ["usage-above-tiers"]
    else:
        assert rounded(rated.total, case["plan"]) == Decimal(case["expected"]["amount"])
