"""Differences that were passed: none of them is corrected, so that they add up (SAB 108).

A difference below the thresholds of a book gets no entry, but it is logged with the month.
What was passed in all months together is tested against materiality too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from tokenbooks.amounts import finite_decimal, round_half_up
from tokenbooks.book import Book
from tokenbooks.periods import Period
from tokenbooks.reconcile.bridge import OPEN, PASSED, Bridge, thresholds_of


@dataclass(frozen=True, slots=True)
class PassedDifference:
    """A difference of a month without an entry: passed, or not explained.

    ``leg`` names the two views; ``amount`` is what the first has more than the second.
    """

    period: Period
    contract: str
    leg: str
    cause: str
    status: str
    amount: Decimal
    words: str = ""


@dataclass(frozen=True, slots=True)
class PassedMonth:
    """What a month passed, and all months up to it.

    ``passed`` and ``unexplained`` are net, ``gross`` counts every difference without its sign.
    ``materiality`` is what the book's policy says on the last day; None where it says nothing.
    """

    period: Period
    passed: Decimal
    unexplained: Decimal
    gross: Decimal
    accumulated: Decimal
    materiality: Decimal | None

    @property
    def is_above(self) -> bool:
        """Whether what has accumulated is more than is immaterial."""
        return self.materiality is not None and abs(self.accumulated) > self.materiality


#: Decimals of amounts that have no end.
_PLACES = 18

#: How a difference stands that has no entry.
WITHOUT_ENTRY = (PASSED, OPEN)


def passed_by_month(
    book: Book, months: Iterable[Period], differences: Iterable[PassedDifference]
) -> tuple[PassedMonth, ...]:
    """What each month passed, in the order of time, and what that comes to."""
    found = list(differences)
    result = []
    accumulated = Decimal(0)
    for month in sorted(months):
        own = [item for item in found if item.period == month]
        passed, unexplained = (_sum(own, status) for status in WITHOUT_ENTRY)
        accumulated += passed + unexplained
        gross = sum((abs(item.amount) for item in own), Decimal(0))
        materiality = thresholds_of(book, month.last_day).materiality
        result.append(PassedMonth(month, passed, unexplained, gross, accumulated, materiality))
    return tuple(result)


def _sum(differences: Iterable[PassedDifference], status: str) -> Decimal:
    return sum((item.amount for item in differences if item.status == status), Decimal(0))


def passed_of(bridges: Iterable[Bridge]) -> list[PassedDifference]:
    """The differences of a reconciled month that have no entry."""
    return [
        PassedDifference(
            bridge.period,
            bridge.contract,
            f"{leg.first} - {leg.second}",
            cause.name,
            standing,
            finite_decimal(cause.amount) or round_half_up(cause.amount, _PLACES),
            cause.words,
        )
        for bridge in bridges
        for leg, cause, standing in bridge.standings()
        if standing in WITHOUT_ENTRY
    ]
