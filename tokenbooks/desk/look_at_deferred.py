"""Looking at deferred revenue: month by month, as closes wrote it, or as the next one would."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from tokenbooks.archive.month import ClosedMonth
from tokenbooks.close.deferred_revenue import Deferred, deferred_to_date
from tokenbooks.desk.close import prepare_close
from tokenbooks.desk.locked import write_again
from tokenbooks.desk.look_at_sold import shown_period
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.periods import Period
from tokenbooks.problems import Position, Problem, error

#: Rows of deferred revenue by contract and name.
Rows = dict[tuple[str, str], Deferred]


@dataclass(frozen=True, slots=True)
class DeferredMonth:
    """Deferred revenue before a month and at its end; ``written`` tells whether it is closed."""

    period: Period
    before: Rows
    now: Rows
    written: bool


def deferred_months(
    book: OpenBook, period: Period | None = None
) -> tuple[list[DeferredMonth], list[Problem]]:
    """All months up to one: by default the latest written, else the first of the book.

    A month that is not written is computed, if those before it are.
    """
    wanted = shown_period(book, period)
    found: list[DeferredMonth] = []
    before: Rows = {}
    for month in book.months:
        if month.period > wanted:
            break
        try:
            now = read_deferred(month)
        except (OSError, ValueError, KeyError) as reason:
            return [], [_unreadable(book, month, reason)]
        found.append(DeferredMonth(month.period, before, now, written=True))
        before = now
    if found and found[-1].period == wanted:
        return found, []
    prepared, problems = prepare_close(book, wanted)
    if prepared is None:
        return [], problems
    rows = deferred_to_date(book.facts, prepared.close.computed, wanted)
    found.append(DeferredMonth(wanted, before, by_name(rows), written=False))
    return found, problems


def by_name(rows: Iterable[Deferred]) -> Rows:
    """Rows by contract and name."""
    return {(row.contract, row.name): row for row in rows}


def read_deferred(month: ClosedMonth) -> Rows:
    """The rows of ``deferred.csv`` of a close; none of a book that sells nothing.

    Raises OSError, ValueError or KeyError.
    """
    path = month.folder / "deferred.csv"
    if not path.exists() and "deferred.csv" not in month.manifest.outputs:
        return {}
    with path.open(encoding="utf-8", newline="") as stream:
        return by_name(_row(row) for row in csv.DictReader(stream))


def _row(row: dict[str, str]) -> Deferred:
    names = ("sold", "taken", "earned", "breakage", "escheated", "other")
    return Deferred(
        *(row["contract"], row["name"], row["kind"], row["sold_in"]),
        *(Decimal(row[name]) for name in names),
    )


def _unreadable(book: OpenBook, month: ClosedMonth, reason: Exception) -> Problem:
    return error(
        "output-changed",
        f"deferred.csv of {month.period} cannot be read as it was written: {reason}",
        write_again(book, month),
        Position(book.place(f"close/{month.period}/deferred.csv")),
    )
