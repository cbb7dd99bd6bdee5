"""What ``explain`` tells, as values: the desk fills them in, reports make tables of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from tokenbooks.book import AllocationRule
from tokenbooks.close.close_period import Close
from tokenbooks.close.evidence import NOTHING, Amounts, ExplainedCharge
from tokenbooks.close.lot_states import LotState
from tokenbooks.close.tier_evidence import ArithmeticLine
from tokenbooks.credits.lots import Lot
from tokenbooks.documents import (
    Adjustment,
    CreditEvent,
    Estimate,
    ExchangeRate,
    Invoice,
    Modification,
    OpeningBalance,
)
from tokenbooks.entries.entry import Entry, Posting
from tokenbooks.entries.posted import Destination
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.problems import Position
from tokenbooks.rating.plan import Alias, MeterPrice, Modifier


@dataclass(frozen=True, slots=True)
class RowsBehind:
    """How many rows of files stand behind a charge, and where the first of them is."""

    rows: int = 0
    first: Position | None = None


@dataclass(frozen=True, slots=True)
class FileRows:
    """A file's rows behind an entry: how many of all it holds, and where they begin."""

    file: str
    format: str
    rows: int
    rows_read: int
    first_lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SumLine:
    """How exact amounts become a posted one.

    ``from_credits`` is what lots that cover the usage cost, ``accrued`` what is owed for it
    or, negative, no longer owed. The rest up to what was posted is rounding.
    """

    account: str
    destination: Destination
    from_credits: Fraction
    accrued: Fraction
    posted: Decimal

    @property
    def rounding(self) -> Fraction:
        """What rounding added to the exact amounts."""
        return Fraction(self.posted) - self.from_credits - self.accrued


@dataclass(frozen=True, slots=True)
class LotDraw:
    """What a lot gave for an entry: list value, its exact cost, and what was posted."""

    lot: Lot
    list_value: Fraction
    cost: Fraction
    posted: Decimal


@dataclass(frozen=True, slots=True)
class LotRoll:
    """A lot over one period."""

    lot: Lot
    period: Period
    before: LotState
    now: LotState


@dataclass(frozen=True, slots=True)
class ReliefLine:
    """What an invoice did to one service span, and the entries that had accrued it."""

    service: str
    rated: Fraction
    invoiced: Decimal
    relieved: Decimal
    accruals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RelatedEntry:
    """Another entry that belongs to the same lot, document or service span."""

    id: str
    period: str
    file: str
    line: int
    why: str


Document = CreditEvent | Invoice | OpeningBalance | Adjustment | Estimate | Modification


@dataclass(slots=True)
class EntryExplanation:
    """An entry and everything behind it; ``postings`` are those that were asked for.

    ``behind`` goes with ``charges``; ``rest`` sums the charges that are not shown.
    """

    facts: Facts
    close: Close
    entry: Entry
    postings: tuple[Posting, ...]
    place: Position | None = None
    dimensions: tuple[str, ...] = ()
    charges: tuple[ExplainedCharge, ...] = ()
    behind: tuple[RowsBehind, ...] = ()
    left_out: int = 0
    rest: Amounts = NOTHING
    sums: tuple[SumLine, ...] = ()
    draws: tuple[LotDraw, ...] = ()
    tiers: tuple[ArithmeticLine, ...] = ()
    terms: tuple[ArithmeticLine, ...] = ()
    files: tuple[FileRows, ...] = ()
    rolls: tuple[LotRoll, ...] = ()
    documents: tuple[Document | ExchangeRate, ...] = ()
    reliefs: tuple[ReliefLine, ...] = ()
    related: tuple[RelatedEntry, ...] = ()
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Correction:
    """A price that replaces the one at which a meter was booked: since when, and why.

    ``factor`` is that of modifiers where it is another too.
    """

    price: MeterPrice
    factor: Fraction | None
    on: date
    reason: str
    position: Position


@dataclass(frozen=True, slots=True)
class MeterRating:
    """How one meter of a row is priced; ``price`` is None where nothing prices it.

    ``value`` is exact; for a tiered price it is the row's part of its counter, at the
    average price of the counter in the row's service span. ``free`` is the quantity that an
    allowance covers; ``lines`` are the arithmetic of a price by request or event;
    ``corrected`` is what is known now of a price that was booked otherwise.
    """

    meter: str
    quantity: Fraction
    price: MeterPrice | None
    reason: str = ""
    alias: Alias | None = None
    modifiers: tuple[Modifier, ...] = ()
    factor: Fraction = Fraction(1)
    value: Fraction = Fraction(0)
    free: Fraction = Fraction(0)
    lines: tuple[str, ...] = ()
    corrected: Correction | None = None


@dataclass(frozen=True, slots=True)
class DayDraw:
    """What a lot gave for the usage of the row's day; no lot: what none covers."""

    lot: Lot | None
    drawn_at: datetime | None
    list_value: Fraction
    cost: Fraction


@dataclass(slots=True)
class RowExplanation:
    """A row of an export, from its cells up to the entries that post it."""

    facts: Facts
    place: Position
    contract: str
    format: str
    kind: str
    at: datetime | None
    verdict: str
    reason: str
    dimensions: Mapping[str, str]
    amount: Decimal | None = None
    currency: str | None = None
    meters: tuple[MeterRating, ...] = ()
    rule: AllocationRule | None = None
    shares: tuple[tuple[str, Destination, Decimal], ...] = ()
    draws: tuple[DayDraw, ...] = ()
    related: tuple[RelatedEntry, ...] = ()
    notes: list[str] = field(default_factory=list)

    @property
    def day(self) -> date | None:
        """The day to which the row belongs, in the contract's zone."""
        return self.at.date() if self.at else None
