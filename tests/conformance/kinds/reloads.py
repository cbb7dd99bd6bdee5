"""Automatic purchases: what the rule of a plan buys at a balance."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.conformance.engine import write_files
from tests.conformance.kinds.kind import Case
from tests.conformance.story import plan_text, price
from tokenbooks.amounts import number_text
from tokenbooks.credits.reload import reload_due
from tokenbooks.rating.credit_terms import ReloadTerms

_RULES = {"single", "packs", "target"}


def check_auto_reload(case: Case, folder: Path) -> None:
    """What is bought once, and the balance after it.

    Credits that the same purchase gives for nothing count as if they were on their way. A
    rule that has fired buys at least once.
    """
    usage, plan = case["usage"], case["plan"]
    balance, pending, granted = (
        Fraction(usage.get(name) or 0) for name in ("balance", "pending", "granted")
    )
    bought = Fraction(0)
    if not _is_idle(case):
        terms = reload_terms(folder, reload_rule(plan))
        bought = reload_due(terms, balance, pending)
        if bought and granted:
            least = Fraction(terms.add or 0)
            bought = max(reload_due(terms, balance, pending + granted), least)
    found = {"purchase": bought, "after": balance + bought}
    expected = case["expected"]
    assert {name: found[name] for name in expected} == {n: Decimal(v) for n, v in expected.items()}


def auto_reload_listed(case: Case) -> str:
    """Rules that plans refuse."""
    plan = case["plan"]
    if plan["rule"] not in _RULES:
        return f"no plan has the rule {plan['rule']}"
    if Decimal(plan["threshold"]) < 0:
        return "a threshold below zero is refused"
    if plan["rule"] == "target":
        if Decimal(plan["target"]) <= Decimal(plan["threshold"]) and not _is_idle(case):
            return "a target that is not above the threshold is refused"
    elif "max_purchase" in plan and Decimal(plan["max_purchase"]) % Decimal(plan["pack"]):
        return "the most that is bought is whole packs"
    return ""


def reload_rule(plan: Case) -> dict[str, Any]:
    """The rule of a case in the words of plans."""
    rule: dict[str, Any] = {"at": plan["threshold"]}
    if plan.get("trigger") in {"below", "drops_below"}:
        rule["trigger"] = "below"
    if plan["rule"] == "target":
        rule |= {"up_to": plan["target"]}
        rule |= {"at_least": plan["min_purchase"]} if "min_purchase" in plan else {}
    else:
        rule |= {"add": plan["pack"]} | ({"packs": "true"} if plan["rule"] == "packs" else {})
    return rule | ({"at_most": plan["max_purchase"]} if "max_purchase" in plan else {})


def reload_terms(folder: Path, rule: dict[str, Any]) -> ReloadTerms:
    """A rule as a plan that is read has it."""
    from tokenbooks.sources.plans import read_plan

    words = {name: number_text(v) if isinstance(v, Decimal) else v for name, v in rule.items()}
    write_files(folder, {"provider.yaml": plan_text([price("credits", "1")], reload=words)})
    plan, problems = read_plan(folder / "provider.yaml")
    assert plan is not None, problems
    assert plan.credit_terms.reload is not None, problems
    assert not any(problem.is_error for problem in problems), problems
    return plan.credit_terms.reload


def _is_idle(case: Case) -> bool:
    """Whether a target is reached already: nothing is bought, whatever the threshold."""
    plan, usage = case["plan"], case["usage"]
    if plan["rule"] != "target" or Decimal(plan["target"]) > Decimal(plan["threshold"]):
        return False
    return Decimal(usage["balance"]) + Decimal(usage.get("pending") or 0) >= Decimal(plan["target"])
