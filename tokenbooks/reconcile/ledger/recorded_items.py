"""What is matched in legs 3 and in balances: amounts of entries, ours and the ledger's.

An item is what one entry posts to one account, whatever its tags split it into.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tokenbooks.book import Book
from tokenbooks.close.close_period import POSTED_AS
from tokenbooks.conditions import Conditions
from tokenbooks.documents import RecordedPosting
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.exchange import Exchange
from tokenbooks.facts import Facts
from tokenbooks.names import OWNED_ROLES
from tokenbooks.periods import Period
from tokenbooks.reconcile.booked.usage_costs import accounts_of, cost_accounts

#: How the ids of proposed corrections begin.
PROPOSAL = "proposal-"

#: What follows the month in such an id: the entry that is corrected.
_CORRECTED = re.compile(r"[-/]\d{4}-\d\d-(.+)$")


@dataclass(frozen=True, slots=True)
class Ours:
    """What an entry of ours posts to an account.

    ``left_out`` says that the book leaves entries of its kind to the company's ledger.
    """

    entry: Entry
    contract: str
    account: str
    amount: Decimal
    left_out: bool = False

    @property
    def value(self) -> Fraction:
        """The amount, as it is compared."""
        return Fraction(self.amount)

    @property
    def id(self) -> str:
        """The id of the entry."""
        return self.entry.id

    @property
    def day(self) -> date:
        """The date of the entry."""
        return self.entry.day


@dataclass(frozen=True, slots=True)
class Theirs:
    """What an entry of the ledger posts to an account, in the book's currency.

    ``number`` is shared by the postings of the ledger's entry, ``transaction`` are all of them
    that are known. ``contract`` is '' where nothing tells; ``entry`` is the id of ours that it
    carries, ``document`` the number of its document. ``where`` is the place that it stands in.
    """

    contract: str
    account: str
    amount: Fraction
    currency: str
    day: date
    number: int
    entry: str
    document: str
    payee: str
    where: str
    transaction: tuple[RecordedPosting, ...]

    @property
    def corrects(self) -> str:
        """The entry of ours that it corrects, as a proposal of ours had it.

        An export without tags tells it by the end of the proposal's id.
        """
        if not self.entry.startswith(PROPOSAL):
            return ""
        named = (v for p in self.transaction for key, v in p.tags if key == "corrects")
        return _first((*named, *_CORRECTED.findall(self.entry)))


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts that are compared, each with the contracts that use it.

    ``costs`` take the expense of usage, ``owned`` are the subledger's own.
    """

    costs: Mapping[str, frozenset[str]]
    owned: Mapping[str, frozenset[str]]

    def __contains__(self, account: str) -> bool:
        return account in self.costs or account in self.owned

    def contracts(self, account: str) -> frozenset[str]:
        """The contracts that use a compared account; none for any other."""
        return self.costs.get(account) or self.owned.get(account) or frozenset()


def accounts_compared(facts: Facts) -> Accounts:
    """The accounts of a book that are compared with those of the ledger that count."""
    owned = accounts_of(facts, frozenset(OWNED_ROLES))
    return Accounts(
        {name: own for name, own in cost_accounts(facts).items() if _counts(facts.book, name)},
        {name: own for name, own in owned.items() if _counts(facts.book, name)},
    )


def _counts(book: Book, account: str) -> bool:
    """Whether the book's ``recorded`` asks for an account."""
    return any(
        not source.accounts
        or Conditions.of({"account": source.accounts}).hold({"account": (account,)})
        for source in book.recorded
    )


def our_items(
    facts: Facts, entries: Mapping[Period, Sequence[Entry]], accounts: Accounts
) -> list[Ours]:
    """What our entries post to the accounts that are compared."""
    found = []
    for month in sorted(entries):
        for entry in entries[month]:
            left_out = POSTED_AS[entry.kind] not in facts.book.post
            amounts: dict[str, Decimal] = {}
            for posting in entry.postings:
                amounts[posting.account] = amounts.get(posting.account, Decimal(0)) + posting.amount
            contract = dict(entry.tags).get("contract", "")
            found += [
                Ours(entry, contract, account, amount, left_out)
                for account, amount in amounts.items()
                if amount and account in accounts
            ]
    return found


def their_items(
    facts: Facts, recorded: Iterable[RecordedPosting], accounts: Accounts
) -> tuple[list[Theirs], list[RecordedPosting]]:
    """What the entries of the ledger post to each account.

    The second are the postings in a currency of which no rate is known on their day.
    """
    exchange = Exchange(facts)
    whole: dict[int, list[RecordedPosting]] = {}
    unknown = []
    for posting in recorded:
        if exchange.known(posting.currency, posting.day) is None:
            unknown.append(posting)
        whole.setdefault(posting.transaction, []).append(posting)
    found = []
    for own in whole.values():
        by_account: dict[str, list[RecordedPosting]] = {}
        for posting in own:
            by_account.setdefault(posting.account, []).append(posting)
        found += [
            item
            for account, postings in by_account.items()
            if (item := _item(facts, exchange, account, postings, own, accounts)).amount
        ]
    return found, unknown


def _item(
    facts: Facts,
    exchange: Exchange,
    account: str,
    postings: Sequence[RecordedPosting],
    transaction: Sequence[RecordedPosting],
    accounts: Accounts,
) -> Theirs:
    first = postings[0]
    amount = sum(
        (Fraction(p.amount) * (exchange.known(p.currency, p.day) or 0) for p in postings),
        Fraction(0),
    )
    payee = _first(posting.payee for posting in transaction)
    place = str(first.position) if first.position.file else ""
    return Theirs(
        _contract_of(facts.book, account, transaction, payee, accounts),
        account,
        amount,
        first.currency,
        first.day,
        first.transaction,
        _first(posting.entry for posting in transaction),
        _first(posting.document for posting in transaction),
        payee,
        place or f"{first.day} {payee}".strip(),
        tuple(transaction),
    )


def _first(values: Iterable[str]) -> str:
    return next((value for value in values if value), "")


def _contract_of(
    book: Book,
    account: str,
    transaction: Sequence[RecordedPosting],
    payee: str,
    accounts: Accounts,
) -> str:
    """Whose an entry of the ledger is: by its tag, by an account of one contract, by its payee."""
    tagged = _first(value for p in transaction for key, value in p.tags if key == "contract")
    if tagged in book.contracts:
        return tagged
    names = [account, *(posting.account for posting in transaction)]
    for name in names:
        if len(own := accounts.contracts(name)) == 1:
            return min(own)
    named = [
        contract.id
        for contract in book.contracts.values()
        if payee and contract.party.casefold() == payee.casefold()
    ]
    return named[0] if len(named) == 1 else ""
