"""Recurring grants: when they come, how long they live, and what a begun span gives."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenbooks.amounts import round_half_up
from tokenbooks.credits.recurring import occurrences, remaining_share
from tokenbooks.periods import local_time, start_of, zone
from tokenbooks.rating.credit_terms import Length, RecurringGrant

MONTH, WEEK, DAY = Length(months=1), Length(days=7), Length(days=1)
DAYS = st.dates(date(2023, 1, 1), date(2027, 12, 31))
LENGTHS = st.one_of(
    st.integers(1, 14).map(lambda n: Length(months=n)),
    st.integers(1, 100).map(lambda n: Length(days=n)),
)


def grant(every: Length = MONTH, credits: str = "100", **more: object) -> RecurringGrant:
    days = {
        name: date.fromisoformat(str(value)) if name in {"anchor", "starts", "until"} else value
        for name, value in more.items()
    }
    return RecurringGrant("included", Decimal(credits), every, **days)


def listed(rule: RecurringGrant, first: str, end: str) -> list[str]:
    """Occurrences as ``start..end credits``, midnight left out."""
    found = occurrences(rule, datetime.fromisoformat(first), datetime.fromisoformat(end))
    return [f"{_text(o.starts)}..{_text(o.ends)} {o.credits}" for o in found]


def _text(at: datetime) -> str:
    return at.isoformat().removesuffix("T00:00:00").removesuffix(":00")


@pytest.mark.parametrize(
    ("rule", "first", "end", "found"),
    [
        # without an anchor: from the first day on
        (
            grant(),
            "2025-01-15",
            "2025-03-15",
            ["2025-01-15..2025-02-15 100", "2025-02-15..2025-03-15 100"],
        ),
        # the 31st is the last day of a short month, and the 31st again after it
        (
            grant(anchor="2026-01-31"),
            "2026-02-28",
            "2026-05-01",
            [
                "2026-02-28..2026-03-31 100",
                "2026-03-31..2026-04-30 100",
                "2026-04-30..2026-05-31 100",
            ],
        ),
        (grant(anchor="2028-01-31"), "2028-02-29", "2028-03-01", ["2028-02-29..2028-03-31 100"]),
        # an anchor after the first day counts backwards too
        (
            grant(anchor="2025-03-31"),
            "2025-01-31",
            "2025-03-01",
            ["2025-01-31..2025-02-28 100", "2025-02-28..2025-03-31 100"],
        ),
        (
            grant(Length(months=3), anchor="2024-02-01"),
            "2025-02-01",
            "2025-08-01",
            ["2025-02-01..2025-05-01 100", "2025-05-01..2025-08-01 100"],
        ),
        # a refill of every seven days ends the one before; the first span had begun
        (
            grant(WEEK, anchor="2024-01-04", until="2024-02-01"),
            "2024-01-02",
            "2024-01-12",
            [
                "2024-01-02..2024-01-04 100",
                "2024-01-04..2024-01-11 100",
                "2024-01-11..2024-01-18 100",
            ],
        ),
        # the grant's own start, and its end: nothing is given from `until` on
        (
            grant(DAY, starts="2024-01-03", until="2024-01-05"),
            "2024-01-01",
            "2024-02-01",
            ["2024-01-03..2024-01-04 100", "2024-01-04..2024-01-05 100"],
        ),
        (
            grant(starts="2025-12-15", until="2026-01-01"),
            "2025-01-01",
            "2026-03-01",
            ["2025-12-15..2026-01-15 100"],  # what was given lives on
        ),
        (grant(until="2025-01-01"), "2025-01-01", "2026-01-01", []),
        (grant(), "2025-01-01", "2025-01-01", []),
        # credits that live longer or shorter than a span
        (
            grant(expires=Length(months=2)),
            "2025-01-01",
            "2025-02-02",
            ["2025-01-01..2025-03-01 100", "2025-02-01..2025-04-01 100"],
        ),
        (
            grant(expires=Length(days=10)),
            "2025-01-01",
            "2025-02-02",
            ["2025-01-01..2025-01-11 100", "2025-02-01..2025-02-11 100"],
        ),
        # a month on every month leaves no gap in February
        (
            grant(anchor="2025-01-31", expires=MONTH),
            "2025-01-31",
            "2025-03-01",
            ["2025-01-31..2025-02-28 100", "2025-02-28..2025-03-31 100"],
        ),
        # a first span that had begun lives its own length, where it has one
        (
            grant(anchor="2025-01-01", expires=MONTH),
            "2025-01-20",
            "2025-02-01",
            ["2025-01-20..2025-02-20 100"],
        ),
        # the part that is left: 12 of 31 days, then all
        (
            grant(anchor="2025-01-01", prorate="day", credits="31"),
            "2025-01-20",
            "2025-02-02",
            ["2025-01-20..2025-02-01 12", "2025-02-01..2025-03-01 31"],
        ),
        # noon of the 20th: 12 days still count as days, 11.5 by the second
        (
            grant(anchor="2025-01-01", prorate="day", credits="31"),
            "2025-01-20T12:00",
            "2025-01-21",
            ["2025-01-20T12:00..2025-02-01 12"],
        ),
        (
            grant(anchor="2025-01-01", prorate="second", credits="31"),
            "2025-01-20T12:00",
            "2025-01-21",
            ["2025-01-20T12:00..2025-02-01 23/2"],
        ),
    ],
)
def test_when_a_grant_comes(rule: RecurringGrant, first: str, end: str, found: list[str]) -> None:
    assert listed(rule, first, end) == found


JANUARY = (datetime(2025, 1, 1), datetime(2025, 2, 1))
#: Clocks go forward on 30 March in Europe: the month has an hour less, but 31 days.
MARCH = (datetime(2025, 3, 1), datetime(2025, 4, 1))


@pytest.mark.parametrize("prorate", ["day", "second"])
@pytest.mark.parametrize(
    ("at", "span", "share"),
    [
        (datetime(2024, 12, 15), JANUARY, "1"),
        (datetime(2025, 1, 1), JANUARY, "1"),
        (datetime(2025, 1, 20), JANUARY, "12/31"),
        (datetime(2025, 1, 31), JANUARY, "1/31"),
        (datetime(2025, 2, 1), JANUARY, "0"),
        (datetime(2025, 3, 15), JANUARY, "0"),  # never negative
        (datetime(2025, 3, 31), MARCH, "1/31"),
    ],
)
def test_what_is_left_of_a_span(
    prorate: str, at: datetime, span: tuple[datetime, datetime], share: str
) -> None:
    assert remaining_share(at, span, prorate) == Fraction(share)
    assert remaining_share(at, span, "") == 1


def test_a_part_is_exact() -> None:
    share = remaining_share(datetime(2025, 1, 20), JANUARY, "second")
    assert round_half_up(100 * share, 8) == Decimal("38.70967742")


def test_a_month_is_a_month_of_the_contracts_zone() -> None:
    # 1 March 00:00 in India: a month later it is 1 April there, 31 March 18:30 in UTC;
    # a month added to the instant in UTC would give 28 March
    begins = local_time(datetime(2026, 2, 28, 18, 30, tzinfo=UTC), "Asia/Kolkata")
    once = occurrences(grant(), begins, begins + timedelta(seconds=1))
    (ends,) = [one.ends.replace(tzinfo=zone("Asia/Kolkata")).astimezone(UTC) for one in once]
    assert ends == datetime(2026, 3, 31, 18, 30, tzinfo=UTC)


@given(LENGTHS, DAYS, DAYS, st.integers(0, 400), st.sampled_from(["", "day", "second"]))
def test_occurrences_follow_each_other_without_gap(
    every: Length, anchor: date, first: date, length: int, prorate: str
) -> None:
    rule = grant(every, anchor=anchor, prorate=prorate)
    begins, end = start_of(first), start_of(first) + timedelta(days=length)
    found = occurrences(rule, begins, end)
    assert all(one.ends == two.starts for one, two in pairwise(found))
    assert all(one.starts < end and one.starts < one.ends for one in found)
    assert [one.credits for one in found[1:]] == [100] * len(found[1:])
    if found:
        assert found[0].starts == begins
        assert found[-1].ends >= end
        assert 0 < found[0].credits <= 100
    else:
        assert not length


@given(LENGTHS, DAYS, DAYS, st.integers(1, 400), st.integers(1, 400))
def test_a_longer_look_only_adds(
    every: Length, anchor: date, first: date, length: int, more: int
) -> None:
    rule, begins = grant(every, anchor=anchor), start_of(first)
    end = begins + timedelta(days=length)
    shorter = occurrences(rule, begins, end)
    longer = occurrences(rule, begins, end + timedelta(days=more))
    assert longer[: len(shorter)] == shorter
    assert all(one.starts >= end for one in longer[len(shorter) :])


@given(DAYS, st.integers(1, 400), st.integers(0, 86400 * 500), st.integers(0, 86400 * 500))
def test_shares_fall_as_time_goes(first: date, length: int, one: int, two: int) -> None:
    opens = start_of(first)
    span = (opens, opens + timedelta(days=length))
    early, late = (opens + timedelta(seconds=n) for n in sorted((one, two)))
    for prorate in ("day", "second"):
        later, earlier = (remaining_share(at, span, prorate) for at in (late, early))
        assert 0 <= later <= earlier <= 1
    assert remaining_share(early, span, "second") <= remaining_share(early, span, "day")
