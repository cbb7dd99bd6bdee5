"""Rows of credits that a close saw in a table, and that table for those who compute.

The manifest of a close lists the rows that were read one by one. Rows that are in a table
(``facts.CreditRows``) are too many for it: ``state/credit_rows`` has the digests of those that
no earlier close saw there, as numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tokenbooks.archive.usage_tables import MOST_CSV_ROWS
from tokenbooks.facts import CreditRows
from tokenbooks.periods import Period

if TYPE_CHECKING:
    import duckdb

ROWS = "credit_rows"


def put_credit_rows(connection: duckdb.DuckDBPyConnection, rows: CreditRows | None) -> None:
    """Make the rows of a run's table known as ``credit_rows``; of a close those that it saw."""
    if rows is None:
        return
    which = ""
    if rows.seen_in is not None:
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE credit_rows_seen AS"
            f" SELECT unnest(?::UBIGINT[]) AS digest{_union(map(Path, rows.seen_in))}",
            [_numbers(rows.seen)],
        )
        which = " WHERE digest IN (SELECT digest FROM credit_rows_seen)"
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW credit_rows AS"
        f" SELECT * FROM {_parquet(Path(rows.table))}{which}"
    )


def digests_seen(
    connection: duckdb.DuckDBPyConnection, states: Sequence[Path], digests: Iterable[str]
) -> set[str]:
    """Those of some digests that closes saw in a table."""
    known = _union(states).removeprefix(" UNION ALL ")
    if not known:
        return set()
    rows = connection.execute(
        f"SELECT DISTINCT digest FROM ({known}) WHERE digest IN (SELECT unnest(?::UBIGINT[]))",
        [_numbers(digests)],
    ).fetchall()
    return {f"{digest:016x}" for (digest,) in rows}


def _numbers(digests: Iterable[str]) -> list[int]:
    return [int(digest, 16) for digest in digests]


def write_credit_rows(
    connection: duckdb.DuckDBPyConnection, period: Period, states: Sequence[Path], state: Path
) -> None:
    """Write the digests of rows up to a period's end that no earlier close saw in its table."""
    known = _union(states).removeprefix(" UNION ALL ")
    without = f" AND digest NOT IN ({known})" if known else ""
    query = f"SELECT digest FROM credit_rows WHERE day < DATE '{period.end}'{without}"
    ((count,),) = connection.execute(f"SELECT count(*) FROM ({query})").fetchall()
    suffix, options = "csv", "FORMAT CSV, HEADER"
    if count > MOST_CSV_ROWS:
        suffix, options = "parquet", "FORMAT PARQUET"
    target = _quoted(state / f"{ROWS}.{suffix}")
    connection.execute(f"COPY ({query} ORDER BY digest) TO '{target}' ({options})")


def _union(states: Iterable[Path]) -> str:
    """The digests of all tables of some states, each after UNION ALL."""
    found = []
    for state in states:
        parquet, table = state / f"{ROWS}.parquet", state / f"{ROWS}.csv"
        if parquet.exists():
            found.append(_parquet(parquet))
        elif table.exists():
            columns = "columns={'digest': 'UBIGINT'}"
            found.append(f"read_csv('{_quoted(table)}', header=true, {columns})")
    return "".join(f" UNION ALL SELECT digest FROM {scan}" for scan in found)


def _parquet(path: Path) -> str:
    return f"read_parquet('{_quoted(path)}')"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
