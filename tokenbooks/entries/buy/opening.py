"""Opening balances other than lots: posted against opening equity on the first day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction

from tokenbooks.documents import OpeningBalance
from tokenbooks.entries.exchange import Exchange
from tokenbooks.entries.posted import Line, Posted, add
from tokenbooks.periods import Period


def opening_to_date(
    balances: Iterable[OpeningBalance], start: Period, exchange: Exchange
) -> Posted:
    """What should be posted for the rows of the opening file.

    A balance in a foreign currency is at the rate of the day before the book's start.
    """
    posted: Posted = {}
    for row in balances:
        unit = ("opening", row.contract, row.party, row.role, row.service_period or str(start))
        amount = exchange.in_book(row.amount, opening_rate(row, start, exchange))
        add(posted, Line(*unit, row.role), amount)
        add(posted, Line(*unit, "opening_equity"), -amount)
    return posted


def opening_rate(row: OpeningBalance, start: Period, exchange: Exchange) -> Fraction:
    """The rate at which a balance was carried before the book's start."""
    day = start.start - timedelta(days=1)
    currency = row.currency or exchange.currency
    return exchange.rate(currency, day, f"the opening balance of {row.contract}", row.position)
