"""Documents that are written off: as far as they are open, and what is paid of them later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from tokenbooks.amounts import currency_places, money_text
from tokenbooks.close.receivables import ZERO, Key, Movement, ReceivableLedger
from tokenbooks.documents import Invoice
from tokenbooks.entries.exchange import Exchange
from tokenbooks.entries.sell.write_off import Recovered, WrittenOff
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.problems import Problem, warning


def find_write_offs(
    facts: Facts, ledger: ReceivableLedger, exchange: Exchange, period: Period
) -> tuple[tuple[WrittenOff, ...], tuple[Recovered, ...], list[Problem]]:
    """The write-offs so far and what was paid after them, which the ledger takes in too."""
    keys = {
        (contract, document): key for key in ledger.movements for contract, _, document in [key]
    }
    rows: dict[Key, list[Invoice]] = {}
    for row in sorted(facts.invoices, key=lambda row: (row.day, row.position)):
        if row.kind == "write_off" and row.day < period.end:
            key = keys.get((row.contract, row.invoice), (row.contract, row.party, row.invoice))
            rows.setdefault(key, []).append(row)
    written: list[WrittenOff] = []
    recovered: list[Recovered] = []
    problems: list[Problem] = []
    for key, own in sorted(rows.items()):
        account = _Account(key, ledger.movements.get(key, []))
        for row in own:
            wanted = exchange.in_book(row.amount, exchange.rate_of(row))
            amount = account.write_off(row.day, wanted)
            written.append(WrittenOff(row, key[1], amount))
            if amount != wanted and row.day in period:
                problems.append(_too_much(row, wanted, amount, facts.book.currency))
        account.pay_until(period.last_day)
        recovered += account.recovered
        for item in written[-len(own) :]:
            ledger.add(key, item.row.day, -item.amount)
        for back in account.recovered:
            ledger.add(key, back.day, back.amount)
    in_turn = sorted(written, key=lambda item: (item.row.day, item.row.position))
    return tuple(in_turn), tuple(recovered), problems


class _Account:
    """A document as time goes by: what is open of it, written off, and paid after that."""

    def __init__(self, key: Key, movements: Sequence[Movement]) -> None:
        self._key = key
        self._coming = sorted(movements, key=lambda own: (own.day, -own.amount))
        self._open = self._lost = ZERO
        self.recovered: list[Recovered] = []

    def write_off(self, day: date, wanted: Decimal) -> Decimal:
        """Write off as much as is open at the end of a day."""
        self.pay_until(day)
        amount = min(wanted, max(self._open, ZERO))
        self._open -= amount
        self._lost += amount
        return amount

    def pay_until(self, day: date) -> None:
        """Take in all movements up to a day; what is paid of a loss brings it back."""
        while self._coming and self._coming[0].day <= day:
            movement = self._coming.pop(0)
            self._open += movement.amount
            back = min(-self._open, self._lost)
            if back > 0:
                self._open += back
                self._lost -= back
                self.recovered.append(Recovered(*self._key, movement.day, back))


def _too_much(row: Invoice, wanted: Decimal, amount: Decimal, currency: str) -> Problem:
    places = currency_places(currency)
    return warning(
        "write-off-beyond",
        f"{money_text(wanted, places)} {currency} of {row.invoice} is written off, but only"
        f" {money_text(amount, places)} of it is open; no more than that is booked",
        "correct the amount, or the receipts and credit notes of the document",
        row.position,
    )
