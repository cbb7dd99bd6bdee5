"""Figures that managers ask for, of one month: every ratio with its two sides.

A ratio names what it is divided by, and is not known where that is nothing (X011: breakage
and utilisation are of the credits sold, revenue per million of the tokens used).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

ONE = Fraction(1)
_MILLION, _THOUSAND, _PERCENT = 1_000_000, 1_000, 100


class Ratio(NamedTuple):
    """``factor`` x ``above`` / ``below``, told with ``places``; ``name`` says what both are."""

    name: str
    above: Fraction
    below: Fraction
    factor: int = 1
    places: int = 2

    @property
    def value(self) -> Fraction | None:
        """The figure; None where it is divided by nothing."""
        return self.factor * self.above / self.below if self.below else None


@dataclass(frozen=True, slots=True)
class SoldMonth:
    """What a seller's month comes to, in the book's currency and in credits' cost to date.

    ``cost`` is that of the tokens that were sold, ``not_traced`` what was bought beside them.
    """

    revenue: Fraction
    tokens: Fraction
    customers: int
    cost: Fraction
    not_traced: Fraction
    sold: Fraction
    used: Fraction
    unused: Fraction


@dataclass(frozen=True, slots=True)
class BoughtMonth:
    """What a buyer's month comes to; ``used`` and ``expired`` are cost of credits to date."""

    spend: Fraction
    tokens: Fraction
    outcomes: Fraction
    used: Fraction
    expired: Fraction


def sold_ratios(now: SoldMonth, before: SoldMonth | None) -> list[Ratio]:
    """The ratios of what was sold; growth is on the month before."""
    grown = now.revenue - before.revenue if before else Fraction(0)
    customers = Fraction(now.customers)
    return [
        Ratio("revenue", now.revenue, ONE),
        Ratio("active customers", customers, ONE, places=0),
        Ratio("revenue per million tokens", now.revenue, now.tokens, _MILLION),
        Ratio("tokens per active customer", now.tokens, customers, places=0),
        Ratio(
            "revenue growth on the month before, %",
            grown,
            before.revenue if before else Fraction(0),
            _PERCENT,
        ),
        Ratio(
            "gross margin on tokens, % of revenue", now.revenue - now.cost, now.revenue, _PERCENT
        ),
        Ratio("utilisation, % of credits sold to date", now.used, now.sold, _PERCENT),
        Ratio("breakage, % of credits sold to date", now.unused, now.sold, _PERCENT),
    ]


def bought_ratios(now: BoughtMonth, outcome: str) -> list[Ratio]:
    """The ratios of what was bought; ``outcome`` is the meter that counts outcomes, or ''."""
    whole = now.used + now.expired
    ratios = [
        Ratio("spend", now.spend, ONE),
        Ratio("spend per 1,000 tokens", now.spend, now.tokens, _THOUSAND),
        Ratio("credits used, % of used and expired", now.used, whole, _PERCENT),
    ]
    if outcome:
        ratios.append(Ratio(f"spend per {outcome}", now.spend, now.outcomes))
    return ratios
