"""Lots: credits that came together, and what is taken away from them.

List value and cost are never mixed up: ``quantity`` is what the provider deducts from,
``cost`` is what was paid for it, in the book's currency and rounded once, so that a lot
ends at exactly zero. Use counts from the bottom of a lot, what is taken away counts from
its top: usage that arrives late never moves the cents of a refund.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import round_half_up
from tokenbooks.conditions import Conditions
from tokenbooks.documents import CreditEvent
from tokenbooks.rating.credit_terms import RolloverTerms

#: Whose usage, or whose credits: a contract and its party ('' for its only one).
Account = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Removal:
    """Credits taken away from a lot: a refund, a transfer, what a provider voids.

    Gone from ``at`` on. ``quantity`` is None for all that is left then; else usage can never
    take these credits. ``into`` is the lot that they become.
    """

    id: str
    event: CreditEvent
    at: datetime
    quantity: Fraction | None
    into: str = ""


@dataclass(frozen=True, slots=True)
class Lot:
    """Credits of one origin.

    ``quantity`` in list value; ``used_before`` of it was used before the book's start, and
    ``moved`` of it came from other lots, with ``moved_cost``. ``cost`` in the book's
    currency. Usable from ``starts`` (inclusive) to ``ends`` (exclusive), local to the
    contract, but not in its ``gap``; ``last_day`` is the last usable day. ``extended`` are
    the instants from which a later end was known, with the end before. ``scope`` are
    conditions on the usage that may draw, ``pool`` the parties that share it. ``modified`` is
    the modification by which it is repriced when it begins.
    """

    id: str
    contract: str
    party: str
    kind: str
    quantity: Fraction
    cost: Decimal
    acquired: date
    starts: datetime
    ends: datetime | None
    last_day: date | None
    priority: int | None
    parent: str | None
    event: CreditEvent
    used_before: Fraction = Fraction(0)
    scope: Conditions = field(default_factory=Conditions)
    pool: str = ""
    removals: tuple[Removal, ...] = ()
    rollover: RolloverTerms | None = None
    moved: Fraction = Fraction(0)
    moved_cost: Decimal = Decimal(0)
    gap: tuple[datetime, datetime] | None = None
    extended: tuple[tuple[datetime, datetime], ...] = ()
    modified: str = ""

    @property
    def account(self) -> Account:
        """Whose credits they are."""
        return self.contract, self.party

    @property
    def is_free(self) -> bool:
        """Whether nothing was paid for it, so that no entry is ever made for it."""
        return not self.cost

    @property
    def usable(self) -> Fraction:
        """What usage can take: all but what known removals take away."""
        return self.quantity - sum((r.quantity or 0 for r in self.removals), Fraction(0))

    def cost_of(self, drawn: Fraction, places: int) -> Decimal:
        """The rounded cost of everything drawn up to a quantity."""
        return round_half_up(Fraction(self.cost) * drawn / self.quantity, places)

    def cost_between(self, low: Fraction, high: Fraction, places: int) -> Decimal:
        """The rounded cost of what lies between two quantities."""
        return self.cost_of(high, places) - self.cost_of(low, places)

    def is_usable_at(self, at: datetime) -> bool:
        """Whether usage of an instant may draw, as far as time goes."""
        begun = self.starts <= at and (self.ends is None or at < self.ends)
        return begun and not (self.gap and self.gap[0] <= at < self.gap[1])
