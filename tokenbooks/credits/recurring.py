"""Recurring grants: when each comes, how long it lives, and how much it gives.

All times are naive local time of the contract, so that a day is a day and a month a month
where clocks change too (PEERS b8). Spans are half-open and counted from an anchor: the
31st stays the 31st where a month has one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from tokenbooks.periods import start_of
from tokenbooks.rating.credit_terms import Length, RecurringGrant

_DAY = timedelta(days=1)
#: The smallest unit of time, in which spans are whole numbers.
_UNIT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that a grant comes: usable from ``starts`` up to ``ends``, exclusive.

    ``credits`` are list value.
    """

    starts: datetime
    ends: datetime
    credits: Fraction


def occurrences(grant: RecurringGrant, first: datetime, end: datetime) -> list[Occurrence]:
    """The occurrences that begin before ``end``, in order.

    ``first`` is the first moment at which the account can hold credits. A span that has
    begun by then, or before the grant's own start, gives its occurrence at that moment: all
    of it, or the part that is left of the span (``prorate``). Each ends where the next
    begins, unless the grant says how long its credits live. ``until`` is the end of giving:
    what was given before lives on to its own end.
    """
    begins = max(first, start_of(grant.starts)) if grant.starts else first
    closes = min(end, start_of(grant.until)) if grant.until else end
    anchor = start_of(grant.anchor or grant.starts or first.date())
    number = _span_number(grant.every, anchor, begins)
    found: list[Occurrence] = []
    while True:
        opens, next_opens = (grant.every.after(anchor, number + n) for n in (0, 1))
        starts = max(opens, begins)
        if starts >= closes:
            return found
        share = remaining_share(starts, (opens, next_opens), grant.prorate)
        ends = _end(grant, starts, anchor, number) if grant.expires else next_opens
        found.append(Occurrence(starts, ends, share * Fraction(grant.credits)))
        number += 1


def remaining_share(at: datetime, span: tuple[datetime, datetime], prorate: str) -> Fraction:
    """The share of a span that is left at a moment: 1 before it, 0 after it.

    ``prorate`` is ``day``, which counts the whole day of the moment, or ``second``; empty
    gives all. Days are those of the calendar, so that no change of clocks moves a share.
    """
    opens, closes = span
    if not prorate or at <= opens:
        return Fraction(1)
    since = opens + (at - opens) // _DAY * _DAY if prorate == "day" else at
    left = max(closes - since, timedelta(0))
    return Fraction(left // _UNIT, (closes - opens) // _UNIT)


def _span_number(every: Length, anchor: datetime, at: datetime) -> int:
    """Which span after the anchor a moment lies in; negative before it."""
    if not every.months:
        return (at - anchor) // (every.days * _DAY)
    number = ((at.year - anchor.year) * 12 + at.month - anchor.month) // every.months
    return number - 1 if at < every.after(anchor, number) else number


def _end(grant: RecurringGrant, starts: datetime, anchor: datetime, number: int) -> datetime:
    """When credits end that live for a length of their own.

    Months on months are counted from the anchor too: credits of a month that come every
    month leave no gap, however short the month is in which they came.
    """
    expires = grant.expires or grant.every
    whole = starts == grant.every.after(anchor, number)
    if whole and grant.every.months and expires.months:
        return Length(months=grant.every.months * number + expires.months).after(anchor)
    return expires.after(starts)
