"""SQL about a row, with what it needs of the row: texts, or more than texts tell."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Expression:
    """SQL over the cells and values of a row, and what decides it.

    ``texts`` are the columns whose texts alone decide it, beside ``flags``, which are values
    that say yes or no of a row; None where only the row itself can tell: by its numbers, its
    instant, or by texts of which there can be as many as rows. ``costly`` ones cost more
    than to sum rows by the texts first.
    """

    sql: str
    texts: frozenset[int] | None = None
    flags: frozenset[str] = frozenset()
    costly: bool = False

    def __str__(self) -> str:
        return self.sql


def constant(sql: str) -> Expression:
    """An expression that is about no cell: it says the same of every row."""
    return Expression(sql, frozenset())


def about(sql: str, *parts: Expression, costly: bool = False) -> Expression:
    """SQL that is made of other expressions: it needs all that they need."""
    texts: frozenset[int] | None = frozenset()
    for part in parts:
        texts = None if texts is None or part.texts is None else texts | part.texts
    flags = frozenset(flag for part in parts for flag in part.flags)
    return Expression(sql, texts, flags, costly or any(part.costly for part in parts))
