"""Looking at a book without closing it: usage and credits at any time, from all its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from tokenbooks.archive.credit_rows import put_credit_rows
from tokenbooks.close.compute import compute
from tokenbooks.close.computed import Computed
from tokenbooks.close.warnings import close_warnings, unpriced_problems
from tokenbooks.desk.close import charge_table
from tokenbooks.desk.gather import Gathered, gather_usage
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.periods import Period
from tokenbooks.problems import Problem
from tokenbooks.rating.charge_table import ChargeScales
from tokenbooks.sources.exports.connection import connect
from tokenbooks.usage.accounting import FileAccount
from tokenbooks.usage.layout import Layout

if TYPE_CHECKING:
    import duckdb

#: Later than any usage: a book is looked at to the end of what its files hold.
_END = date(9000, 1, 1)


@dataclass(frozen=True, slots=True)
class LookedAt:
    """Rated usage in DuckDB (table ``charges``), and what was computed from it.

    ``contracts`` are those of the files in ``usage_read``, by index; ``gathered`` tells of
    the files of a book themselves.
    """

    connection: duckdb.DuckDBPyConnection
    layout: Layout
    scales: ChargeScales
    computed: Computed
    contracts: Mapping[int, str]
    gathered: Gathered | None = None

    @property
    def daily(self) -> Mapping[str, bool]:
        """Which contracts have usage by days only."""
        return self.gathered.daily if self.gathered else {}


def look_at_usage(book: OpenBook, until: date = _END) -> tuple[LookedAt | None, list[Problem]]:
    """Rate all usage of a book before a day; unpriced usage is an error beside the result."""
    period = Period(book.facts.book.start.start, until)
    gathered, problems = gather_usage(connect(), book, period, [])
    if gathered is None:
        return None, problems
    put_credit_rows(gathered.connection, book.facts.credit_rows)
    computed, found = compute(
        gathered.connection, book.facts, gathered.layout, gathered.daily, period, {}
    )
    problems += found
    problems += unpriced_problems(book.facts, computed.rated.charges.unpriced)
    problems += close_warnings(book.facts, computed, period, _not_closed(book, period))
    scales, found = charge_table(gathered.connection, computed)
    problems += found
    if scales is None:
        return None, problems
    contracts = {account.file: account.contract for account in gathered.accounts}
    connection, layout = gathered.connection, gathered.layout
    return LookedAt(connection, layout, scales, computed, contracts, gathered), problems


def _not_closed(book: OpenBook, period: Period) -> Period:
    """The part of a period that no written close has booked."""
    closed = [month.period.end for month in book.months]
    return Period(min(max([period.start, *closed]), period.end), period.end)


def look_at_files(book: OpenBook) -> tuple[tuple[FileAccount, ...], list[Problem]]:
    """What became of the rows of every usage file and statement of a book."""
    period = Period(book.facts.book.start.start, _END)
    gathered, problems = gather_usage(connect(), book, period, [], statements=True)
    return (gathered.accounts if gathered else ()), problems
