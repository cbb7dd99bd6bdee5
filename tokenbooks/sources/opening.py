"""Reads ``opening.csv``: balances at the book's start, other than lots of credits."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from tokenbooks.book import Book
from tokenbooks.documents import OpeningBalance
from tokenbooks.names import DEFAULT_ACCOUNTS, nearest
from tokenbooks.periods import Period
from tokenbooks.problems import Problem, error
from tokenbooks.sources.files import matching_files
from tokenbooks.sources.formats import read_value
from tokenbooks.sources.references import check_book_currency, contract_of, party_of
from tokenbooks.sources.rows import Cells, Columns, Row, read_rows

COLUMNS = Columns(
    required=("role", "contract", "amount"),
    optional=("party", "service_period", "currency", "document"),
)

#: Roles whose balance may be in a foreign currency: what is owed to a provider.
MONETARY = ("accounts_payable", "accrued_expenses")


def read_opening(book: Book, directory: Path) -> tuple[tuple[OpeningBalance, ...], list[Problem]]:
    """The opening balances, debit positive, in the order of the file."""
    balances: list[OpeningBalance] = []
    problems: list[Problem] = []
    for path in matching_files(directory, book.opening_file):
        rows, found = read_rows(path, COLUMNS)
        problems += found
        for row in rows:
            balance = _read_balance(row, book, problems)
            if balance:
                balances.append(balance)
    return tuple(balances), problems


def _read_balance(row: Row, book: Book, problems: list[Problem]) -> OpeningBalance | None:
    cells = Cells(row, problems)
    contract = contract_of(row, book, problems)
    if row["role"] not in MONETARY:
        check_book_currency(row, book, problems)
    filled = cells.need("role", "contract", "amount")
    amount = cells.signed("amount")
    balance = OpeningBalance(
        role=row["role"],
        contract=row["contract"],
        amount=amount if amount is not None else Decimal(0),
        party=party_of(row, contract, problems) if contract else "",
        service_period=row["service_period"],
        currency=cells.name("currency", "currency"),
        document=cells.name("document", "document") or "",
        position=row.position,
        digest=row.digest,
    )
    problems += _check_role(row, book)
    problems += _check_service_period(row, book)
    if amount is not None and amount > 0 and balance.role == "accrued_expenses":
        message = f"an accrual of {row['amount']} would be a debit: amounts are debit positive"
        help = f"write -{row['amount']} for what was accrued and not yet invoiced"
        problems.append(error("opening-sign", message, help, row.at("amount")))
    foreign = balance.currency not in {None, book.currency}
    if foreign and balance.role == "accounts_payable" and not balance.document:
        message = f"a payable in {balance.currency} needs the document that it is for"
        help = "fill in document: its payment settles it at the rate of that day"
        problems.append(error("cell-missing", message, help, row.at("document")))
    return balance if filled and contract and amount is not None else None


def _check_role(row: Row, book: Book) -> Iterator[Problem]:
    role = row["role"]
    if role == "prepaid_credits":
        message = "credits left at the start are lots, not one balance"
        help = "write each lot in credits.csv with event opening"
        yield error("opening-prepaid", message, help, row.at("role"))
    elif role and role not in {*DEFAULT_ACCOUNTS, *book.accounts}:
        near = nearest(role, DEFAULT_ACCOUNTS)
        help = f"did you mean '{near}'?" if near else f"one of: {', '.join(DEFAULT_ACCOUNTS)}"
        yield error("role-unknown", f"'{role}' is not an account role", help, row.at("role"))


def _check_service_period(row: Row, book: Book) -> Iterator[Problem]:
    text = row["service_period"]
    if not text:
        if row["role"] == "accrued_expenses":
            message = "an accrual needs the month in which the usage happened"
            help = "fill in service_period, such as 2025-09"
            yield error("cell-missing", message, help, row.at("service_period"))
        return
    period = read_value("month", text)
    if not isinstance(period, Period):
        message = f"'{text}' is not a value of the column 'service_period'"
        help = "write a month such as 2025-09"
        yield error("cell-invalid", message, help, row.at("service_period"))
    elif period.start >= book.start.start:
        message = f"service period {text} is not before the book's start, {book.start}"
        help = "an opening balance is of a month before the start; later usage is accrued here"
        yield error("opening-late", message, help, row.at("service_period"))
