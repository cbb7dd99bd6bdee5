"""Whether a real ledger program sees the balances that the subledger has, month by month.

The program reads the journal at the top of the book once, as an accountant would; nothing is
said where none is installed. Only the accounts that the subledger owns are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from tokenbooks.amounts import currency_places, money_text
from tokenbooks.close.close_period import owned_balances
from tokenbooks.desk.locked import write_again
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.documents import RecordedPosting
from tokenbooks.entries.posted import Posted
from tokenbooks.journals.dialects import DIALECTS
from tokenbooks.periods import Period
from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.recorded.journals import read_journal


def journal_differences(book: OpenBook) -> list[Problem]:
    """Owned accounts of which a ledger program computes another balance than the subledger.

    Problems: ``journal-differs``, once an account; ``journal-refused`` where the program
    does not take the journal.
    """
    journal = book.facts.book.journal
    if not book.months or any(month.manifest.journal != journal for month in book.months):
        # months in another dialect are not in the journal at the top
        return []
    name = DIALECTS[journal].books_file
    postings, problems = read_journal(book.folder / name, journal)
    if postings is None:
        return problems
    balances = _at_month_ends(postings, [month.period for month in book.months])
    return [*problems, *_differences(book, balances, Position(book.place(name)))]


def _at_month_ends(
    postings: Iterable[RecordedPosting], periods: Iterable[Period]
) -> dict[Period, dict[str, Decimal]]:
    """The balance of every account at the end of each period."""
    movements: dict[tuple[date, str], Decimal] = {}
    for posting in postings:
        key = (posting.day, posting.account)
        movements[key] = movements.get(key, Decimal(0)) + posting.amount
    pending = sorted(movements.items())
    balances: dict[str, Decimal] = {}
    found = {}
    at = 0
    for period in sorted(periods):
        while at < len(pending) and pending[at][0][0] < period.end:
            (_, account), amount = pending[at]
            balances[account] = balances.get(account, Decimal(0)) + amount
            at += 1
        found[period] = dict(balances)
    return found


def _differences(
    book: OpenBook, balances: Mapping[Period, Mapping[str, Decimal]], place: Position
) -> Iterator[Problem]:
    places = currency_places(book.facts.book.currency)
    told: set[str] = set()
    before: Posted = {}
    for month in book.months:
        ours = owned_balances(book.facts.book, month.before.posted, before)
        before = month.before.posted
        for account in sorted(ours.keys() - told):
            seen = balances[month.period].get(account, Decimal(0))
            if seen != ours[account]:
                told.add(account)
                yield error(
                    "journal-differs",
                    f"{account} is {money_text(seen, places)} in {place.file} at the end of"
                    f" {month.period}, but {money_text(ours[account], places)} in the subledger",
                    f"take out what else posts to {account}, or {write_again(book, month)}",
                    place,
                )
