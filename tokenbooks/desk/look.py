"""Looking at a book without closing it: usage and credits at any time, from all its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tokenbooks.close.close_period import LotState, lot_states
from tokenbooks.close.compute import Computed, compute
from tokenbooks.close.warnings import close_warnings, unpriced_problems
from tokenbooks.desk.close import charge_table
from tokenbooks.desk.gather import gather_usage
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

    ``contracts`` are those of the files in ``usage_read``, by index.
    """

    connection: duckdb.DuckDBPyConnection
    layout: Layout
    scales: ChargeScales
    computed: Computed
    contracts: Mapping[int, str]


def look_at_usage(book: OpenBook, until: date = _END) -> tuple[LookedAt | None, list[Problem]]:
    """Rate all usage of a book before a day; unpriced usage is an error beside the result."""
    period = Period(book.facts.book.start.start, until)
    gathered, problems = gather_usage(connect(), book, period, [])
    if gathered is None:
        return None, problems
    computed, found = compute(
        gathered.connection, book.facts, gathered.layout, gathered.daily, period, {}
    )
    problems += found
    problems += unpriced_problems(book.facts, computed.rated.charges.unpriced)
    problems += close_warnings(book.facts, computed, period)
    scales, found = charge_table(gathered.connection, computed)
    problems += found
    if scales is None:
        return None, problems
    contracts = {account.file: account.contract for account in gathered.accounts}
    looked = LookedAt(gathered.connection, gathered.layout, scales, computed, contracts)
    return looked, problems


def look_at_credits(
    book: OpenBook, day: date
) -> tuple[tuple[Computed, Mapping[str, LotState]] | None, list[Problem]]:
    """The lots of a book at the end of a day."""
    looked, problems = look_at_usage(book, day + timedelta(days=1))
    if looked is None:
        return None, problems
    period = Period(book.facts.book.start.start, day + timedelta(days=1))
    return (looked.computed, lot_states(looked.computed, period)), problems


def look_at_files(book: OpenBook) -> tuple[tuple[FileAccount, ...], list[Problem]]:
    """What became of the rows of every usage file and statement of a book."""
    period = Period(book.facts.book.start.start, _END)
    gathered, problems = gather_usage(connect(), book, period, [], statements=True)
    return (gathered.accounts if gathered else ()), problems
