"""The postings of the company's own ledger that count, from all its files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from tokenbooks.amounts import CURRENCIES
from tokenbooks.book import Book, RecordedSource
from tokenbooks.documents import RecordedPosting
from tokenbooks.problems import Position, Problem, any_error, error, in_order, warning
from tokenbooks.sources.files import links_outside, matching_files, shown
from tokenbooks.sources.recorded.extract import extract_postings
from tokenbooks.sources.recorded.journals import BEANCOUNT, EITHER, postings_of
from tokenbooks.sources.recorded.programs import HLEDGER, LEDGER
from tokenbooks.sources.recorded.wanted import WantedAccounts

CSV = "csv"

#: The programs that read a journal, by what `format` says; one of the two, by a file's name.
_PROGRAMS = {HLEDGER: (HLEDGER,), LEDGER: (LEDGER,), BEANCOUNT: (BEANCOUNT,)}
_BY_NAME = {
    **dict.fromkeys((".journal", ".j", ".hledger", ".ledger", ".ldg", ".dat"), EITHER),
    **dict.fromkeys((".beancount", ".bean"), (BEANCOUNT,)),
}
_EXTRACTS = (".csv", ".tsv", ".txt")


def read_recorded(book: Book, folder: Path) -> tuple[tuple[RecordedPosting, ...], list[Problem]]:
    """What the company's own ledger says in the accounts that count; journals by their programs.

    Transactions have numbers of their own over all files. Problems: those of the files,
    ``file-missing``, ``recorded-format``, ``recorded-program-missing``,
    ``recorded-program-slow``, ``journal-refused``, ``beancount-missing``,
    ``recorded-file-twice``; warnings ``recorded-account-unmatched``, ``recorded-currency``.
    """
    gathered = _Gathered(book, folder)
    for source in book.recorded:
        gathered.add(source)
    gathered.problems += _other_currencies(gathered.postings, book)
    return tuple(gathered.postings), in_order(gathered.problems)


class _Gathered:
    """The postings and problems of the sources, one after the other."""

    def __init__(self, book: Book, folder: Path) -> None:
        self.book = book
        self.folder = folder
        self.postings: list[RecordedPosting] = []
        self.problems: list[Problem] = []
        self.seen: dict[tuple[Position, str], Path] = {}
        self.transactions = 0

    def add(self, source: RecordedSource) -> None:
        """Read the files of a source; unmatched globs are told of ledgers that were read."""
        wanted = WantedAccounts(source.accounts, source.accounts_map)
        paths = matching_files(self.folder, source.files)
        # a link out of the folder was told when the book was read
        if not paths and not links_outside(self.folder, source.files):
            message = f"no file of the book matches '{source.files}'"
            help = "put the ledger, or its export as CSV, there; or correct the name"
            self.problems.append(error("file-missing", message, help, source.position))
        found: list[Problem] = []
        for path in paths:
            postings, problems = self._read(path, source, wanted)
            found += [*problems, *self._twice(path, postings)]
            self._take(postings, source)
        self.problems += found
        if paths and not any_error(found):
            self.problems += _unmatched(source, wanted)

    def _read(
        self, path: Path, source: RecordedSource, wanted: WantedAccounts
    ) -> tuple[list[RecordedPosting], list[Problem]]:
        suffix = path.suffix.lower()
        if source.format == CSV or (source.format is None and suffix in _EXTRACTS):
            return extract_postings(path, source, wanted, self.book.currency)
        programs = _PROGRAMS.get(source.format or "") or _BY_NAME.get(suffix)
        if programs is None:
            message = f"the name of {shown(path)} does not tell what it is"
            help = "add `format:` hledger, ledger, beancount or csv under `recorded:`"
            return [], [error("recorded-format", message, help, source.position)]
        return postings_of(path, programs, wanted)

    def _take(self, postings: list[RecordedPosting], source: RecordedSource) -> None:
        first = self.transactions
        for posting in postings:
            number = first + posting.transaction
            self.transactions = max(self.transactions, number + 1)
            currency = source.currencies.get(posting.currency, posting.currency)
            self.postings.append(replace(posting, transaction=number, currency=currency))

    def _twice(self, path: Path, postings: list[RecordedPosting]) -> list[Problem]:
        """A place of an account that was read before: the spending would count twice."""
        keys = dict.fromkeys((posting.position, posting.account) for posting in postings)
        repeated = [key for key in keys if key in self.seen]
        if repeated:
            position, account = repeated[0]
            earlier = shown(self.seen[repeated[0]])
            message = f"{account} is read here twice: from {earlier} and from {shown(path)}"
            help = "name a file once: not beside a journal that includes it, nor under two sources"
            return [error("recorded-file-twice", message, help, position)]
        self.seen.update(dict.fromkeys(keys, path))
        return []


def _unmatched(source: RecordedSource, wanted: WantedAccounts) -> Iterable[Problem]:
    for glob, near in wanted.unmatched():
        message = f"no account of {source.files} that has postings matches '{glob}'"
        help = f"did you mean '{near}'?" if near else "write it as the ledger does, or take it away"
        yield warning("recorded-account-unmatched", message, help, source.position)


def _other_currencies(postings: list[RecordedPosting], book: Book) -> Iterable[Problem]:
    """Each currency other than the book's once, where it is first met."""
    places: dict[str, list[Position]] = {}
    for posting in postings:
        if posting.currency != book.currency:
            places.setdefault(posting.currency, []).append(posting.position)
    for currency, found in places.items():
        name = f"in {currency}" if currency else "without a currency"
        message = f"the posting is {name}, the book in {book.currency}"
        help = f"if it means {book.currency}, add `currencies: {{'{currency}': {book.currency}}}`"
        if currency in CURRENCIES:
            help = f"it is converted by rates.csv; better post its value in {book.currency}"
        problem = warning("recorded-currency", message, help, found[0])
        yield replace(problem, count=len(found))
