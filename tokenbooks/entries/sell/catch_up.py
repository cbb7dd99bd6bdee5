"""Revenue that catches up at once, where what is left of a contract is not distinct.

Rule: progress x the new price, less what was earned so far, is revenue on the day of the change
(ASC 606-10-25-13(b); P049). What is caught up was not billed yet by the contract's own pattern;
it goes back in proportion as that pattern brings the rest of the price, so that over the life of
the contract revenue is its price, whatever was caught up.

500 earned, 60% of 1,200 done: 720 - 500 = 220 at once. When the contract comes to 850 by itself,
half of the other 700, half of the 220 is still ahead: 850 + 110 = 960 are earned.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import round_half_up


@dataclass(frozen=True, slots=True)
class CatchUp:
    """A catch-up of a contract and party, in the book's currency.

    ``earned`` came by the contract's own pattern before the day, ``ahead_before`` is what an
    earlier catch-up was ahead of it then.
    """

    progress: Decimal
    price: Decimal
    earned: Decimal
    places: int
    ahead_before: Decimal = Decimal(0)

    @property
    def so_far(self) -> Decimal:
        """All revenue before the day."""
        return self.earned + self.ahead_before

    @property
    def amount(self) -> Decimal:
        """Revenue that it brings at once; below zero takes revenue back."""
        done = round_half_up(Fraction(self.progress) * Fraction(self.price), self.places)
        return done - self.so_far

    def ahead(self, earned: Decimal) -> Decimal:
        """How far revenue is ahead of the contract's own pattern, when that came to ``earned``.

        What an earlier catch-up was ahead is part of it.
        """
        whole, rest = self.amount + self.ahead_before, Fraction(self.price - self.earned)
        if rest <= 0:
            return whole
        share = max(Fraction(self.price - max(earned, self.earned)), Fraction(0)) / rest
        return round_half_up(Fraction(whole) * share, self.places)
