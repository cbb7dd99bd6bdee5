"""Credits that are earned by time: the price of a lot over the days of its life.

Some packs are a promise to stand ready rather than a fixed quantity (``revenue.pattern: time``;
ACCOUNTING 6.1): what customers use does not matter, and nothing is left when they end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import round_half_up
from tokenbooks.book import Book
from tokenbooks.credits.lots import Lot
from tokenbooks.entries.posted import Line, Posted, add
from tokenbooks.periods import Period, months_between

TIME = "time"


def passes(book: Book, lot: Lot) -> bool:
    """Whether a lot is earned by the days of its life; one without an end never is."""
    contract = book.contracts[lot.contract]
    return contract.sells and contract.revenue.pattern == TIME and lot.last_day is not None


def passed_to_date(
    lots: Iterable[Lot], taken: Mapping[str, Decimal], end: date, places: int
) -> Posted:
    """The lines of such lots by month, in the payer's view; ``taken`` is what went back of each."""
    posted: Posted = {}
    for lot in lots:
        assert lot.last_day is not None
        first, last = lot.starts.date(), lot.last_day
        days, before = (last - first).days + 1, lot.cost_of(lot.used_before, places)
        whole = lot.cost - taken.get(lot.id, Decimal(0))
        stop = min(end, last + timedelta(days=1))
        for month in months_between(Period.month_of(lot.acquired), Period.month_of(stop)):
            gone = max((min(month.end, stop) - first).days, 0)
            now = max(before, round_half_up(Fraction(whole) * gone / days, places))
            unit = ("consumption", lot.contract, lot.party, lot.id, str(month))
            add(posted, Line(*unit, "revenue_subscription"), now - before)
            add(posted, Line(*unit, "prepaid_credits", lot=lot.id), before - now)
            before = now
    return posted
