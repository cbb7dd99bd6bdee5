"""Periods, spans and moments in time.

Periods are half-open: ``start`` is in, ``end`` is out. Dates that people write in
files are inclusive days, except ``until``. A *moment* is a date (the start of that
day in the zone that rules) or an aware instant; ``local_time`` turns it into the
naive local time of a zone, in which steps of usage are kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TypeVar
from zoneinfo import ZoneInfo

Moment = date | datetime

_Moment = TypeVar("_Moment", date, datetime)

#: Years outside of which a date is a mistake.
FIRST_YEAR, LAST_YEAR = 1970, 2200

# the digits 0 to 9 alone: \d takes those of every script
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A half-open span of days."""

    start: date
    end: date

    @classmethod
    def month(cls, year: int, month: int) -> Period:
        """The calendar month."""
        following = date(year + month // 12, month % 12 + 1, 1)
        return cls(date(year, month, 1), following)

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read ``2025-11``; raises ValueError for anything else."""
        match = _MONTH.fullmatch(text.strip())
        if not match:
            raise ValueError(text)
        return cls.month(int(match[1]), int(match[2]))

    @classmethod
    def month_of(cls, day: date) -> Period:
        """The calendar month in which a day lies."""
        return cls.month(day.year, day.month)

    @property
    def last_day(self) -> date:
        """The last day that is in the period."""
        return self.end - timedelta(days=1)

    @property
    def is_month(self) -> bool:
        """Whether this is exactly one calendar month."""
        return self == Period.month_of(self.start)

    def next(self) -> Period:
        """The calendar month that follows."""
        return Period.month_of(self.end)

    def previous(self) -> Period:
        """The calendar month before."""
        return Period.month_of(self.start - timedelta(days=1))

    def days(self) -> list[date]:
        """Every day of the period, in order."""
        return [self.start + timedelta(days=n) for n in range((self.end - self.start).days)]

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def __str__(self) -> str:
        if self == TERM:
            return "term"
        return f"{self.start:%Y-%m}" if self.is_month else f"{self.last_day}"


#: The whole term of a contract: no usage lies outside of it.
TERM = Period(date(FIRST_YEAR, 1, 1), date(LAST_YEAR + 1, 1, 1))


def months_between(first: Period, last: Period) -> list[Period]:
    """The calendar months from the first to the last, both included."""
    months = []
    current = first
    while current.start <= last.start:
        months.append(current)
        current = current.next()
    return months


def span_of(day: date, every: str) -> Period:
    """The span in which a day lies: ``day``, ``week``, ``month``, ``quarter``, ``year``, ``term``.

    A week runs from Monday and never leaves its month, so that spans of posting
    always lie inside one period.
    """
    if every == "day":
        return Period(day, day + timedelta(days=1))
    month = Period.month_of(day)
    if every == "month":
        return month
    if every == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(max(monday, month.start), min(monday + timedelta(days=7), month.end))
    if every == "quarter":
        first = Period.month(day.year, 3 * ((day.month - 1) // 3) + 1)
        return Period(first.start, first.next().next().end)
    if every == "year":
        return Period(date(day.year, 1, 1), date(day.year + 1, 1, 1))
    if every == "term":
        return TERM
    raise ValueError(every)


def day_count(first: date, end: date, basis: str = "day") -> int:
    """The days from one date up to another, exclusive: real ones, or those of ``30/360``.

    30/360 gives every month 30 days: the 31st adds nothing, and the last of February as
    many as it lacks (30E/360; PEERS b5, fixed 30-day months).
    """
    if basis != "30/360":
        return (end - first).days
    return _days_of_360(end) - _days_of_360(first)


def _days_of_360(day: date) -> int:
    return 360 * day.year + 30 * day.month + min(day.day, 30)


#: Months of the spans that are counted in months.
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def anchored_span(day: date, every: str, anchor: date | None) -> Period:
    """The span in which a day lies, counted from an anchor instead of the calendar.

    Every bound is the anchor some months later, in its own day of the month where that
    month has it: an anchor on the 31st gives 28 February and then 31 March again. Days
    before the anchor lie in spans before it.
    """
    if anchor is None or every not in _MONTHS:
        return span_of(day, every)
    size = _MONTHS[every]
    months = (day.year - anchor.year) * 12 + day.month - anchor.month
    number = months // size
    if day < add_months(anchor, number * size):
        number -= 1
    return Period(add_months(anchor, number * size), add_months(anchor, (number + 1) * size))


def parse_day(text: str) -> date:
    """Read ``2025-11-30``; raises ValueError for anything else."""
    if not _DAY.fullmatch(text.strip()):
        raise ValueError(text)
    return _sensible(date.fromisoformat(text.strip()))


def parse_moment(text: str) -> Moment:
    """Read a day, or an instant with its offset such as ``2025-11-30T10:00:00Z``.

    Raises ValueError for anything else, an instant without an offset included.
    """
    try:
        return parse_day(text)
    except ValueError:
        instant = datetime.fromisoformat(text.strip())
        if instant.tzinfo is None:
            raise ValueError(text) from None
        return _sensible(instant)


def _sensible(moment: _Moment) -> _Moment:
    """Refuse years that no book has, such as 9999 for never: leave such a date empty."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(str(moment))
    return moment


@cache
def zone(name: str) -> ZoneInfo:
    """The time zone of that name; raises ZoneInfoNotFoundError or ValueError."""
    return ZoneInfo(name)


def local_time(moment: Moment, zone_name: str) -> datetime:
    """A moment as naive local time of a zone; a date is the start of that day."""
    if isinstance(moment, datetime):
        return moment.astimezone(zone(zone_name)).replace(tzinfo=None)
    return datetime(moment.year, moment.month, moment.day)


def start_of(day: date) -> datetime:
    """The naive local start of a day."""
    return datetime(day.year, day.month, day.day)


def utc_text(instant: datetime) -> str:
    """An aware instant in UTC, as files show it."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def add_months(day: date, months: int) -> date:
    """The same day some months later; the last day of the month where it is missing."""
    index = day.year * 12 + day.month - 1 + months
    month = Period.month(index // 12, index % 12 + 1)
    return min(month.start + timedelta(days=day.day - 1), month.last_day)
