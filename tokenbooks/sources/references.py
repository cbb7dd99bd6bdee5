"""Names in the small files that must be known to the book: contracts and currencies."""

from __future__ import annotations

from tokenbooks.book import Book, Contract
from tokenbooks.names import nearest
from tokenbooks.problems import Problem, error
from tokenbooks.sources.rows import Row


def contract_of(row: Row, book: Book, problems: list[Problem]) -> Contract | None:
    """The contract that a row names; its ``party`` column must be empty in this version."""
    name = row["contract"]
    contract = book.contracts.get(name)
    if name and contract is None:
        near = nearest(name, book.contracts)
        known = ", ".join(book.contracts)
        help = f"did you mean '{near}'?" if near else f"the book has: {known}"
        message = f"the book has no contract '{name}'"
        problems.append(error("contract-unknown", message, help, row.at("contract")))
    return contract


def check_book_currency(row: Row, book: Book, problems: list[Problem]) -> None:
    """Report an amount in a currency that is not the book's."""
    currency = row["currency"]
    if currency and currency != book.currency:
        message = f"the amount is in {currency}, the book in {book.currency}"
        help = f"write the amount in {book.currency}; other currencies are planned here"
        problems.append(error("currency-foreign", message, help, row.at("currency")))
