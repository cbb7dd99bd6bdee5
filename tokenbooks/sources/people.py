"""Who prepared a row and who approved it: two people, unless the book's policy is one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from tokenbooks.book import Book
from tokenbooks.problems import Position, Problem, error

#: Policy ``approval`` under which one person may do both.
SINGLE = "single"


def check_people(
    code: str, prepared: str, approved: str, day: date, book: Book, place: Position
) -> Iterator[Problem]:
    """The error ``code`` where the same person did both, in whatever spelling."""
    same = _name(approved) == _name(prepared)
    if approved and same and book.policy("approval", day) != SINGLE:
        message = f"{approved} prepared it and approved it"
        help = "let another person approve it, or choose the policy `approval: single`"
        yield error(code, message, help, place)


def _name(person: str) -> str:
    return " ".join(person.casefold().split())
