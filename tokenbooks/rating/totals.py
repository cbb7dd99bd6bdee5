"""Totals: quantities per step of time, rating key, allocation and scope.

This is where bulk ends: the rows of the result are few, whatever the rows of usage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.usage.keys import joined_on
from tokenbooks.usage.layout import EVENT, Layout, dimension_column

if TYPE_CHECKING:
    import duckdb

_NO_SCOPE: Mapping[str, str | None] = {}


class TotalsBy(NamedTuple):
    """The dimensions of totals: those that decide prices, accounts, and counters."""

    rating: Sequence[str]
    allocation: Sequence[str]
    scope: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Total:
    """Quantities by column (in the layout's order) of one key in one step.

    ``scope`` are the values of the dimensions by which counters are kept apart.
    """

    contract: str
    party: str
    at: datetime
    rating: int
    allocation: int
    quantities: tuple[int | Decimal, ...]
    scope: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def event(self) -> str:
        """What tells the event apart from others of its step."""
        return self.scope.get(EVENT) or ""


def put_decided(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    by: TotalsBy,
    before: datetime,
    usage: str = "usage_days",
) -> None:
    """Create ``usage_decided``: usage before an instant with its rating and allocation.

    It has the columns contract, party, "at", rating, allocation, those of the scope
    dimensions, and the layout's quantities, summed.
    """
    kept = [n for n in layout.dimensions if n in {*by.rating, *by.allocation, *by.scope}]
    columns = "".join(f", {dimension_column(name)}" for name in kept)
    scope = "".join(f", u.{dimension_column(name)}" for name in by.scope)
    sums = "".join(f", sum({column}) AS {column}" for column in layout.meter_columns)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE usage_decided AS"
        f' WITH decided AS (SELECT contract, party, "at"{columns}{sums} FROM {usage}'
        f" WHERE \"at\" < TIMESTAMP '{before}' GROUP BY ALL)"
        f' SELECT u.contract, u.party, u."at", r.id AS rating, a.id AS allocation{scope}{sums}'
        f" FROM decided u JOIN rating_keys r ON {joined_on('u', 'r', by.rating)}"
        f" JOIN allocation_keys a ON {joined_on('u', 'a', by.allocation)} GROUP BY ALL"
    )


def usage_totals(
    connection: duckdb.DuckDBPyConnection, layout: Layout, scope: Sequence[str]
) -> Iterator[Total]:
    """Totals of ``usage_decided`` by contract, party and time; ``scope`` as far as told apart."""
    columns = "".join(f", {dimension_column(name)}" for name in scope)
    totals = "".join(f", sum({column})" for column in layout.meter_columns)
    rows = connection.execute(
        f'SELECT contract, party, "at", rating, allocation{columns}{totals} FROM usage_decided'
        " GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    first = 5 + len(scope)
    for row in rows:
        values = dict(zip(scope, row[5:first], strict=True)) if scope else _NO_SCOPE
        contract, party, at, rating, allocation = row[:5]
        quantities = tuple(q or 0 for q in row[first:])
        yield Total(contract, party, at, rating, allocation, quantities, values)
