"""Least charges, commitments and what is used beyond them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.conformance.engine import close_book, rate_book
from tests.conformance.kinds.kind import Case
from tests.conformance.kinds.run import METER, rounded
from tests.conformance.kinds.spans import PartOfSpan, part_of_span
from tests.conformance.story import Story, Use, price
from tokenbooks.amounts import number_text, round_half_up
from tokenbooks.periods import Period, add_months

_DAY = date(2025, 11, 5)
_MONTH = Period.month_of(_DAY)


def check_commitment(case: Case, folder: Path) -> None:
    """A least charge, less what was charged; both as they are posted, where they are rounded."""
    plan, part = case["plan"], _held(case["plan"])
    minimum = {"amount": plan["minimum"], "every": part.every, "prorate": "day"}
    charged = Fraction(case["usage"]["charged"])
    story = Story(settle="arrears", rates=[price(METER, "1")], start=part.span.start)
    story.uses = [Use(part.held.start, METER, Decimal(case["usage"]["charged"]))]
    story.contract = {"from": f"{part.held.start}", "until": f"{part.held.end}"}
    story.terms = {"minimum": minimum}
    total = rate_book(folder, story, part.span.end).total
    if plan.get("round_charge_first"):
        total, charged = (rounded(value, plan) for value in (total, charged))
    elif "round_minimum" in plan:
        total = Fraction(round_half_up(total, int(plan["round_minimum"])))
    true_up = rounded(total - charged, plan)
    assert true_up == Decimal(case["expected"]["true_up"])


def commitment_listed(case: Case) -> str:
    """Shares of days that no span has."""
    part, whole = (int(days) for days in case["plan"].get("prorate", ("1", "1")))
    found = part_of_span(Fraction(part, whole), whole)
    return "" if found else "no month, quarter or year has whole days for this share"


def check_commitment_windowed(case: Case, folder: Path) -> None:
    """Each window has a commitment of its own: a day, because no span is shorter."""
    found = dict.fromkeys(("within", "overage", "true_up"), Fraction(0))
    for number, window in enumerate(case["usage"]["windows"]):
        terms = _terms_at(case["plan"], int(window["hour"]))
        for name, amount in _window(folder / f"{number}", terms, window["qty"]):
            found[name] += amount
    found["total"] = sum(found.values(), Fraction(0))
    expected = {name: Decimal(figure) for name, figure in case["expected"].items()}
    assert {name: found[name] for name in expected} == expected


def check_prepaid_overage(case: Case, folder: Path) -> None:
    """A prepaid lot covers charges month by month; what is beyond it costs a surcharge."""
    plan, charges = case["plan"], case["usage"]["charges"]
    days = [add_months(date(2025, 1, 5), number) for number in range(len(charges))]
    uses = [Use(day, METER, Decimal(charge)) for day, charge in zip(days, charges, strict=True)]
    lot = {"date": days[0], "contract": "provider", "event": "purchase", "lot": "prepaid"}
    lot["credits"] = plan["prepaid"]
    closed = close_book(folder / "lots", Story(uses=uses, credits=[lot]))
    drawn = [Decimal(row["used"]) for row in closed.lots]
    drawn += [Decimal(0)] * (len(days) - len(drawn))  # a lot that is used up is shown no longer
    assert drawn == [Decimal(amount) for amount in case["expected"]["drawn"]]
    factor = 1 + Decimal(plan.get("surcharge_pct", "0")) / 100
    commitment = {"amount": plan["prepaid"], "every": "term", "from": "2025-01-01"}
    commitment |= {"shortfall": "forfeit", "overage": number_text(factor)}
    story = Story(settle="arrears", uses=uses, start=days[0].replace(day=1))
    story.terms = {"commitment": commitment}
    rated = rate_book(folder / "rated", story, Period.month_of(days[-1]).end)
    assert not rated.errors
    overage = [rated.by_day[day] - Fraction(own) for day, own in zip(days, drawn, strict=True)]
    assert overage == [Decimal(amount) for amount in case["expected"]["overage"]]


def _held(plan: Case) -> PartOfSpan:
    part, whole = (int(days) for days in plan.get("prorate", ("1", "1")))
    found = part_of_span(Fraction(part, whole), whole)
    assert found is not None
    return found


def _terms_at(plan: Case, hour: int) -> Case:
    """The terms of a window: those of its hours of the day, else the default ones."""
    for bucket in plan.get("buckets", ()):
        start, end = int(bucket["from"]), int(bucket["to"])
        if (hour - start) % 24 < ((end - start) % 24 or 24):
            return dict(bucket)
    return dict(plan["default"])


def _window(folder: Path, terms: Case, quantity: str) -> Iterator[tuple[str, Fraction]]:
    """The parts of one window's charge: what each further term of its plan adds."""
    unit = Decimal(terms["unit"])
    committed = Decimal(terms["amount"]) if "amount" in terms else unit * Decimal(terms["quantity"])
    if terms.get("none"):
        yield "within", _charged(folder / "gross", unit, quantity, {})
        return
    commitment = {"amount": number_text(committed), "every": "day", "from": "2025-01-01"}
    commitment["overage"] = terms["overage_factor"]
    cap = {"of": ["*"], "amount": number_text(committed), "every": "day"}
    within = _charged(folder / "within", unit, quantity, {"caps": [cap]})
    forfeit = {"commitment": commitment | {"shortfall": "forfeit"}}
    used = _charged(folder / "used", unit, quantity, forfeit)
    yield "within", within
    yield "overage", used - within
    if terms["true_up"]:
        billed = {"commitment": commitment | {"shortfall": "bill"}}
        yield "true_up", _charged(folder / "billed", unit, quantity, billed) - used


def _charged(folder: Path, unit: Decimal, quantity: str, terms: dict[str, Any]) -> Fraction:
    story = Story(settle="arrears", rates=[price(METER, number_text(unit))], start=_MONTH.start)
    story.uses = [Use(_DAY, METER, Decimal(quantity))]
    story.terms = terms
    return rate_book(folder, story, _MONTH.end).by_day[_DAY]
