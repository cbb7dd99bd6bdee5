"""The completeness test of automatic reloads: what the rule implies against the receipts.

Receipts post (ACCOUNTING 2.5); this only tells where the rule and they disagree. Daily data
do not show when in a day a purchase came, so every doubt of that kind is decided in favour
of the receipts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from tokenbooks.credits.reload import (
    NOTHING,
    bought_in_a_day,
    has_size_of_reload,
    most_in_a_day,
)
from tokenbooks.rating.credit_terms import ReloadTerms

#: What can be wrong with a reload.
MISSING, UNEXPECTED = "missing", "unexpected"


@dataclass(frozen=True, slots=True)
class DayBalance:
    """An account at the end of a day on which its balance moved; list value.

    ``balance`` has the purchases of the day in it. ``added`` is what else came that day:
    grants, credits that rolled on or were transferred here.
    """

    day: date
    balance: Fraction
    added: Fraction = NOTHING


@dataclass(frozen=True, slots=True)
class Receipt:
    """A purchase of credits, by its lot; list value."""

    day: date
    credits: Fraction
    lot: str = ""


@dataclass(frozen=True, slots=True)
class ReloadFinding:
    """A reload that no receipt shows (``missing``), or a receipt that no rule implies.

    ``balance`` is that of the account at the end of the day. ``credits`` are what the rule
    implies, or what the receipt of ``lot`` bought (``unexpected``).
    """

    kind: str
    day: date
    balance: Fraction
    credits: Fraction
    lot: str = ""


def compare_reloads(
    terms: ReloadTerms, days: Sequence[DayBalance], receipts: Iterable[Receipt]
) -> list[ReloadFinding]:
    """Where the receipts of an account differ from what the rule implies, in time order.

    ``days`` are all days on which the balance moved, in order; ``receipts`` all purchases,
    also those of the ``within`` days after. Each day begins at the actual balance, so that
    a reload that is missing is told once, until the balance rises again. A purchase that is
    not of the rule's size is never unexpected. Raises ValueError for receipts of a day that
    ``days`` leave out, and for days out of order.
    """
    account = _Account(terms, days, sorted(receipts, key=lambda receipt: receipt.day))
    findings: list[ReloadFinding] = []
    told = False
    for number, day in enumerate(days):
        findings += account.unexpected(number)
        rose = number == 0 or day.balance > days[number - 1].balance
        missing = account.missing(day)
        if missing and (not told or rose or account.received(day.day, day.day)):
            findings.append(ReloadFinding(MISSING, day.day, day.balance, missing))
        told = bool(missing)
    return findings


class _Account:
    """The days and receipts of one account under a rule."""

    def __init__(
        self, terms: ReloadTerms, days: Sequence[DayBalance], receipts: Sequence[Receipt]
    ) -> None:
        self.terms = terms
        self.days = days
        self.receipts: dict[date, list[Receipt]] = {}
        for receipt in receipts:
            self.receipts.setdefault(receipt.day, []).append(receipt)
        if any(later.day <= earlier.day for earlier, later in pairwise(days)):
            raise ValueError("days out of order")
        if days:
            moved = {day.day for day in days}
            first, last = days[0].day, days[-1].day
            if any(first <= day <= last and day not in moved for day in self.receipts):
                raise ValueError("a receipt of a day that is left out")

    def missing(self, day: DayBalance) -> Fraction:
        """What the rule implies at the end of a day beyond its receipts and the pending ones."""
        last = day.day + timedelta(days=self.terms.within)
        pending = self.received(day.day + timedelta(days=1), last)
        month_end = min(last, _last_of_month(day.day))
        bought = self.reloaded(day.day.replace(day=1), month_end)
        return bought_in_a_day(self.terms, day.balance + pending, bought)

    def unexpected(self, number: int) -> list[ReloadFinding]:
        """The receipts of a day that are of the rule's size, and beyond what it implies."""
        day = self.days[number]
        allowed = self._implied(number)
        findings = []
        for receipt in self._of_the_rule(day.day):
            if receipt.credits <= allowed:
                allowed -= receipt.credits
            else:
                of_receipt = (day.day, day.balance, receipt.credits, receipt.lot)
                findings.append(ReloadFinding(UNEXPECTED, *of_receipt))
        return findings

    def received(self, first: date, last: date) -> Fraction:
        """What receipts bought in some days, both included."""
        days = ((last - first).days + 1) if last >= first else 0
        bought = (
            receipt.credits
            for number in range(days)
            for receipt in self.receipts.get(first + timedelta(days=number), ())
        )
        return sum(bought, NOTHING)

    def reloaded(self, first: date, last: date) -> Fraction:
        """What receipts of the rule's size bought in some days, both included."""
        return sum(
            (
                receipt.credits
                for number in range((last - first).days + 1)
                for receipt in self._of_the_rule(first + timedelta(days=number))
            ),
            NOTHING,
        )

    def _implied(self, number: int) -> Fraction:
        """The most that the rule can have bought with receipts of a day.

        Its own usage may have called for it, or what was still due at the end of a day up
        to ``within`` days before.
        """
        day = self.days[number]
        bought = self.reloaded(day.day.replace(day=1), day.day - timedelta(days=1))
        lowest = day.balance - self.received(day.day, day.day) - day.added
        implied = [most_in_a_day(self.terms, lowest, bought)]
        earliest = day.day - timedelta(days=self.terms.within)
        for earlier in reversed(self.days[:number]):
            since = self.received(earlier.day + timedelta(days=1), day.day - timedelta(days=1))
            implied.append(most_in_a_day(self.terms, earlier.balance + since, bought))
            if earlier.day <= earliest:
                break
        return max(implied)

    def _of_the_rule(self, day: date) -> list[Receipt]:
        receipts = self.receipts.get(day, ())
        return [r for r in receipts if has_size_of_reload(self.terms, r.credits)]


def _last_of_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
