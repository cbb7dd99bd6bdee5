"""From what files say to what counts: ``usage_days``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tokenbooks.usage.layout import USED, Layout, usage_days_sql

if TYPE_CHECKING:
    import duckdb


def build_days(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    contracts_of_files: Mapping[int, str],
) -> None:
    """Create ``usage_days`` from the used rows of ``usage_read``, summed over files.

    ``contracts_of_files`` names the contract of each file by its index.
    """
    connection.execute(usage_days_sql(layout))
    dimensions = "".join(f", {column}" for column in layout.dimension_columns)
    sums = "".join(f", sum({column})" for column in layout.meter_columns)
    plain = "".join(f", {column}" for column in layout.meter_columns)
    for contract in sorted(set(contracts_of_files.values())):
        files = sorted(f for f, owner in contracts_of_files.items() if owner == contract)
        listed = ", ".join(map(str, files))
        head = f'SELECT ?, party, "at"{dimensions}'
        source = f"FROM usage_read WHERE verdict = {USED} AND file IN ({listed})"
        if _is_summed(connection, files):
            query = f"{head}{plain}, rows {source}"
        else:
            query = f'{head}{sums}, sum(rows) {source} GROUP BY party, "at"{dimensions}'
        connection.execute(f"INSERT INTO usage_days {query}", [contract])


def _is_summed(connection: duckdb.DuckDBPyConnection, files: list[int]) -> bool:
    """Whether the rows are one per step and key already: one file, and of events."""
    if len(files) != 1:
        return False
    (buckets,) = connection.execute(
        "SELECT count(bucket) FROM usage_read WHERE file = ?", files
    ).fetchall()[0]
    return not buckets
