"""Where a catalog's prices differ from a plan's: what is new, and what of the past is restated.

Both are asked for the price of the same usage at the same moments, so that it does not
matter how a plan is written: rates, modifiers, aliases and parts all count. A difference is

- ``new``: the catalog's price begins after all prices of the plan for that usage: a change,
  to be appended as a further rate
- ``restated``: the catalog states another price for a time that the plan already prices: a
  correction, if the plan was wrong
- ``plan only`` and ``catalog only``: the other one has no price for it
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tokenbooks.conditions import Conditions
from tokenbooks.rating.catalog import Catalog, CatalogModel
from tokenbooks.rating.matching import Match, Outcome, PlanInForce, match
from tokenbooks.rating.measures import Threshold
from tokenbooks.rating.plan import MeterPrice, Plan, Rate

SAME, NEW, RESTATED = "same", "new", "restated"
PLAN_ONLY, CATALOG_ONLY = "plan only", "catalog only"

#: Before all prices.
_BEGINNING = datetime.min

Context = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PriceDifference:
    """How two price lists compare for one meter of some usage, from one moment to another.

    ``context`` are conditions besides the model. A match is None where there is no price.
    """

    kind: str
    model: str
    context: Context
    meter: str
    starts: datetime | None
    until: datetime | None
    plan: Match | None
    catalog: Match | None


def price_differences(
    plan: Plan, catalog: Catalog, at: datetime | None = None
) -> list[PriceDifference]:
    """Compare all prices for the catalog's models, at all times or at one moment.

    At one moment nothing is ``new``, and sizes of requests need not agree to the token: a
    catalog without dates does not tell more than 200,000 from 200,000 or more either.
    """
    zone = plan.timezone or "UTC"
    ours, theirs = PlanInForce(plan, zone), PlanInForce(catalog.as_plan(), zone)
    return [
        difference for model in catalog.models for difference in _of_model(ours, theirs, model, at)
    ]


def plan_models(plan: Plan) -> dict[str, tuple[str, ...]]:
    """The models that a plan names, each with its aliases; globs are no names."""
    found: dict[str, tuple[str, ...]] = {}
    for rate in plan.rates:
        for name in dict(rate.conditions.patterns).get("model", ()):
            if "*" not in name:
                aliases = (alias.name for alias in plan.aliases if alias.model == name)
                found.setdefault(name, tuple(dict.fromkeys(aliases)))
    return found


def rates_to_write(
    differences: Iterable[PriceDifference], corrects: str, on: date
) -> list[tuple[PriceDifference, Rate, tuple[MeterPrice, ...]]]:
    """The rates that would bring a plan to the catalog's prices, with what each is for.

    A rate replaces the one before it as a whole, so it carries the plan's prices of meters
    that the catalog does not know; these are given once more by themselves. A rate for a
    condition that the plan had by a modifier replaces none, and carries nothing.
    """
    grouped: dict[tuple[str, str, Context, datetime | None], PriceDifference] = {}
    for item in differences:
        if item.kind in {NEW, RESTATED} and item.plan and item.catalog:
            grouped.setdefault((item.kind, item.model, item.context, item.starts), item)
    return [(item, *_rate(item, corrects, on)) for item in grouped.values()]


def _rate(item: PriceDifference, corrects: str, on: date) -> tuple[Rate, tuple[MeterPrice, ...]]:
    assert item.plan is not None
    assert item.catalog is not None
    theirs, ours = item.catalog.rate, item.plan.rate
    known = {meter for price in theirs.prices for meter in price.meters}
    replaces = {name for name, _ in item.context} <= set(ours.conditions.dimensions)
    kept = tuple(price for price in ours.prices if replaces and not known & set(price.meters))
    conditions = {**dict(ours.conditions.patterns), **{n: (v,) for n, v in item.context}}
    is_change = item.kind == NEW
    rate = Rate(
        conditions=Conditions.of(conditions),
        prices=(*theirs.prices, *kept),
        starts=item.starts.date() if item.starts else None,
        until=item.until.date() if item.until and not is_change else None,
        hours=theirs.hours,
        corrects="" if is_change else corrects,
        corrected_on=None if is_change else on,
    )
    return rate, kept


# -- one model ----------------------------------------------------------------------


def _of_model(
    ours: PlanInForce, theirs: PlanInForce, model: CatalogModel, at: datetime | None
) -> Iterable[PriceDifference]:
    named = [name for name in model.names if _rates_for(ours.plan, name)]
    name = named[0] if named else model.id
    rates = [*_rates_for(ours.plan, name), *(item.rate for item in model.rates)]
    modifiers = ours.plan.modifiers if named else ()
    contexts = [_context(rate.conditions) for rate in rates]
    contexts += [_context(m.when) for m in modifiers if "model" not in m.when.dimensions]
    meters = dict.fromkeys(m for rate in rates for price in rate.prices for m in price.meters)
    moments = [at] if at else [_BEGINNING, *sorted({*ours.cuts(), *theirs.cuts()})]
    for context in dict.fromkeys(c for c in contexts if c is not None):
        for meter in meters:
            points = [
                (
                    moment,
                    _priced(match(ours, {"model": name, **dict(context)}, meter, moment)),
                    _priced(match(theirs, {"model": model.id, **dict(context)}, meter, moment)),
                )
                for moment in moments
            ]
            yield from _differences(name, context, meter, points, ours, theirs, at is not None)


_Point = tuple[datetime, Match | None, Match | None]


def _differences(
    model: str,
    context: Context,
    meter: str,
    points: Sequence[_Point],
    ours: PlanInForce,
    theirs: PlanInForce,
    at_once: bool,
) -> Iterable[PriceDifference]:
    """The points joined where nothing changes; what comes before both have begun is left out."""
    begun = 0
    if not at_once:
        first = [_first(points, side) for side in (1, 2)]
        begun = max((place for place in first if place is not None), default=0)
    joined: list[_Point] = []
    for point in points[begun:]:
        if not joined or _values(point) != _values(joined[-1]):
            joined.append(point)
    last = max(
        (ours.starts(plan.rate) for _, plan, _ in points if plan is not None), default=_BEGINNING
    )
    ends = [point[0] for point in joined[1:]]
    for (moment, plan, catalog), end in zip(joined, [*ends, None], strict=True):
        if plan is None and catalog is None:
            continue
        begins = theirs.starts(catalog.rate) if catalog else _BEGINNING
        kind = _kind(plan, catalog, begins > last, at_once)
        starts = None if moment == _BEGINNING else moment
        yield PriceDifference(kind, model, context, meter, starts, end, plan, catalog)


def _first(points: Sequence[_Point], side: int) -> int | None:
    return next((n for n, point in enumerate(points) if point[side] is not None), None)


def _kind(plan: Match | None, catalog: Match | None, is_later: bool, at_once: bool) -> str:
    if plan is None:
        return CATALOG_ONLY
    if catalog is None:
        return PLAN_ONLY
    if price_value(plan, roughly=at_once) == price_value(catalog, roughly=at_once):
        return SAME
    return NEW if is_later and not at_once else RESTATED


def _values(point: _Point) -> tuple[object, object]:
    _, plan, catalog = point
    return (price_value(plan) if plan else None, price_value(catalog) if catalog else None)


def price_value(found: Match, *, roughly: bool = False) -> object:
    """What a price comes to, however it is written: two that are equal charge the same.

    ``roughly`` takes sizes of requests that are one token apart as the same.
    """
    price = found.price
    terms = price.requests
    sizes = terms.thresholds if terms else ()
    return (
        price.model,
        tuple((step.up_to, step.price.each * found.factor, step.flat) for step in price.steps),
        price.over if price.counted else "",
        price.free,
        price.conversion,
        price.events,
        (terms.at_least, terms.step) if terms else (None, None),
        tuple((_size(size, roughly), unit.each * found.factor) for size, unit in sizes),
    )


def _size(size: Threshold, roughly: bool) -> tuple[str, Decimal]:
    """A size as one above which it is: counts are whole, so 200 or more is above 199."""
    return size.name, size.size - (1 if size.inclusive and not roughly else 0)


def _priced(outcome: Outcome) -> Match | None:
    return outcome if isinstance(outcome, Match) else None


def _rates_for(plan: Plan, name: str) -> list[Rate]:
    """The rates that name a model, or one that it is an alias of."""
    names = (name, *(alias.model for alias in plan.aliases if alias.name == name))
    return [
        rate
        for rate in plan.rates
        if (patterns := dict(rate.conditions.patterns).get("model"))
        and Conditions.of({"model": patterns}).hold({"model": names})
    ]


def _context(conditions: Conditions) -> Context | None:
    """The conditions besides the model as usage that meets them; None where a glob stands."""
    found = [(name, values[0]) for name, values in conditions.patterns if name != "model"]
    return None if any("*" in value for _, value in found) else tuple(found)
