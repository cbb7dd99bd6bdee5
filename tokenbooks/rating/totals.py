"""Totals: quantities per step of time, rating key and allocation.

This is where bulk ends: the rows of the result are few, whatever the rows of usage.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from tokenbooks.usage.keys import joined_on
from tokenbooks.usage.layout import Layout, dimension_column

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class Total:
    """Quantities by meter (in the layout's order) of one key in one step."""

    contract: str
    party: str
    at: datetime
    rating: int
    allocation: int
    quantities: tuple[int | Decimal, ...]


def usage_totals(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    rating_dimensions: Sequence[str],
    allocation_dimensions: Sequence[str],
    before: datetime,
) -> Iterator[Total]:
    """Totals of all usage before an instant, by contract, party and time."""
    kept = [n for n in layout.dimensions if n in {*rating_dimensions, *allocation_dimensions}]
    columns = "".join(f", {dimension_column(name)}" for name in kept)
    sums = "".join(f", sum({column}) AS {column}" for column in layout.meter_columns)
    totals = "".join(f", sum({column})" for column in layout.meter_columns)
    rows = connection.execute(
        f'WITH decided AS (SELECT contract, party, "at"{columns}{sums} FROM usage_days'
        f' WHERE "at" < ? GROUP BY ALL)'
        f' SELECT u.contract, u.party, u."at", r.id, a.id{totals} FROM decided u'
        f" JOIN rating_keys r ON {joined_on('u', 'r', rating_dimensions)}"
        f" JOIN allocation_keys a ON {joined_on('u', 'a', allocation_dimensions)}"
        " GROUP BY ALL ORDER BY ALL",
        [before],
    ).fetchall()
    for contract, party, at, rating, allocation, *quantities in rows:
        yield Total(contract, party, at, rating, allocation, tuple(q or 0 for q in quantities))
