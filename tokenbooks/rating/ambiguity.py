"""What is open in a plan before any usage shows it: rates that clash, and gaps between them.

All are warnings: the usage that would be ambiguous or unpriced may never come. When it
comes, rating it is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import combinations, product

from tokenbooks.amounts import quantity_text
from tokenbooks.problems import Problem, warning
from tokenbooks.rating.matching import (
    Ambiguous,
    Match,
    Outcome,
    PlanInForce,
    Unpriced,
    match,
    match_meters,
)
from tokenbooks.rating.plan import Plan, Rate
from tokenbooks.rating.succession import NEVER, Ruling, begin_of, by_conditions, rulings
from tokenbooks.rating.witnesses import common_witnesses, values_text, witnesses

#: Dimensions of how a request is processed: providers sell no batch that is also fast.
_WAYS = frozenset({"batch", "service_tier", "speed"})


def open_questions(plan: Plan, zone: str) -> list[Problem]:
    """Usage that a plan would price twice, or not at all, by its own words.

    Problems, all warnings: ``rates-ambiguous``, ``rates-gap``, ``rates-overlap``,
    ``meter-dropped`` and ``steps-bounded``.
    """
    ruling = PlanInForce(plan, zone)
    ruled = rulings(plan, zone)
    return [
        *_clashes(ruling, ruled),
        *_gaps(ruling, ruled),
        *_overlaps(plan, zone),
        *_dropped_meters(ruling, ruled),
        *_bounded_steps(plan),
    ]


# -- two rates for one usage ------------------------------------------------------------


def _clashes(ruling: PlanInForce, ruled: list[Ruling]) -> Iterator[Problem]:
    """Rates of equal rank and other conditions that some usage would meet at one time."""
    told: set[tuple[int, int]] = set()
    for first, second in _pairs_that_may_meet(ruled):
        pair = (id(first.rate), id(second.rate))
        meters = _meters(first.rate) & _meters(second.rate)
        if pair in told or not meters:
            continue
        told.add(pair)
        found = _clash(ruling, first, second, meters)
        if found is not None:
            yield found


def _pairs_that_may_meet(ruled: list[Ruling]) -> Iterator[tuple[Ruling, Ruling]]:
    """Pairs of one rank, but not those of models that are named and differ."""
    ranks: dict[tuple[int, int], list[Ruling]] = {}
    for item in ruled:
        ranks.setdefault(item.rate.conditions.rank(), []).append(item)
    for items in ranks.values():
        named: dict[str, list[Ruling]] = {}
        wide: list[Ruling] = []
        for item in items:
            models = dict(item.rate.conditions.patterns).get("model", ("*",))
            if any("*" in model for model in models):
                wide.append(item)
                continue
            for model in models:
                named.setdefault(model, []).append(item)
        for same in named.values():
            yield from combinations(same, 2)
        yield from combinations(wide, 2)
        yield from ((w, n) for w, same in product(wide, named.values()) for n in same)


def _clash(ruling: PlanInForce, first: Ruling, second: Ruling, meters: set[str]) -> Problem | None:
    overlap = first.overlap(second)
    if overlap is None or _exclude(first.rate, second.rate):
        return None
    both = {id(first.rate), id(second.rate)}
    for values in common_witnesses(first.rate, second.rate, ruling.plan.aliases):
        for at in _times(ruling, *overlap):
            outcomes = match_meters(ruling, values, sorted(meters), at)
            twice = [meter for meter in outcomes if _is_clash_of(outcomes[meter], both)]
            if twice:
                return _ambiguous(ruling.plan, first.rate, second.rate, twice, values)
    return None


def _exclude(first: Rate, second: Rate) -> bool:
    """Whether no usage meets both: one way of processing excludes another."""
    ours, theirs = set(first.conditions.dimensions), set(second.conditions.dimensions)
    same = first.conditions == second.conditions
    return same or bool((ours - theirs) & _WAYS and (theirs - ours) & _WAYS)


def _is_clash_of(outcome: Outcome, rates: set[int]) -> bool:
    return isinstance(outcome, Ambiguous) and {id(outcome.first), id(outcome.second)} == rates


def _ambiguous(
    plan: Plan, first: Rate, second: Rate, meters: list[str], values: dict[str, str]
) -> Problem:
    earlier, later = (rate for rate in plan.rates if rate is first or rate is second)
    return warning(
        "rates-ambiguous",
        f"plan {plan.id}: two rates of equal rank would price {', '.join(meters)} of"
        f" {values_text(values)}: '{_shown(earlier)}' (line {_line(earlier)}) and"
        f" '{_shown(later)}'",
        "give one of them a further condition, or write a rate for usage that meets both",
        later.position,
    )


# -- no rate for some time --------------------------------------------------------------


def _gaps(ruling: PlanInForce, ruled: list[Ruling]) -> Iterator[Problem]:
    """Times after a rate's `until` in which its usage has no price, though it has one later."""
    for item in ruled:
        until = item.next_begins
        earlier = _earlier_without_end(ruling, item)
        if item.ends == NEVER or item.ends == until or (until == NEVER and earlier is None):
            continue
        missing = _unpriced_from(ruling, item)
        if not missing:
            continue
        meters, rate = ", ".join(missing), item.rate
        if until != NEVER:
            when = f"from {_day(item.ends)} until {_day(until)}"
            help = f"end the rate at {_day(until)}, or write a rate for the time between"
        else:
            assert earlier is not None
            when = f"from {_day(item.ends)} on"
            help = (
                f"the rate in line {_line(earlier)} does not come back: write it again"
                f" with `from: {_day(item.ends)}`, or give it an `until`"
            )
        message = f"{when} nothing prices {meters} of '{_shown(rate)}'"
        yield warning("rates-gap", message, help, rate.position)


def _earlier_without_end(ruling: PlanInForce, item: Ruling) -> Rate | None:
    """An earlier rate of the same conditions that would hold longer, had it not been replaced."""
    for rate in by_conditions(ruling.plan)[item.rate.conditions]:
        is_earlier = ruling.starts(rate) < item.starts
        if is_earlier and ruling.in_force(rate, item.ends) and rate is not item.rate:
            return rate
    return None


def _unpriced_from(ruling: PlanInForce, item: Ruling) -> list[str]:
    """The meters of a rate that nothing prices at its end."""
    values = next(witnesses(item.rate.conditions))
    return [
        meter
        for meter in sorted(_meters(item.rate))
        if not isinstance(match(ruling, values, meter, item.ends), Match | Ambiguous)
    ]


def _overlaps(plan: Plan, zone: str) -> Iterator[Problem]:
    """An `until` after the next rate of the same conditions has begun."""
    for rates in by_conditions(plan).values():
        begins = [(begin_of(rate.starts, zone), rate) for rate in rates]
        for begun, rate in begins:
            later = [(at, r) for at, r in begins if at > begun and not r.corrected_on]
            if rate.until is None or not later:
                continue
            at, following = min(later, key=lambda pair: pair[0])
            until = begin_of(rate.until, zone)
            if at < until:
                message = (
                    f"the rate is written until {_day(until)}, but the one in"
                    f" line {_line(following)} takes over on {_day(at)}"
                )
                help = f"write `until: {_day(at)}`, or correct the `from` of the other"
                yield warning("rates-overlap", message, help, rate.position)


# -- prices that end --------------------------------------------------------------------


def _dropped_meters(ruling: PlanInForce, ruled: list[Ruling]) -> Iterator[Problem]:
    """Meters that the next rate of the same conditions prices no more, or otherwise."""
    for item in ruled:
        if item.next is None or item.ends != item.next_begins:
            continue
        values = next(witnesses(item.rate.conditions))
        dropped = sorted(_meters(item.rate) - _meters(item.next))
        outcomes = match_meters(ruling, values, dropped, item.ends)
        told = [text for meter in dropped if (text := _now(meter, outcomes[meter]))]
        if told:
            message = (
                f"from {_day(item.ends)} on, '{_shown(item.rate)}' {', '.join(told)}:"
                " this rate does not name what the one before it did"
            )
            help = f"write each price here too: a later rate replaces line {_line(item.rate)}"
            yield warning("meter-dropped", message, help, item.next.position)


def _now(meter: str, outcome: Outcome) -> str:
    """What has become of a meter's price; empty where nothing needs to be said."""
    if isinstance(outcome, Unpriced):
        return f"has no price for {meter}"
    if isinstance(outcome, Match):
        return f"prices {meter} as {outcome.price.name} (line {outcome.price.position.line})"
    return ""


def _bounded_steps(plan: Plan) -> Iterator[Problem]:
    for rate in plan.rates:
        for price in rate.prices:
            bound = price.steps[-1].up_to if price.steps else None
            if bound is not None:
                message = (
                    f"usage of {price.name} above {quantity_text(bound)} has no price: the last"
                    " step ends there"
                )
                help = "end the steps with one that has no `up_to`"
                yield warning("steps-bounded", message, help, price.position)


# -- shared -----------------------------------------------------------------------------


def _times(ruling: PlanInForce, starts: datetime, ends: datetime) -> list[datetime]:
    """The beginning of a span and every time in it at which something changes."""
    return [starts, *(at for at in ruling.cuts() if starts < at < ends)]


def _meters(rate: Rate) -> set[str]:
    return {meter for price in rate.prices for meter in price.meters}


def _line(rate: Rate) -> int:
    return rate.position.line


def _shown(rate: Rate) -> str:
    return str(rate.conditions) or "any usage"


def _day(at: datetime) -> str:
    """A local time as plans write it where it is a whole day."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return f"{at:%Y-%m-%d}" if at == midnight else f"{at:%Y-%m-%d %H:%M}"
