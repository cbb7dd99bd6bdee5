"""Charges: the list value of usage, per step of time, and where its parts go.

A step's value has parts. A part is an allocation (usage at a price per unit), a pool (a
price that depends on a running total, whose cost is shared over its keys by quantity x
modifier factor in each service span: policy ``tier_sharing``), or a term of the plan such
as a discount, shared by the value of the usage that it concerns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.problems import Problem
from tokenbooks.rating.keys import RatedKey
from tokenbooks.rating.matching import Ambiguous
from tokenbooks.rating.pools import Pool
from tokenbooks.rating.term_charges import TermCharge
from tokenbooks.rating.term_counts import TermCount

if TYPE_CHECKING:
    from tokenbooks.rating.allowances import AllowanceUse, FreeShares

#: Kinds of parts.
ALLOCATION, POOL, TERM, FEE = "allocation", "pool", "term", "fee"


class Part(NamedTuple):
    """A part of a step's value: an allocation, or what is shared over allocations.

    ``fee`` is a term that credits never pay: how usage is settled does not touch it.
    ``within`` is the one allocation of which it is the share, where credits of a scope tell
    allocations apart.
    """

    kind: str
    id: int
    within: int = -1

    @property
    def whole(self) -> Part:
        """The part of which it is the share of one allocation."""
        return Part(self.kind, self.id)


@dataclass(slots=True)
class Step:
    """The list value of one party's usage in one step of time, by part."""

    at: datetime
    parts: dict[Part, Fraction] = field(default_factory=dict)

    @property
    def value(self) -> Fraction:
        """The list value of the whole step."""
        return sum(self.parts.values(), Fraction(0))


@dataclass(frozen=True, slots=True)
class UnpricedUsage:
    """Billed usage that no rate prices: never zero, an error with its own line."""

    contract: str
    model: str
    meter: str
    reason: str
    quantity: Fraction
    first_day: date
    key: RatedKey
    remedy: str = ""


class Average(NamedTuple):
    """The value and quantity of a meter whose quantity is partly free by an allowance.

    ``whole`` is the value that it would have if nothing were free.
    """

    value: Fraction = Fraction(0)
    quantity: Fraction = Fraction(0)
    whole: Fraction = Fraction(0)

    def plus(self, value: Fraction, quantity: Fraction, whole: Fraction) -> Average:
        """With some more usage."""
        return Average(self.value + value, self.quantity + quantity, self.whole + whole)


#: Rating key, party, month and meter.
AverageKey = tuple[int, str, str, str]


@dataclass(frozen=True, slots=True)
class Charges:
    """The rated usage of all contracts: steps by (contract, party), in time order.

    ``free`` are the shares of quantities that allowances cover, ``uses`` what these gave, and
    ``counts`` what counts towards the terms of plans.
    """

    steps: Mapping[tuple[str, str], list[Step]]
    pools: Mapping[int, Pool]
    unpriced: tuple[UnpricedUsage, ...]
    ambiguous: Mapping[tuple[int, str], Ambiguous]
    terms: Mapping[int, TermCharge] = field(default_factory=dict)
    averages: Mapping[AverageKey, Average] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    free: FreeShares = field(default_factory=dict)
    uses: tuple[AllowanceUse, ...] = ()
    counts: tuple[TermCount, ...] = ()

    def weights(self, part: Part, service: str) -> Mapping[int, Fraction]:
        """By which weights a part is shared over allocations in a service span."""
        if part.kind == ALLOCATION:
            return {part.id: Fraction(1)}
        if part.within >= 0:
            return {part.within: Fraction(1)}
        if part.kind == POOL:
            return self.pools[part.id].weights.get(service, {})
        return self.terms[part.id].weights_of(service)


def shared(weights: Mapping[int, Fraction]) -> list[tuple[int, Fraction]]:
    """Weights as shares of one; the lowest number takes all where they cancel out."""
    whole = sum(weights.values(), Fraction(0))
    if not whole:
        return [(min(weights), Fraction(1))]
    return [(allocation, weight / whole) for allocation, weight in weights.items()]


ServiceSpanOf = Callable[[date], str]
