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

    ``held`` has only contracts whose plans have terms, ``parties`` those of them that have
    parties of their own, each with those that a file names; ``allocate`` gives the allocation
    of something with these dimensions on a day, in a contract.
    """

    plans: Mapping[str, PlanInForce] = field(default_factory=dict)
    held: Mapping[str, Held] = field(default_factory=dict)
    allocate: Callable[[Mapping[str, str], date, str], int] = lambda values, day, contract: 0
    levels: Levels = field(default_factory=Levels)
    parties: Mapping[str, Mapping[str, Held]] = field(default_factory=dict)

    def has_terms(self, contract: str) -> bool:
        """Whether a contract's plan has terms for the whole of a span."""
        return contract in self.plans and bool(self.plans[contract].plan.terms)

    def accounts(self) -> list[tuple[str, str]]:
        """Who owes fees or minimums whatever is used: contracts, or the parties that they name."""
        return [
            (contract, party)
            for contract, ruling in self.plans.items()
            if ruling.plan.terms and contract in self.held
            for party in self.parties.get(contract, [""])
        ]

    def held_by(self, account: tuple[str, str]) -> Held | None:
        """The days for which an account's terms are charged: the party's own, if it has any."""
        contract, party = account
        return self.parties.get(contract, {}).get(party) or self.held.get(contract)

    def peak(self, contract: str, party: str, fee: Fee) -> Callable[[Period], Fraction]:
        """The most units of a fee's level in a span; one where it has no level."""
        if fee.per is None:
            return lambda span: Fraction(1)
        level = fee.per
        return lambda span: self.levels.peak((contract, party, level), span)
