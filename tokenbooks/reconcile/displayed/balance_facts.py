"""What the books know of an account around the end of a day, as plain values.

All amounts are list value in the plan's currency, all times local to the contract.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from tokenbooks.periods import start_of


@dataclass(frozen=True, slots=True)
class LotLeft:
    """A lot that has not ended, and what is left of it at the end of the day.

    It may not have begun yet. ``free``: nothing was paid for it.
    """

    lot: str
    left: Fraction
    free: bool
    starts: datetime


@dataclass(frozen=True, slots=True)
class LotMove:
    """Credits of a lot that came on a day by a purchase, or went on it as they expired."""

    lot: str
    day: date
    credits: Fraction


@dataclass(frozen=True, slots=True)
class AccountDay:
    """An account at the end of a day.

    ``balance`` may be negative, where usage waits for the next lot; ``balance_before`` is
    that of the day before. ``used`` is the usage of the day, ``used_after`` that of the next
    day. ``purchases`` and ``expired`` are those of the days near it (``expired`` by the last
    usable day), ``reloads`` what the rule of automatic purchases may have bought.
    """

    day: date
    balance: Fraction
    balance_before: Fraction
    used: Fraction = Fraction(0)
    used_after: Fraction = Fraction(0)
    lots: tuple[LotLeft, ...] = ()
    purchases: tuple[LotMove, ...] = ()
    expired: tuple[LotMove, ...] = ()
    reloads: tuple[Fraction, ...] = ()

    @property
    def ends(self) -> datetime:
        """The moment at which the day ends."""
        return start_of(self.day) + timedelta(days=1)

    @property
    def free(self) -> list[LotLeft]:
        """The free lots that are in the balance."""
        return [lot for lot in self.lots if lot.free and lot.left and lot.starts < self.ends]

    @property
    def to_come(self) -> list[LotLeft]:
        """The lots that have not begun, so that they are not in the balance."""
        return [lot for lot in self.lots if lot.left and lot.starts >= self.ends]
