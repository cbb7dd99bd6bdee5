"""Witnesses: usage that one set of conditions, or two at once, would take.

What a plan's rates do to each other is found by trying usage on them. A witness has a
value for each dimension that is named; of a glob, the shortest name that it matches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice, product

from tokenbooks.conditions import Conditions
from tokenbooks.rating.plan import Alias, Rate
from tokenbooks.rating.windows import INSIDE, Window, is_hours

#: Usage tried for one pair of conditions: long lists of names have far more combinations.
_MOST_TRIED = 200

#: Two weeks in winter and summer time, to compare hours of the week of several zones.
_DAYS = tuple(
    datetime(2025, month, 1, tzinfo=UTC) + timedelta(days=day)
    for month in (1, 7)
    for day in range(14)
)


def witnesses(conditions: Conditions) -> Iterator[dict[str, str]]:
    """Usage of which the conditions hold."""
    named = [(name, tuple(map(shortest, patterns))) for name, patterns in conditions.patterns]
    yield from _combined(named)


def common_witnesses(
    first: Rate, second: Rate, aliases: tuple[Alias, ...] = ()
) -> Iterator[dict[str, str]]:
    """Usage of which the conditions of both rates hold; none where they exclude each other."""
    ours, theirs = dict(first.conditions.patterns), dict(second.conditions.patterns)
    if first.hours and second.hours and not hours_meet(first.hours, second.hours):
        return
    named = []
    for name in sorted({*ours, *theirs}):
        if is_hours(name):
            values: tuple[str, ...] = (INSIDE,)
        elif name in ours and name in theirs:
            values = tuple(_in_both(ours[name], theirs[name]))
            values += _aliased(ours[name], theirs[name], aliases) if name == "model" else ()
        else:
            values = tuple(map(shortest, ours.get(name) or theirs[name]))
        if not values:
            return
        named.append((name, values))
    yield from _combined(named)


def shortest(pattern: str) -> str:
    """The shortest name that a pattern matches."""
    return pattern.replace("*", "") or "any"


def common_name(first: str, second: str) -> str | None:
    """A shortest name that both patterns match, or None."""
    reached: dict[tuple[int, int], str] = {(0, 0): ""}
    waiting = [(0, 0)]
    for i, j in waiting:
        if i == len(first) and j == len(second):
            return reached[i, j] or "any"
        for place, sign in _moves(first, second, i, j):
            if place not in reached:
                reached[place] = reached[i, j] + sign
                waiting.append(place)
    return None


def hours_meet(first: tuple[Window, ...], second: tuple[Window, ...]) -> bool:
    """Whether some time lies in the hours of both.

    Spans that overlap do so where one of them begins, so that only beginnings are tried.
    """
    return any(
        any(window.holds(at) for window in theirs)
        for ours, theirs in ((first, second), (second, first))
        for at in _beginnings(ours)
    )


def _moves(first: str, second: str, i: int, j: int) -> Iterator[tuple[tuple[int, int], str]]:
    """From a place in each pattern to the next ones, with the sign that both match there."""
    ours, theirs = first[i : i + 1], second[j : j + 1]
    if ours == "*":
        yield (i + 1, j), ""
    if theirs == "*":
        yield (i, j + 1), ""
    if ours and theirs and "*" not in (ours, theirs) and ours == theirs:
        yield (i + 1, j + 1), ours
    if ours == "*" and theirs not in ("", "*"):
        yield (i, j + 1), theirs
    if theirs == "*" and ours not in ("", "*"):
        yield (i + 1, j), ours


def _in_both(ours: tuple[str, ...], theirs: tuple[str, ...]) -> Iterator[str]:
    exact = {pattern for pattern in theirs if "*" not in pattern}
    globs = [pattern for pattern in theirs if "*" in pattern]
    for pattern in ours:
        others = theirs if "*" in pattern else [*({pattern} & exact), *globs]
        yield from (name for other in others if (name := common_name(pattern, other)) is not None)


def _aliased(
    ours: tuple[str, ...], theirs: tuple[str, ...], aliases: tuple[Alias, ...]
) -> tuple[str, ...]:
    """Other names of models, where one rate takes the other name and one the model's own."""
    sides = [Conditions.of({"model": patterns}) for patterns in (ours, theirs)]
    names = ({"model": (alias.name, alias.model)} for alias in aliases)
    return tuple(both["model"][0] for both in names if all(side.hold(both) for side in sides))


def _beginnings(windows: tuple[Window, ...]) -> Iterator[datetime]:
    from zoneinfo import ZoneInfo

    for window in windows:
        for day in _DAYS:
            begun = day.replace(tzinfo=ZoneInfo(window.zone)) + timedelta(minutes=window.start)
            if begun.weekday() in window.days:
                yield begun


def _combined(named: list[tuple[str, tuple[str, ...]]]) -> Iterator[dict[str, str]]:
    names = [name for name, _ in named]
    for values in islice(product(*(values for _, values in named)), _MOST_TRIED):
        yield dict(zip(names, values, strict=True))


def values_text(values: Mapping[str, str]) -> str:
    """Usage in words."""
    return ", ".join(f"{name} {value}" for name, value in values.items()) or "any usage"
