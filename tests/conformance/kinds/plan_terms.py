"""Prices and plan-wide terms in the syntax of plans, from the neutral keys of a case."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.conformance.kinds.kind import Case
from tokenbooks.amounts import number_text

#: The keys from which ``price_terms`` makes a price.
PRICE_KEYS = "model unit tiers flat_on_zero size price free rounding"

_ROUNDING = {"up": "up", "ceil": "up", "down": "down", "floor": "down", "half_up": "half_up"}


def price_terms(plan: Case, over: str = "") -> Any:
    """The price of a case's plan by its ``model``, else by the keys that it has."""
    span = {"over": over} if over else {}
    model = plan.get("model") or ("package" if "size" in plan else "unit")
    if model == "package":
        terms = {"package": plan["size"], "price": plan["price"]}
        terms |= {"round": rounding(plan.get("rounding", "up"))}
        if Decimal(plan.get("free", "0")):
            terms["free"] = plan["free"]
        return terms | span
    if model in {"graduated", "volume"}:
        return tier_terms(model, plan) | span
    return plan["unit"]


def tier_terms(model: str, plan: Case) -> dict[str, Any]:
    """A tiered price. Where usage is counted in blocks, bounds are so many blocks."""
    block = Decimal(plan.get("block", "1"))
    terms = {"tiers": model, "steps": [_step(tier, block) for tier in plan["tiers"]]}
    if plan.get("flat_on_zero"):
        terms["flat_on_zero"] = "true"
    if block != 1:
        terms |= {"convert": number_text(block), "round": "up"}
    return terms


def rounding(word: str) -> str:
    """The word of plans for a way of rounding."""
    return _ROUNDING[word]


def is_rounding(word: str) -> bool:
    """Whether plans have a word for a way of rounding."""
    return word in _ROUNDING


def whole_plan_terms(plan: Case) -> dict[str, Any]:
    """Percentage off, cap and least charge of a month, in the order in which they apply."""
    terms: dict[str, Any] = {}
    if "discount_pct" in plan:
        terms["discounts"] = [{"percent": plan["discount_pct"], "every": "month", "applies": "all"}]
    if "maximum" in plan:
        terms["caps"] = [{"of": ["*"], "amount": plan["maximum"], "every": "month"}]
    if "minimum" in plan:
        terms["minimum"] = {"amount": plan["minimum"], "every": "month"}
    return terms


def last_bound(tiers: list[Case]) -> Decimal | None:
    """The bound of the last tier; None where it is open."""
    bound = tiers[-1]["up_to"]
    return None if bound is None else Decimal(bound)


def _step(tier: Case, block: Decimal) -> Case:
    bound = {} if tier["up_to"] is None else {"up_to": number_text(Decimal(tier["up_to"]) / block)}
    price = {"percent": tier["rate_pct"]} if "rate_pct" in tier else {"price": tier["unit"]}
    flat = {"flat": tier["flat"]} if Decimal(tier.get("flat", "0")) else {}
    return bound | price | flat
