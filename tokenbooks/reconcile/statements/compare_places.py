"""Both sides of a comparison by the places of their cells: a number for a day and a key.

Numbers are compared and joined much quicker than names. These tables are made of
``usage_rows`` and ``statement_rows`` (``compare_rows``)::

    usage_keys    "d_NAME"...                     what the usage tells, each once
    stated_keys   "d_NAME"..., meter, counts, is_free, inside    so the statement
    cell_keys     id INTEGER, k0, k1... VARCHAR   ('' where not told), without the meter
    cell_meters   number INTEGER, meter VARCHAR
    usage_cells   place BIGINT, value DECIMAL, quantity HUGEINT, rows BIGINT
    stated_cells  place BIGINT, amount, quantity, bound DECIMAL, rows BIGINT,
                  is_free, provisional BOOLEAN
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.periods import Period
from tokenbooks.reconcile.statements.cells import METER
from tokenbooks.reconcile.statements.compare_rows import decimal_of, window, within
from tokenbooks.usage.layout import QUANTITY_PLACES, QUANTITY_TYPE, dimension_column, sql_text

if TYPE_CHECKING:
    import duckdb

#: So many places are looked at one by one whether each stands there once: a bit for each.
MOST_PLACES = 1 << 28

#: So many meters are told apart one by one.
FEW_METERS = 16


def put_told_keys(
    connection: duckdb.DuckDBPyConnection, dimensions: Sequence[str], period: Period
) -> None:
    """Create ``usage_keys`` and ``stated_keys``: all that the names of both sides come to."""
    columns = [dimension_column(name) for name in dimensions]
    listed = ", ".join(columns) or "1"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE usage_keys AS SELECT DISTINCT {listed} FROM usage_told"
    )
    told = "".join(f"{column}, " for column in columns)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE stated_keys AS SELECT DISTINCT {told}"
        f" meter, counts, is_free, {within('day', period)} AS inside FROM statement_rows"
    )


def put_cells(
    connection: duckdb.DuckDBPyConnection,
    dimensions: Sequence[str],
    meters: Sequence[str],
    period: Period,
) -> None:
    """Create both sides by numbered keys of such dimensions; ``meters`` may be in the usage."""
    keys = "".join(
        f", coalesce({dimension_column(name)}, '') AS k{n}" for n, name in enumerate(dimensions)
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE cell_keys AS SELECT (row_number() OVER () - 1)::INTEGER AS id"
        f", * EXCLUDE (one) FROM (SELECT 1 AS one{keys} FROM usage_keys"
        f" UNION SELECT 1 AS one{keys} FROM stated_keys)"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE cell_meters AS SELECT (row_number() OVER () - 1)::INTEGER"
        " AS number, meter FROM (SELECT unnest(?::VARCHAR[]) AS meter"
        " UNION SELECT coalesce(meter, '') FROM stated_keys)",
        [list(meters)],
    )
    places = Places.of(connection, [*dimensions, METER], period)
    day = f"(r.day - DATE '{places.first_day}')"
    number, join = _number_of_meter(connection)
    place = f"({day} * {places.keys} + k.id) * {places.meters} + {number} AS place"
    same = " AND ".join(
        f"coalesce(r.{dimension_column(name)}, '') = k.k{n}" for n, name in enumerate(dimensions)
    )
    joins = f" JOIN cell_keys k ON {same or 'true'}{join}"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE usage_cells AS SELECT {place}, r.worth AS value,"
        f" r.quantity, r.rows FROM usage_rows r{joins}"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE stated_cells AS SELECT {place}, r.charged AS amount,"
        " r.quantity, r.margin AS bound, r.rows, r.is_free, r.provisional"
        f" FROM statement_rows r{joins} WHERE r.counts"
    )


def _number_of_meter(connection: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    """SQL of the number of a row's meter, and the join it needs: few are told without one."""
    meters = connection.execute("SELECT meter, number FROM cell_meters ORDER BY ALL").fetchall()
    if len(meters) > FEW_METERS:
        return "m.number", " JOIN cell_meters m ON coalesce(r.meter, '') = m.meter"
    each = "".join(f" WHEN {sql_text(meter)} THEN {number}" for meter, number in meters)
    return f"CASE coalesce(r.meter, ''){each} END", ""


class Places(NamedTuple):
    """How the places of cells are numbered, by their dimensions, from a first day on.

    A place is (day x ``keys`` + the number of the key) x ``meters`` + the number of the meter;
    without the last where cells tell no meter.
    """

    dimensions: tuple[str, ...]
    first_day: date
    days: int
    keys: int
    meters: int

    @classmethod
    def of(
        cls, connection: duckdb.DuckDBPyConnection, dimensions: Sequence[str], period: Period
    ) -> Places:
        """The places of the keys in ``cell_keys`` and ``cell_meters``."""
        ((keys, meters),) = connection.execute(
            "SELECT (SELECT count(*) FROM cell_keys), (SELECT count(*) FROM cell_meters)"
        ).fetchall()
        days = window(period)
        return cls(tuple(dimensions), days.start, (days.end - days.start).days, keys, meters)

    @property
    def by_meter(self) -> bool:
        """Whether cells tell their meter."""
        return METER in self.dimensions

    @property
    def key_columns(self) -> list[str]:
        """SQL of each dimension of a place, of ``cell_keys`` (as k) and ``cell_meters`` (as m)."""
        others = iter(range(len(self.dimensions)))
        return ["m.meter" if d == METER else f"k.k{next(others)}" for d in self.dimensions]

    @property
    def name_joins(self) -> str:
        """SQL that joins the names of places (of a table as d)."""
        if not self.by_meter:
            return f" JOIN cell_keys k ON k.id = d.place % {self.keys}"
        return (
            f" JOIN cell_keys k ON k.id = d.place // {self.meters} % {self.keys}"
            f" JOIN cell_meters m ON m.number = d.place % {self.meters}"
        )

    @property
    def of_a_day(self) -> int:
        """How many places a day has."""
        return self.keys * self.meters if self.by_meter else self.keys

    def inside(self, period: Period) -> str:
        """SQL that a place lies in a period."""
        starts, ends = ((day - self.first_day) // _DAY for day in (period.start, period.end))
        return f"(place >= {starts * self.of_a_day} AND place < {ends * self.of_a_day})"

    def sides(self, connection: duckdb.DuckDBPyConnection) -> str:
        """SQL of all cells: what both sides say at each place; see ``compare_cells``.

        A side of which each place stands there once needs no summing.
        """
        usage = self._usage(self.is_unique(connection, "usage_cells"))
        stated = self._stated(self.is_unique(connection, "stated_cells"))
        return f"({usage}) u FULL JOIN ({stated}) s USING (place)"

    @property
    def _place(self) -> str:
        return "place" if self.by_meter else f"place // {self.meters} AS place"

    def is_unique(self, connection: duckdb.DuckDBPyConnection, table: str) -> bool:
        """Whether a side has each place once at most."""
        size = self.days * self.of_a_day
        if not self.by_meter or not 0 < size <= MOST_PLACES:
            return False
        bits = f"bitstring_agg(place, 0::BIGINT, {size - 1}::BIGINT)"
        ((unique,),) = connection.execute(
            f"SELECT coalesce(bit_count({bits}) = count(*), true) FROM {table}"
        ).fetchall()
        return bool(unique)

    def _usage(self, is_unique: bool) -> str:
        """Quantities of several meters do not add up: then there are none.

        Each row of usage counts with every meter: that of the most rows tells how many.
        """
        if not self.by_meter:
            of_meters = (
                f"SELECT {self._place}, sum(value) AS value, sum(rows) AS rows"
                f" FROM usage_cells GROUP BY place // {self.meters}, place % {self.meters}"
            )
            return (
                f"SELECT place, sum(value) AS value, NULL::{QUANTITY_TYPE} AS used,"
                f" max(rows)::BIGINT AS used_rows FROM ({of_meters}) GROUP BY place"
            )
        if is_unique:
            used = decimal_of("quantity", QUANTITY_PLACES, QUANTITY_PLACES)
            return f"SELECT place, value, {used} AS used, rows AS used_rows FROM usage_cells"
        used = decimal_of("sum(quantity)", QUANTITY_PLACES, QUANTITY_PLACES)
        return (
            f"SELECT place, sum(value) AS value, {used} AS used, sum(rows)::BIGINT AS used_rows"
            " FROM usage_cells GROUP BY place"
        )

    def _stated(self, is_unique: bool) -> str:
        quantity = "quantity" if self.by_meter else f"NULL::{QUANTITY_TYPE}"
        each = (
            f"SELECT {self._place}, amount,"
            f" CASE WHEN NOT is_free THEN {quantity} END AS counted,"
            f" CASE WHEN is_free THEN {quantity} END AS free,"
            " CASE WHEN NOT is_free THEN rows END AS stated_rows,"
            " CASE WHEN is_free THEN rows END AS free_rows, bound, provisional FROM stated_cells"
        )
        if is_unique:
            return each
        return (
            "SELECT place, sum(amount) AS amount,"
            " CASE WHEN count(counted) = count(stated_rows) THEN sum(counted) END AS counted,"
            " sum(free) AS free, sum(stated_rows)::BIGINT AS stated_rows,"
            " sum(free_rows)::BIGINT AS free_rows, sum(bound) AS bound,"
            f" bool_or(provisional) AS provisional FROM ({each}) GROUP BY place"
        )


_DAY = timedelta(days=1)
