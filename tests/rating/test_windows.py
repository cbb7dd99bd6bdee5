"""Hours in which a rate holds: at, before and after both bounds, over midnight, and on the
days on which the clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tokenbooks.rating.windows import Window, hours_dimension, is_hours

DAILY = tuple(range(7))
WORKDAYS = tuple(range(5))
FRIDAY, SATURDAY, SUNDAY = 4, 5, 6

#: 16:30 to 00:30 UTC, every day.
OFF_PEAK = Window(DAILY, 16 * 60 + 30, 30, "UTC")
#: 09:00 to 17:00 on workdays.
OFFICE = Window(WORKDAYS, 9 * 60, 17 * 60, "UTC")
#: From Friday 22:00 until Saturday 06:00.
FRIDAY_NIGHT = Window((FRIDAY,), 22 * 60, 6 * 60, "UTC")
WEEKEND = Window((SATURDAY, SUNDAY), 0, 0, "UTC")
#: A whole day that begins at 10:00.
FROM_TEN = Window((FRIDAY,), 10 * 60, 10 * 60, "UTC")


# 2025-11-07 is a Friday
@pytest.mark.parametrize(
    ("window", "time", "is_in"),
    [
        (OFFICE, "2025-11-07T08:59:59.999999", False),
        (OFFICE, "2025-11-07T09:00", True),  # its start is in
        (OFFICE, "2025-11-07T16:59:59.999999", True),
        (OFFICE, "2025-11-07T17:00", False),  # its end is out
        (OFFICE, "2025-11-08T12:00", False),  # a Saturday
        (OFFICE, "2025-11-10T12:00", True),  # a Monday
        (OFF_PEAK, "2025-11-07T16:29:59", False),
        (OFF_PEAK, "2025-11-07T16:30", True),
        (OFF_PEAK, "2025-11-07T23:59:59", True),
        (OFF_PEAK, "2025-11-08T00:00", True),
        (OFF_PEAK, "2025-11-08T00:29:59", True),
        (OFF_PEAK, "2025-11-08T00:30", False),
        (FRIDAY_NIGHT, "2025-11-07T05:59", False),  # the night before is no Friday's
        (FRIDAY_NIGHT, "2025-11-07T21:59", False),
        (FRIDAY_NIGHT, "2025-11-07T22:00", True),
        (FRIDAY_NIGHT, "2025-11-08T05:59", True),  # begun on Friday
        (FRIDAY_NIGHT, "2025-11-08T06:00", False),
        (FRIDAY_NIGHT, "2025-11-08T22:00", False),
        (WEEKEND, "2025-11-07T23:59:59", False),
        (WEEKEND, "2025-11-08T00:00", True),
        (WEEKEND, "2025-11-09T23:59:59", True),
        (WEEKEND, "2025-11-10T00:00", False),
        (FROM_TEN, "2025-11-07T09:59", False),
        (FROM_TEN, "2025-11-07T10:00", True),
        (FROM_TEN, "2025-11-08T09:59", True),
        (FROM_TEN, "2025-11-08T10:00", False),
    ],
)
def test_hours_of_the_week(window: Window, time: str, is_in: bool) -> None:
    assert window.holds(datetime.fromisoformat(time).replace(tzinfo=UTC)) is is_in


BERLIN_NIGHT = Window(DAILY, 60, 4 * 60, "Europe/Berlin")
#: 01:00 to 03:30 on Sundays, in the zone's own time.
BERLIN_SUNDAY = Window((SUNDAY,), 60, 3 * 60 + 30, "Europe/Berlin")


@pytest.mark.parametrize(
    ("window", "utc", "is_in"),
    [
        # an ordinary night in winter: Berlin is an hour ahead
        (BERLIN_NIGHT, "2025-01-15T00:00", True),
        (BERLIN_NIGHT, "2025-01-14T23:59", False),
        (BERLIN_NIGHT, "2025-01-15T03:00", False),
        # 2025-03-30: from 02:00 the clock goes to 03:00, so that the window lasts two hours
        (BERLIN_NIGHT, "2025-03-29T23:59", False),  # 00:59
        (BERLIN_NIGHT, "2025-03-30T00:00", True),  # 01:00
        (BERLIN_NIGHT, "2025-03-30T00:59", True),  # 01:59
        (BERLIN_NIGHT, "2025-03-30T01:00", True),  # 03:00
        (BERLIN_NIGHT, "2025-03-30T01:59", True),  # 03:59
        (BERLIN_NIGHT, "2025-03-30T02:00", False),  # 04:00
        (BERLIN_SUNDAY, "2025-03-30T01:29", True),  # 03:29
        (BERLIN_SUNDAY, "2025-03-30T01:30", False),  # 03:30
        # 2025-10-26: from 03:00 the clock goes back to 02:00: that hour is in twice
        (BERLIN_NIGHT, "2025-10-25T22:59", False),  # 00:59
        (BERLIN_NIGHT, "2025-10-25T23:00", True),  # 01:00
        (BERLIN_NIGHT, "2025-10-26T00:30", True),  # 02:30, the first time
        (BERLIN_NIGHT, "2025-10-26T01:30", True),  # 02:30, the second time
        (BERLIN_NIGHT, "2025-10-26T02:59", True),  # 03:59
        (BERLIN_NIGHT, "2025-10-26T03:00", False),  # 04:00
    ],
)
def test_days_on_which_the_clock_changes(window: Window, utc: str, is_in: bool) -> None:
    assert window.holds(datetime.fromisoformat(utc).replace(tzinfo=UTC)) is is_in


@pytest.mark.parametrize(
    ("window", "hours"),
    [
        (OFFICE, 5 * 8),
        (OFF_PEAK, 7 * 8),
        (FRIDAY_NIGHT, 8),
        (WEEKEND, 48),
        (FROM_TEN, 24),
        (Window(DAILY, 0, 0, "UTC"), 7 * 24),
    ],
)
def test_hours_that_a_week_has(window: Window, hours: int) -> None:
    start = datetime(2025, 11, 3, tzinfo=UTC)
    quarters = [start + timedelta(minutes=15 * number) for number in range(7 * 24 * 4)]
    assert sum(map(window.holds, quarters)) == 4 * hours


def test_the_zone_of_an_instant_does_not_matter() -> None:
    new_york = datetime(2025, 11, 7, 4, 0, tzinfo=ZoneInfo("America/New_York"))
    assert OFFICE.holds(new_york)  # 09:00 UTC


def test_a_dimension_tells_the_hours_apart() -> None:
    assert hours_dimension([OFFICE]) == "hours mon,tue,wed,thu,fri 09:00-17:00 UTC"
    assert hours_dimension([OFF_PEAK, WEEKEND]) == (
        "hours daily 16:30-00:30 UTC or sat,sun 00:00-00:00 UTC"
    )
    assert is_hours(hours_dimension([WEEKEND]))
    assert not is_hours("hours")
