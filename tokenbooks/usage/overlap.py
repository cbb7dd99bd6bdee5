"""Overlapping downloads: a later one replaces an earlier one, whole bucket by whole bucket.

Rows of one bucket can share all their dimensions and stand in any order, so that they
cannot be merged row by row. Within contract, format and declared scope the later file
is the one whose last non-empty bucket reaches further, then the one with the higher
download number; never the one with the later modification time, so that the same files
give the same books on any machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tokenbooks.problems import Position, Problem, error
from tokenbooks.usage.accounting import NOT_OWED_ROWS, STATEMENT, USAGE, FileAccount
from tokenbooks.usage.bucket_widths import width_problems
from tokenbooks.usage.downloads import parse_download
from tokenbooks.usage.layout import NOT_OWED, REPLACED, SKIPPED, USED, Layout, dimension_column
from tokenbooks.usage.stated import stated_amounts, with_amounts

if TYPE_CHECKING:
    import duckdb


#: Verdicts of rows that count: used, or kept as usage that is nobody's expense.
_COUNTED = f"{USED}, {NOT_OWED}"


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of read files: its name, the columns of its keys and of its measures."""

    name: str
    keys: tuple[str, ...]
    measures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two files that share buckets; ``certain`` if it is known that ``later`` is later."""

    earlier: FileAccount
    later: FileAccount
    certain: bool


def resolve_overlaps(
    connection: duckdb.DuckDBPyConnection, layout: Layout, accounts: Sequence[FileAccount]
) -> tuple[tuple[FileAccount, ...], list[Problem]]:
    """Mark the rows that later downloads replace; the accounts of the files after it.

    Works on ``usage_read`` and ``stated_read``. Problems: ``overlap-shrinks`` (the later
    file lacks a key that the earlier one has in a bucket), ``overlap-ambiguous`` (neither
    is later, and they differ) and ``overlap-widths`` (daily buckets in one file, shorter
    ones in the other, or days of another zone).
    """
    resolved = tuple(accounts)
    problems: list[Problem] = []
    if groups := _overlapping(accounts, USAGE):
        keys = ("party", *layout.dimension_columns)
        table = _Table("usage_read", keys, layout.meter_columns)
        resolved, found = _replace(connection, table, groups, resolved)
        problems += found
    if groups := _overlapping(accounts, STATEMENT):
        keys = (*_stated_dimensions(connection), "currency")
        table = _Table("stated_read", keys, ("amount", "list_amount"))
        resolved, found = _replace(connection, table, groups, resolved)
        problems += found
    return resolved, problems


def _overlapping(accounts: Sequence[FileAccount], kind: str) -> list[list[FileAccount]]:
    """The files that may replace each other, by contract, format and declared scope."""
    groups: dict[Any, list[FileAccount]] = {}
    for account in accounts:
        if account.replaces and account.kind == kind:
            key = (account.contract, account.format, account.scope)
            groups.setdefault(key, []).append(account)
    return [group for group in groups.values() if len(group) > 1]


def _stated_dimensions(connection: duckdb.DuckDBPyConnection) -> list[str]:
    columns = connection.execute("SELECT * FROM stated_read LIMIT 0").description or ()
    names = [column[0] for column in columns]
    return [dimension_column(name[2:]) for name in names if name.startswith("d_")]


def _replace(
    connection: duckdb.DuckDBPyConnection,
    table: _Table,
    groups: Sequence[Sequence[FileAccount]],
    accounts: Sequence[FileAccount],
) -> tuple[tuple[FileAccount, ...], list[Problem]]:
    problems: list[Problem] = []
    _create_buckets(connection, table, [account for group in groups for account in group])
    for group in groups:
        widths = width_problems(connection, group)
        problems.extend(widths)
        for pair in [] if widths else _pairs(connection, group):
            problems.extend(_judge(connection, table, pair))
    return _updated(connection, table, accounts), problems


def _create_buckets(
    connection: duckdb.DuckDBPyConnection, table: _Table, accounts: Sequence[FileAccount]
) -> None:
    """The buckets of each file, whether they hold used rows, and which are replaced."""
    files = ", ".join(str(account.file) for account in accounts)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE buckets AS SELECT file, bucket, bucket_end,"
        ' min("at")::DATE AS day,'
        f" bool_or(verdict IN ({_COUNTED})) AS used, false AS replaced FROM {table.name}"
        f" WHERE file IN ({files}) AND verdict IN ({_COUNTED}, {SKIPPED}) AND bucket IS NOT NULL"
        " GROUP BY file, bucket, bucket_end"
    )


def _pairs(connection: duckdb.DuckDBPyConnection, group: Sequence[FileAccount]) -> list[_Pair]:
    """The files that share buckets, the earlier one first, in an order without circles."""
    by_file = {account.file: account for account in group}
    files = f"({', '.join(map(str, by_file))})"
    last: dict[int, datetime] = dict(
        connection.execute(
            f"SELECT file, max(bucket) FROM buckets WHERE used AND file IN {files} GROUP BY file"
        ).fetchall()
    )
    shared = connection.execute(
        "SELECT DISTINCT a.file, b.file FROM buckets a JOIN buckets b USING (bucket, bucket_end)"
        f" WHERE a.file < b.file AND a.file IN {files} AND b.file IN {files} AND (a.used OR b.used)"
        " ORDER BY ALL"
    ).fetchall()
    pairs = []
    for first, second in shared:
        one, other = by_file[first], by_file[second]
        ranks = {account.file: _rank(account, last) for account in (one, other)}
        earlier, later = (one, other) if ranks[first] < ranks[second] else (other, one)
        further = last.get(earlier.file, datetime.min) < last.get(later.file, datetime.min)
        numbered = parse_download(later.shown).is_after(parse_download(earlier.shown))
        pairs.append(_Pair(earlier, later, further or numbered))
    return pairs


def _rank(account: FileAccount, last: dict[int, datetime]) -> tuple[datetime, tuple[int, int], int]:
    """Later files rank higher; where neither is later, the first one given does."""
    numbers = parse_download(account.shown).rank
    return (last.get(account.file, datetime.min), numbers, -account.file)


def _judge(connection: duckdb.DuckDBPyConnection, table: _Table, pair: _Pair) -> list[Problem]:
    """Replace the earlier file's buckets by the later one's, unless they contradict."""
    problem = _shrinking(connection, table, pair) if pair.certain else None
    if not pair.certain:
        problem = _differing(connection, table, pair)
    connection.execute(
        "UPDATE buckets SET replaced = true FROM buckets l WHERE buckets.file = ?"
        " AND l.file = ? AND l.bucket = buckets.bucket AND l.bucket_end = buckets.bucket_end"
        " AND l.used",
        [pair.earlier.file, pair.later.file],
    )
    return [problem] if problem else []


def _shrinking(connection: duckdb.DuckDBPyConnection, table: _Table, pair: _Pair) -> Problem | None:
    """The first key of the earlier file that the later one lacks in a common bucket."""
    same = "".join(f" AND e.{column} IS NOT DISTINCT FROM l.{column}" for column in table.keys)
    rows = connection.execute(
        f"SELECT e.bucket, {', '.join(f'e.{column}' for column in table.keys)}"
        f" FROM {table.name} e JOIN buckets c ON c.file = $later AND c.bucket = e.bucket"
        " AND c.bucket_end = e.bucket_end"
        f" WHERE e.file = $earlier AND e.verdict = {USED} AND NOT EXISTS"
        f" (SELECT 1 FROM {table.name} l WHERE l.file = $later AND l.verdict = {USED}"
        f"  AND l.bucket = e.bucket AND l.bucket_end = e.bucket_end{same})"
        " ORDER BY ALL LIMIT 1",
        {"earlier": pair.earlier.file, "later": pair.later.file},
    ).fetchall()
    if not rows:
        return None
    bucket, *cells = rows[0]
    names = [column.strip('"').removeprefix("d_") for column in table.keys]
    key = ", ".join(f"{name} {cell}" for name, cell in zip(names, cells, strict=True) if cell)
    message = (
        f"the later download lacks, in the bucket of {_bucket_text(bucket)},"
        f" {key or 'usage'} that {pair.earlier.shown} has"
    )
    help = (
        "if it is filtered, declare so with `scope:` of its source;"
        " if not, delete the file that is wrong"
    )
    return error("overlap-shrinks", message, help, Position(pair.later.shown))


def _differing(connection: duckdb.DuckDBPyConnection, table: _Table, pair: _Pair) -> Problem | None:
    """The first common bucket in which two files differ, neither of which is later."""
    columns = ", ".join(("t.bucket", *(f"t.{name}" for name in (*table.keys, *table.measures))))
    content = (
        f"SELECT {columns} FROM {table.name} t JOIN buckets c ON c.bucket = t.bucket"
        " AND c.bucket_end = t.bucket_end"
        f" WHERE c.file = {{other}} AND t.file = {{file}} AND t.verdict = {USED}"
    )
    one = content.format(file=pair.earlier.file, other=pair.later.file)
    two = content.format(file=pair.later.file, other=pair.earlier.file)
    (bucket,) = connection.execute(
        f"SELECT min(bucket) FROM (({one} EXCEPT ALL {two}) UNION ALL ({two} EXCEPT ALL {one}))"
    ).fetchall()[0]
    if bucket is None:
        return None
    message = (
        f"it differs from {pair.earlier.shown} in the bucket of {_bucket_text(bucket)},"
        " and nothing says which of the two is later"
    )
    help = "delete the older download, or add -2 to the name of the newer one (before .csv)"
    return error("overlap-ambiguous", message, help, Position(pair.later.shown))


def _bucket_text(bucket: datetime) -> str:
    return (
        f"{bucket:%Y-%m-%d}" if not (bucket.hour or bucket.minute) else f"{bucket:%Y-%m-%d %H:%M}"
    )


def _updated(
    connection: duckdb.DuckDBPyConnection, table: _Table, accounts: Sequence[FileAccount]
) -> tuple[FileAccount, ...]:
    """Set the verdict of replaced rows, and count the files' rows again."""
    connection.execute(
        f"UPDATE {table.name} SET verdict = {REPLACED} FROM buckets b WHERE b.replaced"
        f" AND b.file = {table.name}.file AND b.bucket = {table.name}.bucket"
        f" AND b.bucket_end = {table.name}.bucket_end"
        f" AND {table.name}.verdict IN ({_COUNTED})"
    )
    rows = connection.execute(
        f"SELECT file, coalesce(sum(rows) FILTER (verdict = {USED}), 0)::BIGINT,"
        f" coalesce(sum(rows) FILTER (verdict = {REPLACED}), 0)::BIGINT,"
        f" coalesce(sum(rows) FILTER (verdict = {NOT_OWED}), 0)::BIGINT,"
        f' min("at") FILTER (verdict = {USED})::DATE, max("at") FILTER (verdict = {USED})::DATE'
        f" FROM {table.name}"
        " WHERE file IN (SELECT DISTINCT file FROM buckets WHERE replaced) GROUP BY file"
    ).fetchall()
    counted = {row[0]: row[1:] for row in rows}
    return tuple(
        _recounted(connection, table, account, *counted[account.file])
        if account.file in counted
        else account
        for account in accounts
    )


def _recounted(
    connection: duckdb.DuckDBPyConnection,
    table: _Table,
    account: FileAccount,
    used: int,
    replaced: int,
    not_owed: int,
    first: Any,
    last: Any,
) -> FileAccount:
    skipped = dict(account.skipped)
    if NOT_OWED_ROWS in skipped:
        skipped[NOT_OWED_ROWS] = not_owed
    counts = {reason: rows for reason, rows in skipped.items() if rows}
    again = replace(account, used=used, replaced=replaced, first_day=first, last_day=last)
    again = replace(again, skipped=counts)
    if account.stated is None:
        return again
    amounts = stated_amounts(connection, table.name, account.file)
    share = account.tolerance / account.used if account.used else account.tolerance
    return with_amounts(again, amounts, share * used)
