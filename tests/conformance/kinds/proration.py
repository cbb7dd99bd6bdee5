"""Fees for a part of a span: begun late, changed on the way."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.conformance.engine import rate_book
from tests.conformance.kinds.kind import Case
from tests.conformance.kinds.percentages import percent_of
from tests.conformance.kinds.run import rounded
from tests.conformance.kinds.spans import PartOfSpan, days_of, part_of_span
from tests.conformance.story import Story
from tokenbooks.amounts import round_half_up
from tokenbooks.periods import Period

_ACTUAL = "actual"
#: How a case counts days -> how a plan says it.
_BASIS = {_ACTUAL: "day", "30/360": "30/360"}
_NO_SPAN = "no month, quarter or year has whole days for this share"


def check_proration(case: Case, folder: Path) -> None:
    """A fee that begins so many days before the end of its span."""
    plan = case["plan"]
    basis = plan.get("day_count", _ACTUAL)
    part = _part(case) if basis == _ACTUAL else _days_of_months(case)
    amount = rounded(_prorated(folder / "fee", plan["amount"], part, _BASIS[basis]), plan)
    assert amount == Decimal(case["expected"]["amount"])
    if "with_tax" in case["expected"]:
        tax = percent_of(folder / "tax", plan["tax_pct"], amount)
        assert amount + rounded(tax, plan) == Decimal(case["expected"]["with_tax"])


def proration_listed(case: Case) -> str:
    """Days are counted half-open: those of the calendar, or those of months of 30 days."""
    basis = case["plan"].get("day_count", _ACTUAL)
    if basis not in _BASIS:
        return f"there is no option for {basis}"
    if basis != _ACTUAL:
        return "" if "period" in case["usage"] else "months of 30 days need dates"
    return "" if part_of_span(*days_of(case["usage"])) else _NO_SPAN


def check_proration_change(case: Case, folder: Path) -> None:
    """One fee ends and another begins: the credit is what the first falls short of a whole."""
    usage, part = case["usage"], _part(case)
    whole = part._replace(held=part.span)
    ended = part._replace(held=Period(part.span.start, part.held.start))
    credit = _prorated(folder / "ended", usage["old"], ended)
    credit -= _prorated(folder / "whole", usage["old"], whole)
    charge = _prorated(folder / "begun", usage["new"], part)
    sides = {"credit": rounded(credit, case["plan"]), "charge": rounded(charge, case["plan"])}
    found = sides | {"net": sum(sides.values())}
    assert found == {name: Decimal(figure) for name, figure in case["expected"].items()}


def proration_change_listed(case: Case) -> str:
    """Shares of days that no span has."""
    return "" if part_of_span(*days_of(case["usage"])) else _NO_SPAN


def check_credit_note(case: Case, folder: Path) -> None:
    """A part of a fee and of its tax is credited; each is rounded from its exact amount."""
    usage, plan, part = case["usage"], case["plan"], _part(case)
    tax = percent_of(folder / "tax", usage["tax_pct"], Fraction(usage["base"]))
    net = rounded(_prorated(folder / "net", usage["base"], part), plan)
    tax = rounded(_prorated(folder / "part", str(round_half_up(tax, 8)), part), plan)
    found = {"net": net, "tax": tax, "total": net + tax}
    assert found == {name: Decimal(figure) for name, figure in case["expected"].items()}


def _part(case: Case) -> PartOfSpan:
    part = part_of_span(*days_of(case["usage"]))
    assert part is not None
    return part


def _days_of_months(case: Case) -> PartOfSpan:
    """The days held, over the calendar months in which they lie: each counts as 30 days."""
    first, end = (date.fromisoformat(case["usage"][name]) for name in ("from", "to"))
    months = Period(Period.month_of(first).start, Period.month_of(end).end)
    return PartOfSpan("month", months, Period(first, end))


def _prorated(folder: Path, amount: str, part: PartOfSpan, basis: str = "day") -> Fraction:
    """A fee over the days held; of a span in which it never held, nothing."""
    if part.held.start == part.held.end:
        return Fraction(0)
    fee: dict[str, Any] = {"name": "base", "price": amount, "every": part.every, "prorate": basis}
    fee |= {"from": f"{part.held.start}", "until": f"{part.held.end}"}
    story = Story(settle="arrears", rates=[], start=part.span.start, terms={"fees": [fee]})
    return rate_book(folder, story, part.span.end).total
