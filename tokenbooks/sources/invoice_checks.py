"""What must hold between the rows of ``invoices.csv``, and with purchases and openings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tokenbooks.book import Book
from tokenbooks.documents import CreditEvent, Invoice, Modification, OpeningBalance
from tokenbooks.names import nearest
from tokenbooks.problems import Position, Problem, error

OWED_ROLES = ("accounts_payable", "credit_card_payable")


def check_invoices(
    invoices: Sequence[Invoice],
    book: Book,
    credits: Sequence[CreditEvent],
    opening: Sequence[OpeningBalance],
    modifications: Sequence[Modification] = (),
) -> Iterator[Problem]:
    """Problems ``invoice-duplicate``, ``invoice-overlap`` and ``receipt-unmatched``."""
    yield from _duplicates(invoices)
    yield from _overlaps(invoices)
    yield from _unmatched(invoices, book, credits, opening, modifications)


def _duplicates(invoices: Sequence[Invoice]) -> Iterator[Problem]:
    """One number is one document; payments and write-offs may come in parts, not twice."""
    seen: dict[tuple[object, ...], Position] = {}
    for row in invoices:
        key: tuple[object, ...] = (row.contract, row.kind, row.invoice)
        if row.kind in {"receipt", "write_off"}:
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
        # the fee of the days to come and the usage of days gone by are billed side by side
        if row.kind != "invoice" or row.advance or row.first_day is None or row.last_day is None:
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
    modifications: Sequence[Modification],
) -> Iterator[Problem]:
    """A receipt pays an invoice, a purchase by card or on account, or an opening payable."""
    owed = {(row.contract, row.invoice) for row in invoices if row.kind == "invoice"}
    documents = {(e.contract, e.lot): e.document for e in credits if e.event == "purchase"}
    for event in credits:
        contract = book.contracts.get(event.contract)
        pay = event.pay or (contract.pay if contract else "cash")
        if event.document and event.event == "purchase" and pay != "cash":
            owed.add((event.contract, event.document))
        if event.event == "chargeback" and contract and contract.sells:
            # what is still owed stands under its own document, else under that of the sale
            sold = event.document or documents.get((event.contract, event.lot)) or event.lot or ""
            owed.add((event.contract, sold))
    owed |= {(row.contract, row.document) for row in opening if row.role in OWED_ROLES}
    owed |= {(item.contract, item.id) for item in modifications if item.added}
    for row in invoices:
        if row.kind in {"receipt", "write_off"} and (row.contract, row.invoice) not in owed:
            numbers = [number for contract, number in owed if contract == row.contract]
            near = nearest(row.invoice, sorted(numbers))
            sells = book.contracts[row.contract].sells
            open_ = "nobody owes to" if sells else "is not owed by"
            verb = "pays" if row.kind == "receipt" else "takes off"
            kind = row.kind.replace("_", "-")
            message = f"the {kind} {verb} '{row.invoice}', which {open_} {row.contract}"
            hint = f"did you mean '{near}'? " if near else ""
            help = (
                f"{hint}name an invoice, or the document of a purchase by card or on account; "
                "a purchase paid in cash has no receipt"
            )
            yield error("receipt-unmatched", message, help, row.position)
