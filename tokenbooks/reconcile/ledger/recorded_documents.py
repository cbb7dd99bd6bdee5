"""The documents behind entries: what they bill, their tax, and their own currency."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from tokenbooks.amounts import currency_places, round_half_up
from tokenbooks.credits.acquisitions import price_paid, tax_kind
from tokenbooks.entries.buy.owed import billed_amount, billed_tax, is_bill
from tokenbooks.entries.exchange import Exchange
from tokenbooks.facts import Facts
from tokenbooks.reconcile.ledger.recorded_items import Ours


class Document(NamedTuple):
    """A document: its net amount and tax in its own currency, and the rate of its day.

    ``in_cost`` says that the tax is part of what it costs.
    """

    amount: Decimal
    tax: Decimal
    currency: str
    rate: Fraction
    in_cost: bool


class Documents:
    """The invoices and purchases of a book, by contract and number."""

    def __init__(self, facts: Facts) -> None:
        exchange = Exchange(facts)
        own = facts.book.currency
        self._places = currency_places(own)
        self._known: dict[tuple[str, str], Document] = {}
        for event in facts.credits:
            if event.document and event.event == "purchase":
                self._known[event.contract, event.document] = Document(
                    price_paid(event),
                    event.tax or Decimal(0),
                    event.currency or own,
                    Fraction(event.fx_rate or 1),
                    tax_kind(facts, event) == "cost",
                )
        for row in filter(is_bill, facts.invoices):
            rate = row.fx_rate or exchange.known(row.currency or own, row.day) or 1
            self._known[row.contract, row.invoice] = Document(
                billed_amount(row),
                billed_tax(row),
                row.currency or own,
                Fraction(rate),
                facts.book.contracts[row.contract].tax_kind == "cost",
            )

    def of(self, ours: Ours) -> Document | None:
        """The document of an entry."""
        return self._known.get((ours.contract, ours.entry.code))

    def tax(self, ours: Ours) -> Fraction:
        """The tax beside the cost of an entry's document, as the book's currency posts it."""
        found = self.of(ours)
        if found is None or found.in_cost:
            return Fraction(0)
        return Fraction(round_half_up(Fraction(found.tax) * found.rate, self._places))
