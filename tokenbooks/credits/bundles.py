"""Bundles: one price for several promises, allocated by their stand-alone selling prices.

Rule: what is sold together takes part in the whole price in proportion to what each would
cost alone (ASC 606-10-32-29 to 32-33; P045). The promises of a bundle are those that one
document sells: rows of ``credits.csv`` and an invoice in advance. Each must have a stand-alone
price: an estimate ``ssp`` with the document as its cohort, or the only one of its contract's
``revenue.ssp``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import currency_places, share_out
from tokenbooks.book import Contract
from tokenbooks.facts import Facts


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise of a bundle: a lot, or an invoice in advance (``lot`` is None).

    ``paid`` is what its row says, ``allocated`` its part of the whole price.
    """

    document: str
    contract: str
    lot: str | None
    day: date
    paid: Decimal
    ssp: Fraction
    allocated: Decimal = Decimal(0)

    @property
    def excess(self) -> Decimal:
        """What its row says beyond its part of the price."""
        return self.paid - self.allocated


def bundles(facts: Facts) -> dict[str, list[Promise]]:
    """The bundles of a book by document, each with the allocated prices of its promises."""
    found: dict[str, list[Promise]] = {}
    for promise in _promises(facts):
        found.setdefault(promise.document, []).append(promise)
    places = currency_places(facts.book.currency)
    return {
        document: _allocated(promises, places)
        for document, promises in found.items()
        if len(promises) > 1 and all(promise.ssp for promise in promises)
    }


def _promises(facts: Facts) -> Iterator[Promise]:
    """What documents of contracts that sell promise, in the book's currency."""
    contracts = facts.book.contracts
    for event in facts.credits:
        own = contracts[event.contract]
        if event.event == "purchase" and event.document and own.sells and not event.currency:
            paid = event.paid if event.paid is not None else event.credits
            ssp = _alone(facts, own, event.document, event.day)
            lot = event.lot or f"{event.contract}-{event.day:%Y-%m-%d}"
            yield Promise(event.document, own.id, lot, event.day, paid, ssp)
    for row in facts.invoices:
        own = contracts[row.contract]
        if row.advance and row.kind == "invoice" and not row.currency:
            ssp = _alone(facts, own, row.invoice, row.day)
            yield Promise(row.invoice, own.id, None, row.day, row.amount, ssp)


def _alone(facts: Facts, contract: Contract, document: str, day: date) -> Fraction:
    """The stand-alone selling price of what a document sells by a contract; 0 if nobody says."""
    row = facts.estimated("ssp", contract.id, day, (document,))
    if row is not None:
        return row.value
    prices = list(contract.revenue.ssp.values())
    return Fraction(prices[0]) if len(prices) == 1 else Fraction(0)


def _allocated(promises: list[Promise], places: int) -> list[Promise]:
    whole = sum((promise.paid for promise in promises), Decimal(0))
    weights = {number: promise.ssp for number, promise in enumerate(promises)}
    parts: Mapping[int, Decimal] = share_out(whole, weights, places)
    return [
        Promise(p.document, p.contract, p.lot, p.day, p.paid, p.ssp, parts[number])
        for number, p in enumerate(promises)
    ]


def bundled_lots(facts: Facts) -> dict[str, Promise]:
    """The promises that are lots, by the lot."""
    if not any(contract.sells for contract in facts.book.contracts.values()):
        return {}
    return {
        promise.lot: promise
        for promises in bundles(facts).values()
        for promise in promises
        if promise.lot is not None
    }


def bundled_invoices(facts: Facts) -> dict[tuple[str, str], Promise]:
    """The promises that are invoices in advance, by contract and number."""
    return {
        (promise.contract, document): promise
        for document, promises in bundles(facts).items()
        for promise in promises
        if promise.lot is None
    }
