"""Pools: tiered prices, counted cumulatively over their span.

A pool is one tiered price entry of one party in one span. The counter belongs to the
entry: a new rate with the same conditions goes on counting, and prices the quantity of
its own time (graduated by its stretch of the counter, volume by the band that the total
has reached). What a step adds is the amount after it less the amount before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
        total: Fraction | None = None
        counted: dict[int, Fraction] = {}
        prices: dict[int, MeterPrice] = {}
        raw = Fraction(0)
        for at, entries in sorted(self.steps.items()):
            added, weighted, before = Fraction(0), Fraction(0), raw
            for key, entry in entries.items():
                prices[key] = entry.price
                counted[key] = counted.get(key, Fraction(0)) + entry.quantity
                stretch = (total or Fraction(0)) + entry.quantity
                raw = self._after(entry.price, raw, total, stretch, counted, prices)
                total, added = stretch, added + entry.quantity
                weighted += entry.weighted
            value = (raw - before) * (weighted / added if added else 1)
            self.value += value
            yield at, value
        self.quantity = total or Fraction(0)

    def _after(
        self,
        price: MeterPrice,
        raw: Fraction,
        before: Fraction | None,
        after: Fraction,
        counted: Mapping[int, Fraction],
        prices: Mapping[int, MeterPrice],
    ) -> Fraction:
        try:
            if price.model == "graduated":
                return raw + graduated(price, before, after)
            by_band = sum(
                (volume(prices[key], quantity, after) for key, quantity in counted.items()),
                Fraction(0),
            )
            return by_band + volume_flat(price, after)
        except AboveLastStepError:
            self.problem = error(
                "usage-above-tiers",
                f"usage of {self.name} in {self.span} lies above the last step of its price",
                "end the steps with one that has no `up_to`",
                price.position,
            )
            return raw


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
