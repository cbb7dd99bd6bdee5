"""From what files say to what counts: ``usage_days``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tokenbooks.usage.layout import (
    USED,
    Layout,
    dimension_column,
    is_derived,
    last_value,
    meter_column,
    since_column,
    sql_text,
)

if TYPE_CHECKING:
    import duckdb


def build_days(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    contracts_of_files: Mapping[int, str],
    name: str = "usage_days",
    levels: Mapping[str, frozenset[str]] | None = None,
) -> None:
    """Create the view ``usage_days`` of the used rows of ``usage_read``, summed over files.

    ``contracts_of_files`` names the contract of each file by its index. Rows that are
    summed already are not copied: there can be a million of them. ``levels`` are the
    meters of each contract that do not add up: the last value of a step counts.
    """
    dimensions = "".join(f", {column}" for column in layout.dimension_columns)
    plain = "".join(f", {column}" for column in layout.meter_columns)
    empty = f'party, "at"{dimensions}{plain}, rows FROM usage_read WHERE false'
    parts = [f"SELECT NULL::VARCHAR AS contract, {empty}"]
    for number, contract in enumerate(sorted(set(contracts_of_files.values()))):
        files = sorted(f for f, owner in contracts_of_files.items() if owner == contract)
        head = f'SELECT {sql_text(contract)} AS contract, party, "at"{dimensions}'
        source = (
            f"FROM usage_read WHERE verdict = {USED} AND file IN ({', '.join(map(str, files))})"
        )
        own = (levels or {}).get(contract, frozenset()) & set(layout.level_meters)
        if not own and _is_summed(connection, files):
            parts.append(f"{head}{plain}, rows {source}")
            continue
        sums = _sums(layout, own)
        query = f'{head}{sums}, sum(rows)::BIGINT AS rows {source} GROUP BY party, "at"{dimensions}'
        if own and any(map(is_derived, layout.dimensions)):
            query = _with_levels_once(layout, own, query)
        connection.execute(f"CREATE OR REPLACE TABLE usage_summed_{number} AS {query}")
        parts.append(f"SELECT * FROM usage_summed_{number}")
    connection.execute(f"CREATE OR REPLACE VIEW {name} AS {' UNION ALL '.join(parts)}")


def _sums(layout: Layout, levels: frozenset[str]) -> str:
    columns = zip(layout.meters, layout.meter_columns, strict=True)
    sums = "".join(
        f", {last_value(column, since_column(name))} AS {column}"
        if name in levels
        else f", sum({column}) AS {column}"
        for name, column in columns
    )
    derived = levels and any(map(is_derived, layout.dimensions))
    since = (f", max({column}) AS {column}" for column in map(since_column, sorted(levels)))
    return sums + ("".join(since) if derived else "")


def _with_levels_once(layout: Layout, levels: frozenset[str], summed: str) -> str:
    """Of rows that only derived dimensions tell apart, the one with the last value keeps it."""
    holding = [dimension_column(name) for name in layout.dimensions if not is_derived(name)]
    derived = [dimension_column(name) for name in layout.dimensions if is_derived(name)]
    together = ", ".join(["party", '"at"', *holding])
    kept = []
    for name in layout.meters:
        column, since = meter_column(name), since_column(name)
        last = ", ".join([f"{since} DESC NULLS LAST", f"{column} DESC NULLS LAST", *derived])
        first = f"row_number() OVER (PARTITION BY {together} ORDER BY {last}) = 1"
        kept.append(
            f"CASE WHEN {first} THEN {column} END AS {column}" if name in levels else column
        )
    columns = ["contract", "party", '"at"', *layout.dimension_columns, *kept, "rows"]
    return f"SELECT {', '.join(columns)} FROM ({summed})"


def _is_summed(connection: duckdb.DuckDBPyConnection, files: list[int]) -> bool:
    """Whether the rows are one per step and key already: one file, and of events."""
    if len(files) != 1:
        return False
    (buckets,) = connection.execute(
        "SELECT count(bucket) FROM usage_read WHERE file = ?", files
    ).fetchall()[0]
    return not buckets
