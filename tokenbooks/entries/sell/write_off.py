"""Receivables that are written off, and what is paid of them after all.

A write-off uses the allowance: Dr allowance, Cr receivable; what the allowance lacks is added
to it before (``entries.sell.allowance``; ASC 326-20-35-8). Where no allowance was ever kept it
is the loss itself. A later payment is a recovery: the receivable comes back, and the loss goes
(35-9).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tokenbooks.documents import Invoice
from tokenbooks.entries.booking import Booking
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Line, Posted, add, by_unit
from tokenbooks.periods import Period

#: The rules of their lines, and the kinds of their entries.
RULE, RECOVERY = "write-off", "recovery"


@dataclass(frozen=True, slots=True)
class WrittenOff:
    """A receivable that is written off, as far as it was open, in the book's currency.

    ``added`` is what the allowance lacked for it; it is None where none was kept.
    """

    row: Invoice
    party: str
    amount: Decimal
    added: Decimal | None = None

    @property
    def unit(self) -> str:
        """What its lines are posted as: a document may be written off in parts."""
        return write_off_id(self.row)


@dataclass(frozen=True, slots=True)
class Recovered:
    """What is paid of a document, on a day, beyond what was still open of it."""

    contract: str
    party: str
    document: str
    day: date
    amount: Decimal


def write_off_id(row: Invoice) -> str:
    """The unit of a write-off: its document and day."""
    return f"{row.invoice}-{row.day}"


def write_offs_to_date(written: Iterable[WrittenOff], recovered: Iterable[Recovered]) -> Posted:
    """The lines of all write-offs and recoveries so far, in the seller's roles."""
    posted: Posted = {}
    for item in written:
        row, month = item.row, str(Period.month_of(item.row.day))
        unit = (RULE, row.contract, item.party, item.unit, month)
        uses = "credit_loss_expense" if item.added is None else "allowance_credit_losses"
        add(posted, Line(*unit, uses), item.amount)
        add(posted, Line(*unit, "accounts_receivable"), -item.amount)
    for back in recovered:
        month = str(Period.month_of(back.day))
        unit = (RECOVERY, back.contract, back.party, f"{back.document}-{back.day}", month)
        add(posted, Line(*unit, "accounts_receivable"), back.amount)
        add(posted, Line(*unit, "credit_loss_expense"), -back.amount)
    return posted


def write_off_entries(
    booking: Booking,
    changes: Mapping[Line, Decimal],
    written: Iterable[WrittenOff],
    recovered: Iterable[Recovered],
) -> Iterator[Entry]:
    """One entry a write-off, and one a recovery, each on its day."""
    told = {
        (RULE, item.row.contract, item.unit): (item.row.day, item.row.invoice) for item in written
    }
    for back in recovered:
        told[RECOVERY, back.contract, f"{back.document}-{back.day}"] = (back.day, back.document)
    for rule, words in ((RULE, "Write-off of"), (RECOVERY, "Payment after the write-off of")):
        for unit, amounts in by_unit(changes, rule).items():
            day, document = told.get((rule, unit.contract, unit.unit), (None, unit.unit))
            yield booking.entry(
                rule,
                unit.contract,
                unit.unit,
                day or booking.period.start,
                f"{words} {document}",
                amounts,
                rule=rule,
                late=booking.period.start,
                code=document if day else "",
            )
