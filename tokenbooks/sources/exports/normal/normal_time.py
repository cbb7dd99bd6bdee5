"""The time of a row, in SQL: its instant, its bucket and its step.

A step is the start of a day, or a cut inside it, in naive local time of the contract.
A bucket of a whole day keeps its own date whatever the contract's zone is: its usage
cannot be split. Shorter buckets and events belong to the local day of their instant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tokenbooks.sources.exports.descriptors.descriptor import (
    CONTRACT_ZONE,
    WRITTEN_ZONE,
    TimeColumn,
)
from tokenbooks.sources.exports.files import ExportFile
from tokenbooks.sources.exports.normal import sql_values
from tokenbooks.sources.exports.normal.expression import Expression
from tokenbooks.sources.exports.sheets.sheet import Header
from tokenbooks.sources.exports.sql_text import quoted
from tokenbooks.usage.accounting import USAGE

#: A bucket at least as long is a day; days with a change of the clock have 23 hours.
SHORTEST_DAY = "INTERVAL 23 HOUR"

#: A bucket at least as long is more than a day.
LONGEST_DAY = "INTERVAL 26 HOUR"

UTC = "UTC"


@dataclass(frozen=True, slots=True)
class TimeForm:
    """The time of a row in SQL over the values ``t`` and ``e``.

    ``step_key`` is what rows are grouped by (a DATE where no cut needs more);
    ``bucket`` and ``bucket_end`` are UTC, None for events. ``day_zone`` is the zone
    whose days a file with daily buckets has. ``naive`` says, over the raw cell, whether
    a time is refused because it has no offset; None where it may lack one.
    ``written_as_days``: no row tells more than its day.
    """

    values: Mapping[str, str]
    columns: tuple[int, ...]
    sound: str
    step_key: str
    bucket: str | None
    bucket_end: str | None
    day_zone: str
    naive: str | None = None
    written_as_days: bool = False

    @property
    def texts(self) -> frozenset[int] | None:
        """The columns whose texts tell the time; None for instants, of which each is another."""
        return None if self.is_instant else frozenset(self.columns)

    def over(self, sql: str) -> Expression:
        """SQL that is over the values of a row's time only."""
        return Expression(sql, self.texts, costly=True)

    @property
    def is_instant(self) -> bool:
        """Whether rows say the instant at which they happened, not a day or a bucket."""
        return self.bucket is None and not self.written_as_days

    @property
    def start(self) -> str:
        """The instant of a row, or the first one of its bucket or day, in UTC."""
        return utc_sql("t", self.day_zone) if self.written_as_days else "t"

    @property
    def end(self) -> str:
        """The end of a row's bucket or day, exclusive, in UTC; of an instant itself."""
        if self.written_as_days:
            return utc_sql("t + INTERVAL 1 DAY", self.day_zone)
        return self.bucket_end or "t"


def build_time_form(file: ExportFile, header: Header, times: tuple[TimeColumn, ...]) -> TimeForm:
    """The time of a file's rows, by the first time column that the file has."""
    time = next(time for time in times if has_time(header, time))
    column = header.columns.index(time.column)
    zone = file.zone if time.zone == CONTRACT_ZONE else time.zone
    zone = "" if zone == WRITTEN_ZONE else zone
    if time.is_days:
        return _days(file, header, time, zone)
    cell = f"c{column}"
    values = {"t": _instant(cell, time, zone)}
    sound = sql_values.in_years("t")
    naive = None
    if "instant" in time.written and not zone:
        naive = f"t IS NULL AND {sql_values.has_no_offset(cell)}"
    local = local_sql("t", file.zone)
    if not time.buckets:
        step = _step(local, file.cuts)
        return TimeForm(values, (column,), sound, step, None, None, file.zone, naive)
    end = header.columns.index(time.end or "")
    values["e"] = _instant(f"c{end}", time, zone)
    day_zone = zone or file.zone
    if time.zone == WRITTEN_ZONE:
        values["d"] = f"try_cast(substr({cell}, 1, 10) AS TIMESTAMP)"
        local = f"CASE WHEN e - t >= {SHORTEST_DAY} THEN d ELSE {local} END"
    elif day_zone != file.zone:
        own_day = local_sql("t", day_zone)
        local = f"CASE WHEN e - t >= {SHORTEST_DAY} THEN {own_day} ELSE {local} END"
    sound += f" AND e > t{_in_one_month(file, day_zone)}"
    step = _step(local, file.cuts)
    return TimeForm(values, (column, end), sound, step, "t", "e", day_zone, naive)


def has_time(header: Header, time: TimeColumn) -> bool:
    """Whether a file has the time column, and that of the bucket's end where one is named."""
    return all(n is None or n in header.columns for n in (time.column, time.end, time.last))


def _days(file: ExportFile, header: Header, time: TimeColumn, zone: str) -> TimeForm:
    column = header.columns.index(time.column)
    columns, day = [column], _day(f"c{column}", time)
    otherwise = header.index(time.otherwise) if time.otherwise else None
    if otherwise is not None:
        columns.append(otherwise)
        day = f"(CASE WHEN c{column} IS NULL THEN {_day(f'c{otherwise}', time)} ELSE {day} END)"
    values = {"t": day}
    sound = sql_values.in_years("t")
    step = _step("t", file.cuts)
    until = time.last or time.end
    if not time.buckets:
        return TimeForm(values, tuple(columns), sound, step, None, None, zone, None, True)
    if until is None:
        start, end = utc_sql("t", zone), utc_sql("t + INTERVAL 1 DAY", zone)
        return TimeForm(values, tuple(columns), sound, step, start, end, zone, None, True)
    last = header.columns.index(until)
    values["e"] = _day(f"c{last}", time) + (" + INTERVAL 1 DAY" if time.last else "")
    if otherwise is not None:
        values["e"] = (
            f"(CASE WHEN c{column} IS NULL AND c{last} IS NULL THEN {day} + INTERVAL 1 DAY"
            f" ELSE {values['e']} END)"
        )
    start, end = utc_sql("t", zone), utc_sql("e", zone)
    sound += f" AND e > t{_in_one_month(file, UTC)}"
    return TimeForm(values, (*columns, last), sound, step, start, end, zone, None, True)


def _in_one_month(file: ExportFile, zone: str) -> str:
    """Usage in one row cannot be split: a long bucket lies in one month."""
    if file.kind != USAGE:
        return ""
    first, last = (local_sql(moment, zone) for moment in ("t", "e - INTERVAL 1 MICROSECOND"))
    same = f"date_trunc('month', {first}) = date_trunc('month', {last})"
    return f" AND (e - t < {LONGEST_DAY} OR {same})"


def _instant(cell: str, time: TimeColumn, zone: str) -> str:
    """The instant of a cell in the first way of writing that fits, TIMESTAMP in UTC."""
    forms = [
        utc_sql(f"({_DAYS[form](cell)})", zone)
        if form in _DAYS
        else sql_values.instant(cell, zone)
        if form == "instant"
        else sql_values.unix_instant(cell, _PER_SECOND[form])
        for form in time.written
    ]
    return forms[0] if len(forms) == 1 else f"coalesce({', '.join(forms)})"


def _day(cell: str, time: TimeColumn) -> str:
    """The day of a cell in the first way of writing that fits, as the start of it."""
    forms = [_DAYS[form](cell) for form in time.written]
    return f"({forms[0]})" if len(forms) == 1 else f"coalesce({', '.join(forms)})"


_DAYS: dict[str, Callable[[str], str]] = {
    "day": sql_values.day,
    "compact_day": sql_values.compact_day,
    "month_day_year": sql_values.month_day_year,
    "unix_day": sql_values.unix_day,
}

_PER_SECOND = {
    "unix_seconds": 1,
    "unix_milliseconds": 1_000,
    "unix_nanoseconds": 1_000_000_000,
}


def local_sql(instant: str, zone: str) -> str:
    """A UTC timestamp as naive local time of a zone."""
    if zone == UTC:
        return instant
    return f"timezone({quoted(zone)}, timezone('UTC', {instant}))"


def utc_sql(local: str, zone: str) -> str:
    """A naive local timestamp of a zone in UTC."""
    if zone == UTC:
        return local
    return f"timezone('UTC', timezone({quoted(zone)}, {local}))"


def _step(local: str, cuts: tuple[datetime, ...]) -> str:
    """The start of the local day, or the last cut before the time; a DATE without cuts."""
    if not cuts:
        return f"({local})::DATE"
    branches = "".join(
        f" WHEN {local} >= TIMESTAMP '{cut}' THEN TIMESTAMP '{cut}'" for cut in sorted(cuts)[::-1]
    )
    start = f"date_trunc('day', {local})"
    return f"greatest({start}, CASE{branches} ELSE {start} END)"
