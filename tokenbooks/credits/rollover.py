"""Rollover: what of a lot's rest lives on after its end, and until when (PEERS b10).

Quantities are list value. A rolled rest becomes a lot of its own, which keeps the cost of
what it took over and names the lot before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from tokenbooks.periods import add_months
from tokenbooks.rating.credit_terms import Length, RolloverTerms


def rolled(terms: RolloverTerms, left: Fraction) -> Fraction:
    """What of a lot's rest rolls on: a share of it, within a minimum and a maximum.

    The maximum rules over the minimum. A minimum above the share gives more than was left.
    """
    share = left * Fraction(terms.share) / 100
    at_least = max(Fraction(terms.minimum), share)
    return at_least if terms.maximum is None else min(Fraction(terms.maximum), at_least)


def within_cap(
    rolled: Mapping[str, Fraction], at_most: Decimal | Fraction | None
) -> dict[str, Fraction]:
    """What stays of the rolled lots of a party, so that they hold no more than ``at_most``.

    ``rolled`` names them in the order in which they end, the soonest first: that is the
    order in which they are cut. A lot that is cut altogether stays, with 0.
    """
    if at_most is None:
        return dict(rolled)
    surplus = max(sum(rolled.values(), Fraction(0)) - Fraction(at_most), Fraction(0))
    kept = {}
    for lot, quantity in rolled.items():
        cut = min(quantity, surplus)
        kept[lot] = quantity - cut
        surplus -= cut
    return kept


def rolled_end(
    terms: RolloverTerms, starts: datetime, before: tuple[datetime, datetime]
) -> datetime:
    """When a rolled lot that ``starts`` then ends, exclusive; all in local time.

    ``before`` is the start and the end of the lot that it comes from. Without a length in
    the terms it lives as long as that lot: as many months, where that lot lived for whole
    months, else as many days and hours.
    """
    if terms.expires is not None:
        return terms.expires.after(starts)
    began, ended = before
    months = _whole_months(began, ended)
    if not months:
        return starts + (ended - began)
    if starts == ended:
        return Length(months=months).after(began, 2)  # the 31st stays the 31st
    return Length(months=months).after(starts)


def _whole_months(began: datetime, ended: datetime) -> int:
    """How many whole months lie between two instants; 0 where they are not whole."""
    months = (ended.year - began.year) * 12 + ended.month - began.month
    whole = began.time() == ended.time() and add_months(began.date(), months) == ended.date()
    return months if whole else 0
