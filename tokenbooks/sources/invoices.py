"""Reads ``invoices.csv``: invoices, credit notes and receipts (payments)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from tokenbooks.book import Book, Contract
from tokenbooks.documents import CreditEvent, ExchangeRate, Invoice, Modification, OpeningBalance
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.problems import Problem, error
from tokenbooks.sources.credits.reading import PAYS
from tokenbooks.sources.exchange_rates import positive_rate
from tokenbooks.sources.files import matching_files
from tokenbooks.sources.invoice_checks import check_invoices
from tokenbooks.sources.invoice_currencies import check_currencies
from tokenbooks.sources.references import contract_of, party_of
from tokenbooks.sources.rows import Cells, Columns, Row, read_rows

COLUMNS = Columns(
    required=("date", "contract", "invoice", "amount"),
    optional=(
        *("party", "period_start", "period_end", "tax", "currency", "due", "kind", "pay"),
        "fx_rate",
    ),
)

KINDS = ("invoice", "credit_note", "receipt", "write_off")
#: Kinds that name a document, rather than being one with days of its own.
_OF_A_DOCUMENT = ("receipt", "write_off")


def read_invoices(
    book: Book,
    directory: Path,
    credits: Sequence[CreditEvent] = (),
    opening: Sequence[OpeningBalance] = (),
    rates: Sequence[ExchangeRate] = (),
    modifications: Sequence[Modification] = (),
) -> tuple[tuple[Invoice, ...], list[Problem]]:
    """The invoices of usage, credit notes and receipts, in the order of the files.

    An invoice whose number is a ``document`` in credits.csv is that purchase and is
    left out. Amounts of all kinds are positive; a credit note takes its amount back. One in
    a foreign currency has its own rate, or one among ``rates`` of its day.
    """
    purchases = {(event.contract, event.document) for event in credits if event.document}
    invoices: list[Invoice] = []
    problems: list[Problem] = []
    for path in matching_files(directory, book.invoices_files):
        rows, found = read_rows(path, COLUMNS)
        problems += found
        for row in rows:
            bought = (row["contract"], row["invoice"]) in purchases
            invoice = _read_invoice(row, book, bought, problems)
            if invoice and not (bought and invoice.kind == "invoice"):
                invoices.append(invoice)
    problems += check_invoices(invoices, book, credits, opening, modifications)
    facts = Facts(book, {}, tuple(credits), opening=tuple(opening), rates=tuple(rates))
    problems += check_currencies(invoices, facts)
    return tuple(invoices), problems


def _read_invoice(row: Row, book: Book, bought: bool, problems: list[Problem]) -> Invoice | None:
    cells = Cells(row, problems)
    contract = contract_of(row, book, problems)
    kind = cells.word("kind", KINDS) if row["kind"] else "invoice"
    needs = ["date", "contract", "invoice", "amount"]
    if kind and kind not in _OF_A_DOCUMENT and not bought:
        needs += ["period_start", "period_end"]
    filled = cells.need(*needs)
    day, amount = cells.day("date"), cells.number("amount")
    invoice = Invoice(
        day=day or book.start.start,
        contract=row["contract"],
        invoice=cells.name("invoice", "document") or "",
        amount=amount or Decimal(0),
        kind=kind,
        party=party_of(row, contract, problems) if contract else "",
        first_day=cells.day("period_start"),
        last_day=cells.day("period_end"),
        tax=cells.number("tax") or Decimal(0),
        currency=cells.name("currency", "currency"),
        due=cells.day("due"),
        pay=cells.word("pay", PAYS) or None,
        # one that cannot be read has told its own problem, and is not missing
        fx_rate=positive_rate(cells, "fx_rate") or (Decimal(1) if row["fx_rate"] else None),
        position=row.position,
        digest=row.digest,
    )
    if not filled or contract is None or day is None or amount is None:
        return None
    if not kind or not invoice.invoice:
        return None
    problems += _check_row(invoice, row, contract, book)
    invoice = replace(invoice, advance=_is_advance(invoice, contract))
    if row["fx_rate"] and (invoice.currency or book.currency) == book.currency:
        message = "fx_rate without a foreign currency"
        help = "fill in the column currency, or leave fx_rate empty"
        problems.append(error("fx-rate-unneeded", message, help, row.at("fx_rate")))
    return invoice


def _is_advance(invoice: Invoice, contract: Contract) -> bool:
    """Whether a document of a contract that is billed in advance bills days still to come."""
    last = invoice.last_day
    return contract.in_advance and last is not None and invoice.day < last


def _check_row(invoice: Invoice, row: Row, contract: Contract, book: Book) -> Iterator[Problem]:
    start = book.start.start
    if invoice.kind == "write_off" and not contract.sells:
        message = f"{contract.id} buys: what it owes is not written off"
        help = "write kind credit_note if the provider takes the invoice back"
        yield error("side-mismatch", message, help, row.at("kind"))
    if invoice.day < start:
        message = f"the {invoice.kind} of {invoice.day} is before the book's start, {start}"
        help = "enter what is still owed in opening.csv, role accounts_payable, with its document"
        yield error("before-start", message, help, row.at("date"))
    first, last = invoice.first_day, invoice.last_day
    if first and last and last < first:
        message = f"the period ends on {last}, before it begins on {first}"
        help = "correct period_start or period_end; both days are included"
        yield error("dates-order", message, help, row.at("period_end"))
    elif last and last > Period.month_of(invoice.day).last_day and not contract.in_advance:
        message = f"the invoice of {invoice.day} covers days up to {last}, after its own month"
        help = (
            "enter a payment in advance as a purchase in credits.csv (settle: prepaid), "
            "or date the invoice in the month of its last day"
        )
        if contract.sells:
            help = "write `billing: {in: advance}` in the contract, or enter credits as a sale"
        yield error("invoice-ahead", message, help, row.at("period_end"))
