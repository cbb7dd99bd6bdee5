"""Fees that are invoiced before their days: deferred, and earned by the day.

Rule: an invoice that is neither due nor paid, for a service that has not begun, is no entry:
there is no right to the money yet, and nothing owed for it. From the day that it is due, paid
or served it is a receivable and deferred revenue (ASC 606-10-45-2; P062). A promise to stand
ready is earned evenly over its days, both ends included (P032, P051; ACCOUNTING 6.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import round_half_up
from tokenbooks.credits.bundles import bundled_invoices
from tokenbooks.documents import Invoice
from tokenbooks.entries.booking import Booking
from tokenbooks.entries.buy.owed import billed_amount, billed_tax, document_id, service_days
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.exchange import Exchange
from tokenbooks.entries.posted import Line, Posted, add, by_service, by_unit
from tokenbooks.facts import Facts
from tokenbooks.periods import Period, months_between

#: Rules of their lines: what a document defers, and what of it is earned in a month.
RULE, EARNED = "advance", "advance-earned"

#: The kind of the entries of what is earned.
KIND = "earned"


@dataclass(frozen=True, slots=True)
class Advance:
    """A document that bills days still to come, in the book's currency.

    ``amount`` is what is earned by it: where it is of a bundle, its part of the whole price,
    which what is billed has in ``excess``. ``counts_from`` is the day from which it is a
    receivable and deferred.
    """

    row: Invoice
    amount: Decimal
    tax: Decimal
    counts_from: date
    excess: Decimal = Decimal(0)

    @property
    def days(self) -> int:
        """The days that it bills."""
        return len(service_days(self.row))

    def earned_by(self, end: date, places: int) -> Decimal:
        """What is earned of it up to a day (exclusive), rounded cumulatively."""
        first = self.row.first_day or self.row.day
        gone = min(max((end - first).days, 0), self.days)
        return round_half_up(Fraction(self.amount) * gone / self.days, places)

    def schedule(self, after: date, places: int) -> Iterator[tuple[Period, Decimal]]:
        """What is still to be earned from a day on, by month."""
        last = self.row.last_day or self.row.day
        before = self.earned_by(after, places)
        for month in months_between(Period.month_of(after), Period.month_of(last)):
            now = self.earned_by(month.end, places)
            if now != before:
                yield month, now - before
            before = now


def advances(facts: Facts, exchange: Exchange, end: date) -> list[Advance]:
    """All documents in advance that count before a day, in the order of the file."""
    receipts = {
        (row.contract, row.invoice): row.day
        for row in sorted(facts.invoices, key=lambda row: row.day, reverse=True)
        if row.kind == "receipt"
    }
    found = []
    bundled = bundled_invoices(facts)
    for row in facts.invoices:
        if not row.advance or row.day >= end:
            continue
        rate = exchange.rate_of(row)
        promise = bundled.get((row.contract, row.invoice))
        excess = promise.excess if promise and row.kind == "invoice" else Decimal(0)
        item = Advance(
            row,
            exchange.in_book(billed_amount(row), rate) - excess,
            exchange.in_book(billed_tax(row), rate),
            _counts_from(row, receipts.get((row.contract, row.invoice))),
            excess,
        )
        if item.counts_from < end:
            found.append(item)
    return found


def _counts_from(row: Invoice, paid_on: date | None) -> date:
    """The first of: due, served, paid; not before its own date."""
    if row.pay in {"cash", "card"} or row.kind == "credit_note":
        return row.day
    days = [row.due or row.day, row.first_day or row.day]
    days += [paid_on] if paid_on else []
    return max(row.day, min(days))


def advances_to_date(found: Iterable[Advance], period: Period, places: int) -> Posted:
    """The lines of documents in advance, in the seller's roles."""
    posted: Posted = {}
    for item in found:
        row = item.row
        unit = (RULE, row.contract, row.party, document_id(row))
        month = str(Period.month_of(item.counts_from))
        owed = "accounts_receivable" if row.pay in {None, "account"} else "cash"
        add(posted, Line(*unit, month, owed), item.amount + item.excess + item.tax)
        add(posted, Line(*unit, month, "bundle_clearing"), -item.excess)
        add(posted, Line(*unit, month, "output_vat_payable"), -item.tax)
        add(posted, Line(*unit, month, "deferred_revenue"), -item.amount)
        _earn(posted, item, period, places)
    return posted


def _earn(posted: Posted, item: Advance, period: Period, places: int) -> None:
    row, before = item.row, Decimal(0)
    first = min(row.first_day or row.day, period.start)
    for month in months_between(Period.month_of(first), Period.month_of(period.last_day)):
        now = item.earned_by(min(month.end, period.end), places)
        unit = (EARNED, row.contract, row.party, document_id(row), str(month))
        add(posted, Line(*unit, "deferred_revenue"), now - before)
        add(posted, Line(*unit, "revenue_subscription"), before - now)
        before = now


def advance_entries(
    booking: Booking, changes: Mapping[Line, Decimal], found: Iterable[Advance]
) -> Iterator[Entry]:
    """One entry a document, and one a contract and month for what is earned of them."""
    known = {(item.row.contract, document_id(item.row)): item for item in found}
    for unit, amounts in by_unit(changes, RULE).items():
        item = known.get((unit.contract, unit.unit))
        day = item.counts_from if item else booking.period.start
        is_note = item is not None and item.row.kind == "credit_note"
        yield booking.entry(
            "invoice",
            unit.contract,
            unit.unit,
            day,
            "Credit note for days to come" if is_note else "Invoice for days to come, deferred",
            amounts,
            rule="invoice-in-advance",
            late=booking.period.start,
            code=item.row.invoice if item else "",
        )
    for (contract, service), amounts in by_service(changes, EARNED).items():
        yield booking.entry(
            KIND,
            contract,
            service,
            Period.parse(service).last_day,
            "Revenue of fees earned by the day",
            amounts,
            rule="ratable-fee",
            service=service,
        )


def paid_days(facts: Facts, contract: str, party: str, end: date) -> frozenset[date]:
    """The days whose fees a document in advance bills, of one contract and party."""
    return frozenset(
        day
        for row in facts.invoices
        if row.advance and row.kind == "invoice" and row.day < end
        if (row.contract, row.party) == (contract, party)
        for day in service_days(row)
    )
