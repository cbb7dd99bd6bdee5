"""Keys: the distinct values of the dimensions on which a decision depends.

Usage rows never become Python objects. Python decides per key (which rate, which
account), and puts the decision back beside the key, so that SQL can join it::

    contract VARCHAR, "d_NAME"..., starts TIMESTAMP, until TIMESTAMP, id INTEGER

A key holds from ``starts`` (inclusive) to ``until`` (exclusive): where a decision can
change at an instant, usage on both sides of it has two keys.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from tokenbooks.usage.layout import dimension_column

if TYPE_CHECKING:
    import duckdb

#: Beyond all usage; DuckDB and Python both hold it.
END_OF_TIME = datetime(9999, 1, 1)
START_OF_TIME = datetime(1, 1, 1)


@dataclass(frozen=True, slots=True)
class Key:
    """Distinct values of some dimensions in a contract, over a stretch of time.

    ``at`` is an instant of usage in the stretch at which the decision is taken.
    """

    contract: str
    values: Mapping[str, str]
    starts: datetime
    until: datetime
    at: datetime


def distinct_keys(
    connection: duckdb.DuckDBPyConnection,
    dimensions: Sequence[str],
    cuts: Sequence[datetime] | Mapping[str, Sequence[datetime]],
) -> list[Key]:
    """The keys that occur in ``usage_days``, cut at the given instants.

    ``cuts`` are the same for all contracts, or a list for each. Ordered by contract,
    values and time.
    """
    columns = ", ".join(["contract", *map(dimension_column, dimensions)])
    rows = connection.execute(
        f'SELECT {columns}, min("at"), max("at") FROM usage_days GROUP BY ALL ORDER BY ALL'
    ).fetchall()
    keys: list[Key] = []
    for contract, *cells, first, last in rows:
        own = cuts.get(contract, ()) if isinstance(cuts, Mapping) else cuts
        values = {n: v for n, v in zip(dimensions, cells, strict=True) if v is not None}
        keys.extend(
            Key(contract, values, starts, until, max(starts, first))
            for starts, until in _stretches(first, last, own)
        )
    return keys


def put_keys(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    dimensions: Sequence[str],
    decided: Iterable[tuple[Key, int]],
) -> None:
    """Create a table of decided keys, to be joined with ``joined_on``."""
    columns: list[list[object]] = [[] for _ in range(len(dimensions) + 4)]
    for key, identity in decided:
        cells = [key.values.get(name) for name in dimensions]
        for column, cell in zip(
            columns, [key.contract, *cells, key.starts, key.until, identity], strict=True
        ):
            column.append(cell)
    names = ["contract", *map(dimension_column, dimensions), "starts", "until", "id"]
    types = ["VARCHAR"] * (len(dimensions) + 1) + ["TIMESTAMP", "TIMESTAMP", "INTEGER"]
    picked = ", ".join(
        f"unnest(?::{kind}[]) AS {name}" for name, kind in zip(names, types, strict=True)
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT {picked}", columns)


def joined_on(usage: str, keys: str, dimensions: Sequence[str]) -> str:
    """The condition that joins usage with a table of keys."""
    equal = "".join(
        f" AND {usage}.{column} IS NOT DISTINCT FROM {keys}.{column}"
        for column in map(dimension_column, dimensions)
    )
    return (
        f"{usage}.contract = {keys}.contract{equal}"
        f' AND {usage}."at" >= {keys}.starts AND {usage}."at" < {keys}.until'
    )


def _stretches(
    first: datetime, last: datetime, cuts: Sequence[datetime]
) -> list[tuple[datetime, datetime]]:
    inside = cuts[bisect_right(cuts, first) : bisect_right(cuts, last)]
    bounds = [START_OF_TIME, *inside, END_OF_TIME]
    return list(pairwise(bounds))
