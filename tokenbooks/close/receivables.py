"""What customers owe, document by document, as the lines of the journal have it.

A receivable is billed: an invoice, a sale on account, a balance taken over, or what a disputed
payment leaves. Its age counts from the day that it is due; where no such day is said, from
its own. The sum is what the account holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from tokenbooks.credits.drawing import Taken
from tokenbooks.credits.lots import Lot
from tokenbooks.documents import Invoice
from tokenbooks.entries.buy.owed import document_id
from tokenbooks.entries.buy.payable_exchange import PAYABLE
from tokenbooks.entries.buy.payable_movements import taken_back
from tokenbooks.entries.buy.payment import payment_id
from tokenbooks.entries.posted import Line
from tokenbooks.entries.service import last_day_of
from tokenbooks.facts import Facts
from tokenbooks.periods import Period

ZERO = Decimal(0)

#: Names of ages, each with the most days past due.
BUCKETS = (("not due", 0), ("1-30", 30), ("31-60", 60), ("61-90", 90), ("over 90", None))
NOT_DUE = BUCKETS[0][0]

#: How balances are called that were taken over without a document.
TAKEN_OVER = "opening"

#: The rule under which the sales of many parties stand together.
_TOGETHER = "purchases"

#: A contract, a party and a document.
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Receivable:
    """What is open of one document at the end of a day, in the book's currency.

    ``due`` is None where its document does not say. One below zero is owed to the customer.
    """

    contract: str
    party: str
    document: str
    day: date
    due: date | None
    amount: Decimal

    def age(self, day: date) -> int:
        """Days past due at the end of a day; none or less where it is not due yet."""
        return (day - (self.due or self.day)).days

    def bucket(self, day: date) -> str:
        """The name of its age."""
        age = self.age(day)
        return next(name for name, most in BUCKETS if most is None or age <= most)


class Movement(NamedTuple):
    """What a document is owed more for from a day on; less, where it is paid or credited."""

    day: date
    amount: Decimal


@dataclass(slots=True)
class ReceivableLedger:
    """All movements of receivables, by document; ``due`` are the days that invoices say."""

    movements: dict[Key, list[Movement]] = field(default_factory=dict)
    invoices: dict[tuple[str, str], Invoice] = field(default_factory=dict)

    def add(self, key: Key, day: date, amount: Decimal) -> None:
        """Take a movement in."""
        self.movements.setdefault(key, []).append(Movement(day, amount))

    def open_at(self, day: date) -> list[Receivable]:
        """What is open at the end of a day, by contract, party and document."""
        found = []
        for key, movements in sorted(self.movements.items()):
            amount = sum((own.amount for own in movements if own.day <= day), ZERO)
            if amount:
                own = self.invoices.get((key[0], key[2]))
                first = own.day if own else min(movement.day for movement in movements)
                found.append(Receivable(*key, first, own.due if own else None, amount))
        return found


def receivable_ledger(
    facts: Facts,
    posted: Mapping[Line, Decimal],
    of_lots: Mapping[Line, Decimal],
    lots: Mapping[str, Lot],
    taken: Iterable[Taken],
) -> ReceivableLedger:
    """The receivables of all contracts that sell, from lines in the payer's view.

    ``of_lots`` are the lines of single lots, which those posted may have together.
    """
    documents = _Documents(facts, lots, taken)
    ledger = ReceivableLedger(invoices=documents.invoices)
    contracts = facts.book.contracts
    for line, amount in posted.items():
        # what was taken over is one line a party; its rows tell the documents
        is_receivable = line.role == "accounts_payable" and contracts[line.contract].sells
        if is_receivable and line.rule != "opening":
            ledger.add(documents.key(line), documents.day(line), -amount)
    together = {line.contract for line in posted if line.rule == _TOGETHER}
    for line, amount in of_lots.items():
        is_receivable = line.role == "accounts_payable" and contracts[line.contract].sells
        if is_receivable and line.rule == "purchase" and line.contract in together:
            whole = line._replace(rule=_TOGETHER, party="")
            ledger.add(documents.key(line), documents.day(line), -amount)
            ledger.add(documents.key(whole), documents.day(whole), amount)
    before = facts.book.start.previous().last_day
    for row in facts.opening:
        if row.role == "accounts_payable" and contracts[row.contract].sells:
            day = last_day_of(row.service_period) if row.service_period else before
            ledger.add((row.contract, row.party, row.document or TAKEN_OVER), day, -row.amount)
    return ledger


class _Documents:
    """The documents that lines of receivables belong to, and their days.

    Rules name units: of most the document itself, of payments also the day, of disputed
    payments the row that took the credits back.
    """

    def __init__(self, facts: Facts, lots: Mapping[str, Lot], taken: Iterable[Taken]) -> None:
        self.invoices = {(r.contract, r.invoice): r for r in facts.invoices if r.kind == "invoice"}
        self._names: dict[tuple[str, str], str] = {}
        self._days: dict[tuple[str, str], date] = {}
        self._parties = {key: row.party for key, row in self.invoices.items()}
        bills: dict[tuple[str, str], list[Invoice]] = {}
        for row in self.invoices.values():
            bills.setdefault((row.contract, row.party), []).append(row)
        for row in facts.invoices:
            unit = payment_id(row) if row.kind == "receipt" else document_id(row)
            own = bills.get((row.contract, row.party), [])
            name = taken_back(row, own) if row.kind == "credit_note" else row.invoice
            self._name(row.contract, unit, name, row.day)
        for lot in lots.values():
            name = lot.event.document or lot.id
            self._name(lot.contract, lot.id, name, lot.acquired)
            self._parties.setdefault((lot.contract, name), lot.party)
        for item in taken:
            lot = lots[item.lot]
            name = item.event.document or lot.event.document or lot.id
            self._name(lot.contract, item.id, name, item.event.day)

    def _name(self, contract: str, unit: str, name: str, day: date) -> None:
        self._names.setdefault((contract, unit), name)
        self._days.setdefault((contract, unit), day)

    def key(self, line: Line) -> Key:
        """Contract, party and document of a line."""
        unit = line.unit.removeprefix(PAYABLE) if line.rule == "exchange" else line.unit
        # of customers in tables a month's sales on account are one line
        unit = f"sales {line.service}" if line.rule == _TOGETHER else unit
        name = self._names.get((line.contract, unit), unit)
        return line.contract, self._parties.get((line.contract, name), line.party), name

    def day(self, line: Line) -> date:
        """The day of a line: of its document in the month in which it counts, else its first."""
        last = last_day_of(line.service)
        month = Period.month_of(last)
        if line.service != str(month):
            return last
        day = self._days.get((line.contract, line.unit))
        return day if day is not None and day in month else month.start


def aged(found: Iterable[Receivable], day: date) -> dict[tuple[str, str], Decimal]:
    """What is open by contract and age."""
    sums: dict[tuple[str, str], Decimal] = {}
    for item in found:
        key = (item.contract, item.bucket(day))
        sums[key] = sums.get(key, ZERO) + item.amount
    return sums
