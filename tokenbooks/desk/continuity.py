"""Continuity: what earlier closes took for granted must still hold.

Account names, the currency, the dialect and the contracts of written months cannot change
under them: their journals stand as they are, and later balances build on them.
"""

from __future__ import annotations

from collections.abc import Iterator

from tokenbooks.archive.month import ClosedMonth
from tokenbooks.book import Book
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.entries.posted import Posted
from tokenbooks.problems import Position, Problem, error

_REMEDY = "restore it, or write the closes again from {first}: tokenbooks close -p {first} --write"


def accounts_in_use(book: Book, posted: Posted) -> dict[str, str]:
    """The account of every contract and role that has been posted, as ``contract/role``."""
    return {
        f"{line.contract}/{line.role}": book.account(line.role, book.contracts[line.contract])
        for line in sorted(posted)
    }


def broken_continuity(book: OpenBook, month: ClosedMonth) -> Iterator[Problem]:
    """What a written close relies on and the book no longer says."""
    place = Position(book.place("tokenbooks.yaml"))
    remedy = _REMEDY.format(first=book.months[0].period)
    own, manifest = book.facts.book, month.manifest
    settings = (
        ("currency", manifest.currency, own.currency),
        ("journal", manifest.journal, own.journal),
    )
    for name, was, now in settings:
        if was != now:
            message = f"{month.period} was written with {name}: {was}, the book now says {now}"
            yield error("closed-setting-changed", message, remedy, place)
    for key, account in manifest.accounts.items():
        contract, _, role = key.partition("/")
        if contract not in own.contracts:
            message = f"contract {contract} is gone, but {month.period} posted to it"
            yield error("closed-contract-gone", message, remedy, place)
            return
        now = own.account(role, own.contracts[contract])
        if now != account:
            named = own.contracts[contract].own_role(role)
            message = f"{named} of {contract} was {account} in {month.period}, and is {now} now"
            yield error("closed-account-changed", message, remedy, place)
