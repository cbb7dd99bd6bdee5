"""Reads ``opening.csv``: balances at the book's start, other than lots of credits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from tokenbooks.book import Book, Contract
from tokenbooks.documents import OpeningBalance
from tokenbooks.names import DEFAULT_ACCOUNTS, nearest
from tokenbooks.periods import Period
from tokenbooks.problems import Problem, error
from tokenbooks.sources.files import matching_files
from tokenbooks.sources.formats import read_value
from tokenbooks.sources.references import check_book_currency, contract_of, party_of
from tokenbooks.sources.rows import Cells, Columns, Row, read_rows
from tokenbooks.sources.sell_side import roles_of_others

COLUMNS = Columns(
    required=("role", "contract", "amount"),
    optional=("party", "service_period", "currency", "document"),
)

#: Roles whose balance may be in a foreign currency: what is owed to a provider, or by customers.
MONETARY = ("accounts_payable", "accrued_expenses", "accounts_receivable", "unbilled_receivable")

#: What is accrued at the start is of the month in which the usage happened.
_ACCRUED = ("accrued_expenses", "unbilled_receivable")

#: The balance that lots carry: of a seller it tells what breakage was recognised before.
DEFERRED = "deferred_revenue"

#: What lots carry where credits are paid back on demand; elsewhere it is what rebates are owed.
_ON_DEMAND = "refund_liability"


def read_opening(book: Book, directory: Path) -> tuple[tuple[OpeningBalance, ...], list[Problem]]:
    """The opening balances, debit positive, in the order of the file.

    Those of contracts that sell are turned into the payer's view (decision 0023), but for
    deferred revenue, which lots carry.
    """
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
    problems += _check_role(row, book, contract)
    problems += _check_service_period(row, book)
    problems += _check_sign(row, amount)
    foreign = balance.currency not in {None, book.currency}
    if foreign and balance.role == "accounts_payable" and not balance.document:
        message = f"a payable in {balance.currency} needs the document that it is for"
        help = "fill in document: its payment settles it at the rate of that day"
        problems.append(error("cell-missing", message, help, row.at("document")))
    if not filled or contract is None or amount is None:
        return None
    if contract.sells and balance.role != DEFERRED:
        role = contract.payer_role(balance.role)
        return replace(balance, role=role, amount=-balance.amount)
    return balance


def _check_sign(row: Row, amount: Decimal | None) -> Iterator[Problem]:
    """Balances that are always on one side: what is owed is a credit, what one is owed a debit."""
    role = row["role"]
    is_liability = DEFAULT_ACCOUNTS.get(role, "").startswith("Liabilities:")
    if not amount or role not in {*_ACCRUED, "accounts_receivable", DEFERRED}:
        return
    if (amount > 0) == is_liability:
        side, other = ("debit", "credit") if is_liability else ("credit", "debit")
        written = row["amount"].lstrip("-+")
        message = f"{role} of {row['amount']} would be a {side}: amounts are debit positive"
        help = f"write {'-' if is_liability else ''}{written}: its balance is a {other}"
        yield error("opening-sign", message, help, row.at("amount"))


def _check_role(row: Row, book: Book, contract: Contract | None) -> Iterator[Problem]:
    role = row["role"]
    if contract is not None and role in roles_of_others(contract.sells):
        verb = "sells" if contract.sells else "buys"
        message = f"{contract.id} {verb}: it has no balance of {role}"
        help = "name another contract, or the role that its side has"
        yield error("side-mismatch", message, help, row.at("role"))
    elif role == "prepaid_credits" or (contract and contract.refundable and role == _ON_DEMAND):
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
        if row["role"] in _ACCRUED:
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
