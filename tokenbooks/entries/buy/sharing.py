"""Invoices shared over their service periods anew, because usage of their days came late.

An invoice is spread over service periods by the rated value of its days. Usage that arrives
after the close that booked it moves expense from one of its periods to another, and nothing
else: the payable stays. So the periods that it moves between are told in one entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import share_out
from tokenbooks.documents import Invoice
from tokenbooks.entries.booking import Booking
from tokenbooks.entries.buy.invoice import Spans
from tokenbooks.entries.buy.owed import document_id
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Line, Posted
from tokenbooks.entries.service import last_day_of

#: Lines that are still to be told, by contract and service span.
Rest = Mapping[tuple[str, str], Posted]


def shared_anew(
    rest: Rest, changes: Mapping[Line, Decimal], bills: Sequence[Invoice], places: int
) -> tuple[Rest, Rest]:
    """What documents that earlier closes booked now bring other spans, and what is left.

    Both by contract and span. ``bills`` are the documents that this close books. A span
    whose accrual moves as well keeps that part of its expense.
    """
    booked_now = {(bill.contract, document_id(bill)) for bill in bills}
    moved = {key: _moved(lines, places) for key, lines in rest.items() if sum(lines.values())}
    for line, amount in changes.items():
        if line.rule == "exchange-billed" and (line.contract, line.unit) not in booked_now:
            moved.setdefault((line.contract, line.service), {})[line] = amount
    left = {
        key: {line: rest_of for line, a in lines.items() if (rest_of := a - _in(moved, key, line))}
        for key, lines in rest.items()
    }
    return moved, {key: lines for key, lines in left.items() if lines}


def _moved(lines: Posted, places: int) -> Posted:
    """The part of a span's lines that other spans answer, shared over its expense."""
    expense = {line: a for line, a in lines.items() if line.role != "accrued_expenses"}
    if len(expense) == len(lines):
        return dict(lines)
    weights = {line: abs(Fraction(amount)) for line, amount in expense.items()}
    return {
        line: a
        for line, a in share_out(sum(lines.values(), Decimal(0)), weights, places).items()
        if a
    }


def _in(moved: Rest, key: tuple[str, str], line: Line) -> Decimal:
    return moved.get(key, {}).get(line, Decimal(0))


def sharing_entries(booking: Booking, moved: Rest, owed: Spans) -> Iterator[Entry]:
    """One entry a contract, named after the last earlier document of these spans."""
    rows = {(row.contract, document_id(row)): row for row in booking.facts.invoices}
    for contract in sorted({contract for contract, _ in moved}):
        services = sorted((s for c, s in moved if c == contract), key=last_day_of)
        documents = {
            document
            for (name, _, service), span in owed.items()
            if name == contract and service in services
            for document in span.invoiced
        }
        earlier = [rows[contract, document] for document in documents]
        booked = sorted(
            (row for row in earlier if booking.is_late(row.day)),
            key=lambda row: (row.day, row.invoice),
        )
        if not booked:
            # nothing explains the lines: the check of all entries tells that they are missing
            continue
        bill = booked[-1]
        lines = {line: a for s in services for line, a in moved[contract, s].items()}
        yield booking.entry(
            "invoice",
            contract,
            document_id(bill),
            bill.day,
            "Invoice shared anew",
            lines,
            rule="invoice-shared-anew",
            service=" to ".join(dict.fromkeys([services[0], services[-1]])),
            late=booking.period.last_day,
        )
