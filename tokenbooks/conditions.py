"""Conditions on dimensions, as rates, modifiers and allocation rules state them.

A pattern is a name, or a glob written with ``*``. A condition on a dimension holds
when any of its patterns matches; conditions hold when all of them do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

_TRUTHS = ("True", "TRUE", "False", "FALSE")


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must hold of the dimensions, as (dimension, patterns) sorted by dimension."""

    patterns: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @classmethod
    def of(cls, mapping: Mapping[str, tuple[str, ...]]) -> Conditions:
        """Conditions from a mapping of dimension to its patterns."""
        return cls(tuple(sorted((name, tuple(mapping[name])) for name in mapping)))

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions that are named."""
        return tuple(name for name, _ in self.patterns)

    def hold(self, names: Mapping[str, tuple[str, ...]]) -> bool:
        """Whether they hold of dimensions, each with all the names its value goes by.

        A value has several names where an alias or the book's ``names`` give it one;
        an absent dimension has none, so no condition on it holds.
        """
        return all(
            any(_matches(p, name) for name in names.get(dimension, ()) for p in patterns)
            for dimension, patterns in self.patterns
        )

    def rank(self) -> tuple[int, int]:
        """How specific they are: the most conditions first, exact before glob."""
        globs = sum(any("*" in p for p in patterns) for _, patterns in self.patterns)
        return (len(self.patterns), -globs)

    def narrowness(self) -> tuple[int, int]:
        """A key that sorts the narrowest first: no conditions come last."""
        conditions, exact = self.rank()
        return (-conditions, -exact)

    def __bool__(self) -> bool:
        return bool(self.patterns)

    def __str__(self) -> str:
        return ", ".join(f"{name}: {' | '.join(values)}" for name, values in self.patterns)


def plain_truth(word: str) -> str:
    """``true`` and ``false`` as usage has them, however they are written."""
    return word.lower() if word in _TRUTHS else word


@cache
def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")))


def _matches(pattern: str, value: str) -> bool:
    return pattern == value or ("*" in pattern and bool(_glob(pattern).fullmatch(value)))
