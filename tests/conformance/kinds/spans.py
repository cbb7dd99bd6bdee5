"""A share of days as days of a span that plans know: part of a month, quarter or year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from typing import NamedTuple

from tests.conformance.kinds.kind import Case
from tokenbooks.periods import Period, parse_day

#: Spans of every length that there is.
_SPANS = [
    ("month", "2025-11-01", "2025-12-01"),
    ("month", "2025-10-01", "2025-11-01"),
    ("month", "2025-02-01", "2025-03-01"),
    ("month", "2024-02-01", "2024-03-01"),
    ("quarter", "2025-01-01", "2025-04-01"),
    ("quarter", "2025-04-01", "2025-07-01"),
    ("quarter", "2025-07-01", "2025-10-01"),
    ("year", "2025-01-01", "2026-01-01"),
    ("year", "2024-01-01", "2025-01-01"),
]


class PartOfSpan(NamedTuple):
    """The last days of a span: the word for the span, itself, and the days held."""

    every: str
    span: Period
    held: Period


def part_of_span(share: Fraction, whole: int) -> PartOfSpan | None:
    """The end of a span that is this share of it, of ``whole`` days if there is such a span."""
    share = min(max(share, Fraction(0)), Fraction(1))
    for every, span in sorted(_spans(), key=lambda item: _length(item[1]) != whole):
        days = share * _length(span)
        if days.denominator == 1:
            held = Period(span.end - timedelta(days=int(days)), span.end)
            return PartOfSpan(every, span, held)
    return None


def days_of(usage: Case) -> tuple[Fraction, int]:
    """The share that a case tells: ``part`` of ``whole``, or ``from``, ``to`` in a period."""
    if "part" in usage:
        return Fraction(usage["part"]) / Fraction(usage["whole"]), int(Fraction(usage["whole"]))
    whole = _period(*usage["period"])
    held = _period(usage["from"], usage["to"])
    return Fraction(_length(held), _length(whole)), _length(whole)


def _period(start: str, end: str) -> Period:
    return Period(parse_day(start), parse_day(end))


def _spans() -> Iterator[tuple[str, Period]]:
    for every, start, end in _SPANS:
        yield every, _period(start, end)


def _length(span: Period) -> int:
    return len(span.days())
