"""A span rated several times: parts of a period, corrected usage, caps, interim invoices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.conformance.engine import Rated, rate_book
from tests.conformance.kinds.kind import Case
from tests.conformance.kinds.plan_terms import price_terms, whole_plan_terms
from tests.conformance.kinds.run import METER, amount_of, rate_uses, rounded
from tests.conformance.story import Story, Use, price
from tokenbooks.periods import Period

MONTH = Period(date(2025, 11, 1), date(2025, 12, 1))
#: Positions of a line with which its period is over.
_ENDS = {"last", "single"}


def check_rerate(case: Case, folder: Path) -> None:
    """Each run knows all usage so far; what it adds is its amount less the one before."""
    plan, totals = case["plan"], [Decimal(total) for total in case["usage"]["cumulative"]]
    amounts = [
        rounded(_to_date(folder / f"run-{number}", plan, total), plan)
        for number, total in enumerate(totals)
    ]
    expected = [Decimal(delta) for delta in case["expected"]["deltas"]]
    assert _differences(amounts) == expected
    if totals == sorted(totals) and not whole_plan_terms(plan):
        assert _differences(_day_by_day(folder / "days", plan, totals)) == expected


def check_rerate_periods(case: Case, folder: Path) -> None:
    """Runs that restate the periods of one span; each books its differences by period."""
    plan, runs = case["plan"], case["usage"]["runs"]
    final = case["usage"].get("final", [False] * len(runs))
    booked: list[Fraction] = []
    for number, (totals, is_last) in enumerate(zip(runs, final, strict=True)):
        days = MONTH.days()[: len(totals)]
        until = MONTH.end if is_last else days[-1] + timedelta(days=1)
        story = _story(plan, dict(zip(days, _parts(totals), strict=True)))
        rated = rate_book(folder / f"run-{number}", story, until)
        values = _by_period(rated, days, plan)
        before = booked + [Fraction(0)] * (len(values) - len(booked))
        bookings = [value - known for value, known in zip(values, before, strict=True)]
        booked = values
        assert bookings == [Decimal(b) for b in case["expected"]["bookings"][number]]
        if "run_totals" in case["expected"]:
            assert sum(bookings) == Decimal(case["expected"]["run_totals"][number])


def rerate_periods_listed(case: Case) -> str:
    """A period's own usage is its total less the one before; below zero it is refused."""
    falls = any(Decimal(b) < Decimal(a) for run in case["usage"]["runs"] for a, b in pairwise(run))
    return "usage of a period below zero is refused" if falls else ""


def check_split_period(case: Case, folder: Path) -> None:
    """A line for the usage after an earlier line: the span to date, less the span before."""
    plan, usage = case["plan"], case["usage"]
    figures = _Figures(folder, plan, Decimal(usage["before"]), Decimal(usage["qty"]))
    figures.ends = usage["position"] in _ENDS
    keys = [key for key in ("discount_pct", "maximum", "minimum") if key in plan]
    steps = [figures.line([])] + [figures.line(keys[: n + 1]) for n in range(len(keys))]
    found = {"gross": steps[0], "total": steps[-1]}
    names = {"discount_pct": "discount", "maximum": "over_max", "minimum": "true_up"}
    for key, (before, after) in zip(keys, pairwise(steps), strict=True):
        found[names[key]] = after - before if key == "minimum" else before - after
    expected = {name: Decimal(figure) for name, figure in case["expected"].items()}
    assert {name: found.get(name, Fraction(0)) for name in expected} == expected
    if "billed_before" in usage and Decimal(usage["before"]) and plan["model"] != "volume":
        assert figures.before(keys) == Decimal(usage["billed_before"])


def split_period_listed(case: Case) -> str:
    """Volume prices that a peer bills only once a period is over are booked day by day here."""
    volume = case["plan"]["model"] == "volume"
    if (
        volume
        and case["usage"]["position"] not in {"last", "single"}
        and Decimal(case["usage"]["qty"])
    ):
        return "a volume price is booked to date and moves with the total, not held back"
    return ""


class _Figures:
    """The amounts of a span before and after a line, with some of the plan's terms."""

    ends = False

    def __init__(self, folder: Path, plan: Case, before: Decimal, quantity: Decimal) -> None:
        self._folder, self._plan = folder, plan
        self._before, self._quantity = before, quantity

    def line(self, keys: Sequence[str]) -> Fraction:
        """What the line adds. A volume price is a matter of the whole span."""
        uses = {MONTH.days()[0]: self._before, MONTH.days()[9]: self._quantity}
        until = MONTH.end if self.ends else MONTH.days()[15]
        after = self._amount("after", keys, uses, until)
        return after if self._plan["model"] == "volume" else after - self.before(keys)

    def before(self, keys: Sequence[str]) -> Fraction:
        """What was booked of the span before the line."""
        if not self._before:
            return Fraction(0)
        return self._amount("before", keys, {MONTH.start: self._before}, MONTH.days()[5])

    def _amount(
        self, name: str, keys: Sequence[str], uses: dict[date, Decimal], until: date
    ) -> Fraction:
        if not self.ends:  # that nothing was used is certain only when the span is over
            uses = {day: quantity for day, quantity in uses.items() if quantity}
        terms = {key: self._plan[key] for key in keys}
        story = _story(self._plan, uses, terms)
        folder = self._folder / "-".join([name, *keys])
        return rounded(rate_book(folder, story, until).total, self._plan)


def check_cap(case: Case, folder: Path) -> None:
    """The part of a line above the most that a period is charged."""
    plan, usage = case["plan"], case["usage"]
    before, line = Decimal(usage["billed_before"]), Decimal(usage["line"])
    figures = _Figures(folder, {"model": "unit", "unit": "1"} | plan, before, line)
    over = figures.line([]) - figures.line(["maximum"])
    assert over == Decimal(case["expected"]["discount"])


def check_threshold_billing(case: Case, folder: Path) -> None:
    """An invoice on the way bills all to date; the last one what is left, and the fee."""
    plan, expected = case["plan"], case["expected"]
    left = sorted(Decimal(threshold) for threshold in plan["thresholds"])
    billed, invoices = Fraction(0), []
    totals = [Decimal(total) for total in case["usage"]["cumulative"]]
    for number, total in enumerate(totals):
        value = amount_of(folder / f"to-date-{number}", plan["unit"], total)
        reached = [threshold for threshold in left if threshold <= value]
        invoices.append(value - billed if reached else Fraction(0))
        billed += invoices[-1]
        left = left[len(reached) :]
    assert invoices == [Decimal(invoice) for invoice in expected["invoices"]]
    fees = [{"name": "base", "price": plan["fixed"], "every": "month"}] if "fixed" in plan else []
    story = _story(plan, dict(zip(MONTH.days(), _parts(case["usage"]["cumulative"]), strict=False)))
    story.terms = {"fees": fees} if fees else {}
    whole = rate_book(folder / "whole", story, MONTH.end).total
    assert whole - billed == Decimal(expected["final"])


def _to_date(folder: Path, plan: Case, total: Decimal) -> Fraction:
    """The amount of a span that is not over yet."""
    if not whole_plan_terms(plan):
        return amount_of(folder, price_terms(plan), total)
    return rate_book(folder, _story(plan, {MONTH.start: total}), MONTH.days()[15]).total


def _story(plan: Case, uses: dict[date, Decimal], terms: Case | None = None) -> Story:
    """A book of one month with this usage, with the plan's terms or only some of them."""
    story = Story(settle="arrears", rates=[price(METER, price_terms(plan))], start=MONTH.start)
    story.uses = [Use(day, METER, quantity) for day, quantity in uses.items()]
    story.terms = whole_plan_terms(plan if terms is None else terms)
    return story


def _by_period(rated: Rated, days: list[date], plan: Case) -> list[Fraction]:
    """What each day booked; the last one also what the end of the span adds."""
    assert not rated.errors, rated.errors
    ends = [sum(v for d, v in rated.by_day.items() if d <= day) for day in days[:-1]]
    return _differences([rounded(Fraction(end), plan) for end in [*ends, rated.exact]])


def _day_by_day(folder: Path, plan: Case, totals: list[Decimal]) -> list[Fraction]:
    """The amounts to date of one run in which each part was used on a day of its own."""
    days = MONTH.days()[: len(totals)]
    parts = zip(days, _parts(totals), strict=True)
    rated = rate_uses(folder, price_terms(plan), [Use(day, METER, part) for day, part in parts])
    assert not rated.errors, rated.errors
    ends = [sum(v for d, v in rated.by_day.items() if d <= day) for day in days]
    return [rounded(Fraction(end), plan) for end in ends]


def _parts(totals: Sequence[Any]) -> list[Decimal]:
    running = [Decimal(0), *(Decimal(total) for total in totals)]
    return [after - before for before, after in pairwise(running)]


def _differences(amounts: Sequence[Fraction]) -> list[Fraction]:
    return [after - before for before, after in pairwise([Fraction(0), *amounts])]
