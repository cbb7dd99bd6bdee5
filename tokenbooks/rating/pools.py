"""Pools: tiered prices, counted cumulatively over their span.

A pool is one tiered price entry of one party in one span. The counter belongs to the
entry: a new rate with the same conditions goes on counting, and prices the quantity of
its own time (graduated by its stretch of the counter, volume by the band that the total
has reached). What a step adds is the amount after it less the amount before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from tokenbooks.conditions import Conditions
from tokenbooks.periods import span_of
from tokenbooks.problems import Problem, error
from tokenbooks.rating.models import AboveLastStepError, graduated, volume, volume_flat
from tokenbooks.rating.plan import MeterPrice

if TYPE_CHECKING:
    from tokenbooks.rating.matching import Match
    from tokenbooks.rating.totals import Total


@dataclass(slots=True)
class _Counted:
    """What one step adds: the price in force, the quantity, and quantity x factor."""

    price: MeterPrice
    quantity: Fraction = Fraction(0)
    weighted: Fraction = Fraction(0)


@dataclass(slots=True)
class Pool:
    """One tiered price entry of one party in one counting span."""

    id: int
    contract: str
    party: str
    conditions: Conditions
    name: str
    span: str
    steps: dict[datetime, dict[int, _Counted]] = field(default_factory=dict)
    weights: dict[str, dict[int, Fraction]] = field(default_factory=dict)
    quantity: Fraction = Fraction(0)
    value: Fraction = Fraction(0)
    problem: Problem | None = None

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
            yield at, counter.value - before
        self.quantity = counter.total or Fraction(0)
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

    A graduated stretch has the factor of its own usage. A volume price rates all that was
    counted, each rate's quantity x factor at the band that the total has reached.
    """

    total: Fraction | None = None
    value: Fraction = Fraction(0)
    counted: dict[int, _Counted] = field(default_factory=dict)

    def count(self, key: int, entry: _Counted) -> None:
        """Count one rate's quantity of a step; raises AboveLastStepError."""
        before, after = self.total, (self.total or Fraction(0)) + entry.quantity
        if entry.price.model == "graduated":
            factor = entry.weighted / entry.quantity if entry.quantity else Fraction(1)
            self.value += graduated(entry.price, before, after) * factor
        else:
            known = self.counted.setdefault(key, _Counted(entry.price))
            known.quantity += entry.quantity
            known.weighted += entry.weighted
            weighted = sum((item.weighted for item in self.counted.values()), Fraction(0))
            by_band = (volume(c.price, c.weighted, after) for c in self.counted.values())
            flat = volume_flat(entry.price, after) * (weighted / after if after else 1)
            self.value = sum(by_band, Fraction(0)) + flat
        self.total = after


class Pools:
    """The pools of a run, filled total by total."""

    def __init__(self, service_span: Callable[[date], str]) -> None:
        self._service_span = service_span
        self._pools: dict[tuple[str, str, Conditions, str, str], Pool] = {}

    def count(self, total: Total, found: Match, quantity: Fraction) -> None:
        """Count a quantity at a tiered price."""
        day = total.at.date()
        span = span_of(day, found.price.over)
        identity = (total.contract, total.party, found.rate.conditions, found.price.name, str(span))
        pool = self._pools.get(identity)
        if pool is None:
            pool = Pool(len(self._pools), *identity)
            self._pools[identity] = pool
        counted = pool.steps.setdefault(total.at, {}).setdefault(
            id(found.price), _Counted(found.price)
        )
        counted.quantity += quantity
        counted.weighted += quantity * found.factor
        weights = pool.weights.setdefault(self._service_span(day), {})
        weights[total.allocation] = weights.get(total.allocation, Fraction(0)) + (
            quantity * found.factor
        )

    def values(self) -> Iterator[tuple[Pool, datetime, Fraction]]:
        """Every pool's step values, in the order in which the pools began."""
        for pool in self._pools.values():
            for at, value in pool.step_values():
                yield pool, at, value

    def finished(self) -> dict[int, Pool]:
        """The pools by id, with their quantities and values."""
        return {pool.id: pool for pool in self._pools.values()}
