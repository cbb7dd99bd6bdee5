"""Lines as an invoice shows them: the value of each price of a month, for rounding and caps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.conditions import Conditions

if TYPE_CHECKING:
    from tokenbooks.rating.matching import Match
    from tokenbooks.rating.pools import Pool
    from tokenbooks.rating.totals import Total


class LineKey(NamedTuple):
    """A line: one price of one rate for a meter, with the modifiers that apply."""

    conditions: Conditions
    price: str
    meter: str
    modifiers: tuple[str, ...] = ()


class Lines:
    """Values by line and step of time, for each contract and party."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], dict[LineKey, dict[datetime, Fraction]]] = {}

    def add(self, total: Total, found: Match, meter: str, value: Fraction) -> None:
        """Add the value of a meter at a price per unit."""
        key = LineKey(found.rate.conditions, found.price.name, meter, found.modifiers)
        self._add((total.contract, total.party), key, total.at, value)

    def add_pool(self, pool: Pool, at: datetime, value: Fraction) -> None:
        """Add what a step adds to a running total's amount."""
        key = LineKey(pool.conditions, pool.name, pool.name)
        self._add((pool.contract, pool.party), key, at, value)

    def of(self, account: tuple[str, str]) -> Iterator[tuple[LineKey, dict[datetime, Fraction]]]:
        """The lines of a contract and party."""
        yield from self._values.get(account, {}).items()

    def _add(self, account: tuple[str, str], key: LineKey, at: datetime, value: Fraction) -> None:
        values = self._values.setdefault(account, {}).setdefault(key, {})
        values[at] = values.get(at, Fraction(0)) + value
