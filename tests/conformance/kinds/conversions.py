"""Units before their price: conversion, rounding of quantities, free units, credits."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.conformance.engine import rate_usage
from tests.conformance.kinds.kind import Case
from tests.conformance.kinds.plan_terms import is_rounding, rounding, tier_terms
from tests.conformance.kinds.run import DAY, METER, amount_of, rate_uses
from tests.conformance.story import Use, plan_text, price, usage_text
from tokenbooks.amounts import finite_decimal, number_text, round_half_up


def check_unit_conversion(case: Case, folder: Path) -> None:
    """The converted quantity is what it comes to at a price of 1."""
    plan, expected, raw = case["plan"], case["expected"], case["usage"]["raw"]
    if "qty" in expected:
        units = amount_of(folder / "units", _converted(plan | {"unit": "1"}), raw)
        assert units == Decimal(expected["qty"])
    if "amount" in expected:
        amount = amount_of(folder / "amount", _converted(plan), raw)
        assert amount == Decimal(expected["amount"])


def check_unit_conversion_split(case: Case, folder: Path) -> None:
    """Parts rounded each for itself (by request), and as differences of the running total."""
    parts = [Decimal(part) for part in case["usage"]["parts"]]
    uses = [Use(DAY + timedelta(days=n), METER, part) for n, part in enumerate(parts)]
    days = [use.day for use in uses]
    for name, over in (("independent", "request"), ("cumulative", "month")):
        rated = rate_uses(folder / name, _converted(case["plan"]) | {"over": over}, uses)
        amounts = [rated.by_day[day] for day in days]
        assert amounts == [Decimal(amount) for amount in case["expected"][name]]


def check_usage_discount(case: Case, folder: Path) -> None:
    """Free units, seen from the running total before and after a line."""
    usage, terms = case["usage"], {"price": "1", "free": case["plan"]["free_units"]}
    before = Decimal(usage["before"])
    first = amount_of(folder / "before", terms, before)
    both = amount_of(folder / "after", terms, before + Decimal(usage["qty"]))
    assert first == Decimal(case["expected"]["billable_before"])
    assert both - first == Decimal(case["expected"]["billable"])


def check_rounding(case: Case, folder: Path) -> None:
    """Half up as amounts are posted; quantities in every way, in units of the last place."""
    plan, value = case["plan"], Fraction(case["usage"]["value"])
    places, expected = int(plan["places"]), Decimal(case["expected"]["value"])
    if plan["mode"] == "half_up" and places >= 0:
        assert round_half_up(value, places) == expected
    if value >= 0:
        unit = Decimal(1).scaleb(-places)
        parts = value.denominator  # a quantity of any number of decimals, counted in parts
        terms = {"price": number_text(unit), "convert": number_text(unit * parts)}
        terms["round"] = rounding(plan["mode"])
        assert amount_of(folder, terms, value.numerator) == expected


def rounding_listed(case: Case) -> str:
    """Usage below zero is refused, so that only amounts as posted can be seen of such a number."""
    if not is_rounding(case["plan"]["mode"]):
        return f"no plan rounds {case['plan']['mode']}"
    below = Decimal(case["usage"]["value"]) < 0
    posted = case["plan"]["mode"] == "half_up" and int(case["plan"]["places"]) >= 0
    return "a quantity below zero is refused, not rounded" if below and not posted else ""


def check_credit_conversion(case: Case, folder: Path) -> None:
    """An action of so many credits, at what one of them is worth; rounded once."""
    credit = {"unit": "credit", "worth": case["plan"]["rate"]}
    plan = plan_text([price(METER, f"{case['usage']['credits']} credits")], credits=credit)
    use = Use(DAY, METER, Decimal(1))
    rated = rate_usage(folder, plan, {"usage.csv": usage_text([use])})
    money = round_half_up(rated.total, int(case["plan"]["places"]))
    assert money == Decimal(case["expected"]["money"])


def conversion_listed(case: Case) -> str:
    """A factor is written as its divisor, which has to be a decimal."""
    factor = case["plan"].get("multiply")
    finite = factor is None or finite_decimal(1 / Fraction(factor)) is not None
    return "" if finite else "a plan divides units, and 1 / multiply is no decimal"


def _converted(plan: Case) -> dict[str, Any]:
    divide = Fraction(plan["divide"]) if "divide" in plan else 1 / Fraction(plan["multiply"])
    terms = tier_terms(plan["model"], plan) if "tiers" in plan else {"price": plan["unit"]}
    decimal = finite_decimal(divide)
    assert decimal is not None
    terms["convert"] = number_text(decimal)
    if "round" in plan:
        terms["round"] = rounding(plan["round"])
    if "free_units" in plan:
        terms["free"] = plan["free_units"]
    return terms
