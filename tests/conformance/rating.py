"""Rating cases: one quantity and one price list each, rated by the command line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.conformance.engine import rate_usage
from tests.conformance.exports import anthropic_tokens, openai_completions
from tests.conformance.story import Use, plan_text, price, usage_text
from tokenbooks.amounts import round_half_up

Case = dict[str, Any]

_DAY = date(2025, 11, 5)
_TIERED = {"graduated", "volume", "volume_error"}
_METERS = {
    "input": "input_tokens",
    "cached": "cached_input_tokens",
    "cache_write": "cache_write_tokens",
    "output": "output_tokens",
}


def kind_of(case: Case) -> tuple[str, bool]:
    """The kind of a case, and whether it is run."""
    kind = case["kind"]
    if kind not in _CHECKS:
        return kind, False
    known = _PLAN_KEYS[kind]
    if kind in _TIERED:
        steps = {name for step in case["plan"]["tiers"] for name in step}
        other = sorted((set(case["plan"]) - known) | (steps - {"up_to", "unit", "flat"}))
    else:
        other = sorted(set(case["plan"]) - known) or _unknown_counts(case)
    return (f"{kind} ({', '.join(other)})", False) if other else (kind, True)


def _unknown_counts(case: Case) -> list[str]:
    """Counts or prices of tokens that the files written here have no column for."""
    plan = case["plan"]
    if case["kind"] == "token_cost":
        usage, prices = case["usage"], plan["prices"]
        unpriced = [name for name, count in usage.items() if name not in prices and Decimal(count)]
        names = {*usage, *prices}
        columns = {"input", "cached", "output"} if plan.get("input_includes_cached") else _METERS
        return sorted(names - set(columns)) or [f"{name} without a price" for name in unpriced]
    if case["kind"] == "token_classes":
        inclusive = plan["input_includes_cached"]
        columns = {"input", "cached", "output"} if inclusive else set(_METERS)
        return sorted(set(case["usage"]) - set(columns))
    return []


def check(case: Case, folder: Path) -> None:
    """Rate the case's usage and compare."""
    _CHECKS[case["kind"]](case, folder)


def _check_unit(case: Case, folder: Path) -> None:
    plan = plan_text([price("credits", case["plan"]["unit"])])
    rated = _rate(folder, plan, {"credits": Decimal(case["usage"]["qty"])})
    amount = rated.total
    if "places" in case["plan"]:
        amount = round_half_up(amount, int(case["plan"]["places"]))
    assert amount == Decimal(case["expected"]["amount"])


def _check_tiers(case: Case, folder: Path) -> None:
    tiers, quantity = case["plan"]["tiers"], Decimal(case["usage"]["qty"])
    mode = case["kind"].removesuffix("_error")
    steps = [_step(tier) for tier in tiers]
    flat_on_zero = "true" if case["plan"].get("flat_on_zero") else "false"
    terms = {"tiers": mode, "steps": steps, "flat_on_zero": flat_on_zero}
    rated = _rate(folder, plan_text([price("credits", terms)]), {"credits": quantity})
    last = tiers[-1]["up_to"]
    if last is not None and quantity > Decimal(last):
        # some billing systems charge only what the bands cover; that usage has no price here
        assert rated.errors
    else:
        assert rated.total == Decimal(case["expected"]["amount"])


def _step(tier: Case) -> Case:
    bound = {} if tier["up_to"] is None else {"up_to": tier["up_to"]}
    return bound | {"price": tier["unit"], "flat": tier.get("flat", "0")}


def _check_token_cost(case: Case, folder: Path) -> None:
    terms, usage = case["plan"], case["usage"]
    prices = {_METERS[name]: f"{v} per {terms['per']}" for name, v in terms["prices"].items()}
    plan = plan_text([{"for": {"model": "m"}, "prices": prices}])
    if "markup_pct" in terms:
        factor = 1 + Decimal(terms["markup_pct"]) / 100
        plan += f"modifiers:\n- {{name: markup, when: {{model: m}}, times: {{'*': {factor}}}}}\n"
    if terms.get("input_includes_cached"):
        files = {"completions_usage_2025-11-05_2025-11-05.csv": openai_completions(_DAY, usage)}
        rated = rate_usage(folder, plan, files)
    else:
        counts = {_METERS[name]: Decimal(count) for name, count in usage.items()}
        rated = _rate(folder, plan, counts, model="m")
    assert rated.total == Decimal(case["expected"]["cost"])


def _check_token_classes(case: Case, folder: Path) -> None:
    """Counts as the provider reports them, and what is left disjoint of them."""
    if case["plan"]["input_includes_cached"]:
        name = "completions_usage_2025-11-05_2025-11-05.csv"
        files = {name: openai_completions(_DAY, case["usage"])}
    else:
        files = {"claude_api_tokens_2025_11.csv": anthropic_tokens(_DAY, case["usage"])}
    meters = [*_METERS.values(), "cache_write_5m_tokens"]
    rated = rate_usage(folder, plan_text([{"prices": dict.fromkeys(meters, "1")}]), files)
    names = {"fresh_input": "input_tokens"} | _METERS | {"cache_write": "cache_write_5m_tokens"}
    expected = {name: Decimal(v) for name, v in case["expected"].items()}
    assert rated.total == expected.pop("total")
    assert {name: rated.quantities[names[name]] for name in expected} == expected


def _check_missing_price(case: Case, folder: Path) -> None:
    """A model without a price is an error of its own, never a cost of zero."""
    rates = [
        {
            "for": {"model": model},
            "prices": {_METERS[m]: f"{v} per {case['plan']['per']}" for m, v in prices.items()},
        }
        for model, prices in case["plan"]["prices"].items()
    ]
    rows = case["usage"]["rows"]
    for number, (row, cost) in enumerate(zip(rows, case["expected"]["row_costs"], strict=True)):
        counts = {_METERS[m]: Decimal(v) for m, v in row.items() if m != "model"}
        rated = _rate(folder / str(number), plan_text(rates), counts, model=row["model"])
        if cost is None:
            assert rated.errors == ["unpriced-usage"]
        else:
            assert rated.total == Decimal(cost)


def _rate(folder: Path, plan: str, counts: dict[str, Decimal], **dims: str) -> Any:
    text = usage_text([Use(_DAY, meter, count) for meter, count in counts.items()], **dims)
    return rate_usage(folder, plan, {"usage.csv": text})


_CHECKS = {
    "unit": _check_unit,
    "graduated": _check_tiers,
    "volume": _check_tiers,
    "volume_error": _check_tiers,
    "token_cost": _check_token_cost,
    "token_classes": _check_token_classes,
    "missing_price": _check_missing_price,
}
_PLAN_KEYS = {
    "unit": {"unit", "places"},
    "graduated": {"tiers", "flat_on_zero"},
    "volume": {"tiers", "flat_on_zero"},
    "volume_error": {"tiers", "flat_on_zero"},
    "token_cost": {"per", "prices", "input_includes_cached", "markup_pct"},
    "token_classes": {"input_includes_cached"},
    "missing_price": {"per", "prices"},
}
