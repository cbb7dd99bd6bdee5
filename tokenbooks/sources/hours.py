"""Hours of the week in which a rate or modifier holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tokenbooks.conditions import Conditions
from tokenbooks.rating.windows import INSIDE, MINUTES_A_DAY, Window, hours_dimension
from tokenbooks.rating.witnesses import hours_meet
from tokenbooks.sources.conditions import read_conditions
from tokenbooks.sources.formats import read_value
from tokenbooks.sources.plan_reading import PlanReading
from tokenbooks.sources.yaml_tree import Node

_ALL_DAYS = tuple(range(7))


def read_hours(node: Node, reading: PlanReading) -> tuple[Window, ...]:
    """The windows of the key ``hours``, in order, without those that could not be read.

    Problem ``hours-overlap``: two windows of one list share hours.
    """
    windows: list[Window] = []
    for item in node:
        window = _read_window(item, reading)
        if window is None:
            continue
        if any(hours_meet((window,), (other,)) for other in windows):
            message = f"the hours {window} overlap hours above them"
            help = "make them end before the others begin, or put them into one"
            reading.error("hours-overlap", message, help, item.position)
        windows.append(window)
    return tuple(sorted(windows, key=lambda window: (window.days, window.start, str(window))))


def conditions_with_hours(node: Node, windows: Sequence[Window]) -> Conditions:
    """The conditions of ``for`` or ``when``, and that usage lies in the windows."""
    named: Mapping[str, tuple[str, ...]] = dict(read_conditions(node).patterns)
    if windows:
        named = {**named, hours_dimension(windows): (INSIDE,)}
    return Conditions.of(named)


def _read_window(node: Node, reading: PlanReading) -> Window | None:
    days: set[int] = set()
    for word in node["days"].words():
        found = read_value("days", word)
        days.update(found if isinstance(found, tuple) else ())
    start = read_value("clock", node["from"].word("00:00"))
    end = read_value("clock-end", node["to"].word("00:00"))
    zone_name = read_value("timezone", node["timezone"].word(reading.zone))
    if "days" in node and not days:
        return None
    if not (isinstance(start, int) and isinstance(end, int) and isinstance(zone_name, str)):
        return None
    return Window(tuple(sorted(days)) or _ALL_DAYS, start, end % MINUTES_A_DAY, zone_name)
