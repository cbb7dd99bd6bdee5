"""Units that come and go within a span, each priced for its share of it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from math import lcm
from pathlib import Path
from typing import Any

from tests.conformance.engine import rate_usage
from tests.conformance.kinds.kind import Case
from tests.conformance.kinds.plan_terms import tier_terms
from tests.conformance.kinds.run import DAY, rounded
from tests.conformance.story import csv_text, plan_text
from tokenbooks.amounts import exact_text, finite_decimal, number_text


def prorated_graduated_listed(case: Case) -> str:
    """What ends below zero was never used."""
    ends = sum(Decimal(units) for units in case["usage"]["full"])
    return "more units are taken back than were ever there: not nothing, but below" * (ends < 0)


def check_prorated_graduated(case: Case, folder: Path) -> None:
    """Each event is priced by the bands that its units lie in, times its share of the span.

    The flats are those of the bands that the number of units ever reached. Shares such as
    2 of 60 are no decimals: factors are in parts of a unit that all events divide, and the
    price is per that many parts.
    """
    tiers = case["plan"]["tiers"]
    events = zip(case["usage"]["full"], case["usage"]["prorated"], strict=True)
    moved = [(Fraction(units), Fraction(share)) for units, share in events if Decimal(units)]
    parts = lcm(*(abs(units.numerator) for units, _ in moved))
    bands = [tier | {"unit": f"{tier['unit']} per {parts}", "flat": "0"} for tier in tiers]
    flats = [tier | {"unit": "0"} for tier in tiers]
    prices = {
        "seats": tier_terms("graduated", {"tiers": bands}),
        "most_seats": tier_terms("graduated", {"tiers": flats, "flat_on_zero": True}),
    }
    factors = [share * parts / units for units, share in moved]
    plan = plan_text([{"prices": prices}], modifiers=_modifiers(factors))
    rated = rate_usage(folder, plan, {"usage.csv": csv_text(_rows([units for units, _ in moved]))})
    assert rounded(rated.total, case["plan"]) == Decimal(case["expected"]["amount"])


def _modifiers(factors: list[Fraction]) -> list[dict[str, Any]]:
    modifiers = []
    for number, factor in enumerate(factors):
        decimal = finite_decimal(factor)
        assert decimal is not None
        name, times = f"event-{number}", {"seats": number_text(decimal)}
        modifiers.append({"name": name, "when": {"feature": name}, "times": times})
    return modifiers


def _rows(full: list[Fraction]) -> list[dict[str, Any]]:
    """One event a day; what is taken away takes back a row before it."""
    rows: list[dict[str, Any]] = []
    for number, units in enumerate(full):
        row = {"date": DAY + timedelta(days=number), "id": f"row-{number}"}
        row |= {"feature": f"event-{number}", "seats": exact_text(units), "most_seats": ""}
        rows.append(row | ({"reverses": f"row-{number - 1}"} if units < 0 else {}))
    most = max(accumulate(full, initial=Fraction(0)))
    return [*rows, {"date": DAY, "id": "most", "most_seats": exact_text(most), "seats": ""}]
