"""Expense by the month of its service and the month that booked it.

A locked month never changes: what becomes known later is booked in the first open month, and
keeps its service period (ACCOUNTING 3.2). So the expense of a service period is found in the
closes of several months.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from tokenbooks.book import Book
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Line, difference
from tokenbooks.entries.service import last_day_of
from tokenbooks.periods import Period

#: Tags by which a late entry names the one that it goes back to.
LINKS = ("corrects", "settles", "reverses")

#: Roots of accounts of the income statement.
_EXPENSES = ("Expenses:", "Income:")


class BookedMonth(NamedTuple):
    """A close: what was posted to date before it, and after it, and its entries."""

    period: Period
    before: Mapping[Line, Decimal]
    now: Mapping[Line, Decimal]
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class BookedExpense:
    """Expense of a contract and role: in which month it was used, in which it was booked.

    ``entries`` are those that booked it, where it is late: each id, and what it goes back to.
    """

    contract: str
    role: str
    service: Period
    booked: Period
    amount: Decimal
    entries: tuple[tuple[str, str], ...] = ()

    @property
    def is_late(self) -> bool:
        """Whether it was booked in a later month than that of its service."""
        return self.service < self.booked


def booked_expense(book: Book, months: Iterable[BookedMonth]) -> list[BookedExpense]:
    """The expense of closes, by contract, role, service month and booking month."""
    found = []
    for month in months:
        sums: dict[tuple[str, str, Period], Decimal] = {}
        for line, amount in difference(month.now, month.before).items():
            if is_expense(book, line):
                service = Period.month_of(last_day_of(line.service))
                key = (line.contract, line.role, service)
                sums[key] = sums.get(key, Decimal(0)) + amount
        for (contract, role, service), amount in sums.items():
            expense = BookedExpense(contract, role, service, month.period, amount)
            entries = tuple(_late_entries(month, expense)) if expense.is_late else ()
            if amount or entries:
                found.append(BookedExpense(contract, role, service, month.period, amount, entries))
    return sorted(found, key=lambda own: (own.contract, own.service, own.booked, own.role))


def is_expense(book: Book, line: Line) -> bool:
    """Whether a line is of the income statement, and of what is bought."""
    contract = book.contracts.get(line.contract)
    if contract is None or contract.sells:
        return False
    return book.account(line.role, contract).startswith(_EXPENSES)


def _late_entries(month: BookedMonth, expense: BookedExpense) -> Iterator[tuple[str, str]]:
    """The entries of a close that book an expense of an earlier month."""
    for entry in month.entries:
        tags = dict(entry.tags)
        spans = tags.get("service-period", "").split(" to ")
        if tags.get("contract") != expense.contract or not spans[0]:
            continue
        first, last = (Period.month_of(last_day_of(span)) for span in (spans[0], spans[-1]))
        if not first <= expense.service <= last:
            continue
        if any(posting.role == expense.role for posting in entry.postings):
            yield entry.id, next((tags[key] for key in LINKS if key in tags), "")
