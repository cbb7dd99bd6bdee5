"""What plan-wide terms charge: a fee, a discount, a cap, an overage, a true-up, a rounding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from tokenbooks.periods import Period
from tokenbooks.problems import NOWHERE, Position

#: Kinds, in the order in which they apply (PEERS b4): the order of adjustments.
FEES, DISCOUNT, CAP, OVERAGE, SHORTFALL, MINIMUM, ROUNDING = (
    "fee",
    "discount",
    "cap",
    "overage",
    "shortfall",
    "minimum",
    "rounding",
)


@dataclass(slots=True)
class TermCharge:
    """One term of a plan in one span: what it adds (or takes off) at each step of time.

    ``weights`` are list values by service span and allocation, by which it is shared;
    where a service span has none, those of the whole span rule, and else ``otherwise``.
    ``lines`` are the arithmetic.
    """

    id: int
    contract: str
    party: str
    kind: str
    name: str
    span: Period
    text: str
    otherwise: int
    position: Position = NOWHERE
    steps: dict[datetime, Fraction] = field(default_factory=dict)
    weights: dict[str, dict[int, Fraction]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    @property
    def value(self) -> Fraction:
        """What the term comes to over its span."""
        return sum(self.steps.values(), Fraction(0))

    def add(self, at: datetime, value: Fraction) -> None:
        """Add a value at a step."""
        self.steps[at] = self.steps.get(at, Fraction(0)) + value

    def weights_of(self, service: str) -> Mapping[int, Fraction]:
        """The weights by which the term is shared in a service span."""
        if self.weights.get(service):
            return self.weights[service]
        whole: dict[int, Fraction] = {}
        for weights in self.weights.values():
            for allocation, weight in weights.items():
                whole[allocation] = whole.get(allocation, Fraction(0)) + weight
        return whole or {self.otherwise: Fraction(1)}
