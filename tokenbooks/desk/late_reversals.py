"""Actions that are taken back too late: the plan allows it for some time, and no longer.

A row that takes an action back names its id. Both stand in files in the plain format, which
are looked at here side by side; what the files sum up to says nothing of single rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tokenbooks.book import Contract
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.periods import Period
from tokenbooks.problems import Position, Problem, error
from tokenbooks.rating.credit_terms import Length
from tokenbooks.sources.files import matching_files
from tokenbooks.usage.layout import sql_text

if TYPE_CHECKING:
    import duckdb

_NEEDED = {"id", "reverses"}
_DAYS = ("date", "timestamp")


def late_reversals(
    connection: duckdb.DuckDBPyConnection, book: OpenBook, period: Period
) -> Iterator[Problem]:
    """``action-reversed-late``: rows of a period that take back what was done too long before."""
    for contract in book.facts.book.contracts.values():
        actions = book.facts.plan_of(contract).actions if contract.sells else {}
        allowed = [action.reversal for action in actions.values() if action.reversal]
        if len(allowed) == len(actions) == 1:
            yield from _late(connection, book, contract, allowed[0], period)


def _late(
    connection: duckdb.DuckDBPyConnection,
    book: OpenBook,
    contract: Contract,
    allowed: Length,
    period: Period,
) -> Iterator[Problem]:
    files = [
        path for source in contract.usage for path in matching_files(book.folder, source.files)
    ]
    selects = [select for path in files if (select := _rows_of(path))]
    if not selects:
        return
    rows = connection.execute(
        f"WITH rows AS ({' UNION ALL '.join(selects)})"
        " SELECT r.file, r.id, r.day, o.day FROM rows r JOIN rows o ON r.reverses = o.id"
        " WHERE r.reverses <> '' ORDER BY ALL"
    ).fetchall()
    late = [row for row in rows if row[2] in period and row[2] > _last_day(row[3], allowed)]
    for file in dict.fromkeys(row[0] for row in late):
        own = [row for row in late if row[0] == file]
        _, name, day, done = own[0]
        more = f", and {len(own) - 1} more" if len(own) > 1 else ""
        place = book.place(Path(file).relative_to(book.folder.resolve()).as_posix())
        yield error(
            "action-reversed-late",
            f"{name} takes back on {day} what was done on {done}{more}: the plan of {contract.id}"
            f" allows it for {allowed}",
            "take the rows away, and write a credit note if the customer gets the money all the"
            " same; or correct `reversal` in the plan",
            Position(place),
        )


def _last_day(done: date, allowed: Length) -> date:
    return allowed.after(datetime(done.year, done.month, done.day)).date()


def _rows_of(path: Path) -> str:
    """SQL of the rows of a plain CSV file that has ids; '' for any other file."""
    if path.suffix != ".csv":
        return ""
    with path.open(encoding="utf-8-sig", errors="replace") as stream:
        names = [name.strip() for name in stream.readline().split(",")]
    day = next((name for name in _DAYS if name in names), None)
    if day is None or not set(names) >= _NEEDED:
        return ""
    source = sql_text(path.resolve().as_posix())
    return (
        f"SELECT {source} AS file, id, coalesce(reverses, '') AS reverses,"
        f" TRY_CAST({day}[:10] AS DATE) AS day FROM read_csv({source}, header = true,"
        " delim = ',', quote = '\"', escape = '\"', all_varchar = true)"
    )
