"""The days of a file whose rows say none: in its name, or in the book."""

from __future__ import annotations

import calendar
import re
from datetime import timedelta

from tokenbooks.periods import Period
from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.exports.descriptors.descriptor import FIRST_DAY, LAST_DAY, Descriptor
from tokenbooks.sources.exports.files import ExportFile
from tokenbooks.sources.exports.normal.normal_time import has_time
from tokenbooks.sources.exports.sheets.sheet import Header

_DAY = re.compile(r"(?<!\d)(\d{4})[-_](\d\d)[-_](\d\d)(?!\d)")
_MONTH = re.compile(r"(?<!\d)(20\d\d)[-_](0[1-9]|1[0-2])(?!\d)")


def days_of(file: ExportFile) -> dict[str, str]:
    """The first and the last day that a file's name says, else those of its source's period."""
    return name_days(file.shown) or _period_days(file.source.period)


def lacks_days(file: ExportFile, descriptor: Descriptor, header: Header) -> list[Problem]:
    """The problem ``days-unknown`` where neither rows, nor the name, nor the book say a day."""
    time = next(time for time in descriptor.times if has_time(header, time))
    if time.column != FIRST_DAY or days_of(file):
        return []
    message = "neither its rows nor its name say of which days it is"
    help = "put them into the name, as in report_2026-08-01_2026-08-31.csv, or say `period:`"
    return [error("days-unknown", message, f"{help} of its source", Position(file.shown))]


def _period_days(period: Period | None) -> dict[str, str]:
    if period is None:
        return {}
    last = period.end - timedelta(days=1)
    return {FIRST_DAY: period.start.isoformat(), LAST_DAY: last.isoformat()}


def name_days(shown: str) -> dict[str, str]:
    """The first and the last day that a file's name says, or those of its month."""
    name = re.split(r"[/\\]", shown)[-1]
    days = ["-".join(match.groups()) for match in _DAY.finditer(name)]
    if len(days) > 1:
        return {FIRST_DAY: days[0], LAST_DAY: days[-1]}
    month = None if days else _MONTH.search(name)
    if month is None:
        return {}
    last = calendar.monthrange(int(month[1]), int(month[2]))[1]
    stem = f"{month[1]}-{month[2]}"
    return {FIRST_DAY: f"{stem}-01", LAST_DAY: f"{stem}-{last}"}
