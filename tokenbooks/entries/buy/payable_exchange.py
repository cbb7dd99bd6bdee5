"""Payables in a foreign currency: remeasured at month ends, and settled at the day's rate.

What is owed for an invoice, or a purchase on account, is monetary; the prepaid credits that
were bought with it are not, and stay at their historical rate (ACCOUNTING 2.7; ASC
830-20-35-1 and -2, IAS 21.23(a); case C039).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import round_half_up
from tokenbooks.credits.lots import Account
from tokenbooks.entries.buy.payable_movements import Movement, payable_movements
from tokenbooks.entries.exchange import Exchange, exchange_role
from tokenbooks.entries.posted import Line, Posted, add
from tokenbooks.facts import Facts
from tokenbooks.periods import Period, months_between

#: How units of exchange differences begin that are of a payable; its document follows.
PAYABLE = "payable-"


@dataclass(slots=True)
class Payable:
    """One document that is owed in a foreign currency, and where it stands.

    ``open`` is what is owed in that currency, ``carried`` at what the books have it.
    """

    movements: list[Movement] = field(default_factory=list)
    open: Decimal = Decimal(0)
    carried: Decimal = Decimal(0)

    def settle(self, movement: Movement, places: int) -> Decimal:
        """Take a movement in; the loss on what it settles, at its own rate and the carried one.

        Of 1,000.00 carried at 1,080.00 a payment of 1,100.00 settles all: a loss of 20.00.
        """
        size, owed = Fraction(abs(movement.foreign)), Fraction(abs(self.open))
        settles = min(size, owed) if self.open * movement.foreign < 0 else Fraction(0)
        if settles:
            paid = round_half_up(Fraction(movement.in_book) * settles / size, places)
            relieved = round_half_up(Fraction(self.carried) * settles / owed, places)
        else:
            paid = relieved = Decimal(0)
        self.open += movement.foreign
        self.carried += movement.in_book - paid - relieved
        return -paid - relieved

    def remeasure(self, rate: Fraction, exchange: Exchange) -> Decimal:
        """Carry what is open at a rate; the loss that this brings."""
        carried, self.carried = self.carried, exchange.in_book(self.open, rate)
        return self.carried - carried


def payable_exchange(facts: Facts, exchange: Exchange, until: Period) -> Posted:
    """The exchange differences of all payables up to the end of a month.

    A period that is no month has no remeasurement.
    """
    posted: Posted = {}
    if not until.is_month:
        return posted
    payables: dict[tuple[Account, str, str], Payable] = {}
    for movement in payable_movements(facts, exchange, until):
        key = (movement.account, movement.number, movement.currency)
        payables.setdefault(key, Payable()).movements.append(movement)
    for payable in payables.values():
        payable.movements.sort(key=lambda movement: movement.day)
        _walk(posted, payable, exchange, until)
    return posted


def _walk(posted: Posted, payable: Payable, exchange: Exchange, until: Period) -> None:
    """Settlements on their days and remeasurement at month ends, in the order of time."""
    first = payable.movements[0]
    for month in months_between(Period.month_of(first.day), until):
        for movement in payable.movements:
            if movement.day in month:
                loss = payable.settle(movement, exchange.places)
                _add_loss(posted, first, movement.day, loss)
        if payable.open:
            name = f"the payable {first.number} of {first.account[0]}"
            rate = exchange.rate(first.currency, month.last_day, name, first.position)
            _add_loss(posted, first, month.last_day, payable.remeasure(rate, exchange))


def _add_loss(posted: Posted, first: Movement, day: date, loss: Decimal) -> None:
    unit = ("exchange", *first.account, f"{PAYABLE}{first.number}", str(day))
    add(posted, Line(*unit, "accounts_payable"), -loss)
    add(posted, Line(*unit, exchange_role(loss)), loss)
