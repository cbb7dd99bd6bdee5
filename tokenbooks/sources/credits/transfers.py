"""Where a transfer goes: another contract or party of the book, or another legal entity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tokenbooks.book import Book
from tokenbooks.documents import CreditEvent, TransferTo
from tokenbooks.names import is_payee
from tokenbooks.problems import Problem, error
from tokenbooks.rating.plan import Plan
from tokenbooks.sources.references import contract_named, party_named
from tokenbooks.sources.rows import Row

_ENTITY = "entity:"


def read_to(row: Row, book: Book, problems: list[Problem]) -> TransferTo | None:
    """The cell ``to``: ``contract``, ``contract/party`` or ``entity:NAME``; None if empty."""
    text, place = row["to"], row.at("to")
    if not text:
        return None
    if text.startswith(_ENTITY):
        name = text.removeprefix(_ENTITY).strip()
        if not is_payee(name):
            message = f"'{name}' cannot be the name of an entity"
            help = "write entity:NAME, without , ; | and double quotes"
            problems.append(error("cell-invalid", message, help, place))
        return TransferTo(entity=name or "?")
    name, _, party = (part.strip() for part in text.partition("/"))
    contract = contract_named(name, book, place, problems)
    if contract is None:
        return TransferTo(contract=name)
    return TransferTo(name, party_named(party, contract, place, problems))


def check_transfer(
    event: CreditEvent, row: Row, book: Book, plans: Mapping[str, Plan]
) -> Iterator[Problem]:
    """What the two ends of a transfer must have in common.

    Problems: ``transfer-nowhere`` (to where the credits are already), ``credits-arrears``
    and ``transfer-currencies``.
    """
    if event.event != "transfer" or event.to is None or event.to.entity:
        return
    place, target = row.at("to"), book.contracts.get(event.to.contract)
    if (event.to.contract, event.to.party) == (event.contract, event.party):
        message = f"the credits are transferred to '{row['to']}', where they are already"
        help = "write the other contract, contract/party, or entity:NAME"
        yield error("transfer-nowhere", message, help, place)
    if target is None:
        return
    if target.settle == "arrears":
        message = f"contract {target.id} is settled in arrears, so it can have no credits"
        help = "write settle: prepaid in that contract, or another one under `to`"
        yield error("credits-arrears", message, help, place)
    ours, theirs = plans.get(book.contracts[event.contract].plan), plans.get(target.plan)
    if ours and theirs and ours.currency != theirs.currency:
        message = f"credits in {ours.currency} cannot become credits in {theirs.currency}"
        help = "enter a refund there and a purchase here, as the provider does it"
        yield error("transfer-currencies", message, help, place)
