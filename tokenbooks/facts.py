"""All that a book's own files state, read once and handed to every stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

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

    def known_by(self, end: date) -> Facts:
        """The facts without the corrections of prices that became known at ``end`` or later.

        A close books a correction in the period in which it became known, so that the
        closes before it stay as they were.
        """
        return replace(self, plans={name: _known(plan, end) for name, plan in self.plans.items()})


def _known(plan: Plan, end: date) -> Plan:
    rates = tuple(r for r in plan.rates if r.corrected_on is None or r.corrected_on < end)
    modifiers = tuple(m for m in plan.modifiers if m.corrected_on is None or m.corrected_on < end)
    return replace(plan, rates=rates, modifiers=modifiers)
