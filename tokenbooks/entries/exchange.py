"""Exchange rates as entries use them: what a currency is worth in the book's on a day.

Rule: a foreign amount is recorded at the rate of its day; monetary items (payables,
accruals) are remeasured at the rate of each month's end and at settlement, and the
difference is gain or loss (ACCOUNTING 2.7; ASC 830-20-35-1 and -2, IAS 21.23(a) and 28).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import currency_places, round_half_up
from tokenbooks.documents import CreditEvent, ExchangeRate, Invoice
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.problems import Position, Problem, error, warning

#: One unit of a foreign currency in the book's, where it is the book's own.
ONE = Fraction(1)


class Exchange:
    """The rates of a book, and which ones were wanted and are missing.

    A rate holds from its day until the next of its pair. A row of the other direction is
    taken as its exact inverse; of two rows of one day that which states the pair counts.
    """

    def __init__(self, facts: Facts) -> None:
        self.currency = facts.book.currency
        self.places = currency_places(self.currency)
        self._days: dict[str, list[date]] = {}
        self._rows: dict[str, list[tuple[Fraction, ExchangeRate]]] = {}
        self._missing: dict[tuple[str, date], Problem] = {}
        self._wanted: dict[tuple[str, date], ExchangeRate] = {}
        for currency, rate, row in _in_order(facts.rates, self.currency):
            self._days.setdefault(currency, []).append(row.day)
            self._rows.setdefault(currency, []).append((rate, row))

    def known(self, currency: str, day: date) -> Fraction | None:
        """What one unit was worth on a day; None where no rate is known up to then."""
        if currency == self.currency:
            return ONE
        count = bisect_right(self._days.get(currency, []), day)
        return self._rows[currency][count - 1][0] if count else None

    def rate(self, currency: str, day: date, needed_for: str, position: Position) -> Fraction:
        """What one unit was worth on a day.

        Where that is not known it is noted as missing, and 1 stands in for it: the figures
        are then never shown or written.
        """
        if currency == self.currency:
            return ONE
        count = bisect_right(self._days.get(currency, []), day)
        if count:
            rate, self._wanted[currency, day] = self._rows[currency][count - 1]
            return rate
        message = f"there is no rate of {currency} in {self.currency} on {day}, for {needed_for}"
        help = f"add to rates.csv: {day},{currency},{self.currency},RATE,SOURCE"
        problem = error("exchange-rate-missing", message, help, position)
        self._missing.setdefault((currency, day), problem)
        return ONE

    def rate_of(self, row: Invoice) -> Fraction:
        """The rate of a row of the invoices file: its own, else that of its day."""
        if row.fx_rate is not None:
            return Fraction(row.fx_rate)
        currency = row.currency or self.currency
        name = f"{row.kind.replace('_', ' ')} {row.invoice} of {row.contract}"
        return self.rate(currency, row.day, name, row.position)

    def in_book(self, amount: Decimal, rate: Fraction) -> Decimal:
        """A foreign amount in the book's currency, rounded to its places."""
        return round_half_up(Fraction(amount) * rate, self.places)

    @property
    def problems(self) -> list[Problem]:
        """The rates that were wanted and are missing, each once."""
        return [self._missing[key] for key in sorted(self._missing)]

    def outdated(self, month: Period) -> Iterator[Problem]:
        """The rates that a month's end was remeasured at, and that are of an earlier month."""
        for (currency, day), row in sorted(self._wanted.items()):
            if day == month.last_day and row.day < month.start:
                message = f"{currency} is remeasured at {day} with the rate of {row.day}"
                help = f"add to rates.csv: {day},{currency},{self.currency},RATE,SOURCE"
                yield warning("exchange-rate-old", message, help, row.position)


def _in_order(
    rates: Iterable[ExchangeRate], book_currency: str
) -> Iterator[tuple[str, Fraction, ExchangeRate]]:
    """The rates into the book's currency by day; on one day the stated pair comes last."""
    for row in sorted(rates, key=lambda row: (row.day, row.into == book_currency)):
        if row.into == book_currency:
            yield row.currency, Fraction(row.rate), row
        elif row.currency == book_currency:
            yield row.into, 1 / Fraction(row.rate), row


def exchange_role(loss: Decimal) -> str:
    """The role that takes an exchange difference; what is lost is positive."""
    return "fx_loss" if loss > 0 else "fx_gain"


def settled_currency(facts: Facts, event: CreditEvent) -> str:
    """The currency in which a purchase is owed.

    A card's issuer converts on the day of the charge, so only what is bought on account
    is owed in the currency of its price.
    """
    pay = event.pay or facts.book.contracts[event.contract].pay
    return (event.currency if pay == "account" else None) or facts.book.currency
