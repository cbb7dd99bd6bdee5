"""Tokens by class: their cost, what is left disjoint of them, models without a price."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.conformance.engine import Rated, rate_usage
from tests.conformance.exports import anthropic_tokens, openai_completions
from tests.conformance.kinds.kind import Case
from tests.conformance.kinds.run import DAY
from tests.conformance.story import Use, csv_text, plan_text, price, usage_text

_METERS = {
    "input": "input_tokens",
    "cached": "cached_input_tokens",
    "cache_write": "cache_write_tokens",
    "output": "output_tokens",
}
_COMPLETIONS = "completions_usage_2025-11-05_2025-11-05.csv"
_INCLUSIVE = ("input", "cached", "output")
CLASSES = " ".join(_METERS)


def token_cost_listed(case: Case) -> str:
    """Counts or prices of tokens that the files written here have no column for."""
    plan, usage = case["plan"], case["usage"]
    prices = plan["prices"]
    if other := set(prices) - set(_METERS):
        return f"no export has a column for {min(other)}"
    bare = [name for name, count in usage.items() if name not in prices and Decimal(count)]
    return f"{bare[0]} has no price, which is an error and no cost" if bare else ""


def check_token_cost(case: Case, folder: Path) -> None:
    terms, usage = case["plan"], case["usage"]
    prices = {_METERS[name]: f"{v} per {terms['per']}" for name, v in terms["prices"].items()}
    modifiers = []
    if "markup_pct" in terms:
        factor = str(1 + Decimal(terms["markup_pct"]) / 100)
        modifiers.append({"name": "markup", "when": {"model": "m"}, "times": {"*": factor}})
    plan = plan_text([{"for": {"model": "m"}, "prices": prices}], modifiers=modifiers)
    inside = [name for name in usage if name.startswith("cache")]
    if terms.get("input_includes_cached") and set(usage) <= set(_INCLUSIVE):
        rated = rate_usage(folder, plan, {_COMPLETIONS: openai_completions(DAY, usage)})
    elif terms.get("input_includes_cached"):  # no export has both a total and cache writes
        fresh = Decimal(usage["input"]) - sum(Decimal(usage[name]) for name in inside)
        rated = _rate(folder, plan, usage | {"input": f"{fresh}"}, model="m")
    else:
        rated = _rate(folder, plan, usage, model="m")
    assert rated.total == Decimal(case["expected"]["cost"])


def token_classes_listed(case: Case) -> str:
    """Counts that the files written here have no column for."""
    inclusive = case["plan"]["input_includes_cached"]
    other = set(case["usage"]) - set(_INCLUSIVE if inclusive else _METERS)
    return f"no export has a column for {min(other)}" if other else ""


def check_token_classes(case: Case, folder: Path) -> None:
    """Counts as the provider reports them, and what is left disjoint of them."""
    if case["plan"]["input_includes_cached"]:
        files = {_COMPLETIONS: openai_completions(DAY, case["usage"])}
    else:
        files = {"claude_api_tokens_2025_11.csv": anthropic_tokens(DAY, case["usage"])}
    meters = [*_METERS.values(), "cache_write_5m_tokens"]
    rated = rate_usage(folder, plan_text([{"prices": dict.fromkeys(meters, "1")}]), files)
    names = {"fresh_input": "input_tokens"} | _METERS | {"cache_write": "cache_write_5m_tokens"}
    expected = {name: Decimal(v) for name, v in case["expected"].items()}
    assert rated.total == expected.pop("total")
    assert {name: rated.quantities[names[name]] for name in expected} == expected


def check_missing_price(case: Case, folder: Path) -> None:
    """A model without a price is an error of its own, never a cost of zero."""
    rates = [
        {
            "for": {"model": model},
            "prices": {_METERS[m]: f"{v} per {case['plan']['per']}" for m, v in prices.items()},
        }
        for model, prices in case["plan"]["prices"].items()
    ]
    rows, expected = case["usage"]["rows"], case["expected"]
    costs = expected["row_costs"]
    for number, (row, cost) in enumerate(zip(rows, costs, strict=True)):
        counts = {name: count for name, count in row.items() if name != "model"}
        rated = _rate(folder / str(number), plan_text(rates), counts, model=row["model"])
        if cost is None:
            assert rated.errors == ["unpriced-usage"]
        else:
            assert rated.total == Decimal(cost)
    rated = rate_usage(folder / "all", plan_text(rates), {"usage.csv": csv_text(_rows(rows))})
    found = {"usage": sum(rated.quantities.values()), "cost": rated.exact}
    found |= {"unpriced_rows": costs.count(None), "unpriced_usage": sum(rated.unpriced)}
    assert all(found[name] == Decimal(expected[name]) for name in found if name in expected), found


def check_context_tier(case: Case, folder: Path) -> None:
    """A request above a size: wholly at the high price, or only its part above."""
    plan = case["plan"]
    low, high = (f"{plan[name]} per {plan['per']}" for name in ("low", "high"))
    if plan["mode"] == "cliff":
        key = {">": "when_over", ">=": "when_at_least"}[plan["op"]]
        threshold = {"context_tokens": plan["threshold"], "price": high}
        terms: dict[str, Any] = {"price": low, key: [threshold]}
    else:
        steps = [{"up_to": plan["threshold"], "price": low}, {"price": high}]
        terms = {"tiers": "graduated", "over": "request", "steps": steps}
    rated = _rate(folder, plan_text([price("input_tokens", terms)]), case["usage"])
    assert rated.total == Decimal(case["expected"]["cost"])


def _rows(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    day = {"date": DAY, "model": ""}
    return [day | {_METERS.get(name, name): value for name, value in row.items()} for row in rows]


def _rate(folder: Path, plan: str, counts: dict[str, str], **dims: str) -> Rated:
    uses = [Use(DAY, _METERS[name], Decimal(count)) for name, count in counts.items()]
    return rate_usage(folder, plan, {"usage.csv": usage_text(uses, instants=True, **dims)})
