"""What drawing comes to: draws, what no lot covered, and what was taken away from lots."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from tokenbooks.conditions import Conditions
from tokenbooks.credits.lots import Account, Lot
from tokenbooks.documents import CreditEvent
from tokenbooks.rating.charges import Part

Parts = Mapping[Part, Fraction]


@dataclass(frozen=True, slots=True)
class Use:
    """Usage of an account at an instant: its list value by part.

    ``scopes`` are those conditions of lots that the usage satisfies.
    """

    account: Account
    used_at: datetime
    quantity: Fraction
    parts: Parts
    scopes: frozenset[Conditions] = frozenset()

    def rest(self, quantity: Fraction) -> Use:
        """As much of it, with its parts in proportion."""
        parts = self.share(quantity)
        return Use(self.account, self.used_at, quantity, parts, self.scopes)

    def share(self, quantity: Fraction) -> Parts:
        """The parts of a share of it."""
        if quantity == self.quantity:
            return self.parts
        factor = quantity / self.quantity
        return {part: value * factor for part, value in self.parts.items()}


@dataclass(frozen=True, slots=True)
class Draw:
    """What a lot gives for the usage of an account: list value, and whose it was.

    ``used_at`` is the time of the usage, ``drawn_at`` the time of the draw; they differ
    where a later lot settles earlier usage.
    """

    lot: str
    account: Account
    used_at: datetime
    drawn_at: datetime
    quantity: Fraction
    parts: Parts


@dataclass(frozen=True, slots=True)
class Taken:
    """Credits that left a lot otherwise than by use or expiry, with their cost.

    ``into`` is the lot that they became.
    """

    id: str
    lot: str
    event: CreditEvent
    at: datetime
    quantity: Fraction
    cost: Decimal
    into: str = ""


@dataclass(slots=True)
class Drawn:
    """The usage of one account: draws in order, and what stays uncovered.

    ``netted`` is uncovered usage and what took it back later: together nothing, but of other
    days and classes.
    """

    draws: list[Draw] = field(default_factory=list)
    uncovered: list[Use] = field(default_factory=list)
    netted: list[Use] = field(default_factory=list)

    @property
    def owed(self) -> list[Use]:
        """All usage that no lot paid for."""
        return [*self.uncovered, *self.netted]


@dataclass(slots=True)
class Drawing:
    """The accounts that share lots, and what became of each lot.

    ``given`` is how much of a lot was used, what was used before the book included, ``tops``
    what is left of it after all that was taken away. ``short`` are the lots of which usage
    needed what a removal took, with the first day on which it did.
    """

    accounts: dict[Account, Drawn] = field(default_factory=dict)
    lots: dict[str, Lot] = field(default_factory=dict)
    given: dict[str, Fraction] = field(default_factory=dict)
    tops: dict[str, Fraction] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    short: dict[str, datetime] = field(default_factory=dict)

    def left(self, lot: str) -> Fraction:
        """The credits of a lot that are neither used nor taken away."""
        return self.tops[lot] - self.given[lot]


@dataclass(frozen=True, slots=True)
class DrawRules:
    """What rules the draws of accounts that share lots.

    ``order`` gives the keys of the draw order at a time, ``pools_cost`` whether a lot that
    begins then takes in the older ones. ``billed_on`` is the date of the document that bills
    a day of an account, which no lot settles from then on. ``members`` are the accounts of
    each pool. Nothing happens from ``until`` on, but lots end there, and roll over.
    """

    order: Callable[[datetime], tuple[str, ...]]
    billed_on: Callable[[Account, date], date | None] = lambda account, day: None
    pools_cost: Callable[[datetime], bool] = lambda at: False
    members: Mapping[str, frozenset[Account]] = field(default_factory=dict)
    places: int = 2
    until: datetime = datetime.max


def taken_costs(taken: Iterable[Taken]) -> dict[str, Decimal]:
    """What was taken away from each lot, or went to others, at what it cost."""
    gone: dict[str, Decimal] = {}
    for item in taken:
        gone[item.lot] = gone.get(item.lot, Decimal(0)) + item.cost
    return gone
