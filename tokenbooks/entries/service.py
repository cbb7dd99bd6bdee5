"""Service spans: the stretches of time in which usage is posted as one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from tokenbooks.periods import Period, parse_day, span_of

ServiceSpan = Callable[[date], str]


def service_spans(post_usage: str, start: date) -> ServiceSpan:
    """Names the span of a day: its month, or its week or day where the book posts so.

    Days before the book's start are known by their month only.
    """
    return lambda day: str(span_of(day, post_usage if day >= start else "month"))


def last_day_of(service: str) -> date:
    """The last day of a service span; spans shorter than a month are named by it."""
    try:
        return Period.parse(service).last_day
    except ValueError:
        return parse_day(service)
