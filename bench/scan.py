"""The yardsticks of reading: DuckDB scans a file with typed columns, and checks nothing.

Run as ``python bench/scan.py ORDER``, an order in JSON: ``file``, ``columns`` (names and
types), ``used`` (the columns that tokenbooks reads), ``keys`` and ``day`` (by which to sum),
``options`` of ``read_csv``. Every value of the columns is parsed: numbers are summed, of times
the last is taken, texts are counted. Prints seconds of wall clock and of processors, for the
scan of the columns used, for that of all columns, and for the sums of the columns used by day
and keys, and the number of rows; starting Python and DuckDB is not in them.
"""

import json
import sys
import time
from collections.abc import Iterable

import duckdb

order = json.loads(sys.argv[1])


def quoted(name: str) -> str:
    """A column in SQL."""
    return '"' + name.replace('"', '""') + '"'


def touched(name: str) -> str:
    """The aggregate that needs every value of a column."""
    kind = order["columns"][name]
    if kind == "VARCHAR":
        return f"count({quoted(name)})"
    return f"{'max' if kind.startswith(('DATE', 'TIMESTAMP')) else 'sum'}({quoted(name)})"


def day() -> str:
    """The day of a row."""
    kind = order["columns"][order["day"]]
    column = quoted(order["day"])
    return f"make_timestamp({column} * 1000000)::DATE" if kind == "BIGINT" else f"{column}::DATE"


def scan_of(names: Iterable[str]) -> str:
    """The query that parses every value of some columns."""
    values = ", ".join(f"{touched(name)} AS v{n}" for n, name in enumerate(names))
    return f"CREATE OR REPLACE TABLE scanned AS SELECT count(*) AS rows, {values} {source}"


def timed(query: str) -> tuple[float, float]:
    """Runs a query; seconds of wall clock and of processors."""
    connection.execute(query, [order["small"], order["columns"]])
    wall, busy = time.perf_counter(), time.process_time()
    connection.execute(query, [order["file"], order["columns"]])
    return time.perf_counter() - wall, time.process_time() - busy


connection = duckdb.connect()
connection.execute("SET enable_progress_bar = false")
connection.execute("SET TimeZone = 'UTC'")
source = (
    "FROM read_csv($1, columns = $2, header = true, delim = ',', quote = '\"', escape = '\"',"
    f" auto_detect = false{order['options']})"
)
grouped = [day(), *map(quoted, order["keys"])]
summed = [touched(name) for name in order["used"] if name not in {order["day"], *order["keys"]}]
scan, whole = timed(scan_of(order["used"])), timed(scan_of(order["columns"]))
columns = [*(f"{sql} AS k{n}" for n, sql in enumerate(grouped)), "count(*) AS rows"]
columns += [f"{sql} AS v{n}" for n, sql in enumerate(summed)]
sums = timed(f"CREATE OR REPLACE TABLE summed AS SELECT {', '.join(columns)} {source} GROUP BY ALL")
(rows,) = connection.execute("SELECT rows FROM scanned").fetchall()[0]
print(*scan, *whole, *sums, rows)
