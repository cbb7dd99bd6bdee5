"""The facts on which plan-wide terms depend besides usage."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from tokenbooks.periods import Period
from tokenbooks.rating.levels import Levels
from tokenbooks.rating.matching import PlanInForce
from tokenbooks.rating.terms import Fee


class Held(NamedTuple):
    """The days of a contract: computed are those from ``first`` up to ``end`` (exclusive).

    ``starts`` and ``until`` are the contract's own bounds, where it has any.
    """

    first: date
    end: date
    starts: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class TermFacts:
    """What plan-wide terms depend on, by contract.

    ``held`` has only contracts whose plans have terms; ``allocate`` gives the allocation of
    something with these dimensions on a day.
    """

    plans: Mapping[str, PlanInForce] = field(default_factory=dict)
    held: Mapping[str, Held] = field(default_factory=dict)
    allocate: Callable[[Mapping[str, str], date], int] = lambda values, day: 0
    levels: Levels = field(default_factory=Levels)

    def has_terms(self, contract: str) -> bool:
        """Whether a contract's plan has terms for the whole of a span."""
        return contract in self.plans and bool(self.plans[contract].plan.terms)

    def accounts(self) -> list[tuple[str, str]]:
        """The contracts that owe fees or minimums whatever is used."""
        return [
            (contract, "")
            for contract, ruling in self.plans.items()
            if ruling.plan.terms and contract in self.held
        ]

    def peak(self, contract: str, party: str, fee: Fee) -> Callable[[Period], Fraction]:
        """The most units of a fee's level in a span; one where it has no level."""
        if fee.per is None:
            return lambda span: Fraction(1)
        level = fee.per
        return lambda span: self.levels.peak((contract, party, level), span)
