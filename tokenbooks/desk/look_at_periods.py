"""Looking at a period: its roll-forwards, from what is written, or from the close to come."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date

from tokenbooks.archive.month import ClosedMonth
from tokenbooks.archive.posted_entries import posted_entries
from tokenbooks.close.close_period import Before
from tokenbooks.close.rolled_period import AboutLot, RolledPeriod, rolled_period
from tokenbooks.close.service_periods import BookedExpense, BookedMonth, booked_expense
from tokenbooks.credits.lots import Lot
from tokenbooks.desk.close import prepare_close
from tokenbooks.desk.locked import write_again
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.entries.entry import Entry
from tokenbooks.periods import Period
from tokenbooks.problems import Position, Problem, error


def roll_forward(
    book: OpenBook, period: Period | None = None
) -> tuple[RolledPeriod | None, list[Problem]]:
    """The roll-forwards of a period: by default the latest written, else the first of the book.

    A written period is shown as it was written; another one is computed.
    """
    latest = book.months[-1].period if book.months else book.facts.book.start
    wanted = period or latest
    earlier = [month for month in book.months if month.period < wanted]
    before = earlier[-1].before if earlier else Before()
    written = next((month for month in book.months if month.period == wanted), None)
    entries, problems = journal_entries(book, [*earlier, *([written] if written else [])])
    if problems:
        return None, problems
    if written is not None:
        try:
            about = _about_written(written)
        except (OSError, ValueError, KeyError) as reason:
            return None, [_unreadable(book, written, "lots.csv", reason)]
        now = written.before
    else:
        prepared, problems = prepare_close(book, wanted)
        if prepared is None:
            return None, problems
        close = prepared.close
        about = {name: _about(lot) for name, lot in close.computed.lots.items()}
        before, now = close.before, Before(close.posted, {}, close.lots)
        entries += close.entries
    rolled = rolled_period(
        book.facts.book, wanted, before, now, about, entries, written=written is not None
    )
    return rolled, problems


def expense_by_service(
    book: OpenBook, period: Period | None = None
) -> tuple[list[BookedExpense], list[Problem]]:
    """The expense of all written closes; of a period what it booked, and what is of it."""
    months: list[BookedMonth] = []
    before = Before()
    for month in book.months:
        entries, problems = journal_entries(book, [month])
        if problems:
            return [], problems
        posted = (before.posted, month.before.posted)
        months.append(BookedMonth(month.period, *posted, tuple(entries)))
        before = month.before
    found = booked_expense(book.facts.book, months)
    return [own for own in found if period is None or period in (own.service, own.booked)], []


def journal_entries(
    book: OpenBook, months: Sequence[ClosedMonth]
) -> tuple[list[Entry], list[Problem]]:
    """The entries of written months, as their journals have them."""
    entries: list[Entry] = []
    for month in months:
        try:
            entries += posted_entries(month)
        except (OSError, ValueError) as reason:
            return [], [_unreadable(book, month, "the journal", reason)]
    return entries, []


def _unreadable(book: OpenBook, month: ClosedMonth, what: str, reason: Exception) -> Problem:
    return error(
        "output-changed",
        f"{what} of {month.period} cannot be read as it was written: {reason}",
        write_again(book, month),
        Position(book.place(f"close/{month.period}")),
    )


def _about(lot: Lot) -> AboutLot:
    return AboutLot(lot.contract, lot.party, lot.kind, lot.last_day)


def _about_written(month: ClosedMonth) -> dict[str, AboutLot]:
    """What the roll-forward of a written close says of its lots."""
    with (month.folder / "lots.csv").open(encoding="utf-8", newline="") as stream:
        return {
            row["lot"]: AboutLot(
                row["contract"],
                row.get("party", ""),
                row["kind"],
                date.fromisoformat(row["last_day"]) if row["last_day"] else None,
            )
            for row in csv.DictReader(stream)
        }
