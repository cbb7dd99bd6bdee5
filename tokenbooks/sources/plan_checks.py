"""What must hold between the parts of a plan: no ties, no circles, no double aliases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import pairwise

from tokenbooks.periods import Moment
from tokenbooks.problems import Position, Problem, error, warning
from tokenbooks.rating.plan import Alias, Modifier, Plan, Rate
from tokenbooks.rating.succession import begin_of, end_of
from tokenbooks.sources.formats import moment_text

#: How exports say "nothing special"; such values are dropped when usage is read.
_NEUTRAL = {
    "batch": {"false"},
    "service_tier": {"default", "standard"},
    "context": {"<=200k", "≤ 200k"},
    "region": {"global", "not_available"},
    "speed": {"standard"},
}


def check_plan(plan: Plan, meters: Mapping[str, Position]) -> Iterator[Problem]:
    """Every contradiction between the rates, aliases, modifiers and meters of a plan.

    ``meters`` are the places of the keys under ``meters:``.

    Problems: ``alias-twice``, ``alias-is-model``, ``part-of-circle``; the warning
    ``condition-neutral`` for a condition that no usage can meet.
    """
    zone = plan.timezone or "UTC"
    yield from _double_aliases(plan.aliases, zone)
    yield from _aliases_that_are_models(plan)
    yield from _circles(plan, meters)
    yield from _neutral_conditions(plan)


def check_ties(plan: Plan) -> Iterator[Problem]:
    """``rates-tie``: rates, or modifiers, that would price the same usage from the same moment.

    Only for a plan whose every value could be read: a `from` that could not would tie.
    """
    zone = plan.timezone or "UTC"
    yield from _ties(plan.rates, zone)
    yield from _ties(plan.modifiers, zone)


def check_order(
    what: str, starts: Moment | None, until: Moment | None, zone: str, place: Position
) -> Iterator[Problem]:
    """A span must end after it begins."""
    if starts is not None and until is not None and begin_of(starts, zone) >= end_of(until, zone):
        message = f"{what} ends at {moment_text(until)}, not after it begins, {moment_text(starts)}"
        help = "correct `from` or `until`; `until` is the first moment after it"
        yield error("dates-order", message, help, place)


def _ties(rows: Iterable[Rate | Modifier], zone: str) -> Iterator[Problem]:
    """Rows with the same conditions and beginning that price the same meter.

    A correction has the conditions and beginning of what it corrects, and another day.
    """
    seen: dict[tuple[object, datetime, date | None, str], Position] = {}
    for row in rows:
        if row.corrects and row.corrected_on is None:
            continue  # told already: a correction without its day
        conditions = row.conditions if isinstance(row, Rate) else row.when
        tied: dict[Position, list[str]] = {}
        for meter in _meters(row):
            key = (conditions, begin_of(row.starts, zone), row.corrected_on, meter)
            if key in seen:
                tied.setdefault(seen[key], []).append(meter)
            else:
                seen[key] = row.position
        for first, meters in tied.items():
            since = f"from {moment_text(row.starts)}" if row.starts else "without `from`"
            message = (
                f"the same conditions ({conditions or 'all usage'}) {since} price "
                f"{', '.join(meters)} already in line {first.line}"
            )
            help = "give one of them a later `from`, another condition, or take it away"
            yield error("rates-tie", message, help, row.position)


def _meters(row: Rate | Modifier) -> list[str]:
    if isinstance(row, Modifier):
        return sorted(row.times)
    return sorted({meter for price in row.prices for meter in price.meters})


def _double_aliases(aliases: Iterable[Alias], zone: str) -> Iterator[Problem]:
    by_name: dict[str, list[Alias]] = {}
    for alias in aliases:
        by_name.setdefault(alias.name, []).append(alias)
    for name, same in by_name.items():
        in_time = sorted(same, key=lambda alias: (begin_of(alias.starts, zone), alias.position))
        for earlier, later in pairwise(in_time):
            if begin_of(later.starts, zone) < end_of(earlier.until, zone):
                message = f"'{name}' stands for {earlier.model} and for {later.model} at once"
                help = "give the earlier one an `until`, or take one away"
                yield error("alias-twice", message, help, max(earlier.position, later.position))


def _aliases_that_are_models(plan: Plan) -> Iterator[Problem]:
    models = {
        pattern
        for rate in plan.rates
        for dimension, patterns in rate.conditions.patterns
        for pattern in patterns
        if dimension == "model"
    }
    targets = {alias.model for alias in plan.aliases}
    for alias in plan.aliases:
        if alias.name in models or alias.name in targets:
            message = f"'{alias.name}' is an alias of {alias.model} and a model of its own"
            help = "take the alias away, or the rates and aliases of that name"
            yield error("alias-is-model", message, help, alias.position)


def _circles(plan: Plan, meters: Mapping[str, Position]) -> Iterator[Problem]:
    for meter in plan.part_of:
        chain = [meter]
        while chain[-1] in plan.part_of and len(chain) <= len(plan.part_of):
            chain.append(plan.part_of[chain[-1]])
        # each circle is told once, at the meter that sorts first in it
        if meter in chain[1:] and meter == min(chain):
            path = " -> ".join(chain[: chain.index(meter, 1) + 1])
            message = f"part_of leads in a circle: {path}"
            help = "take one part_of away"
            place = meters.get(meter, plan.position)
            yield error("part-of-circle", message, help, place)


def _neutral_conditions(plan: Plan) -> Iterator[Problem]:
    rows = [(rate.conditions, rate.position) for rate in plan.rates]
    rows += [(modifier.when, modifier.position) for modifier in plan.modifiers]
    for conditions, place in rows:
        for dimension, patterns in conditions.patterns:
            for pattern in _NEUTRAL.get(dimension, set()).intersection(patterns):
                message = f"no usage has {dimension} {pattern}: it counts as having none"
                help = f"take {dimension} away, so that it holds for usage without {dimension}"
                yield warning("condition-neutral", message, help, place)
