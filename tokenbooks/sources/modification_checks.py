"""What must hold of changes of contracts: whose they are, what they touch, what they answer."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from tokenbooks.book import Book, Contract
from tokenbooks.documents import Modification
from tokenbooks.names import nearest
from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.credits.in_bulk import LargeFile
from tokenbooks.sources.credits.references import KnownLots, Owner, owner_of
from tokenbooks.sources.people import check_people
from tokenbooks.sources.references import contract_named, party_named

#: Kinds of changes after which something is left to be delivered, so that it must be distinct
#: or not.
_ASKED = ("upgrade", "downgrade", "added", "price", "extension", "renewal")


def check_modifications(
    found: Sequence[Modification], book: Book, lots: KnownLots, large: LargeFile | None
) -> Iterator[Problem]:
    """Problems of changes, in their order.

    ``contract-unknown``, ``modification-side``, ``party-unneeded``, ``before-start``,
    ``modification-unanswered``, ``modification-unfit``, ``modification-single``,
    ``modification-twice``, ``lot-unknown``, and ``lot-duplicate`` for a lot that is added
    under the name of another.
    """
    seen: dict[str, Position] = {}
    owners = _owners(found, lots, large)
    for item in found:
        if item.id in seen:
            message = f"'{item.id}' is already in {seen[item.id]}"
            help = "give each change an id of its own"
            yield error("modification-twice", message, help, item.position)
            continue
        seen[item.id] = item.position
        problems: list[Problem] = []
        contract = contract_named(item.contract, book, item.position, problems)
        yield from problems
        if contract is not None:
            yield from _check(item, contract, book)
            yield from _unfit(item, contract)
            yield from _check_lots(item, owners, lots)
            owners |= _made_by(item)


def _check(item: Modification, contract: Contract, book: Book) -> Iterator[Problem]:
    place = item.position
    if not contract.sells:
        message = f"{contract.id} buys: {item.id} would change what its provider sells"
        help = "enter what the provider credits or takes away in credits.csv"
        yield error("modification-side", message, help, place)
    if item.day < book.start.start:
        message = f"{item.id} is before the book's start, {book.start.start}"
        help = "enter the lots and balances as they were at the start"
        yield error("before-start", message, help, place)
    if contract.each is None or item.party:
        problems: list[Problem] = []
        party_named(item.party, contract, place, problems)
        yield from problems
    for name in _unanswered(item, contract):
        message = f"{item.id} does not answer '{name}', which decides how it is treated"
        help = f"add `{name}:`; what it asks is said in docs/files.md"
        yield error("modification-unanswered", message, help, place)
    yield from check_people(
        "modification-single", item.prepared, item.approved, item.day, book, place
    )


def _unanswered(item: Modification, contract: Contract) -> Iterator[str]:
    """Answers that decide the treatment and are missing: none of them has a default."""
    if contract.each is not None and not item.party:
        yield "party"
    if item.kind == "added" and item.added is None:
        yield "added"
    if item.kind == "extension" and contract.settle == "prepaid" and item.expires is None:
        yield "expires"
    if item.kind in _ASKED and item.distinct is None:
        yield "distinct"
    if item.added and item.distinct and item.at_ssp is None:
        yield "at_ssp"
    if item.kind in _ASKED and item.distinct is False:
        yield from (name for name in ("progress", "price") if getattr(item, name) is None)
    if item.kind == "termination" and item.refund is None:
        yield "refund"


def _unfit(item: Modification, contract: Contract) -> Iterator[Problem]:
    """What a contract of its kind cannot have: catch-up of credits, or credits without any."""
    if contract.settle == "prepaid" and item.distinct is False:
        yield error(
            "modification-unfit",
            f"{item.id} is not distinct, and {contract.id} sells credits: what is left of them is"
            " always distinct from what was used",
            "answer `distinct: true`; what is one promise, such as a project, is in arrears",
            item.position,
        )
    elif contract.settle != "prepaid" and (item.added or item.expires or item.lots or item.refund):
        yield error(
            "modification-unfit",
            f"{contract.id} is settled in arrears: it has no credits that {item.id} could add,"
            " lengthen or give back",
            "take `added`, `expires`, `lots` and `refund` away; bill or credit it in invoices.csv",
            item.position,
        )


def _owners(
    found: Sequence[Modification], lots: KnownLots, large: LargeFile | None
) -> dict[str, Owner]:
    """Whose the lots are that rows make: all that are read, of a table those that are named."""
    named = {name for item in found for name in (*item.lots, *_made_by(item))}
    own = {name: owner_of(event) for name, event in lots.makers.items()}
    return own | (large.owners_of(named) if large else {})


def _made_by(item: Modification) -> dict[str, Owner]:
    """The lot that a change adds, and the successors of those that it names."""
    owner = (item.contract, item.party)
    made = [f"{lot}-{item.id}" for lot in item.lots]
    made += [item.added.lot or item.id] if item.added else []
    return dict.fromkeys(made, owner)


def _check_lots(item: Modification, owners: dict[str, Owner], lots: KnownLots) -> Iterator[Problem]:
    owner = (item.contract, item.party)
    for lot in item.lots:
        if owners.get(lot) != owner and not lots.made_by_plan(lot, owner):
            yield _lot_unknown(lot, owner, [n for n, o in owners.items() if o == owner], item)
    added = (item.added.lot or item.id) if item.added else ""
    if added in owners:
        message = f"{item.id} adds the lot '{added}', and there is one of that name already"
        help = "give the lot another name: `added: {lot: NAME}`"
        yield error("lot-duplicate", message, help, item.position)


def _lot_unknown(lot: str, owner: Owner, own: Collection[str], item: Modification) -> Problem:
    near = nearest(lot, own)
    help = f"did you mean '{near}'?" if near else "write the id of a lot in credits.csv"
    message = f"{'/'.join(filter(None, owner))} has no lot '{lot}'"
    return error("lot-unknown", message, help, item.position)
