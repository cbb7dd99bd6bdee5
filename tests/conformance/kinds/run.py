"""Runs a price over one quantity, or the same plan over several states of the usage."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.conformance.engine import Rated, rate_usage
from tests.conformance.story import Use, plan_text, price, usage_text
from tokenbooks.amounts import round_half_up

#: The meter of a case that does not say what is counted.
METER = "credits"
DAY = date(2025, 11, 5)


def rate(folder: Path, terms: Any, quantity: Decimal | int | str) -> Rated:
    """One quantity at one price."""
    return rate_uses(folder, terms, [Use(DAY, METER, Decimal(quantity))])


def rate_uses(folder: Path, terms: Any, uses: list[Use]) -> Rated:
    """Several uses at one price of their meter."""
    plan = plan_text([price(METER, terms)])
    return rate_usage(folder, plan, {"usage.csv": usage_text(uses, instants=True)})


def amount_of(folder: Path, terms: Any, quantity: Decimal | int | str) -> Fraction:
    """The exact amount of one quantity at one price."""
    return rate(folder, terms, quantity).total


def rounded(value: Fraction, plan: dict[str, Any]) -> Fraction:
    """A value at the places of a case's plan, where it has any."""
    places = plan.get("places")
    return value if places is None else Fraction(round_half_up(value, int(places)))
