"""Files whose rows add up, but which say the same of whole days: most likely one download twice.

Formats without ids and without buckets have nothing that tells a row read twice from two
rows that are alike. Where all that one file says of a day stands in another file too, to
the last unit, a person should look.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from tokenbooks.problems import Position, Problem, warning
from tokenbooks.usage.accounting import USAGE, FileAccount
from tokenbooks.usage.layout import USED, Layout, dimension_column

if TYPE_CHECKING:
    import duckdb

#: So many sums must agree: a single small one can do so by chance.
_FEWEST_SUMS = 3


def same_days(
    connection: duckdb.DuckDBPyConnection, layout: Layout, accounts: Sequence[FileAccount]
) -> list[Problem]:
    """Warnings ``overlap-rows`` about files of one contract and format that add up."""
    adding = sorted(
        (a for a in accounts if a.adds_up and a.used), key=lambda a: (*_group(a), a.file)
    )
    problems = []
    for (kind, *_), members in groupby(adding, key=_group):
        group = {account.file: account for account in members}
        for first, second, days, sums in _same(connection, layout, kind, list(group)):
            if sums >= _FEWEST_SUMS:
                problems.append(_told(group[first], group[second], days))
    return problems


def _group(account: FileAccount) -> tuple[str, str, str]:
    return (account.kind, account.contract, account.format)


def _told(first: FileAccount, second: FileAccount, days: int) -> Problem:
    what = "1 day" if days == 1 else f"{days} days"
    message = f"it says the same of {what} as {first.shown}, and both count"
    help = "take one of the two away, or give the rows an `id`, by which equal ones count once"
    return warning("overlap-rows", message, help, Position(second.shown))


def _same(
    connection: duckdb.DuckDBPyConnection, layout: Layout, kind: str, files: Sequence[int]
) -> list[tuple[int, int, int, int]]:
    """Pairs of files, the days on which all sums of one are the other's too, and how many."""
    table, keys, meters = _columns(connection, layout, kind)
    if len(files) < 2 or not meters:
        return []
    columns = ", ".join(keys)
    sums = ", ".join(f"sum({column}) AS {column}" for column in meters)
    something = " OR ".join(f"sum({column}) <> 0" for column in meters)
    equal = " AND ".join(f"a.{column} IS NOT DISTINCT FROM b.{column}" for column in keys)
    equal += "".join(f" AND a.{column} = b.{column}" for column in meters)
    return connection.execute(
        f'WITH days AS (SELECT file, "at"::DATE AS day, {columns}, {sums} FROM {table}'
        f" WHERE verdict = {USED} AND file IN ({', '.join(map(str, files))})"
        f" GROUP BY file, day, {columns} HAVING {something}),"
        " sizes AS (SELECT file, day, count(*) AS size FROM days GROUP BY file, day),"
        " pairs AS (SELECT a.file AS first, b.file AS second, a.day, count(*) AS same"
        f" FROM days a JOIN days b ON a.file < b.file AND a.day = b.day AND {equal}"
        " GROUP BY ALL)"
        " SELECT first, second, count(*), sum(same)::BIGINT FROM pairs"
        " JOIN sizes s ON s.file = first AND s.day = pairs.day"
        " JOIN sizes t ON t.file = second AND t.day = pairs.day"
        " WHERE same = least(s.size, t.size) GROUP BY first, second ORDER BY first, second"
    ).fetchall()


def _columns(
    connection: duckdb.DuckDBPyConnection, layout: Layout, kind: str
) -> tuple[str, list[str], list[str]]:
    """The table of usage or of statements, its columns of keys, and those of sums."""
    if kind == USAGE:
        named = zip(layout.meters, layout.meter_columns, strict=True)
        meters = [column for name, column in named if name not in layout.levels]
        return "usage_read", ["party", *layout.dimension_columns], meters
    stated = connection.execute("SELECT * FROM stated_read LIMIT 0").description or ()
    names = [column[0] for column in stated]
    dimensions = [dimension_column(name[2:]) for name in names if name.startswith("d_")]
    return "stated_read", [*dimensions, "currency", "meaning"], ["amount"]
