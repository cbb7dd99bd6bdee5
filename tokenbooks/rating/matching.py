"""Matching: which rate prices a meter of some usage, at which time, and by which factor.

The rules (documented in docs/files.md, "Which rate applies"): a rate matches when all
its conditions hold; the one with the most conditions wins, exact before glob; of rates
with the same conditions the latest ``from`` rules, until its ``until`` or the next
``from``. Values of the priced dimensions must be named by the rate or by a modifier:
nothing is priced as standard in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from tokenbooks.names import INFORMATIONAL_METERS, PRICED_DIMENSIONS
from tokenbooks.periods import Moment, local_time
from tokenbooks.problems import Problem, error
from tokenbooks.rating.plan import Alias, MeterPrice, Modifier, Plan, Rate


@dataclass(frozen=True, slots=True)
class Match:
    """The price of a meter at a time: the rate's price, the meter it came from, a factor."""

    rate: Rate
    price: MeterPrice
    factor: Fraction = Fraction(1)
    modifiers: tuple[str, ...] = ()

    @property
    def each(self) -> Fraction:
        """The price of one unit after modifiers; only of a per-unit price."""
        return self.price.steps[0].price.each * self.factor


@dataclass(frozen=True, slots=True)
class Unpriced:
    """Why a meter has no price at a time."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Two rates of equal rank that both price the meter."""

    first: Rate
    second: Rate


Outcome = Match | Unpriced | Ambiguous | None


class PlanInForce:
    """A plan with its moments resolved to the local time of one zone."""

    def __init__(self, plan: Plan, zone: str) -> None:
        self.plan = plan
        items: list[Rate | Modifier | Alias] = [*plan.rates, *plan.modifiers, *plan.aliases]
        self._spans = {
            id(item): (_resolved(item.starts, zone), _resolved(item.until, zone)) for item in items
        }

    def cuts(self) -> list[datetime]:
        """All instants at which a rate, a modifier or an alias begins or ends."""
        return sorted({at for span in self._spans.values() for at in span if at is not None})

    def in_force(self, item: Rate | Modifier | Alias, at: datetime) -> bool:
        """Whether an item rules at a time: from is inclusive, until exclusive."""
        starts, until = self._spans[id(item)]
        return (starts is None or starts <= at) and (until is None or at < until)

    def starts(self, item: Rate | Modifier | Alias) -> datetime:
        """When an item begins to rule; the earliest time where it always did."""
        return self._spans[id(item)][0] or datetime.min

    def priced_dimensions(self) -> tuple[str, ...]:
        """Dimensions whose values must be named by a rate or a modifier."""
        return (*PRICED_DIMENSIONS, *(d for d in self.plan.defaults if d not in PRICED_DIMENSIONS))

    def names_of(self, values: Mapping[str, str], at: datetime) -> dict[str, tuple[str, ...]]:
        """Every dimension with the names its value goes by: a model also by its alias."""
        names: dict[str, tuple[str, ...]] = {name: (value,) for name, value in values.items()}
        model = values.get("model", "")
        for alias in self.plan.aliases:
            if model and alias.name == model and self.in_force(alias, at):
                names["model"] = (model, alias.model)
        return names


def decisive_dimensions(plan: Plan) -> set[str]:
    """The dimensions on which the choice of a price can depend."""
    named = {d for rate in plan.rates for d in rate.conditions.dimensions}
    named |= {d for modifier in plan.modifiers for d in modifier.when.dimensions}
    return named | set(PRICED_DIMENSIONS) | set(plan.defaults) | {"model"}


def match(ruling: PlanInForce, values: Mapping[str, str], meter: str, at: datetime) -> Outcome:
    """The price of a meter for usage with these dimension values at a time.

    None means an informational meter that no rate names: it is kept, never priced.
    """
    names = ruling.names_of(values, at)
    candidates = _rates_in_force(ruling, names, at)
    informational = meter in INFORMATIONAL_METERS
    for name in [meter] if informational else _chain(ruling.plan, meter):
        pricing = [(rate, price) for rate in candidates if (price := _price_of(rate, name))]
        if not pricing:
            continue
        best = max(rate.conditions.rank() for rate, _ in pricing)
        winners = [pair for pair in pricing if pair[0].conditions.rank() == best]
        if len(winners) > 1:
            return Ambiguous(winners[0][0], winners[1][0])
        return _modified(ruling, values, names, meter, winners[0], at)
    if informational:
        return None
    return Unpriced(_missing(ruling, names, candidates, at))


def ambiguity(plan: Plan, meter: str, values: Mapping[str, str], found: Ambiguous) -> Problem:
    """The problem that two rates of equal rank price the same usage."""
    usage = ", ".join(f"{name} {value}" for name, value in values.items())
    return error(
        "rates-ambiguous",
        f"plan {plan.id}: two rates of equal rank price {meter} of {usage}: "
        f"'{found.first.conditions}' (line {found.first.position.line}) and "
        f"'{found.second.conditions}'",
        "give one of them a further condition, or end one with `until`",
        found.second.position,
    )


def _resolved(moment: Moment | None, zone: str) -> datetime | None:
    return None if moment is None else local_time(moment, zone)


def _rates_in_force(
    ruling: PlanInForce, names: Mapping[str, tuple[str, ...]], at: datetime
) -> list[Rate]:
    begun: dict[object, list[Rate]] = {}
    for rate in ruling.plan.rates:
        if rate.conditions.hold(names) and ruling.starts(rate) <= at:
            begun.setdefault(rate.conditions, []).append(rate)
    latest = [_latest(ruling, rates) for rates in begun.values()]
    return [rate for rates in latest for rate in rates if ruling.in_force(rate, at)]


def _latest(ruling: PlanInForce, rates: Iterable[Rate]) -> list[Rate]:
    ordered = sorted(rates, key=ruling.starts)
    return [rate for rate in ordered if ruling.starts(rate) == ruling.starts(ordered[-1])]


def _chain(plan: Plan, meter: str) -> list[str]:
    chain = [meter]
    while (parent := plan.part_of.get(chain[-1])) and parent not in chain:
        chain.append(parent)
    return chain


def _price_of(rate: Rate, meter: str) -> MeterPrice | None:
    return next((price for price in rate.prices if meter in price.meters), None)


def _modified(
    ruling: PlanInForce,
    values: Mapping[str, str],
    names: Mapping[str, tuple[str, ...]],
    meter: str,
    winner: tuple[Rate, MeterPrice],
    at: datetime,
) -> Match | Unpriced:
    rate, price = winner
    plan = ruling.plan
    covered = set(rate.conditions.dimensions)
    factor, applied = Fraction(1), []
    for modifier in plan.modifiers:
        chain = (*_chain(plan, meter), "*")
        times = next((modifier.times[name] for name in chain if name in modifier.times), None)
        named_already = set(modifier.when.dimensions) & set(rate.conditions.dimensions)
        if (
            times is None
            or named_already & set(ruling.priced_dimensions())
            or not ruling.in_force(modifier, at)
            or not modifier.when.hold(names)
        ):
            continue
        factor *= Fraction(times)
        applied.append(modifier.name)
        covered |= set(modifier.when.dimensions)
    for dimension in ruling.priced_dimensions():
        value = values.get(dimension)
        if value is not None and value != plan.defaults.get(dimension) and dimension not in covered:
            return Unpriced(f"no rate or modifier for {meter} names {dimension} '{value}'")
    return Match(rate, price, factor, tuple(applied))


def _missing(
    ruling: PlanInForce,
    names: Mapping[str, tuple[str, ...]],
    candidates: list[Rate],
    at: datetime,
) -> str:
    if candidates:
        return "the rate that matches has no price for this meter"
    if any(rate.conditions.hold(names) for rate in ruling.plan.rates):
        return f"no rate is in force on {at:%Y-%m-%d}"
    return "no rate matches"
