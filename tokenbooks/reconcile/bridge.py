"""The bridge of a month: statement, usage, booked, recorded, and how each difference stands.

The views follow each other; each leg's causes sum to its difference, so that all causes
together are what the provider says less what the ledger says (ACCOUNTING 7). How a cause
stands is decided by the book's own thresholds, never by its name alone: what is small enough
is passed, which is logged and accumulates (SAB 99, SAB 108).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tokenbooks.book import Book
from tokenbooks.periods import Period
from tokenbooks.reconcile.causes import (
    ADJUSTED,
    METER,
    MODEL,
    RECORDED,
    STATEMENT,
    UNEXPLAINED,
    Cause,
    Leg,
    total,
)
from tokenbooks.reconcile.summarised_causes import summarised

#: How a cause stands: nothing to do; to be corrected; small enough to be passed; open.
ITEM, CORRECT, PASSED, OPEN = "item", "to-correct", "passed", "unexplained"
#: How a contract stands without causes, and with nothing but reconciling items.
AGREES, EXPLAINED = "agrees", "explained"

#: From the best to the worst: the worst cause says how a contract stands.
_ORDER = (AGREES, ITEM, PASSED, CORRECT, OPEN)

#: Approved rows are written in cents.
_CENT = Fraction(1, 100)

#: Causes that come in pairs, of which only what is left in money counts.
_PAIRS = frozenset({METER, MODEL})


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a book lets pass: policies ``recon_tolerance``, ``posting_threshold``, ``materiality``.

    Up to ``tolerance`` what is unexplained is passed, up to ``posting`` what would have to be
    corrected. ``materiality`` bounds what was passed to date; None where the book says none.
    """

    tolerance: Decimal = Decimal(0)
    posting: Decimal = Decimal(0)
    materiality: Decimal | None = None


def thresholds_of(book: Book, day: date) -> Thresholds:
    """The thresholds that rule on a day."""
    materiality = book.policy("materiality", day)
    return Thresholds(
        Decimal(book.policy("recon_tolerance", day) or 0),
        Decimal(book.policy("posting_threshold", day) or 0),
        Decimal(materiality) if materiality else None,
    )


@dataclass(frozen=True, slots=True)
class Bridge:
    """A month of a contract, from view to view; '' is what the ledger has of no contract."""

    contract: str
    period: Period
    legs: tuple[Leg, ...]
    thresholds: Thresholds = Thresholds()

    def amount(self, view: str) -> Fraction | None:
        """What a view says; None where it was not asked."""
        for leg in self.legs:
            if leg.first == view:
                return leg.first_amount
            if leg.second == view:
                return leg.second_amount
        return None

    def standings(self) -> Iterator[tuple[Leg, Cause, str]]:
        """Every cause with its leg and how it stands."""
        for leg in self.legs:
            for cause in leg.causes:
                yield leg, cause, self._standing(leg, cause)

    @property
    def standing(self) -> str:
        """How the contract stands: as its worst cause does."""
        found = (standing for _, _, standing in self.standings())
        worst = max(found, key=_ORDER.index, default=AGREES)
        return EXPLAINED if worst == ITEM else worst

    @property
    def unexplained(self) -> Fraction:
        """What no cause explains, over all legs."""
        return sum((leg.unexplained for leg in self.legs), Fraction(0))

    @property
    def passed(self) -> Fraction:
        """What the thresholds let pass: it accumulates over the months."""
        return total(cause for _, cause, standing in self.standings() if standing == PASSED)

    def _standing(self, leg: Leg, cause: Cause) -> str:
        if cause.name == UNEXPLAINED:
            is_small = _size(leg, UNEXPLAINED) <= self.thresholds.tolerance
            return PASSED if is_small else OPEN
        # what our own ledger has otherwise than our entries is wrong in one of the two
        is_item = not cause.to_correct and leg.second != RECORDED
        if is_item or (leg.first == STATEMENT and self._is_accrued(leg)):
            return ITEM
        return PASSED if _size(leg, cause.name) <= self.thresholds.posting else CORRECT

    def _is_accrued(self, leg: Leg) -> bool:
        """Whether rows that a person approved accrue what a statement has to be corrected by."""
        wanted = total(cause for cause in leg.causes if cause.to_correct)
        # usage less booked: what is accrued beside the usage is negative there
        accrued = total(c for own in self.legs for c in own.causes if c.name == ADJUSTED)
        return bool(accrued) and abs(wanted + accrued) <= Fraction(self.thresholds.posting) + _CENT


def _size(leg: Leg, name: str) -> Fraction:
    """How much the causes of a name come to, without regard to signs."""
    amounts = [cause.amount for cause in leg.causes if cause.name == name]
    if name in _PAIRS:
        return abs(sum(amounts, Fraction(0)))
    return sum(map(abs, amounts), Fraction(0))


def joined(bridges: Iterable[Bridge]) -> tuple[Bridge, ...]:
    """Bridges whose causes of many days are one each."""
    return tuple(
        replace(
            bridge,
            legs=tuple(replace(leg, causes=summarised(leg.causes)) for leg in bridge.legs),
        )
        for bridge in bridges
    )
