"""Fees: fixed amounts, for each span or each unit of a level, earned day by day.

A fee is spread over the days for which it is due, so that a month's part of a year's fee,
or of one that begins inside the month, follows from its days (half-open; PEERS b5). A fee
that is prorated is due for the share of days that it is held; one that is not is due whole
for every span that is begun, and for the most units that a span has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.amounts import number_text
from tokenbooks.periods import TERM, Period, day_count, span_of
from tokenbooks.rating.terms import Fee

if TYPE_CHECKING:
    from tokenbooks.rating.term_facts import Held


class Bounds(NamedTuple):
    """From when (inclusive) until when (exclusive) a fee is due; None is open."""

    starts: date | None
    until: date | None

    def days_in(self, span: Period) -> int:
        """How many days of a span it is due."""
        first = max(span.start, self.starts or span.start)
        end = min(span.end, self.until or span.end)
        return max(0, day_count(first, end))

    def __contains__(self, day: object) -> bool:
        return (
            isinstance(day, date)
            and (self.starts is None or self.starts <= day)
            and (self.until is None or day < self.until)
        )


def fee_bounds(fee: Fee, starts: date | None, until: date | None) -> Bounds:
    """When a fee is due: its own bounds within those of the contract."""
    begins = [day for day in (fee.starts, starts) if day is not None]
    ends = [day for day in (fee.until, until) if day is not None]
    return Bounds(max(begins, default=None), min(ends, default=None))


def daily_fees(
    fee: Fee, bounds: Bounds, held: Held, level: Callable[[date], Fraction]
) -> Iterator[tuple[date, Fraction]]:
    """What a fee comes to on each of the computed days; ``level`` is that of its ``per``."""
    price = Fraction(fee.price)
    span: Period | None = None
    most = each = Fraction(0)
    day = max(held.first, bounds.starts or held.first)
    while day < held.end and day in bounds:
        units = level(day) if fee.per else Fraction(1)
        if span is None or day not in span:
            span, most, each = span_of(day, fee.every), Fraction(0), Fraction(0)
        if span == TERM and (bounds.starts is None or bounds.until is None):
            # a term without an end cannot be spread: it is due on the first day
            if day == (bounds.starts or held.first):
                yield day, price * units
            return
        if fee.prorate:
            counted = day_count(day, day + timedelta(days=1), fee.prorate)
            yield day, price * units * counted / _days_of(span, bounds, fee.prorate)
        else:
            if units > most:
                # what is added is due whole too, over the days that are left
                left = span if day == held.first else Period(day, span.end)
                each += price * (units - most) / bounds.days_in(left)
                most = units
            yield day, each
        day += timedelta(days=1)


def _days_of(span: Period, bounds: Bounds, basis: str) -> int:
    """The days over which a prorated fee is spread: those of the span, or of the term."""
    if span != TERM:
        return day_count(span.start, span.end, basis)
    assert bounds.starts is not None
    assert bounds.until is not None
    return day_count(bounds.starts, bounds.until, basis)


def fee_text(fee: Fee) -> str:
    """The fee in words."""
    per = f" per {fee.per}" if fee.per else ""
    prorated = {"day": ", by the day", "30/360": ", by 30/360"}.get(fee.prorate, "")
    return f"{number_text(fee.price)}{per} each {fee.every}{prorated}"
