"""Opening a book: its facts, formats and written closes, with everything wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from time import sleep

from tokenbooks.archive.commit import locked, needs_recovery, recover
from tokenbooks.archive.month import CLOSE_FOLDER, ClosedMonth
from tokenbooks.archive.read import read_months
from tokenbooks.desk.approvals import with_approvals
from tokenbooks.facts import Facts
from tokenbooks.problems import Position, Problem, any_error, error
from tokenbooks.sources.book import BOOK_FILE
from tokenbooks.sources.book_files import read_facts
from tokenbooks.sources.exports.descriptors.descriptor import Descriptor
from tokenbooks.sources.exports.descriptors.reading import read_descriptors
from tokenbooks.sources.files import shown

#: Seconds that another run gets to put a close into its places.
_PATIENCE = 10


@dataclass(frozen=True, slots=True)
class OpenBook:
    """A book that has been read: facts, formats, and the closes that are written.

    With ``hold_bad_rows`` the bad rows of exports are held back, instead of refusing files.
    """

    folder: Path
    shown: str
    facts: Facts
    descriptors: tuple[Descriptor, ...]
    months: tuple[ClosedMonth, ...]
    hold_bad_rows: bool = False

    def place(self, path: str) -> str:
        """A path relative to the book, as the user can open it."""
        return path if self.shown == "." else f"{self.shown}/{path}"


def open_book(
    folder: Path, *, hold_bad_rows: bool = False
) -> tuple[OpenBook | None, list[Problem]]:
    """Read a book; None where any of its files has an error."""
    problems = _recovered(folder)
    facts, found = read_facts(folder)
    problems += found
    formats = folder / "formats"
    descriptors, found = read_descriptors(formats if formats.is_dir() else None)
    problems += found
    months, found = read_months(folder, shown(folder))
    problems += found
    months, found = with_approvals(months)
    problems += found
    if facts is None or any_error(problems):
        return None, problems
    opened = OpenBook(
        folder, shown(folder), facts, descriptors, tuple(months), hold_bad_rows=hold_bad_rows
    )
    return opened, problems


def _recovered(folder: Path) -> list[Problem]:
    """Finish a close that was cut off after its commit; nothing to say where that works.

    One that another run is putting into its places is waited for: it takes a moment.
    """
    for _ in range(_PATIENCE):
        if not needs_recovery(folder):
            return []
        try:
            with locked(folder) as free:
                if free:
                    recover(folder)
                    return []
        except OSError as reason:
            return [unfinished(folder, reason)]
        sleep(1)
    return [busy(folder)]


def busy(folder: Path) -> Problem:
    """The problem that another run holds the book."""
    return error(
        "book-busy",
        "another run is writing a close of this book",
        "wait until it has finished, then run the command again",
        Position(shown(folder / CLOSE_FOLDER)),
    )


def unfinished(folder: Path, reason: OSError) -> Problem:
    """The problem that a committed close cannot be put into its places."""
    place = reason.filename2 or reason.filename
    return error(
        "close-unfinished",
        f"a close was cut off and cannot be finished: {reason.strerror}",
        "make the book's folder writable, move away what is in the way of the close,"
        " and run the command again: it finishes the close first",
        Position(shown(Path(place) if place else folder / BOOK_FILE)),
    )
