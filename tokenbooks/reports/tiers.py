"""How far running totals have come: the band of each counter, and what terms have left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from tokenbooks.amounts import currency_places
from tokenbooks.periods import Period, start_of
from tokenbooks.rating.bulk_standings import bulk_standings
from tokenbooks.rating.rated import Rated
from tokenbooks.rating.standings import (
    CounterStanding,
    TermStanding,
    counter_standings,
    term_standings,
)
from tokenbooks.reports.explained_cells import exact_cell, plain_columns, without
from tokenbooks.reports.table import Column, Table

if TYPE_CHECKING:
    import duckdb

#: How many counters are shown: of more, those nearest to a next band.
MOST_COUNTERS = 20


def standing_tables(
    connection: duckdb.DuckDBPyConnection,
    rated: Rated,
    currency: str,
    period: Period | None = None,
) -> list[Table]:
    """The counters and the terms of plans, at the end of the last day of usage.

    That of a period where one is given. Tables without rows are left out.
    """
    last_days = _last_days(connection, period)
    counters = counter_standings(rated.charges, last_days)
    more, counted = bulk_standings(connection, rated, last_days, MOST_COUNTERS)
    tables = [
        _tiers_table(counters + more, len(counters) + counted),
        _terms_table(term_standings(rated.charges, last_days), currency),
    ]
    return [table for table in tables if table.rows]


def _last_days(connection: duckdb.DuckDBPyConnection, period: Period | None) -> dict[str, date]:
    """The last day of usage of each contract, in a period if one is given."""
    where = 'WHERE "at" >= ? AND "at" < ?' if period else ""
    bounds = [start_of(period.start), start_of(period.end)] if period else []
    rows = connection.execute(
        f'SELECT contract, max("at") FROM usage_days {where} GROUP BY contract', bounds
    ).fetchall()
    return {contract: last.date() for contract, last in rows}


def _tiers_table(found: Sequence[CounterStanding], whole: int) -> Table:
    shown = list(found)
    notes = []
    if whole > MOST_COUNTERS:
        shown = sorted(found, key=lambda item: item.share_left)[:MOST_COUNTERS]
        notes.append(
            f"The {MOST_COUNTERS} of {whole} counters that are nearest to their next band."
        )
    if any(item.band.left is not None for item in shown):
        notes.append("Left is the quantity until the next price.")
    rows = tuple(
        (
            item.contract,
            item.party or None,
            item.name,
            item.of,
            item.scope or None,
            item.span,
            exact_cell(item.counted),
            item.band.text,
            exact_cell(item.band.left) if item.band.left is not None else None,
            item.band.following or None,
        )
        for item in shown
    )
    columns = (
        *plain_columns(
            ("contract", "Contract"),
            ("party", "Party"),
            ("price", "Price"),
            ("of", "Of"),
            ("scope", "Scope"),
            ("counted_over", "Counted over"),
        ),
        Column("counted", "Counted", number=True),
        Column("band", "Now"),
        Column("left", "Left", number=True),
        Column("next", "Next"),
    )
    unused = [key for key, index in (("party", 1), ("scope", 4)) if not any(r[index] for r in rows)]
    return without(Table("tiers", "Tiers", columns, rows, tuple(notes)), unused)


def _terms_table(found: Sequence[TermStanding], currency: str) -> Table:
    places = currency_places(currency)
    rows = tuple(
        (
            item.contract,
            item.party or None,
            item.kind,
            item.text,
            str(item.span),
            exact_cell(item.counted),
            exact_cell(item.amount),
            exact_cell(item.left),
        )
        for item in found
    )
    columns = (
        *plain_columns(
            ("contract", "Contract"),
            ("party", "Party"),
            ("term", "Term"),
            ("text", "Says"),
            ("counted_over", "Counted over"),
        ),
        *(
            Column(key, f"{heading} {currency}", number=True, places=places)
            for key, heading in (("counted", "Counted"), ("amount", "Amount"), ("left", "Left"))
        ),
    )
    unused = [] if any(row[1] for row in rows) else ["party"]
    notes = ("Left is what may be charged until the amount is reached.",)
    return without(Table("terms", "Terms of the plan", columns, rows, notes), unused)
