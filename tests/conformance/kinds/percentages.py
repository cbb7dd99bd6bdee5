"""Percentages of an amount of money, of each event or of a whole span."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from tests.conformance.engine import Rated, rate_usage
from tests.conformance.kinds.kind import Case
from tests.conformance.kinds.plan_terms import tier_terms
from tests.conformance.kinds.run import rounded
from tests.conformance.story import csv_text, plan_text, price
from tokenbooks.amounts import exact_text

_BEGIN = datetime(2025, 11, 5, 9, tzinfo=UTC)
_KEYS = {
    "fixed": "fixed",
    "min_per_event": "at_least",
    "max_per_event": "at_most",
    "free_amount": "free",
    "free_events": "free_events",
}


def check_percentage(case: Case, folder: Path) -> None:
    """Events one after the other, each a row with its own time."""
    plan = case["plan"]
    terms = {"percent": plan["rate_pct"], "of": "amount"}
    terms |= {ours: plan[name] for name, ours in _KEYS.items() if name in plan}
    if not Decimal(terms.get("fixed", "0")):
        terms.pop("fixed", None)
    rated = _rate(folder, terms, case["usage"]["events"] or ["0"])
    assert rounded(rated.total, plan) == Decimal(case["expected"]["amount"])


def check_graduated_percentage(case: Case, folder: Path) -> None:
    terms = tier_terms("graduated", case["plan"]) | {"of": ["amount"]}
    rated = _rate(folder, terms, [case["usage"]["base"]])
    assert rounded(rated.total, case["plan"]) == Decimal(case["expected"]["amount"])


def check_percent_of(case: Case, folder: Path) -> None:
    """A share of an amount, such as a tax, rounded once."""
    share = percent_of(folder, case["usage"]["pct"], Fraction(case["usage"]["base"]))
    assert rounded(share, case["plan"]) == Decimal(case["expected"]["amount"])


def percent_of(folder: Path, percent: str, base: Fraction) -> Fraction:
    """The exact share of an amount, as a price in percent gives it."""
    return _rate(folder, {"percent": percent, "of": "amount"}, [exact_text(base)]).total


def _rate(folder: Path, terms: Case, events: list[str]) -> Rated:
    rows = [
        {
            "timestamp": (_BEGIN + timedelta(minutes=number)).isoformat(),
            "id": f"event-{number}",
            "amount": event,
        }
        for number, event in enumerate(events)
    ]
    plan = plan_text([price("payments", terms)])
    return rate_usage(folder, plan, {"usage.csv": csv_text(rows)})
