"""Whether the buckets of two downloads are cut alike: only then one can replace the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tokenbooks.problems import Position, Problem, error
from tokenbooks.usage.accounting import FileAccount

if TYPE_CHECKING:
    import duckdb

#: A bucket at least as long is a day; days with a change of the clock have 23 hours.
_DAY = "INTERVAL 23 HOUR"

#: A bucket that lasts longer is a range of several days.
_LONGEST_DAY = "INTERVAL 26 HOUR"


def width_problems(
    connection: duckdb.DuckDBPyConnection, group: Sequence[FileAccount]
) -> list[Problem]:
    """Why files of a group cannot replace each other, by the temporary table ``buckets``.

    Problems ``overlap-widths``: buckets of one day with different widths, days of two zones,
    ranges of days that overlap.
    """
    by_file = {account.file: account for account in group}
    rows = connection.execute(
        "SELECT min(file), max(file), bucket::DATE AS day FROM"
        " (SELECT file, bucket, bucket_end - bucket AS width FROM buckets"
        f"  WHERE used AND bucket_end - bucket <= {_LONGEST_DAY}"
        f"  AND file IN ({', '.join(map(str, by_file))}))"
        " GROUP BY day HAVING count(DISTINCT width) > 1 AND count(DISTINCT file) > 1"
        " ORDER BY day LIMIT 1"
    ).fetchall()
    problems = []
    for first, second, day in rows:
        message = (
            f"its buckets of {day} are not as long as those of {by_file[first].shown},"
            " so that neither file can replace the other"
        )
        help = "download both with the same bucket width, or take one of them away"
        problems.append(error("overlap-widths", message, help, Position(by_file[second].shown)))
    return problems or _zone_problems(connection, by_file) or _range_problems(connection, by_file)


def _range_problems(
    connection: duckdb.DuckDBPyConnection, by_file: Mapping[int, FileAccount]
) -> list[Problem]:
    """Rows of several days in one file that overlap others in another, without being there too."""
    files = f"({', '.join(map(str, by_file))})"
    rows = connection.execute(
        "SELECT a.file, b.file, a.bucket::DATE, (a.bucket_end - INTERVAL 1 MICROSECOND)::DATE"
        " FROM buckets a JOIN buckets b ON a.file <> b.file AND a.bucket < b.bucket_end"
        f" AND b.bucket < a.bucket_end WHERE a.used AND b.used AND a.file IN {files}"
        f" AND b.file IN {files} AND (a.bucket_end - a.bucket > {_LONGEST_DAY}"
        f" OR b.bucket_end - b.bucket > {_LONGEST_DAY}) AND NOT EXISTS (SELECT 1 FROM buckets c"
        " WHERE c.file = b.file AND c.bucket = a.bucket AND c.bucket_end = a.bucket_end)"
        " ORDER BY ALL LIMIT 1"
    ).fetchall()
    problems = []
    for first, second, start, end in rows:
        message = (
            f"its rows from {start} to {end} overlap others in {by_file[second].shown},"
            " so that neither file can replace the other"
        )
        help = (
            "take the older download away; of two invoices that are both right, give each a"
            " source of its own with another `scope:`"
        )
        problems.append(error("overlap-widths", message, help, Position(by_file[first].shown)))
    return problems


def _zone_problems(
    connection: duckdb.DuckDBPyConnection, by_file: Mapping[int, FileAccount]
) -> list[Problem]:
    """Files that both have a day, but of two zones: it would count twice."""
    rows = connection.execute(
        "SELECT a.file, b.file, min(a.day) FROM buckets a JOIN buckets b"
        " ON a.file < b.file AND a.day = b.day AND a.bucket <> b.bucket"
        f" WHERE a.used AND b.used AND a.bucket_end - a.bucket >= {_DAY}"
        f" AND b.bucket_end - b.bucket >= {_DAY}"
        f" AND a.file IN ({', '.join(map(str, by_file))}) AND b.file IN"
        f" ({', '.join(map(str, by_file))}) GROUP BY ALL ORDER BY ALL LIMIT 1"
    ).fetchall()
    problems = []
    for first, second, day in rows:
        message = f"its {day} begins at another hour than that of {by_file[first].shown}"
        help = "download both with the days of the same time zone, or take one of them away"
        problems.append(error("overlap-widths", message, help, Position(by_file[second].shown)))
    return problems
