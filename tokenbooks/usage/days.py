"""From what files say to what counts: ``usage_days``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tokenbooks.usage.layout import USED, Layout

if TYPE_CHECKING:
    import duckdb


def build_days(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    contracts_of_files: Mapping[int, str],
    name: str = "usage_days",
) -> None:
    """Create the view ``usage_days`` of the used rows of ``usage_read``, summed over files.

    ``contracts_of_files`` names the contract of each file by its index. Rows that are
    summed already are not copied: there can be a million of them.
    """
    dimensions = "".join(f", {column}" for column in layout.dimension_columns)
    sums = "".join(f", sum({column}) AS {column}" for column in layout.meter_columns)
    plain = "".join(f", {column}" for column in layout.meter_columns)
    empty = f'party, "at"{dimensions}{plain}, rows FROM usage_read WHERE false'
    parts = [f"SELECT NULL::VARCHAR AS contract, {empty}"]
    for number, contract in enumerate(sorted(set(contracts_of_files.values()))):
        files = sorted(f for f, owner in contracts_of_files.items() if owner == contract)
        literal = "'" + contract.replace("'", "''") + "'"
        head = f'SELECT {literal} AS contract, party, "at"{dimensions}'
        source = (
            f"FROM usage_read WHERE verdict = {USED} AND file IN ({', '.join(map(str, files))})"
        )
        if _is_summed(connection, files):
            parts.append(f"{head}{plain}, rows {source}")
            continue
        query = f'{head}{sums}, sum(rows)::BIGINT AS rows {source} GROUP BY party, "at"{dimensions}'
        connection.execute(f"CREATE OR REPLACE TABLE usage_summed_{number} AS {query}")
        parts.append(f"SELECT * FROM usage_summed_{number}")
    connection.execute(f"CREATE OR REPLACE VIEW {name} AS {' UNION ALL '.join(parts)}")


def _is_summed(connection: duckdb.DuckDBPyConnection, files: list[int]) -> bool:
    """Whether the rows are one per step and key already: one file, and of events."""
    if len(files) != 1:
        return False
    (buckets,) = connection.execute(
        "SELECT count(bucket) FROM usage_read WHERE file = ?", files
    ).fetchall()[0]
    return not buckets
