"""Rounded lines, shares of a discount, days and months."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from tests.conformance.engine import rate_book
from tests.conformance.kinds.kind import Case
from tests.conformance.kinds.run import DAY, METER
from tests.conformance.story import Story, Use, price
from tokenbooks.amounts import number_text, share_out
from tokenbooks.periods import Period, anchored_span, parse_day, zone


def check_distribute(case: Case, folder: Path) -> None:
    """A discount over lines in proportion, never more than they come to."""
    places = int(case["plan"]["places"])
    lines = [Decimal(line) for line in case["usage"]["lines"]]
    weights = {f"{n:06}": Fraction(line) for n, line in enumerate(lines) if line > 0}
    whole = sum((line for line in lines if line > 0), Decimal(0))
    shares = share_out(min(Decimal(case["usage"]["discount"]), whole), weights, places)
    found = [shares.get(f"{n:06}", Decimal(0)) for n in range(len(lines))]
    assert found == [Decimal(share) for share in case["expected"]["shares"]]
    after = [line - share for line, share in zip(lines, found, strict=True)]
    assert after == [Decimal(line) for line in case["expected"].get("after", after)]


def check_calendar_months(case: Case, folder: Path) -> None:
    """Months from an anchor: clamped to the end of a short month, and back to the day."""
    start, anchor = parse_day(case["usage"]["start"]), int(case["plan"]["anchor_day"])
    found = [start]
    for _ in range(int(case["usage"]["count"])):
        # the anchor is any day that has the anchor's number, and January has every one
        span = anchored_span(found[-1], "month", start.replace(month=1, day=anchor))
        found.append(span.end)
    assert [day.isoformat() for day in found[1:]] == case["expected"]["dates"]


def check_calendar_days(case: Case, folder: Path) -> None:
    """Calendar days of a zone, and the hours that they last."""
    period = Period(parse_day(case["usage"]["from"]), parse_day(case["usage"]["to"]))
    begins, ends = (
        datetime.combine(day, time(), zone(case["plan"]["tz"])).astimezone(UTC)
        for day in (period.start, period.end)
    )
    found = {"days": len(period.days()), "hours": (ends - begins) / timedelta(hours=1)}
    for name, value in case["expected"].items():
        assert found[name] == int(value), name


def check_round_lines(case: Case, folder: Path) -> None:
    """Each line is the usage of a price of its own; a plan that rounds lines says so."""
    names = {f"line-{n}": Decimal(line) for n, line in enumerate(case["usage"]["lines"])}
    rates = [price(METER, number_text(line), project=name) for name, line in names.items()]
    story = Story(settle="arrears", rates=rates, start=DAY.replace(day=1))
    story.uses = [Use(DAY, METER, Decimal(1), name) for name in names]
    end = Period.month_of(DAY).end
    assert rate_book(folder / "exact", story, end).total == Decimal(case["expected"]["exact"])
    story.terms = {"round_lines": case["plan"]["places"]}
    assert rate_book(folder / "rounded", story, end).total == Decimal(case["expected"]["total"])


def round_lines_listed(case: Case) -> str:
    """A line below zero is no price."""
    below = any(Decimal(line) < 0 for line in case["usage"]["lines"])
    return "a price below zero is refused" if below else ""
