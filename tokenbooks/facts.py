"""All that a book's own files state, read once and handed to every stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tokenbooks.book import Book, Contract
from tokenbooks.documents import CreditEvent, Invoice, OpeningBalance
from tokenbooks.rating.plan import Plan


@dataclass(frozen=True, slots=True)
class Facts:
    """The book, its plans, and the rows of its small files, without usage."""

    book: Book
    plans: Mapping[str, Plan]
    credits: tuple[CreditEvent, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    opening: tuple[OpeningBalance, ...] = ()

    def plan_of(self, contract: Contract) -> Plan:
        """The plan that prices a contract's usage."""
        return self.plans[contract.plan]

    def zone_of(self, contract: Contract) -> str:
        """The zone that rules a contract's rates, spans and expiry."""
        return self.book.zone_of(contract, self.plan_of(contract).timezone)
