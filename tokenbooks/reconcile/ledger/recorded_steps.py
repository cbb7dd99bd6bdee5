"""The steps by which amounts of ours are looked for in the ledger, the surest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from tokenbooks.reconcile.ledger.recorded_documents import Documents
from tokenbooks.reconcile.ledger.recorded_items import Accounts, Ours, Theirs

DOCUMENT = "document"  #: it names the same document
NEAR_DAY = "amount"  #: the same amount, some days apart

#: Days by which the two may be apart, and those where the month is mistaken.
NEAR, FAR = timedelta(days=5), timedelta(days=62)

#: How many times one of two amounts may be the other, and still be meant as the same.
ALIKE, NEARLY = Fraction(2), Fraction(11, 10)
_EXPENSES = "Expenses:"

#: What must be equal.
Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """What must be equal, what else must fit, and how what it finds was found."""

    how: str
    of_ours: Callable[[Ours, Documents], Iterator[Key]]
    of_theirs: Callable[[Theirs], Iterator[Key]]
    fits: Callable[[Ours, Theirs, Accounts], bool]


def distance(ours: Ours, theirs: Theirs) -> tuple[bool, bool, timedelta]:
    """The equal amount first, then who is known to be the same, then the nearest day."""
    other = theirs.contract != ours.contract
    return theirs.amount != ours.value, other, abs(theirs.day - ours.day)


def _document_of_ours(ours: Ours, documents: Documents) -> Iterator[Key]:
    if ours.entry.code:
        yield ours.account, ours.entry.code


def _document_of_theirs(theirs: Theirs) -> Iterator[Key]:
    if theirs.document:
        yield theirs.account, theirs.document


def _amount_of_ours(ours: Ours, documents: Documents) -> Iterator[Key]:
    yield ours.account, ours.value


def _amount_with_tax(ours: Ours, documents: Documents) -> Iterator[Key]:
    if tax := documents.tax(ours):
        yield ours.account, ours.value + tax


def _amount_of_theirs(theirs: Theirs) -> Iterator[Key]:
    yield theirs.account, theirs.amount


def _document_anywhere(ours: Ours, documents: Documents) -> Iterator[Key]:
    if ours.entry.code:
        yield (ours.entry.code,)


def _their_document_anywhere(theirs: Theirs) -> Iterator[Key]:
    if theirs.document:
        yield (theirs.document,)


def _amount_anywhere(ours: Ours, documents: Documents) -> Iterator[Key]:
    yield (ours.value,)
    if tax := documents.tax(ours):
        yield (ours.value + tax,)


def _their_amount_anywhere(theirs: Theirs) -> Iterator[Key]:
    yield (theirs.amount,)


def _fits(ours: Ours, theirs: Theirs, accounts: Accounts) -> bool:
    return theirs.contract in {"", ours.contract}


def _near(ours: Ours, theirs: Theirs, accounts: Accounts) -> bool:
    return _fits(ours, theirs, accounts) and abs(theirs.day - ours.day) <= NEAR


def _far(ours: Ours, theirs: Theirs, accounts: Accounts) -> bool:
    return theirs.contract == ours.contract and abs(theirs.day - ours.day) <= FAR


def _mistaken(ours: Ours, theirs: Theirs, accounts: Accounts) -> bool:
    """Whether it may be the same on an account that is not right for it."""
    is_possible = theirs.account in accounts or theirs.account.startswith(_EXPENSES)
    is_other = theirs.account != ours.account
    return is_other and is_possible and _fits(ours, theirs, accounts) and is_alike(ours, theirs)


def _mistaken_and_near(ours: Ours, theirs: Theirs, accounts: Accounts) -> bool:
    is_own = theirs.contract == ours.contract
    return is_own and _mistaken(ours, theirs, accounts) and _near(ours, theirs, accounts)


def is_alike(ours: Ours, theirs: Theirs, at_most: Fraction = ALIKE) -> bool:
    """Whether none of two amounts is more than so many times the other."""
    return 1 / at_most <= theirs.amount / ours.value <= at_most


STEPS = (
    Step(DOCUMENT, _document_of_ours, _document_of_theirs, _fits),
    Step(NEAR_DAY, _amount_of_ours, _amount_of_theirs, _near),
    Step(NEAR_DAY, _amount_with_tax, _amount_of_theirs, _near),
    Step(DOCUMENT, _document_anywhere, _their_document_anywhere, _mistaken),
    Step(NEAR_DAY, _amount_anywhere, _their_amount_anywhere, _mistaken_and_near),
    Step(NEAR_DAY, _amount_of_ours, _amount_of_theirs, _far),
)
