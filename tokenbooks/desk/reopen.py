"""Reopening a month: its approval is taken back, and the month is kept as it was approved."""

from __future__ import annotations

import shutil
from datetime import date

from tokenbooks.archive.approval import (
    APPROVAL,
    REOPENED,
    SUPERSEDED,
    Reopening,
    reopening_text,
)
from tokenbooks.archive.commit import needs_recovery, reopened
from tokenbooks.archive.month import CLOSE_FOLDER
from tokenbooks.desk.locked import last_locked, reopen_command
from tokenbooks.desk.open_book import OpenBook, unfinished
from tokenbooks.desk.verify_approvals import superseded_folders
from tokenbooks.desk.writing import writing
from tokenbooks.periods import Period
from tokenbooks.problems import Position, Problem, error


def reopen_month(
    book: OpenBook, period: Period, by: str, day: date, reason: str
) -> tuple[str, list[Problem]]:
    """Reopen the latest approved month; returns the folder in which it is kept as it was.

    After that the month is written and unapproved. Problems: ``reopen-order`` of any other
    month, ``book-busy``, ``cannot-write``.
    """
    month = next((month for month in book.months if month.period == period), None)
    if month is None or month.approval is None or last_locked(book.months) is not month:
        return "", [_not_the_latest(book, period)]
    name = _free_name(book, period)
    try:
        with writing(book) as hindered:
            if hindered:
                return "", hindered
            reopening = Reopening(by, day, reason, month.approval.digest)
            with reopened(book.folder, period, name, month.approval.files) as superseded:
                text = reopening_text(reopening)
                (superseded / REOPENED).write_text(text, encoding="utf-8", newline="\n")
    except (OSError, shutil.Error) as reason_:
        if needs_recovery(book.folder):
            return "", [unfinished(book.folder, reason_)]
        return "", [
            error(
                "cannot-write",
                f"{period} could not be reopened: {reason_.strerror or reason_}",
                "make room or the folder writable, and run the command again;"
                " the month is approved as before",
                Position(book.place(CLOSE_FOLDER)),
            )
        ]
    return book.place(f"{CLOSE_FOLDER}/{SUPERSEDED}/{name}"), []


def _free_name(book: OpenBook, period: Period) -> str:
    """The name of the next superseded close of a month: ``2025-10-1``, ``2025-10-2``."""
    taken = {folder.name for folder in superseded_folders(book)}
    number = 1
    while f"{period}-{number}" in taken:
        number += 1
    return f"{period}-{number}"


def _not_the_latest(book: OpenBook, period: Period) -> Problem:
    latest = last_locked(book.months)
    if latest is None:
        return error(
            "reopen-order",
            f"{period} is not approved, and neither is any other month",
            "nothing has to be reopened: what is written may be written again",
            Position(book.place(CLOSE_FOLDER)),
        )
    state = "is approved, but" if period < latest.period else "is not approved:"
    return error(
        "reopen-order",
        f"{period} {state} {latest.period} is the latest approved month",
        f"reopen from the latest month backwards: {reopen_command(latest.period)}",
        Position(book.place(f"{CLOSE_FOLDER}/{latest.period}/{APPROVAL}")),
    )
