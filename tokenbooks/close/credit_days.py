"""The credits of each account day by day: what came, what was used, what went, what is left.

Usage counts on its own day, whether a lot covers it then, later or never: what waits for a
lot makes the balance negative, as a provider shows it. Usage that is billed instead of taken
from credits does not count (``overage: bill``, and days that an invoice bills).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import accumulate

from tokenbooks.close.computed import Computed
from tokenbooks.credits.drawing import Draw, Taken, Use
from tokenbooks.credits.lots import Account, Lot
from tokenbooks.credits.moves import POOLED
from tokenbooks.entries.buy.owed import invoiced_days, is_bill
from tokenbooks.facts import Facts
from tokenbooks.periods import start_of
from tokenbooks.rating.credit_terms import BILL

NOTHING = Fraction(0)


@dataclass(slots=True)
class DayOfCredits:
    """What a day changed; list value. ``gone`` was taken away, moved, or has expired."""

    bought: Fraction = NOTHING
    added: Fraction = NOTHING
    used: Fraction = NOTHING
    gone: Fraction = NOTHING

    @property
    def change(self) -> Fraction:
        """By how much the balance rose."""
        return self.bought + self.added - self.used - self.gone


@dataclass(slots=True)
class CreditDays:
    """The days of an account on which something changed, in order once they are complete."""

    days: dict[date, DayOfCredits] = field(default_factory=dict)

    def on(self, day: date) -> DayOfCredits:
        """What a day changed."""
        return self.days.get(day) or DayOfCredits()

    def balance(self, day: date) -> Fraction:
        """The balance at the end of a day."""
        changes = (found.change for at, found in self.days.items() if at <= day)
        return sum(changes, NOTHING)

    def balances(self) -> Iterator[tuple[date, DayOfCredits, Fraction]]:
        """Each day with its changes and the balance at its end."""
        changes = accumulate(found.change for found in self.days.values())
        yield from zip(self.days, self.days.values(), changes, strict=True)


def credit_days(facts: Facts, computed: Computed, until: date) -> dict[Account, CreditDays]:
    """The days of all accounts of prepaid contracts before ``until``."""
    found: dict[Account, CreditDays] = {}

    def on(account: Account, day: date) -> DayOfCredits:
        return found.setdefault(account, CreditDays()).days.setdefault(day, DayOfCredits())

    came = {taken.into: taken_on(taken) for taken in computed.taken if taken.into}
    first = facts.book.start.start
    for lot in computed.lots.values():
        # what was there before the book counts from its first day
        begun = on(lot.account, max(first, begun_on(lot, came)))
        bought = NOTHING
        if lot.event.event == "purchase":
            bought = lot.quantity - lot.moved - lot.used_before
        begun.bought += bought
        begun.added += lot.quantity - lot.used_before - bought
        if lot.ends is not None and lot.ends <= start_of(until):
            left = computed.tops[lot.id] - computed.given[lot.id]
            on(lot.account, day_of(lot.ends)).gone += left
        for day, back in _dead_between(computed, lot, until):
            change = on(lot.account, day)
            change.added += max(back, NOTHING)
            change.gone += max(-back, NOTHING)
    for taken in computed.taken:
        on(computed.lots[taken.lot].account, taken_on(taken)).gone += taken.quantity
    for account, drawn in computed.drawn.items():
        found.setdefault(account, CreditDays())
        for draw in drawn.draws:
            on(computed.lots[draw.lot].account, draw.used_at.date()).used += draw.quantity
    for account, item in owed_by_credits(facts, computed, until):
        on(account, item.used_at.date()).used += item.quantity
    return {account: _in_order(days) for account, days in sorted(found.items())}


def _dead_between(computed: Computed, lot: Lot, until: date) -> Iterator[tuple[date, Fraction]]:
    """What a lot that was extended after its end had left then, as a loss, and its return.

    What was taken away from it in between is gone on its own day, so that it comes back first.
    """
    if lot.gap is None:
        return
    ended, again = lot.gap
    left = lot.quantity - lot.used_before
    for drawn in computed.drawn.values():
        left -= sum((d.quantity for d in drawn.draws if _drew(d, lot, ended)), NOTHING)
    own = [taken for taken in computed.taken if taken.lot == lot.id]
    left -= sum((taken.quantity for taken in own if taken.at <= ended), NOTHING)
    if ended <= start_of(until):
        yield day_of(ended), -left
        for taken in own:
            if ended < taken.at <= again:
                yield taken_on(taken), taken.quantity
                left -= taken.quantity
    if again < start_of(until):
        yield again.date(), left


def _drew(draw: Draw, lot: Lot, before: datetime) -> bool:
    return draw.lot == lot.id and draw.drawn_at < before


def begun_on(lot: Lot, came: Mapping[str, date]) -> date:
    """The day from whose end on a lot counts; ``came`` are the days on which lots moved.

    What rolls over at midnight is there at the end of the day, as what it came from is not.
    """
    return min(lot.starts.date(), came.get(lot.id, date.max))


def _in_order(credits: CreditDays) -> CreditDays:
    return CreditDays(dict(sorted(credits.days.items())))


def owed_by_credits(facts: Facts, computed: Computed, until: date) -> Iterator[tuple[Account, Use]]:
    """Usage that no lot covers and no invoice before ``until`` bills: the next purchase pays."""
    for account, drawn in computed.drawn.items():
        contract = facts.book.contracts[account[0]]
        if drawn.owed and facts.plan_of(contract).credit_terms.overage != BILL:
            rows = (row for row in facts.invoices if (row.contract, row.party) == account)
            billed = invoiced_days(row for row in rows if is_bill(row) and row.day < until)
            for item in drawn.owed:
                if item.used_at.date() not in billed:
                    yield account, item


def day_of(end: datetime) -> date:
    """The day to which an end belongs: midnight ends the day before."""
    return (end - timedelta(microseconds=1)).date()


def taken_on(taken: Taken) -> date:
    """The day on which credits left a lot, which is that of their entry.

    What is pooled goes into the lot that begins, on its first day; all else is gone at the end
    of a day.
    """
    return taken.event.day if taken.event.event == POOLED else day_of(taken.at)


def end_on(lot: Lot, day: date) -> datetime | None:
    """The end of a lot as it stood at the end of a day: an earlier one where it was dead then."""
    at = start_of(day + timedelta(days=1))
    if lot.gap and lot.gap[0] <= at <= lot.gap[1]:
        return lot.gap[0]
    return lot.ends


def left_of_lots(computed: Computed, lots: Iterable[Lot], day: date) -> Mapping[str, Fraction]:
    """What is left of lots at the end of a day, also of those that begin or end later."""
    left = {lot.id: lot.quantity - lot.used_before for lot in lots}
    for drawn in computed.drawn.values():
        for draw in drawn.draws:
            if draw.lot in left and draw.used_at.date() <= day:
                left[draw.lot] -= draw.quantity
    for taken in computed.taken:
        if taken.lot in left and taken_on(taken) <= day:
            left[taken.lot] -= taken.quantity
    return left
