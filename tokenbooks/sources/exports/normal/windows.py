"""Hours of the week as SQL: whether the time of a row lies in any of some windows.

``Window.holds`` says what the hours are. Here the windows of one zone become stretches of
the minutes of a week, and the local time of a row a count of minutes. A row that is known
by its bucket or day only lies inside where all of that does, and outside where none does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tokenbooks.rating.windows import INSIDE, MINUTES_A_DAY, UNKNOWN, Window, hours_dimension
from tokenbooks.sources.exports.normal.expression import Expression
from tokenbooks.sources.exports.normal.normal_time import UTC, TimeForm, local_sql
from tokenbooks.sources.exports.sql_text import quoted

MINUTES_A_WEEK = 7 * MINUTES_A_DAY
#: Minutes of the week at which the count of minutes begins: 1970-01-01 was a Thursday.
_FIRST_MINUTE = 3 * MINUTES_A_DAY

_MICROSECONDS = 60_000_000


class Stretch(NamedTuple):
    """Minutes from ``start`` on, repeated ``every`` day or week; of the week from Monday."""

    start: int
    minutes: int
    every: int


class HoursForm(NamedTuple):
    """Values over the instant of a row, and over them a dimension for each set of windows."""

    values: dict[str, Expression]
    dimensions: dict[str, Expression]


def hours_form(sets: Sequence[Sequence[Window]], time: TimeForm) -> HoursForm:
    """The dimensions of sets of windows: ``in``, ``unknown``, or NULL outside of all."""
    zones = list(dict.fromkeys(window.zone for windows in sets for window in windows))
    values: dict[str, str] = {}
    for number, zone in enumerate(zones):
        values.update(_minute(number, zone, time) if time.is_instant else _span(number, zone, time))
    dimensions: dict[str, Expression] = {}
    for windows in sets:
        inside: list[str] = []
        touched: list[str] = []
        for number, zone in enumerate(zones):
            stretches = week_stretches(w for w in windows if w.zone == zone)
            inside += [_holds(f"z{number}", stretch, time) for stretch in stretches]
            touched += [_touches(f"z{number}", stretch) for stretch in stretches]
        said = _said(inside, [] if time.is_instant else touched)
        dimensions[hours_dimension(windows)] = time.over(said)
    return HoursForm({name: time.over(sql) for name, sql in values.items()}, dimensions)


def week_stretches(windows: Iterable[Window]) -> list[Stretch]:
    """The stretches of the week that windows cover together, with those that meet as one.

    Where every day is the same they are those of a day.
    """
    covered = bytearray(MINUTES_A_WEEK)
    for window in windows:
        for day in window.days:
            first = day * MINUTES_A_DAY + window.start
            for minute in range(first, first + window.minutes):
                covered[minute % MINUTES_A_WEEK] = 1
    every = MINUTES_A_WEEK
    if covered == covered[:MINUTES_A_DAY] * 7:
        covered, every = covered[:MINUTES_A_DAY], MINUTES_A_DAY
    if all(covered):
        return [Stretch(0, every, every)]
    starts = [n for n in range(every) if covered[n] and not covered[n - 1]]
    return [Stretch(start, (covered + covered).index(0, start) - start, every) for start in starts]


def _said(inside: Sequence[str], touched: Sequence[str]) -> str:
    if not inside:
        return "NULL"
    unknown = f" WHEN {' OR '.join(touched)} THEN {quoted(UNKNOWN)}" if touched else ""
    return f"CASE WHEN {' OR '.join(inside)} THEN {quoted(INSIDE)}{unknown} END"


def _holds(name: str, stretch: Stretch, time: TimeForm) -> str:
    """Whether a row's time lies in a stretch, from its first minute to its last."""
    if stretch.minutes == stretch.every:
        return f"{name} IS NOT NULL"
    lasts = "" if time.is_instant else f" + {name}_last - {name}"
    return f"{_since(name, stretch)}{lasts} < {stretch.minutes}"


def _touches(name: str, stretch: Stretch) -> str:
    """Whether a stretch is open when a row's time begins, or opens before it ends."""
    since = _since(name, stretch)
    opens = f"{since} + {name}_last - {name} >= {stretch.every}"
    return f"{since} < {stretch.minutes} OR {opens}"


def _since(name: str, stretch: Stretch) -> str:
    """Minutes since the stretch opened last."""
    return f"({name} + {(_FIRST_MINUTE - stretch.start) % stretch.every}) % {stretch.every}"


def _minute(number: int, zone: str, time: TimeForm) -> dict[str, str]:
    """The local minute of an instant, counted from 1970."""
    return {f"z{number}": f"epoch_us({local_sql(time.start, zone)}) // {_MICROSECONDS}"}


def _span(number: int, zone: str, time: TimeForm) -> dict[str, str]:
    """The first and the last local minute of a bucket or day.

    Where the clock goes back meanwhile, by ``back``, it may show times before the first
    or after the last one; unless it runs evenly for as long at both ends.
    """
    z = f"z{number}"
    last = f"({time.end} - INTERVAL 1 MICROSECOND)"
    if zone == UTC:
        first_minute = f"epoch_us({time.start}) // {_MICROSECONDS}"
        return {z: first_minute, f"{z}_last": f"epoch_us({last}) // {_MICROSECONDS}"}
    back = f"to_microseconds({z}_back)"
    early = f"epoch_us({local_sql(f'({time.start} + {back})', zone)})"
    late = f"epoch_us({local_sql(f'({last} - {back})', zone)})"
    lasts = f"epoch_us({last}) - epoch_us({time.start})"
    return {
        f"{z}_a": f"epoch_us({local_sql(time.start, zone)})",
        f"{z}_b": f"epoch_us({local_sql(last, zone)})",
        f"{z}_back": f"greatest({lasts} - ({z}_b - {z}_a), 0)",
        z: f"({z}_a - CASE WHEN {early} = {z}_a + {z}_back THEN 0 ELSE {z}_back END)"
        f" // {_MICROSECONDS}",
        f"{z}_last": f"({z}_b + CASE WHEN {late} = {z}_b - {z}_back THEN 0 ELSE {z}_back END)"
        f" // {_MICROSECONDS}",
    }
