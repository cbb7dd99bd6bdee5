"""Closed days of which the files say something else now than closes booked.

From ``usage_late`` (what the files say now, less what was booked) and ``usage_before`` (what
was booked): which days, and which of their meters.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from tokenbooks.periods import start_of
from tokenbooks.rating.measures import is_measure
from tokenbooks.usage.layout import Layout, meter_column

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class MovedDay:
    """A meter of a day and contract: its quantity as booked, and as the files have it now."""

    contract: str
    day: date
    meter: str
    was: Decimal
    now: Decimal


def moved_days(
    connection: duckdb.DuckDBPyConnection, layout: Layout, contract: str
) -> list[MovedDay]:
    """The days of a contract whose quantities have moved, in order."""
    meters = [name for name in layout.meters if not is_measure(name)]
    if not meters:
        return []
    late = ", ".join(f"sum({meter_column(name)}) AS {meter_column(name)}" for name in meters)
    changed = " OR ".join(f"l.{meter_column(name)} <> 0" for name in meters)
    columns = ", ".join(
        f"coalesce(b.{meter_column(name)}, 0), l.{meter_column(name)}" for name in meters
    )
    by_day = f'SELECT "at"::DATE AS day, {late} FROM %s WHERE contract = ? GROUP BY ALL'
    rows = connection.execute(
        f"SELECT l.day, {columns} FROM ({by_day % 'usage_late'}) l"
        f" LEFT JOIN ({by_day % 'usage_before'}) b USING (day) WHERE {changed} ORDER BY l.day",
        [contract, contract],
    ).fetchall()
    return [
        MovedDay(contract, day, name, Decimal(was), Decimal(was) + Decimal(by))
        for day, *cells in rows
        for name, was, by in zip(meters, cells[::2], cells[1::2], strict=True)
        if by
    ]


def contracts_split_anew(
    connection: duckdb.DuckDBPyConnection, layout: Layout, end: date
) -> set[str]:
    """Contracts whose closed days have other quantities by party or dimension before a day.

    A dimension of which closes kept nothing in a month counts for none of its days: that it
    is kept now moves nothing of what was booked.
    """
    meters = [meter_column(name) for name in layout.meters if not is_measure(name)]
    if not meters:
        return set()
    columns = list(enumerate(layout.dimension_columns))
    known = "".join(f", bool_or({name} IS NOT NULL) AS known_{n}" for n, name in columns)
    told = "".join(f", CASE WHEN k.known_{n} THEN l.{name} END" for n, name in columns)
    changed = " OR ".join(f"sum(l.{meter}) <> 0" for meter in meters)
    rows = connection.execute(
        "SELECT DISTINCT contract FROM (SELECT l.contract FROM usage_late l JOIN ("
        f"SELECT contract, date_trunc('month', \"at\") AS month{known} FROM usage_before"
        " GROUP BY ALL) k ON k.contract = l.contract"
        f' AND k.month = date_trunc(\'month\', l."at") WHERE l."at" < ?'
        f' GROUP BY l.contract, l.party, l."at"::DATE{told} HAVING {changed})',
        [start_of(end)],
    ).fetchall()
    return {contract for (contract,) in rows}
