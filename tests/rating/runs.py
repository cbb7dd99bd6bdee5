"""Usage written as readers of tests think of it, rated at once by a plan.

A test says what was used on which day; a run decides the prices of every distinct usage,
counts the measures of requests, and rates the totals, as ``close.compute`` does from tables.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import finite_decimal
from tokenbooks.rating.charges import Charges, shared
from tokenbooks.rating.keys import RatedKey
from tokenbooks.rating.levels import Levels
from tokenbooks.rating.matching import PlanInForce, match_meters
from tokenbooks.rating.measures import MANY, Measure
from tokenbooks.rating.plan import Plan
from tokenbooks.rating.rate_totals import rate_totals
from tokenbooks.rating.requests import measured, plan_measures
from tokenbooks.rating.term_facts import Held, TermFacts
from tokenbooks.rating.totals import EVENT, Total
from tokenbooks.usage.keys import END_OF_TIME, START_OF_TIME, Key
from tokenbooks.usage.layout import Layout

CONTRACT = "c"
#: The allocation of what has no usage, such as a fee.
OTHERWISE = 99
YEAR_END = date(2026, 1, 1)

Quantities = Mapping[str, int | Decimal]


@dataclass(frozen=True)
class Used:
    """Quantities of one day (or instant), of usage with these values of dimensions."""

    at: datetime
    quantities: Quantities
    allocation: int = 0
    values: Mapping[str, str] = field(default_factory=dict)
    scope: Mapping[str, str] = field(default_factory=dict)
    many: bool = False


def used(
    day: str,
    quantities: Quantities | int | str,
    allocation: int = 0,
    *,
    event: str = "",
    scope: Mapping[str, str] | None = None,
    many: bool = False,
    **values: str,
) -> Used:
    """``used("2025-11-03", 5)`` are 5 ``tokens``; ``many`` are rows that sum many requests."""
    if not isinstance(quantities, Mapping):
        quantities = {"tokens": Decimal(quantities)}
    scopes = {**(scope or {}), **({EVENT: event} if event else {})}
    return Used(datetime.fromisoformat(day), quantities, allocation, values, scopes, many)


def run(
    plan: Plan,
    usage: Iterable[Used],
    *,
    first: date = date(2025, 1, 1),
    end: date = YEAR_END,
    starts: date | None = None,
    until: date | None = None,
    seats: Mapping[str, int] | None = None,
) -> Charges:
    """Rate usage of the days from ``first`` up to ``end``; ``seats`` is the level from a day on."""
    usage = list(usage)
    ruling = PlanInForce(plan, "UTC")
    meters = sorted({meter for item in usage for meter in item.quantities})
    measures = plan_measures(plan)
    keys: dict[object, RatedKey] = {}
    totals = []
    for item in usage:
        key = _key(keys, ruling, item, meters)
        quantities = [item.quantities.get(meter, 0) for meter in meters]
        quantities += [_measured(measure, item) for measure in measures]
        totals.append(_total(item, key, quantities))
    held = {CONTRACT: Held(first, end, starts, until)} if plan.terms else {}
    facts = TermFacts(
        {CONTRACT: ruling}, held, lambda values, day, contract: OTHERWISE, _levels(seats or {})
    )
    layout = Layout((), (*meters, *(measure.name for measure in measures)))
    return rate_totals(totals, {key.id: key for key in keys.values()}, layout, month, facts)


def month(day: date) -> str:
    """The month, in which usage is posted."""
    return f"{day:%Y-%m}"


def amount(charges: Charges, since: str = "2000-01-01", before: str = "2100-01-01") -> Fraction:
    """What the usage and terms of some days come to."""
    first, end = datetime.fromisoformat(since), datetime.fromisoformat(before)
    steps = charges.steps.get((CONTRACT, ""), [])
    return sum((step.value for step in steps if first <= step.at < end), Fraction(0))


def by_day(charges: Charges) -> dict[str, Fraction]:
    """What each day adds, by month and day."""
    found: dict[str, Fraction] = {}
    for step in charges.steps.get((CONTRACT, ""), []):
        day = f"{step.at:%m-%d}"
        found[day] = found.get(day, Fraction(0)) + step.value
    return found


def terms(charges: Charges) -> dict[str, dict[str, Fraction]]:
    """What each term adds by its kind (the name of a fee) and month and day."""
    found: dict[str, dict[str, Fraction]] = {}
    for charge in charges.terms.values():
        days = found.setdefault(charge.name if charge.kind == "fee" else charge.kind, {})
        for at, value in charge.steps.items():
            days[f"{at:%m-%d}"] = days.get(f"{at:%m-%d}", Fraction(0)) + value
    return found


def sums(charges: Charges) -> dict[str, Fraction]:
    """What each term comes to by its kind (the name of a fee)."""
    return {kind: sum(days.values(), Fraction(0)) for kind, days in terms(charges).items()}


def by_allocation(charges: Charges) -> dict[int, Fraction]:
    """What every allocation bears of all usage and terms."""
    found: dict[int, Fraction] = {}
    for step in charges.steps.get((CONTRACT, ""), []):
        for part, value in step.parts.items():
            for allocation, share in shared(charges.weights(part, month(step.at.date()))):
                found[allocation] = found.get(allocation, Fraction(0)) + value * share
    return found


def _key(
    keys: dict[object, RatedKey], ruling: PlanInForce, item: Used, meters: list[str]
) -> RatedKey:
    """The rating key of some usage: as in a close, one on each side of a change of prices."""
    distinct = (tuple(sorted(item.values.items())), bisect_right(ruling.cuts(), item.at))
    if distinct not in keys:
        key = Key(CONTRACT, item.values, START_OF_TIME, END_OF_TIME, item.at)
        outcomes = match_meters(ruling, item.values, meters, item.at)
        keys[distinct] = RatedKey(len(keys), key, outcomes)
    return keys[distinct]


def _measured(measure: Measure, item: Used) -> int | Decimal:
    """What the reader adds for a row: rows that sum many requests have only their quantity."""
    if item.many != (measure.take == MANY):
        return 0
    found = finite_decimal(measured(measure, item.quantities))
    assert found is not None
    return found


def _total(item: Used, key: RatedKey, quantities: list[int | Decimal]) -> Total:
    numbers = tuple(quantities)
    return Total(CONTRACT, "", item.at, key.id, item.allocation, numbers, item.scope)


def _levels(seats: Mapping[str, int]) -> Levels:
    return Levels.of(
        ((CONTRACT, "", "seats"), "", date.fromisoformat(day), Fraction(level))
        for day, level in seats.items()
    )
