"""Windows: hours of the week in which a rate or a modifier holds, such as off-peak hours.

A set of windows becomes a dimension of usage: the reader says of each row whether its
time lies in them. A rate with ``hours:`` names that dimension among its conditions, so
that it is more specific than the same rate without.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tokenbooks.periods import local_time

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

#: Values of the dimension: inside a window, or not to be told from the row's time.
#: Outside, the dimension is absent.
INSIDE, UNKNOWN = "in", "unknown"

#: What the names of such dimensions begin with: no dimension's, because it has a space.
PREFIX = "hours "

MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Window:
    """From ``start`` to ``end`` (minutes of the day, end exclusive) on days of the week.

    ``days`` are numbers from 0, Monday, on which it begins. It wraps over midnight where
    it does not end after it starts; equal bounds are a whole day.
    """

    days: tuple[int, ...]
    start: int
    end: int
    zone: str

    @property
    def minutes(self) -> int:
        """How long it lasts."""
        return (self.end - self.start) % MINUTES_A_DAY or MINUTES_A_DAY

    def holds(self, at: datetime) -> bool:
        """Whether an aware instant lies in the window."""
        local = local_time(at, self.zone)
        for back in (0, 1):
            begun = local.replace(hour=0, minute=0, second=0, microsecond=0)
            begun += timedelta(minutes=self.start) - timedelta(days=back)
            if begun.weekday() in self.days and (
                begun <= local < begun + timedelta(minutes=self.minutes)
            ):
                return True
        return False

    def __str__(self) -> str:
        days = ",".join(DAYS[day] for day in self.days) if len(self.days) < 7 else "daily"
        return f"{days} {_clock(self.start)}-{_clock(self.end)} {self.zone}"


def hours_dimension(windows: Sequence[Window]) -> str:
    """The name of the dimension that says whether usage lies in any of the windows."""
    return PREFIX + " or ".join(str(window) for window in windows)


def is_hours(dimension: str) -> bool:
    """Whether a dimension says something of the hours of usage."""
    return dimension.startswith(PREFIX)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
