"""Succession: from when to when each rate of a plan rules.

Of rates with the same conditions the latest ``from`` rules, until its ``until`` or the
next ``from``; of those with one beginning the one corrected last (DESIGN 6). A rate that
has ended does not give way to the one before it: that is a gap.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from tokenbooks.conditions import Conditions
from tokenbooks.periods import Moment, local_time
from tokenbooks.rating.plan import Plan, Rate

ALWAYS, NEVER = datetime.min, datetime.max


@dataclass(frozen=True, slots=True)
class Ruling:
    """A rate and the time in which it rules: ``starts`` inclusive, ``ends`` exclusive.

    ``next`` is the following rate of the same conditions, which begins at ``next_begins``;
    None for the last one.
    """

    rate: Rate
    starts: datetime
    ends: datetime
    next: Rate | None = None
    next_begins: datetime = NEVER

    def at(self, time: datetime) -> bool:
        """Whether it rules at a local time."""
        return self.starts <= time < self.ends

    def overlap(self, other: Ruling) -> tuple[datetime, datetime] | None:
        """The time in which both rule, or None."""
        starts, ends = max(self.starts, other.starts), min(self.ends, other.ends)
        return (starts, ends) if starts < ends else None


def rulings(plan: Plan, zone: str) -> list[Ruling]:
    """The rates that rule at any time, in the plan's order; times are local to the zone."""
    found = [ruling for rates in by_conditions(plan).values() for ruling in _in_turn(rates, zone)]
    order = {id(rate): index for index, rate in enumerate(plan.rates)}
    return sorted(found, key=lambda ruling: order[id(ruling.rate)])


def by_conditions(plan: Plan) -> dict[Conditions, list[Rate]]:
    """The rates that succeed each other, by their conditions."""
    same: dict[Conditions, list[Rate]] = {}
    for rate in plan.rates:
        same.setdefault(rate.conditions, []).append(rate)
    return same


def begin_of(moment: Moment | None, zone: str) -> datetime:
    """When what has this ``from`` begins."""
    return ALWAYS if moment is None else local_time(moment, zone)


def end_of(moment: Moment | None, zone: str) -> datetime:
    """When what has this ``until`` ends."""
    return NEVER if moment is None else local_time(moment, zone)


def _in_turn(rates: Iterable[Rate], zone: str) -> list[Ruling]:
    latest: dict[datetime, Rate] = {}
    for rate in sorted(rates, key=lambda rate: rate.corrected_on or date.min):
        latest[begin_of(rate.starts, zone)] = rate
    begins = sorted(latest)
    found = []
    for index, starts in enumerate(begins):
        rate = latest[starts]
        following = begins[index + 1] if index + 1 < len(begins) else NEVER
        ends = min(end_of(rate.until, zone), following)
        if starts < ends:
            found.append(Ruling(rate, starts, ends, latest.get(following), following))
    return found
