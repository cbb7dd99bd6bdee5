"""A plan: an effective-dated price list (DESIGN 4.2), as facts.

``sources.plans`` reads plans from YAML; ``rating.matching`` finds the rate of a
usage; ``rating.models`` turns quantities into amounts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import number_text
from tokenbooks.conditions import Conditions
from tokenbooks.periods import Moment
from tokenbooks.problems import NOWHERE, Position


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """An amount per quantity: ``2.50 per 1M``."""

    amount: Decimal
    per: Decimal = Decimal(1)

    @property
    def each(self) -> Fraction:
        """The exact price of one unit."""
        return Fraction(self.amount) / Fraction(self.per)

    def __str__(self) -> str:
        if self.per == 1:
            return number_text(self.amount)
        return f"{number_text(self.amount)} per {_quantity_text(self.per)}"


@dataclass(frozen=True, slots=True)
class Step:
    """One band of a tiered price: quantities in ``(previous, up_to]``; None is open."""

    up_to: Decimal | None
    price: UnitPrice
    flat: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class MeterPrice:
    """The price of a meter, or of several counted together (``of``).

    ``model`` names the charge model: ``per_unit``, ``graduated`` or ``volume``.
    A per-unit price has one open step. Tiers count over each span ``over``.
    """

    name: str
    meters: tuple[str, ...]
    model: str
    steps: tuple[Step, ...]
    over: str = "month"
    flat_on_zero: bool = False
    position: Position = NOWHERE

    @property
    def tiered(self) -> bool:
        """Whether the amount depends on a running total."""
        return self.model != "per_unit"

    def __str__(self) -> str:
        if not self.tiered:
            return str(self.steps[0].price)
        bounds = ["" if step.up_to is None else _quantity_text(step.up_to) for step in self.steps]
        bands = [
            (f"{step.price} up to {bound}" if bound else f"then {step.price}")
            for step, bound in zip(self.steps, bounds, strict=True)
        ]
        return f"{self.model}: {'; '.join(bands)}"


@dataclass(frozen=True, slots=True)
class Rate:
    """One row of a plan: which usage it prices, from when to when, at which prices."""

    conditions: Conditions
    prices: tuple[MeterPrice, ...]
    starts: Moment | None = None
    until: Moment | None = None
    position: Position = NOWHERE

    def __str__(self) -> str:
        since = f" from {self.starts.isoformat()}" if self.starts else ""
        return f"{self.conditions or 'any usage'}{since}"


@dataclass(frozen=True, slots=True)
class Modifier:
    """A factor on prices where the conditions hold, such as a batch discount."""

    name: str
    when: Conditions
    times: Mapping[str, Decimal]
    starts: Moment | None = None
    until: Moment | None = None
    position: Position = NOWHERE


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of a model, from ``starts`` (inclusive) until ``until`` (exclusive)."""

    name: str
    model: str
    starts: Moment | None = None
    until: Moment | None = None
    position: Position = NOWHERE


@dataclass(frozen=True, slots=True)
class Plan:
    """A price list. ``part_of`` maps a meter to the meter whose price it falls back on."""

    id: str
    currency: str
    rates: tuple[Rate, ...]
    timezone: str | None = None
    source: str = ""
    part_of: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[Alias, ...] = ()
    modifiers: tuple[Modifier, ...] = ()
    credits_expire_months: int | None = None
    position: Position = NOWHERE


def _quantity_text(quantity: Decimal) -> str:
    for suffix, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if quantity % size == 0:
            return f"{number_text(quantity / size)}{suffix}"
    return number_text(quantity)
