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
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from tokenbooks.conditions import Conditions
from tokenbooks.facts import Facts
from tokenbooks.names import INFORMATIONAL_METERS, PRICED_DIMENSIONS
from tokenbooks.periods import Moment, local_time
from tokenbooks.problems import Problem, error
from tokenbooks.rating.plan import Alias, MeterPrice, Modifier, Plan, Rate
from tokenbooks.rating.windows import INSIDE as INSIDE_HOURS
from tokenbooks.rating.windows import UNKNOWN, is_hours

_Row = TypeVar("_Row", Rate, Modifier)


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
    """Why a meter has no price at a time, and what to do where a rate would not help."""

    reason: str
    remedy: str = ""


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

    def modifiers_in_force(self, at: datetime) -> list[Modifier]:
        """The modifiers that rule at a time; a corrected one replaces the one it corrects."""
        begun: dict[tuple[str, Conditions, datetime], list[Modifier]] = {}
        for modifier in self.plan.modifiers:
            if self.starts(modifier) <= at:
                identity = (modifier.name, modifier.when, self.starts(modifier))
                begun.setdefault(identity, []).append(modifier)
        latest = [item for items in begun.values() for item in _latest(self, items)]
        return [item for item in latest if self.in_force(item, at)]

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


def plans_in_force(facts: Facts) -> dict[str, PlanInForce]:
    """The plan of every contract, in the zone that rules it."""
    return {
        contract.id: PlanInForce(facts.plan_of(contract), facts.zone_of(contract))
        for contract in facts.book.contracts.values()
    }


def decisive_dimensions(plan: Plan) -> set[str]:
    """The dimensions on which the choice of a price can depend."""
    named = {d for rate in plan.rates for d in rate.conditions.dimensions}
    named |= {d for modifier in plan.modifiers for d in modifier.when.dimensions}
    aliased = {"model"} if plan.aliases else set()
    return named | set(PRICED_DIMENSIONS) | set(plan.defaults) | aliased


def match(ruling: PlanInForce, values: Mapping[str, str], meter: str, at: datetime) -> Outcome:
    """The price of a meter for usage with these dimension values at a time.

    None means an informational meter that no rate names: it is kept, never priced.
    """
    return match_meters(ruling, values, [meter], at)[meter]


def match_meters(
    ruling: PlanInForce, values: Mapping[str, str], meters: Iterable[str], at: datetime
) -> dict[str, Outcome]:
    """The prices of several meters of one usage; see ``match``."""
    names = ruling.names_of(values, at)
    usage = _Usage(ruling, values, names, at, _rates_in_force(ruling, names, at))
    return {meter: usage.match(meter) for meter in meters}


@dataclass(frozen=True, slots=True)
class _Usage:
    """Usage at a time, with the names that its values go by and the rates that match it."""

    ruling: PlanInForce
    values: Mapping[str, str]
    names: Mapping[str, tuple[str, ...]]
    at: datetime
    candidates: list[Rate]

    def match(self, meter: str) -> Outcome:
        """The price of a meter of this usage; see the function of that name."""
        informational = meter in INFORMATIONAL_METERS
        chain = [meter] if informational else meter_chain(self.ruling.plan, meter)
        if self._depends_on_hours(chain):
            return Unpriced(
                f"the price of {meter} depends on the hour, which the usage lacks",
                "use an export that tells the time of each row, or its hour",
            )
        for name in chain:
            pricing = [(rate, p) for rate in self.candidates if (p := _price_of(rate, name))]
            if not pricing:
                continue
            best = max(rate.conditions.rank() for rate, _ in pricing)
            winners = [pair for pair in pricing if pair[0].conditions.rank() == best]
            if len(winners) > 1:
                return Ambiguous(winners[0][0], winners[1][0])
            return self._modified(meter, winners[0])
        return None if informational else Unpriced(self._missing())

    def _depends_on_hours(self, chain: list[str]) -> bool:
        """Whether a rate or modifier for certain hours might hold, and its time is not told."""
        unknown = [name for name in self.values if is_hours(name) and self.values[name] == UNKNOWN]
        if not unknown:
            return False
        inside = {**self.names, **dict.fromkeys(unknown, (INSIDE_HOURS,))}
        rates = [
            rate
            for rate in _rates_in_force(self.ruling, inside, self.at)
            if rate not in self.candidates and any(_price_of(rate, name) for name in chain)
        ]
        return bool(rates) or any(
            self._factor(modifier, chain) is not None
            and modifier.when.hold(inside)
            and not modifier.when.hold(self.names)
            for modifier in self.ruling.modifiers_in_force(self.at)
        )

    def _factor(self, modifier: Modifier, chain: list[str]) -> Decimal | None:
        return next((modifier.times[n] for n in (*chain, "*") if n in modifier.times), None)

    def _modified(self, meter: str, winner: tuple[Rate, MeterPrice]) -> Match | Unpriced:
        rate, price = winner
        chain = meter_chain(self.ruling.plan, meter)
        priced = self.ruling.priced_dimensions()
        covered = set(rate.conditions.dimensions)
        factor, applied = Fraction(1), []
        for modifier in self.ruling.modifiers_in_force(self.at):
            times = self._factor(modifier, chain)
            named_already = set(modifier.when.dimensions) & set(rate.conditions.dimensions)
            if times is None or named_already & set(priced) or not modifier.when.hold(self.names):
                continue
            factor *= Fraction(times)
            applied.append(modifier.name)
            covered |= set(modifier.when.dimensions)
        for dimension in priced:
            value = self.values.get(dimension)
            neutral = self.ruling.plan.defaults.get(dimension)
            if value is not None and value != neutral and dimension not in covered:
                return Unpriced(f"no rate or modifier for {meter} names {dimension} '{value}'")
        return Match(rate, price, factor, tuple(applied))

    def _missing(self) -> str:
        if self.candidates:
            return "the rate that matches has no price for this meter"
        if any(rate.conditions.hold(self.names) for rate in self.ruling.plan.rates):
            return f"no rate is in force on {self.at:%Y-%m-%d}"
        return "no rate matches"


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
    begun: dict[Conditions, list[Rate]] = {}
    for rate in ruling.plan.rates:
        if rate.conditions.hold(names) and ruling.starts(rate) <= at:
            begun.setdefault(rate.conditions, []).append(rate)
    latest = [_latest(ruling, rates) for rates in begun.values()]
    return [rate for rates in latest for rate in rates if ruling.in_force(rate, at)]


def _latest(ruling: PlanInForce, items: Iterable[_Row]) -> list[_Row]:
    """The rows that rule of those with the same conditions: begun last, corrected last."""
    rank = {id(item): (ruling.starts(item), item.corrected_on or date.min) for item in items}
    last = max(rank.values())
    return [item for item in items if rank[id(item)] == last]


def meter_chain(plan: Plan, meter: str) -> list[str]:
    """A meter, and those on whose prices it falls back, the nearest first."""
    chain = [meter]
    while (parent := plan.part_of.get(chain[-1])) and parent not in chain:
        chain.append(parent)
    return chain


def _price_of(rate: Rate, meter: str) -> MeterPrice | None:
    return next((price for price in rate.prices if meter in price.meters), None)
