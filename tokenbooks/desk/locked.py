"""Locked months: approved, so that they never change; and what is said where their inputs do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from tokenbooks import __version__
from tokenbooks.amounts import money_text
from tokenbooks.archive.approval import APPROVAL
from tokenbooks.archive.month import CLOSE_FOLDER, ClosedMonth, close_folder
from tokenbooks.desk.input_documents import documents_of, input_documents, readings, rows_of
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.entries.posted import Line
from tokenbooks.periods import Period, months_between
from tokenbooks.problems import Position, Problem, error

#: How many lines, rows or files one message names.
_NAMED = 3


def last_locked(months: Sequence[ClosedMonth]) -> ClosedMonth | None:
    """The latest approved month of some; None where none is."""
    return next((month for month in reversed(months) if month.approval), None)


def locked_problems(book: OpenBook, period: Period) -> list[Problem]:
    """Why a period cannot be written: it is approved, or a later one is.

    What counts are the files of this moment, not those of when the book was opened.
    """
    end = max([month.period for month in book.months], default=period)
    for locked in months_between(period, max(period, end)):
        path = close_folder(book.folder, locked) / APPROVAL
        if path.exists() or path.is_symlink():
            which = "it" if locked == period else f"{locked} after it"
            return [
                error(
                    "period-locked",
                    f"{period} is not written again: {which} is approved",
                    "late usage, invoices and declared corrections go to the open month by"
                    f" themselves; to change {period} itself, reopen from the latest approved"
                    f" month backwards: {reopen_command(last_period(book))}",
                    Position(book.place(f"{CLOSE_FOLDER}/{locked}/{APPROVAL}")),
                )
            ]
    return []


def reopen_command(period: Period) -> str:
    """How a month is reopened."""
    return f"tokenbooks reopen -p {period} --by NAME --reason TEXT"


def write_again(book: OpenBook, month: ClosedMonth) -> str:
    """How to get a month right whose files are not as they were written."""
    if month.approval is None:
        return f"restore it, or write the period again: tokenbooks close -p {month.period} --write"
    return f"restore it; {month.period} is approved, and is not written again unless " + (
        f"it is reopened: {reopen_command(last_period(book))}"
    )


def last_period(book: OpenBook) -> Period:
    """The latest approved month, from which months are reopened."""
    found = last_locked(book.months)
    return (found or book.months[-1]).period


def locked_changed(
    book: OpenBook, month: ClosedMonth, what: str, position: Position | None = None
) -> Problem:
    """The problem that something undeclared moves a figure of an approved month."""
    latest = last_period(book)
    return error(
        "locked-changed",
        f"{month.period} is approved, but {what}",
        "restore it as it was and lay a new download beside it; or declare it: a price with"
        f" `corrects` and `on` in {_open_month(book)}, anything else as a row or file of its own;"
        f" or reopen from the latest month backwards: {reopen_command(latest)}",
        position or Position(book.place(f"{CLOSE_FOLDER}/{month.period}/manifest.json")),
    )


def figures_moved(book: OpenBook, month: ClosedMonth, figures: str) -> Problem:
    """``locked-changed``: the inputs of an approved month give other ``figures`` than it has."""
    causes = list(_causes(book, month))
    told = [text for text, _ in causes]
    if not told and month.manifest.version != __version__:
        told = [f"it was written by tokenbooks {month.manifest.version}, this is {__version__}"]
    what = f"its inputs now give other figures: {figures}"
    if told:
        what += f"; changed since then: {'; '.join(told)}"
    return locked_changed(book, month, what, causes[0][1] if causes else None)


def moved_lines(changes: Mapping[Line, Decimal]) -> str:
    """By how much the figures of service periods, contracts and roles move, the first few."""
    sums: dict[tuple[str, str, str], Decimal] = {}
    for line, amount in changes.items():
        key = (line.service, line.contract, line.role)
        sums[key] = sums.get(key, Decimal(0)) + amount
    places = max((2, *(-int(amount.as_tuple().exponent) for amount in sums.values())))
    told = [
        " ".join(filter(None, key)) + f" by {money_text(amount, places)}"
        for key, amount in sorted(sums.items())
        if amount
    ]
    # only the split over classes and cost centers has moved where nothing is left
    return few(told) if told else f"{len(changes)} lines of classes and cost centers"


def few(texts: Sequence[str]) -> str:
    """The first few texts, and how many more there are."""
    more = [f"and {len(texts) - _NAMED} more"] if len(texts) > _NAMED else []
    return ", ".join([*texts[:_NAMED], *more])


def _open_month(book: OpenBook) -> Period:
    return last_period(book).next()


def _causes(book: OpenBook, month: ClosedMonth) -> Iterator[tuple[str, Position]]:
    """What of a book's own files is not as a close read it, and where."""
    yield from _changed_rows(book, month)
    yield from _changed_documents(book, month)
    now = readings(book)
    for contract, digest in month.manifest.readings.items():
        if now.get(contract, digest) != digest:
            place = book.facts.book.contracts[contract].position
            yield f"how the usage of {contract} is read", place


def _changed_rows(book: OpenBook, month: ClosedMonth) -> Iterator[tuple[str, Position]]:
    """Of which file rows are gone that a close read, and which are there that it did not."""
    for name, (files, present) in rows_of(book.facts).items():
        seen = frozenset(month.manifest.rows.get(name, ()))
        gone = len(seen - {row.digest for row in present})
        if gone:
            new = [row.position for row in present if row.digest not in seen]
            text = "1 row" if gone == 1 else f"{gone} rows"
            text += f" of {files}, not there any more"
            if new:
                text += f" (not read then: {few([f'{at.file}:{at.line}' for at in new])})"
            yield text, new[0] if new else Position(book.place(files))


def _changed_documents(book: OpenBook, month: ClosedMonth) -> Iterator[tuple[str, Position]]:
    """Which other documents have changed; those whose rows are known are told by their rows."""
    globs = [files for files, _ in rows_of(book.facts).values()]
    apart = documents_of(book, [*globs, book.facts.book.balances_files])
    now, then = input_documents(book), month.manifest.documents
    for name in sorted({*now, *then} - apart):
        if now.get(name) != then.get(name):
            text = name if name in now else f"{name}, which is gone"
            yield text, Position(book.place(name))
