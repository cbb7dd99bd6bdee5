"""Allocation: to which class and cost centre usage goes.

The first rule whose conditions hold decides; what matches nothing is unallocated and
shown as such, never spread (ACCOUNTING 4.1). Without any rule all usage goes to the one
expense account of the book.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from tokenbooks.book import AllocationRule, Book, Share
from tokenbooks.conditions import Conditions
from tokenbooks.periods import start_of
from tokenbooks.usage.keys import distinct_keys, put_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import duckdb

    from tokenbooks.usage.layout import Layout

_WHOLE = Decimal(100)
#: How the roles of revenue begin, and the one of usage.
_REVENUE = "revenue_"
REVENUE = "revenue_usage"

UNALLOCATED = Share(_WHOLE, "ai_expense_unallocated", "unallocated", "")
SINGLE_EXPENSE = Share(_WHOLE, "ai_expense", "", "")


@dataclass(frozen=True, slots=True)
class Allocation:
    """Where some usage goes: shares that sum to 100, and the rule that said so.

    ``scopes`` are those conditions of credits that the usage satisfies.
    """

    id: int
    shares: tuple[Share, ...]
    rule: AllocationRule | None = None
    scopes: frozenset[Conditions] = frozenset()


def allocation_dimensions(book: Book, scopes: Iterable[Conditions]) -> set[str]:
    """The dimensions on which allocation depends, and which credits usage may draw."""
    ruled = {name for rule in book.allocate for name in rule.when.dimensions}
    return ruled | {name for scope in scopes for name in scope.dimensions}


class Allocations:
    """The allocations of a book, each with one id: usage of one rule and scope shares it."""

    def __init__(
        self,
        book: Book,
        scopes: Iterable[Conditions] = (),
        earned: Mapping[str, str] | None = None,
    ) -> None:
        self._book = book
        self._earned = earned or {}
        self._scopes = tuple(scopes)
        self._found: dict[object, Allocation] = {}

    def of(self, values: Mapping[str, str], day: date, contract: str) -> int:
        """The allocation of something with these dimensions on a day.

        What a contract sells has allocations of its own: it is revenue, not expense.
        """
        rule = ruling(self._book, values, day)
        earned = self._earned.get(contract, "")
        names = names_of(self._book, values) if self._scopes else {}
        scopes = frozenset(scope for scope in self._scopes if scope.hold(names))
        place = (id(rule) if rule else None, scopes, earned)
        if place not in self._found:
            shares = rule.shares if rule else _unruled(self._book)
            shares = earned_shares(shares, earned) if earned else shares
            self._found[place] = Allocation(len(self._found), shares, rule, scopes)
        return self._found[place].id

    def by_id(self) -> dict[int, Allocation]:
        """The allocations by id."""
        return {allocation.id: allocation for allocation in self._found.values()}


def allocate_keys(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    book: Book,
    scopes: Sequence[Conditions] = (),
    earned: Mapping[str, str] | None = None,
) -> Allocations:
    """Decide the allocation of every distinct usage key.

    ``earned`` has the revenue role of the usage of each contract that sells.

    Creates the table ``allocation_keys`` (see ``usage.keys``), whose ``id`` is the
    allocation; usage that one rule sends to the same place shares one id.
    """
    named = allocation_dimensions(book, scopes)
    dimensions = [name for name in layout.dimensions if name in named]
    cuts = sorted(
        {
            start_of(day)
            for rule in book.allocate
            for day in (rule.from_day, rule.until_day)
            if day is not None
        }
    )
    allocations = Allocations(book, scopes, earned)
    decided = [
        (key, allocations.of(key.values, key.at.date(), key.contract))
        for key in distinct_keys(connection, dimensions, cuts)
    ]
    put_keys(connection, "allocation_keys", dimensions, decided)
    return allocations


def earned_shares(shares: Iterable[Share], role: str) -> tuple[Share, ...]:
    """Shares of what a contract sells: revenue, by the cost centres of the rule.

    A rule may name another role of revenue; its class is one of expense, and says nothing here.
    """
    return tuple(
        replace(share, role=share.role if share.role.startswith(_REVENUE) else role, class_="")
        for share in shares
    )


def ruling(book: Book, values: Mapping[str, str], day: date) -> AllocationRule | None:
    """The first rule in force on a day whose conditions hold of these values."""
    names = names_of(book, values)
    for rule in book.allocate:
        begun = rule.from_day is None or rule.from_day <= day
        over = rule.until_day is not None and rule.until_day <= day
        if begun and not over and rule.when.hold(names):
            return rule
    return None


def names_of(book: Book, values: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """All the names that the values of dimensions go by."""
    return {name: _names(book, name, value) for name, value in values.items()}


def _names(book: Book, dimension: str, value: str) -> tuple[str, ...]:
    readable = book.names.get(dimension, {}).get(value)
    return (value, readable) if readable else (value,)


def _unruled(book: Book) -> tuple[Share, ...]:
    return (UNALLOCATED,) if book.allocate else (SINGLE_EXPENSE,)
