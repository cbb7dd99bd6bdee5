"""The dimensions that a book knows, and scopes that name others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tokenbooks.book import Book
from tokenbooks.conditions import Conditions
from tokenbooks.names import STANDARD_DIMENSIONS, nearest
from tokenbooks.problems import Position, Problem, error
from tokenbooks.rating.matching import decisive_dimensions
from tokenbooks.rating.plan import Plan


def known_dimensions(book: Book, plans: Mapping[str, Plan]) -> tuple[str, ...]:
    """Every dimension that the book or one of its plans names anywhere, standard ones first."""
    named = {*book.keep, *book.names, *book.redact}
    named |= {name for rule in book.allocate for name in rule.when.dimensions}
    for contract in book.contracts.values():
        named |= {contract.each} if contract.each else set()
        for source in (*contract.usage, *contract.statement):
            named |= {*source.dimensions, *(name for name, _ in (*source.tags, *source.only))}
    for plan in plans.values():
        named |= decisive_dimensions(plan)
    return (*STANDARD_DIMENSIONS, *sorted(named - {*STANDARD_DIMENSIONS}))


def check_scope(scope: Conditions, known: tuple[str, ...], place: Position) -> Iterator[Problem]:
    """``dimension-unknown``: a scope of something that no usage has would let nothing draw."""
    for name in scope.dimensions:
        if name not in known:
            near = nearest(name, known)
            hint = f"did you mean '{near}'? " if near else ""
            message = f"the scope names '{name}', which is no dimension of this book"
            help = f"{hint}name one of your own under `keep:` of the book"
            yield error("dimension-unknown", message, help, place)
