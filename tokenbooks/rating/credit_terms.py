"""What a plan says of credits: how long they live, what is given, what happens when they end.

Quantities are list value in the plan's currency: credits x what one is worth. Spans of
time are local to the contract, so that a month added to 1 March 00:00 is 1 April 00:00
wherever the books are kept (PEERS b8).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from tokenbooks.conditions import Conditions
from tokenbooks.periods import add_months
from tokenbooks.problems import NOWHERE, Position

#: What happens to usage that no lot covers (``overage`` of a plan).
TOP_UP, BILL, STOP = "top_up", "bill", "stop"


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time: whole months, or days."""

    months: int = 0
    days: int = 0

    def after(self, moment: datetime, times: int = 1) -> datetime:
        """So many lengths after a local moment; the 31st of a short month is its last day."""
        day = add_months(moment.date(), self.months * times) + timedelta(days=self.days * times)
        return datetime.combine(day, moment.time())

    def __str__(self) -> str:
        count, unit = (self.months, "month") if self.months else (self.days, "day")
        return f"{count} {unit}" + ("" if count == 1 else "s")


@dataclass(frozen=True, slots=True)
class RolloverTerms:
    """What is left of a lot at its end lives on in a new one (PEERS b10).

    ``share`` percent of it, at least ``minimum`` and at most ``maximum`` a lot; all that a
    party rolls at one time is at most ``at_most``. Rolled credits keep their cost; what a
    minimum adds costs nothing. They live for ``expires``, or as long as the lot before them.
    ``again`` says whether rolled credits may roll once more.
    """

    share: Decimal = Decimal(100)
    minimum: Decimal = Decimal(0)
    maximum: Decimal | None = None
    at_most: Decimal | None = None
    expires: Length | None = None
    again: bool = False
    position: Position = NOWHERE


@dataclass(frozen=True, slots=True)
class BonusTerms:
    """Bonus credits for a purchase of so many credits or more: a percentage of it."""

    from_credits: Decimal
    percent: Decimal
    expires: Length | None = None
    position: Position = NOWHERE


@dataclass(frozen=True, slots=True)
class RecurringGrant:
    """Free credits that come again and again, each time as a lot of their own.

    ``every`` is counted from ``anchor`` (a day), so that the 31st stays the 31st where a
    month has one. Without ``expires`` a lot ends when the next one begins. ``prorate`` is
    ``day`` or ``second``: a span that has begun already gives its part; else it gives all.
    """

    name: str
    credits: Decimal
    every: Length
    anchor: date | None = None
    starts: date | None = None
    until: date | None = None
    kind: str = "promo"
    priority: int | None = None
    scope: Conditions = field(default_factory=Conditions)
    expires: Length | None = None
    rollover: RolloverTerms | None = None
    prorate: str = ""
    position: Position = NOWHERE


@dataclass(frozen=True, slots=True)
class ReloadTerms:
    """A rule of automatic purchases (PEERS b10): receipts post, the rule only tells.

    It fires when the balance is at or below ``at`` (``below``: strictly below). It buys
    ``add`` credits, in ``packs`` as many times as it takes to be strictly above; or the gap
    to ``up_to``, at least ``at_least``. ``at_most`` is the most that one calendar month
    buys. A receipt may be dated up to ``within`` days later.
    """

    at: Decimal
    add: Decimal | None = None
    up_to: Decimal | None = None
    below: bool = False
    packs: bool = False
    at_least: Decimal = Decimal(0)
    at_most: Decimal | None = None
    within: int = 1
    position: Position = NOWHERE


@dataclass(frozen=True, slots=True)
class CreditTerms:
    """All that a plan says of credits.

    ``expires``: how long credits live that say no end themselves. ``overage`` is
    ``top_up`` (the next lot settles it), ``bill`` (it is invoiced) or ``stop`` (it should
    not have happened).
    """

    expires: Length | None = None
    rollover: RolloverTerms | None = None
    bonus: tuple[BonusTerms, ...] = ()
    recurring: tuple[RecurringGrant, ...] = ()
    overage: str = TOP_UP
    reload: ReloadTerms | None = None


#: A plan that says nothing of credits.
NO_CREDIT_TERMS = CreditTerms()
