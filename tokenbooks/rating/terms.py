"""Plan-wide terms, as facts: fees, allowances, commitments, minimums, caps and discounts.

``rating.plan_terms`` counts them. All amounts are in the plan's currency. Each holds for one
party in each span ``every`` (see ``periods.span_of``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tokenbooks.problems import NOWHERE, Position


@dataclass(frozen=True, slots=True)
class Allowance:
    """Free units of meters that come with a fee, before all tiers.

    What is left lapses at the end of the span, or rolls on for ``rolls`` further spans,
    the oldest used first, at most ``at_most`` of each meter at once.
    """

    includes: Mapping[str, Decimal] = field(default_factory=dict)
    rolls: int = 0
    at_most: Decimal | None = None


#: A fee that includes no units.
NO_ALLOWANCE = Allowance()


@dataclass(frozen=True, slots=True)
class Fee:
    """A fixed amount for each span, or for each unit of a level such as seats.

    ``prorate`` is ``day`` (days held over days of the span, half-open), ``30/360`` (the same
    with months of 30 days) or empty: the whole fee is due for a span that is begun.
    """

    name: str
    price: Decimal
    every: str = "month"
    per: str | None = None
    prorate: str = ""
    allowance: Allowance = NO_ALLOWANCE
    starts: date | None = None
    until: date | None = None
    position: Position = NOWHERE


@dataclass(frozen=True, slots=True)
class Commitment:
    """An amount of usage that is owed whatever is used, from ``starts`` in spans ``every``.

    ``shortfall`` is ``bill`` (what lacks is charged at the end of the span) or ``forfeit``
    (it was paid up front and is lost). Usage beyond it costs ``overage`` times its price.
    """

    amount: Decimal
    every: str = "year"
    starts: date | None = None
    until: date | None = None
    shortfall: str = "bill"
    overage: Decimal = Decimal(1)
    position: Position = NOWHERE


@dataclass(frozen=True, slots=True)
class Minimum:
    """The least that a span is charged: what lacks is a true-up on its last day.

    ``prorate`` (``day`` or ``30/360``) reduces it in a span that the contract holds only in part.
    """

    amount: Decimal
    every: str = "month"
    prorate: str = ""
    position: Position = NOWHERE


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that a span is charged for meters (globs; ``*`` is all)."""

    amount: Decimal
    every: str = "month"
    of: tuple[str, ...] = ("*",)
    position: Position = NOWHERE


@dataclass(frozen=True, slots=True)
class Discount:
    """A percentage off what a span is charged, once it is over an amount.

    ``applies`` is ``above`` (only what is over it) or ``all`` (everything, once it is over).
    """

    percent: Decimal
    over: Decimal = Decimal(0)
    every: str = "month"
    applies: str = "above"
    position: Position = NOWHERE


@dataclass(frozen=True, slots=True)
class Terms:
    """All plan-wide terms. ``round_lines`` are the places to which an invoice rounds lines."""

    fees: tuple[Fee, ...] = ()
    commitment: Commitment | None = None
    minimum: Minimum | None = None
    caps: tuple[Cap, ...] = ()
    discounts: tuple[Discount, ...] = ()
    round_lines: int | None = None

    @property
    def needs_lines(self) -> bool:
        """Whether a term looks at the single lines rather than at their sum."""
        return self.round_lines is not None or any(cap.of != ("*",) for cap in self.caps)

    def __bool__(self) -> bool:
        rounds = self.round_lines is not None
        charges = (self.fees, self.commitment, self.minimum, self.caps, self.discounts)
        return rounds or any(charges)


#: A plan without terms for the whole of a span.
NO_TERMS = Terms()
