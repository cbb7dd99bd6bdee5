"""Invoices to look at before anybody asks for the money again.

A variable invoice that is far out of a customer's pattern is disputed more often than it is
paid: to charge the card again makes it worse. So an open invoice is held against the trailing
median of the customer's earlier ones (policy ``review_ratio``, 3 by default; ACCOUNTING 6.6;
P055: 2,000 -> 18,000 is 9). Nothing is posted, and no revenue changes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import median

from tokenbooks.close.receivables import Receivable
from tokenbooks.documents import Invoice
from tokenbooks.facts import Facts
from tokenbooks.periods import Period

#: How many earlier invoices are the pattern of a customer.
TRAILING = 6
REVIEW_RATIO = Decimal(3)

#: After how many days past due the payment is asked for again, and when a person takes over.
RETRY_AFTER = (1, 3, 7, 14)
ESCALATE_AFTER = 30


@dataclass(frozen=True, slots=True)
class Dunned:
    """An open document, and what to do about it.

    ``name`` is whom to talk to. ``usual`` is the median of the earlier invoices in the currency
    of this one, None without any; ``ratio`` the amount billed over it. One to ``review`` is
    never retried by itself. ``next_retry`` is the first day of the schedule still to come; None
    where a person decides.
    """

    receivable: Receivable
    name: str
    usual: Decimal | None
    ratio: Fraction | None
    review: bool
    next_retry: date | None

    @property
    def retries(self) -> tuple[date, ...]:
        """The days of the suggested schedule; none where a person looks at it first."""
        return () if self.review else _retries(self.receivable)

    @property
    def escalate_on(self) -> date | None:
        """When a person takes over; None where one looks at it first."""
        return None if self.review else due_on(self.receivable) + timedelta(days=ESCALATE_AFTER)


def due_on(item: Receivable) -> date:
    """The day from which a document is past due."""
    return item.due or item.day


def _retries(item: Receivable) -> tuple[date, ...]:
    return tuple(due_on(item) + timedelta(days=days) for days in RETRY_AFTER)


def dunned(facts: Facts, open_: Iterable[Receivable], period: Period) -> list[Dunned]:
    """Every open document that is owed, the ones to review first, then by amount."""
    limit = Fraction(facts.book.policy("review_ratio", period.last_day) or REVIEW_RATIO)
    patterns = _patterns(facts)
    billed = {(r.contract, r.invoice): r for r in facts.invoices if r.kind == "invoice"}
    found = []
    for item in open_:
        if item.amount > 0:
            row = billed.get((item.contract, item.document))
            usual = _usual(patterns, row) if row else None
            ratio = Fraction(row.amount) / Fraction(usual) if row and usual else None
            review = ratio is not None and ratio >= limit
            coming = (day for day in _retries(item) if day > period.last_day)
            following = None if review else next(coming, None)
            found.append(Dunned(item, _name(facts, item), usual, ratio, review, following))
    return sorted(found, key=lambda d: (not d.review, -d.receivable.amount, d.receivable.document))


def _name(facts: Facts, item: Receivable) -> str:
    """The name of the customer: as its file has it, else its id, else the contract's party."""
    contract = facts.book.contracts[item.contract]
    party = contract.parties.get(item.party)
    return (party.name if party else "") or item.party or contract.party


#: The invoices of a party in one currency, by day: days, and amounts in the same order.
Pattern = tuple[list[date], list[Decimal]]


def _patterns(facts: Facts) -> dict[tuple[str, str, str], Pattern]:
    """The invoices by contract, party and currency."""
    found: dict[tuple[str, str, str], Pattern] = {}
    for row in sorted(facts.invoices, key=lambda row: row.day):
        if row.kind == "invoice":
            days, amounts = found.setdefault(_pattern_of(row), ([], []))
            days.append(row.day)
            amounts.append(row.amount)
    return found


def _usual(patterns: Mapping[tuple[str, str, str], Pattern], row: Invoice) -> Decimal | None:
    """The median of the last invoices before this one."""
    days, amounts = patterns[_pattern_of(row)]
    earlier = amounts[: bisect_left(days, row.day)][-TRAILING:]
    return Decimal(median(earlier)) if earlier else None


def _pattern_of(row: Invoice) -> tuple[str, str, str]:
    return row.contract, row.party, row.currency or ""
