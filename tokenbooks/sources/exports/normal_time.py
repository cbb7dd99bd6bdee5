"""The time of a row, in SQL: its instant, its bucket and its step.

A step is the start of a day, or a cut inside it, in naive local time of the contract.
A bucket of a whole day keeps its own date whatever the contract's zone is: its usage
cannot be split. Shorter buckets and events belong to the local day of their instant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tokenbooks.sources.exports import sql_values
from tokenbooks.sources.exports.descriptor import CONTRACT_ZONE, TimeColumn
from tokenbooks.sources.exports.files import ExportFile
from tokenbooks.sources.exports.header import Header
from tokenbooks.sources.exports.sql_text import quoted

#: A bucket at least as long is a day; days with a change of the clock have 23 hours.
SHORTEST_DAY = "INTERVAL 23 HOUR"

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
    cell = f"c{column}"
    zone = file.zone if time.zone == CONTRACT_ZONE else time.zone
    if time.written == "day":
        return _days(file, time, column, zone)
    values = {"t": _instant(cell, time, zone)}
    sound = sql_values.in_years("t")
    naive = None
    if time.written == "instant" and not zone:
        naive = f"t IS NULL AND {sql_values.has_no_offset(cell)}"
    local = local_sql("t", file.zone)
    if not time.buckets:
        step = _step(local, file.cuts)
        return TimeForm(values, (column,), sound, step, None, None, file.zone, naive)
    end = header.columns.index(time.end or "")
    values["e"] = _instant(f"c{end}", time, zone)
    day_zone = zone or file.zone
    if day_zone != file.zone:
        own_day = local_sql("t", day_zone)
        local = f"CASE WHEN e - t >= {SHORTEST_DAY} THEN {own_day} ELSE {local} END"
    step = _step(local, file.cuts)
    return TimeForm(values, (column, end), f"{sound} AND e > t", step, "t", "e", day_zone, naive)


def has_time(header: Header, time: TimeColumn) -> bool:
    """Whether a file has the time column, and that of the bucket's end where one is named."""
    return time.column in header.columns and (time.end is None or time.end in header.columns)


def _days(file: ExportFile, time: TimeColumn, column: int, zone: str) -> TimeForm:
    values = {"t": sql_values.day(f"c{column}")}
    sound = sql_values.in_years("t")
    step = _step("t", file.cuts)
    if not time.buckets:
        return TimeForm(values, (column,), sound, step, None, None, zone, None, True)
    start, end = utc_sql("t", zone), utc_sql("t + INTERVAL 1 DAY", zone)
    return TimeForm(values, (column,), sound, step, start, end, zone, None, True)


def _instant(cell: str, time: TimeColumn, zone: str) -> str:
    if time.written == "unix_seconds":
        return sql_values.unix_instant(cell)
    return sql_values.instant(cell, zone)


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
