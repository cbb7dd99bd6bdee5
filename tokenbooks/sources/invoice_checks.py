"""What must hold between the rows of ``invoices.csv``, and with purchases and openings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tokenbooks.book import Book
from tokenbooks.documents import CreditEvent, Invoice, OpeningBalance
from tokenbooks.names import nearest
from tokenbooks.problems import Position, Problem, error

OWED_ROLES = ("accounts_payable", "credit_card_payable")


def check_invoices(
    invoices: Sequence[Invoice],
    book: Book,
    credits: Sequence[CreditEvent],
    opening: Sequence[OpeningBalance],
) -> Iterator[Problem]:
    """Problems ``invoice-duplicate``, ``invoice-overlap`` and ``receipt-unmatched``."""
    yield from _duplicates(invoices)
    yield from _overlaps(invoices)
    yield from _unmatched(invoices, book, credits, opening)


def _duplicates(invoices: Sequence[Invoice]) -> Iterator[Problem]:
    """One number is one document; a receipt may come in parts, but not twice the same."""
    seen: dict[tuple[object, ...], Position] = {}
    for row in invoices:
        key: tuple[object, ...] = (row.contract, row.kind, row.invoice)
        if row.kind == "receipt":
            key = (*key, row.day, row.amount)
        if key in seen:
            kind = row.kind.replace("_", " ")
            message = f"the {kind} {row.invoice} of {row.contract} is already in {seen[key]}"
            help = "take one of the two away"
            yield error("invoice-duplicate", message, help, row.position)
        seen.setdefault(key, row.position)


def _overlaps(invoices: Sequence[Invoice]) -> Iterator[Problem]:
    billed: dict[tuple[str, str], list[Invoice]] = {}
    for row in invoices:
        if row.kind != "invoice" or row.first_day is None or row.last_day is None:
            continue
        for earlier in billed.get((row.contract, row.party), []):
            if _share_days(earlier, row) and earlier.invoice != row.invoice:
                message = (
                    f"invoice {row.invoice} covers days that invoice {earlier.invoice} "
                    f"in {earlier.position} covers already"
                )
                help = "correct the periods; a second bill for the same days is planned"
                yield error("invoice-overlap", message, help, row.position)
                break
        billed.setdefault((row.contract, row.party), []).append(row)


def _share_days(one: Invoice, other: Invoice) -> bool:
    if one.first_day is None or one.last_day is None:
        return False
    if other.first_day is None or other.last_day is None:
        return False
    return one.first_day <= other.last_day and other.first_day <= one.last_day


def _unmatched(
    invoices: Sequence[Invoice],
    book: Book,
    credits: Sequence[CreditEvent],
    opening: Sequence[OpeningBalance],
) -> Iterator[Problem]:
    """A receipt pays an invoice, a purchase by card or on account, or an opening payable."""
    owed = {(row.contract, row.invoice) for row in invoices if row.kind == "invoice"}
    for event in credits:
        contract = book.contracts.get(event.contract)
        pay = event.pay or (contract.pay if contract else "cash")
        if event.document and event.event == "purchase" and pay != "cash":
            owed.add((event.contract, event.document))
    owed |= {(row.contract, row.document) for row in opening if row.role in OWED_ROLES}
    for row in invoices:
        if row.kind == "receipt" and (row.contract, row.invoice) not in owed:
            numbers = [number for contract, number in owed if contract == row.contract]
            near = nearest(row.invoice, sorted(numbers))
            message = f"the receipt pays '{row.invoice}', which {row.contract} does not owe"
            hint = f"did you mean '{near}'? " if near else ""
            help = (
                f"{hint}name an invoice, or the document of a purchase by card or on account; "
                "a purchase paid in cash has no receipt"
            )
            yield error("receipt-unmatched", message, help, row.position)
