"""Pricing: the currency that prices a contract's usage, and what it is worth in the book's.

Usage is accrued in the currency of the plan, at the rate of the last day of its month: one
rate for the whole month, so that posting by week or day ends at the same cent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from tokenbooks.amounts import currency_places, round_half_up
from tokenbooks.book import Contract
from tokenbooks.documents import Invoice, OpeningBalance
from tokenbooks.entries.buy.opening import opening_rate
from tokenbooks.entries.buy.owed import billed_amount
from tokenbooks.entries.exchange import Exchange
from tokenbooks.entries.service import last_day_of
from tokenbooks.periods import Period


@dataclass(frozen=True, slots=True)
class Pricing:
    """The currency of a contract's plan, with the book's rates and its first month."""

    exchange: Exchange
    contract: Contract
    currency: str
    start: Period

    @property
    def is_foreign(self) -> bool:
        """Whether usage is priced in another currency than the book's."""
        return self.currency != self.exchange.currency

    @property
    def places(self) -> int:
        """The places of the plan's currency."""
        return currency_places(self.currency)

    def month_rate(self, month: Period) -> Fraction:
        """The rate of a month's last day; before the book's start, that of the day before it."""
        day = max(month, self.start.previous()).last_day
        name, place = self.contract.id, self.contract.position
        return self.exchange.rate(self.currency, day, f"usage of {name} in {month}", place)

    def bills(self, bills: Iterable[Invoice]) -> list[Invoice]:
        """Invoices and credit notes with their amount in the plan's currency."""
        return [self._in_plan(bill) for bill in bills]

    def _in_plan(self, bill: Invoice) -> Invoice:
        """One that is in another currency is what the plan's would have been on that day."""
        if (bill.currency or self.exchange.currency) == self.currency:
            return bill
        name = f"{bill.invoice} of {bill.contract}, which bills usage in {self.currency}"
        own = self.exchange.rate(self.currency, bill.day, name, bill.position)
        exact = Fraction(abs(billed_amount(bill))) * self.exchange.rate_of(bill) / own
        return replace(bill, amount=round_half_up(exact, self.places))

    def opening(self, rows: Iterable[OpeningBalance]) -> list[OpeningBalance]:
        """Opening accruals with their amount in the plan's currency."""
        return [self._opening_in_plan(row) for row in rows]

    def _opening_in_plan(self, row: OpeningBalance) -> OpeningBalance:
        if (row.currency or self.exchange.currency) == self.currency:
            return row
        own = opening_rate(row, self.start, self.exchange)
        exact = Fraction(row.amount) * own / self.month_rate(self.start.previous())
        return replace(row, amount=round_half_up(exact, self.places))


def month_of(service: str) -> Period:
    """The month in which a service span lies."""
    return Period.month_of(last_day_of(service))
