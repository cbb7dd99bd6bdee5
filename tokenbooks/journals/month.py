"""What a journal is rendered from, and what holds for every dialect.

A month file has entries and balance assertions and no declarations; the top file of
the books has the declarations, and includes the months.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tokenbooks.amounts import money_text
from tokenbooks.entries.entry import KIND_ORDER, Assertion, Entry
from tokenbooks.journals.checks import (
    check_assertions,
    check_entries,
    check_title,
)
from tokenbooks.periods import Period

ASSERTIONS_PAYEE = "Balance assertions"

_SMALLEST_AMOUNT_WIDTH = 10


@dataclass(frozen=True, slots=True)
class JournalMonth:
    """One period's entries and assertions, in one currency of so many places.

    ``title`` is the book's name; it stands in the comment that heads the file.
    """

    period: Period
    currency: str
    places: int
    entries: tuple[Entry, ...]
    assertions: tuple[Assertion, ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Declarations:
    """What the top file declares, and the months it includes.

    ``first_day`` is the day on which beancount opens the accounts; ``months`` are
    paths relative to the top file, in the order of time.
    """

    title: str
    currency: str
    places: int
    first_day: date
    accounts: tuple[str, ...]
    payees: tuple[str, ...]
    tags: tuple[str, ...]
    months: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JournalDay:
    """What a month file says of one day; assertions hold at its end."""

    day: date
    entries: tuple[Entry, ...]
    assertions: tuple[Assertion, ...]


def declared(
    entries: Iterable[Entry], assertions: Iterable[Assertion]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The accounts, payees and tag keys that must be declared, each sorted."""
    posted = [entry for entry in entries if entry.postings]
    asserted = list(assertions)
    accounts = {posting.account for entry in posted for posting in entry.postings}
    accounts.update(assertion.account for assertion in asserted)
    payees = {entry.payee for entry in posted}
    payees.update({ASSERTIONS_PAYEE} if asserted else ())
    tags = {"entry"} if posted or asserted else set()
    for entry in posted:
        tags.update(key for key, _ in entry.tags)
        tags.update(key for posting in entry.postings for key, _ in posting.tags)
    return tuple(sorted(accounts)), tuple(sorted(payees)), tuple(sorted(tags))


def days_of(month: JournalMonth) -> Iterator[JournalDay]:
    """The days of a month that have anything to say, entries by kind and id.

    Entries without postings are left out. Raises ValueError for an entry that no
    ledger program would take as it is meant: the builders of entries see to that.
    """
    posted = [entry for entry in month.entries if entry.postings]
    check_title(month.title)
    check_entries(posted, month.period, month.places)
    check_assertions(month.assertions, month.period, month.places)
    days = {entry.day for entry in posted} | {assertion.day for assertion in month.assertions}
    for day in sorted(days):
        entries = [entry for entry in posted if entry.day == day]
        assertions = [assertion for assertion in month.assertions if assertion.day == day]
        yield JournalDay(
            day,
            tuple(sorted(entries, key=lambda entry: (KIND_ORDER.index(entry.kind), entry.id))),
            tuple(sorted(assertions, key=lambda assertion: assertion.account)),
        )


def header(month: JournalMonth) -> str:
    """The comment that heads a month file."""
    return f"; tokenbooks {month.period}{f', {month.title}' if month.title else ''}"


def entry_tags(entry: Entry) -> list[tuple[str, str]]:
    """The tags of an entry in the order in which they are written, its id first."""
    return [("entry", entry.id), *entry.tags]


def assertions_id(period: Period, day: date) -> str:
    """The id of the entry that asserts balances: ``assertions-2025-11`` at month end."""
    return f"assertions-{period if day == period.last_day else day}"


class AmountColumn:
    """The one column of amounts of a file: accounts left, amounts flush right."""

    def __init__(self, month: JournalMonth) -> None:
        postings = [posting for entry in month.entries for posting in entry.postings]
        accounts = [posting.account for posting in postings]
        accounts += [assertion.account for assertion in month.assertions]
        amounts = [posting.amount for posting in postings]
        amounts += [assertion.balance for assertion in month.assertions]
        texts = [money_text(amount, month.places) for amount in amounts]
        self._places = month.places
        self._account_width = max(map(len, accounts), default=0)
        self._amount_width = max([_SMALLEST_AMOUNT_WIDTH, *map(len, texts)])

    def line(self, account: str, amount: Decimal) -> str:
        """An account with an amount, the amount at its full places."""
        text = money_text(amount, self._places)
        return f"{account:<{self._account_width}}  {text:>{self._amount_width}}"
