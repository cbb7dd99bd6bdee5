"""Spans that are counted from an anchor, such as the beginning of a commitment."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenbooks.periods import TERM, Period, anchored_span, span_of


@pytest.mark.parametrize(
    ("anchor", "every", "day", "start", "end"),
    [
        ("2025-01-12", "month", "2025-01-12", "2025-01-12", "2025-02-12"),
        ("2025-01-12", "month", "2025-02-11", "2025-01-12", "2025-02-12"),
        ("2025-01-12", "month", "2025-02-12", "2025-02-12", "2025-03-12"),
        # before the anchor
        ("2025-01-12", "month", "2025-01-11", "2024-12-12", "2025-01-12"),
        ("2025-01-12", "year", "2025-01-11", "2024-01-12", "2025-01-12"),
        ("2025-01-12", "year", "2022-06-01", "2022-01-12", "2023-01-12"),
        ("2025-01-12", "quarter", "2024-12-31", "2024-10-12", "2025-01-12"),
        # an anchor that short months lack: its own day again where there is one
        ("2025-01-31", "month", "2025-02-27", "2025-01-31", "2025-02-28"),
        ("2025-01-31", "month", "2025-02-28", "2025-02-28", "2025-03-31"),
        ("2025-01-31", "month", "2025-03-30", "2025-02-28", "2025-03-31"),
        ("2025-01-31", "month", "2025-03-31", "2025-03-31", "2025-04-30"),
        ("2025-01-31", "month", "2024-02-29", "2024-02-29", "2024-03-31"),
        ("2025-01-31", "quarter", "2025-04-29", "2025-01-31", "2025-04-30"),
        ("2025-01-31", "quarter", "2025-04-30", "2025-04-30", "2025-07-31"),
        ("2024-11-30", "quarter", "2025-02-28", "2025-02-28", "2025-05-30"),
        # years from a leap day
        ("2024-02-29", "year", "2025-02-27", "2024-02-29", "2025-02-28"),
        ("2024-02-29", "year", "2025-02-28", "2025-02-28", "2026-02-28"),
        ("2024-02-29", "year", "2028-02-28", "2027-02-28", "2028-02-29"),
        ("2024-02-29", "year", "2028-02-29", "2028-02-29", "2029-02-28"),
        ("2025-03-15", "year", "2026-03-14", "2025-03-15", "2026-03-15"),
        ("2025-03-15", "year", "2026-03-15", "2026-03-15", "2027-03-15"),
        # days have no anchor, and neither has a term
        ("2025-01-12", "day", "2025-06-01", "2025-06-01", "2025-06-02"),
        ("2025-01-12", "term", "2025-06-01", str(TERM.start), str(TERM.end)),
    ],
)
def test_span_of_a_day(anchor: str, every: str, day: str, start: str, end: str) -> None:
    found = anchored_span(date.fromisoformat(day), every, date.fromisoformat(anchor))
    assert found == Period(date.fromisoformat(start), date.fromisoformat(end))


@pytest.mark.parametrize("every", ["month", "quarter", "year"])
def test_without_an_anchor_or_from_the_first_of_january_spans_are_the_calendars(every: str) -> None:
    for number in range(0, 800, 7):
        day = date(2024, 1, 1) + timedelta(days=number)
        assert anchored_span(day, every, None) == span_of(day, every)
        assert anchored_span(day, every, date(2025, 1, 1)) == span_of(day, every)


DAYS = st.dates(date(2000, 1, 1), date(2050, 12, 31))


@given(DAYS, DAYS, st.sampled_from(["month", "quarter", "year"]))
def test_spans_leave_no_day_out_and_have_none_twice(day: date, anchor: date, every: str) -> None:
    span = anchored_span(day, every, anchor)
    assert day in span
    assert anchored_span(span.start, every, anchor) == span
    assert anchored_span(span.last_day, every, anchor) == span
    assert anchored_span(span.end, every, anchor).start == span.end
