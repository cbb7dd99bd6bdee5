"""The seller's books as the mirror of the payer's (decision 0023).

What both sides share is computed once, in the payer's view: what the customer has prepaid is
what the seller has deferred, what the customer accrues is what the seller has not billed. A
line of a contract that sells has the payer's roles and signs; only where it is booked is it
turned round. Rules that only the seller has are computed in the seller's view and turned
once, where they join the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from tokenbooks.book import Book, Contract
from tokenbooks.entries.posted import Line, Posted, add


class Booked(NamedTuple):
    """A line as the books of its contract's side have it, debit positive."""

    role: str
    account: str
    amount: Decimal


def booked(book: Book, line: Line, amount: Decimal) -> Booked:
    """A line in the books: of a contract that sells with the seller's role and sign."""
    contract = book.contracts[line.contract]
    role = contract.own_role(line.role)
    return Booked(role, book.account(line.role, contract), own_amount(contract, amount))


def own_amount(contract: Contract, amount: Decimal) -> Decimal:
    """An amount of the payer's view, debit positive, as the contract's own side has it."""
    return -amount if contract.sells else amount


def mirrored(book: Book, lines: Mapping[Line, Decimal]) -> Posted:
    """Lines of sellers in the payer's view: roles mirrored, signs turned."""
    found: Posted = {}
    for line, amount in lines.items():
        contract = book.contracts[line.contract]
        add(found, line._replace(role=contract.payer_role(line.role)), -amount)
    return found
