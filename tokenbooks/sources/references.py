"""Names in the small files that must be known to the book: contracts, parties, currencies."""

from __future__ import annotations

from tokenbooks.book import Book, Contract
from tokenbooks.names import nearest
from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.rows import Row


def contract_of(row: Row, book: Book, problems: list[Problem]) -> Contract | None:
    """The contract that a row names."""
    return contract_named(row["contract"], book, row.at("contract"), problems)


def contract_named(
    name: str, book: Book, place: Position, problems: list[Problem]
) -> Contract | None:
    """The contract of that name; ``contract-unknown`` where the book has none."""
    contract = book.contracts.get(name)
    if name and contract is None:
        near = nearest(name, book.contracts)
        known = ", ".join(book.contracts)
        help = f"did you mean '{near}'?" if near else f"the book has: {known}"
        message = f"the book has no contract '{name}'"
        problems.append(error("contract-unknown", message, help, place))
    return contract


def party_of(row: Row, contract: Contract, problems: list[Problem]) -> str:
    """The party that a row names; '' where the contract has only one."""
    return party_named(row["party"], contract, row.at("party"), problems)


def party_named(name: str, contract: Contract, place: Position, problems: list[Problem]) -> str:
    """The party of a contract with that name: a value of its ``each``, '' for its only one.

    Problems: ``cell-missing`` where the contract has parties and none is named,
    ``party-unneeded`` where it has none; the counterparty's own name is taken for none.
    """
    if contract.each is None:
        if name and name != contract.party:
            message = f"{contract.id} has one party only, but the row names '{name}'"
            help = "leave it out; a contract with several has `each:`, which tells them apart"
            problems.append(error("party-unneeded", message, help, place))
        return ""
    if not name:
        message = f"the row does not say which {contract.each} of {contract.id} it is for"
        help = f"fill in the party: the {contract.each}, as the usage has it"
        problems.append(error("cell-missing", message, help, place))
    return name


def check_book_currency(row: Row, book: Book, problems: list[Problem]) -> None:
    """Report an amount in a currency that is not the book's."""
    currency = row["currency"]
    if currency and currency != book.currency:
        message = f"the amount is in {currency}, the book in {book.currency}"
        help = f"write the amount in {book.currency}; other currencies are planned here"
        problems.append(error("currency-foreign", message, help, row.at("currency")))
