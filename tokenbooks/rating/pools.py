"""Pools: prices that depend on a running total, counted cumulatively over their span.

A pool is one price entry, of one scope (a party, a contract, or values of dimensions), in
one span. The counter belongs to the entry: a new rate with the same conditions goes on
counting, and prices the quantity of its own time (by its stretch of the counter; with a
volume price by the band that the total has reached). What a step adds is the amount after
it less the amount before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.conditions import Conditions
from tokenbooks.periods import Period, span_of
from tokenbooks.problems import Problem, error
from tokenbooks.rating.models import (
    NONE,
    AboveLastStepError,
    FreeLeft,
    amount_to,
    band,
    band_amount,
    counted_units,
    event_amount,
    volume_flat,
)
from tokenbooks.rating.plan import MeterPrice

if TYPE_CHECKING:
    from tokenbooks.rating.matching import Match
    from tokenbooks.rating.totals import Total


class PoolKey(NamedTuple):
    """What makes a pool: one price entry of one scope in one span."""

    contract: str
    party: str
    conditions: Conditions
    name: str
    span: Period
    scope: tuple[str, ...] = ()


@dataclass(slots=True)
class Counted:
    """What one step adds at one price: the quantity, and quantity x factor, by event.

    ``used`` and ``weight`` are the same with the units that an allowance gives free.
    """

    price: MeterPrice
    quantity: Fraction = NONE
    weighted: Fraction = NONE
    used: Fraction = NONE
    weight: Fraction = NONE
    events: list[tuple[str, Fraction, Fraction]] = field(default_factory=list)

    @property
    def factor(self) -> Fraction:
        """The average factor of modifiers."""
        return self.weighted / self.quantity if self.quantity else Fraction(1)


@dataclass(slots=True)
class Pool:
    """One price entry of one scope in one counting span.

    ``weights`` are used quantity x factor by service span and allocation, by which its
    value is shared; ``values`` what each step added, once the pool is counted.
    """

    id: int
    key: PoolKey
    steps: dict[datetime, dict[int, Counted]] = field(default_factory=dict)
    weights: dict[str, dict[int, Fraction]] = field(default_factory=dict)
    quantity: Fraction = NONE
    value: Fraction = NONE
    values: dict[datetime, Fraction] = field(default_factory=dict)
    problem: Problem | None = None

    @property
    def contract(self) -> str:
        """The contract of its usage."""
        return self.key.contract

    @property
    def party(self) -> str:
        """The party of its usage."""
        return self.key.party

    @property
    def conditions(self) -> Conditions:
        """The conditions of the rates that count in it."""
        return self.key.conditions

    @property
    def name(self) -> str:
        """The name of the price entry."""
        return self.key.name

    @property
    def span(self) -> str:
        """The name of the span over which it counts."""
        return str(self.key.span)

    def step_values(self) -> Iterator[tuple[datetime, Fraction]]:
        """The amount that each step adds, after modifiers, in time order."""
        counter = _Counter()
        for at, entries in sorted(self.steps.items()):
            before = counter.value
            try:
                for key, entry in entries.items():
                    counter.count(key, entry)
            except AboveLastStepError:
                self.problem = self._above(next(iter(entries.values())).price)
            self.values[at] = counter.value - before
            yield at, self.values[at]
        self.quantity = counter.total or NONE
        self.value = counter.value

    def _above(self, price: MeterPrice) -> Problem:
        return error(
            "usage-above-tiers",
            f"usage of {self.name} in {self.span} lies above the last step of its price",
            "end the steps with one that has no `up_to`",
            price.position,
        )


@dataclass(slots=True)
class _Counter:
    """The running total of a pool, and its amount after modifiers.

    A stretch of the counter has the factor of its own usage. A volume price rates all that
    was counted, each rate's quantity at the band that the total has reached. A price with
    terms for events rates each of them in the order of time.
    """

    total: Fraction | None = None
    value: Fraction = NONE
    counted: dict[int, Counted] = field(default_factory=dict)
    free: FreeLeft | None = None

    def count(self, key: int, entry: Counted) -> None:
        """Count one rate's quantity of a step; raises AboveLastStepError."""
        before, after = self.total, (self.total or NONE) + entry.quantity
        if entry.price.events is not None:
            self.value += self._events(entry)
        elif entry.price.model == "volume":
            self.value = self._volume(key, entry, after)
        else:
            stretch = amount_to(entry.price, after) - amount_to(entry.price, before)
            self.value += stretch * entry.factor
        self.total = after

    def _volume(self, key: int, entry: Counted, total: Fraction) -> Fraction:
        known = self.counted.setdefault(key, Counted(entry.price))
        known.quantity += entry.quantity
        known.weighted += entry.weighted
        units = counted_units(entry.price, total)
        of_total = units / total if total else Fraction(1)
        value = NONE
        for item in self.counted.values():
            step = band(item.price, units)
            value += band_amount(step, item.quantity * of_total) * item.factor
        weighted = sum((item.weighted for item in self.counted.values()), NONE)
        flat = volume_flat(entry.price, units)
        return value + flat * (weighted / total if total else 1)

    def _events(self, entry: Counted) -> Fraction:
        terms = entry.price.events
        assert terms is not None
        value = NONE
        for _, quantity, factor in sorted(entry.events):
            charged, self.free = (self.free or FreeLeft.of(terms)).take(quantity)
            value += event_amount(terms, entry.price.steps[0].price, charged) * factor
        return value


def expected_value(pool: Pool, quantity: Fraction) -> Fraction:
    """What a pool would come to at a quantity, by its latest price and its average factor.

    Raises AboveLastStepError.
    """
    counted = [entry for entries in pool.steps.values() for entry in entries.values()]
    used = sum((entry.quantity for entry in counted), NONE)
    weighted = sum((entry.weighted for entry in counted), NONE)
    _, latest = max(pool.steps.items())
    price = next(reversed(latest.values())).price
    counter = _Counter()
    counter.count(0, Counted(price, quantity, quantity))
    return counter.value * (weighted / used if used else Fraction(1))


class Pools:
    """The pools of a run, filled total by total."""

    def __init__(self, service_span: Callable[[date], str]) -> None:
        self._service_span = service_span
        self._pools: dict[PoolKey, Pool] = {}

    def count(
        self, total: Total, found: Match, used: int | Fraction, free: Fraction = NONE
    ) -> None:
        """Count what was used at a price that depends on a running total.

        ``free`` is the share of it that an allowance gives.
        """
        quantity = used * (1 - free)
        day = total.at.date()
        pool = self._pool(total, found, span_of(day, found.price.over))
        entries = pool.steps.setdefault(total.at, {})
        counted = entries.setdefault(id(found.price), Counted(found.price))
        counted.quantity += quantity
        counted.weighted += quantity * found.factor
        counted.used += used
        counted.weight += used * found.factor
        if found.price.events is not None:
            counted.events.append((total.event, quantity, found.factor))
        weights = pool.weights.setdefault(self._service_span(day), {})
        weight = used * found.factor
        weights[total.allocation] = weights.get(total.allocation, NONE) + weight

    def _pool(self, total: Total, found: Match, span: Period) -> Pool:
        key = PoolKey(
            total.contract,
            total.party,
            found.rate.conditions,
            found.price.name,
            span,
            scope_of(found.price, total.scope),
        )
        pool = self._pools.get(key)
        if pool is None:
            pool = self._pools[key] = Pool(len(self._pools), key)
        return pool

    def values(self) -> Iterator[tuple[Pool, datetime, Fraction]]:
        """Every pool's step values, in the order in which the pools began."""
        for pool in self._pools.values():
            for at, value in pool.step_values():
                yield pool, at, value

    def finished(self) -> dict[int, Pool]:
        """The pools by id, with their quantities and values."""
        return {pool.id: pool for pool in self._pools.values()}


def scope_of(price: MeterPrice, values: Mapping[str, str | None]) -> tuple[str, ...]:
    """The values of the dimensions that are a price's scope; empty for a party's own."""
    return tuple(values.get(name) or "" for name in price.scope if name in values)
