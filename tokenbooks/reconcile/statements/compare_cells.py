"""The cells of a comparison in SQL: both sides joined at each place, and what differs.

``compared`` has what cells come to, by whether they agree and lie in the period;
``differing`` has the cells that do not agree with all that is known of them::

    compared   agrees, inside BOOLEAN, places, cells, rounded BIGINT, difference, value,
               bound DECIMAL
    differing  day DATE, k0, k1... VARCHAR ('' where not told), value, used DECIMAL,
               used_rows BIGINT, amount, counted, free DECIMAL, stated_rows, free_rows BIGINT,
               bound DECIMAL, provisional BOOLEAN

``value`` is NULL without usage, ``amount`` without a statement. Cells that agree, exactly or
within ``bound``, are only summed; the others become values of Python, unless they are so many
that they are summed first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from tokenbooks.periods import Period
from tokenbooks.reconcile.statements.cells import METER, MODEL, Agreed, Cell, Key, Side
from tokenbooks.reconcile.statements.compare_places import Places
from tokenbooks.reconcile.statements.compare_rows import Scales
from tokenbooks.usage.layout import QUANTITY_PLACES, sql_text

if TYPE_CHECKING:
    import duckdb

#: So many cells that differ are looked at one by one.
MOST_CELLS = 50_000

#: A dimension that tells free quantities from charged ones, where one key has both.
CHARGE, FREE = "charge", "free"

#: A dimension that tells in what way summed cells differ.
DIFFERS = "differs"

#: By how much the statement has more than the usage, and whether that is its rounding at most.
_DIFFERENCE = "coalesce(amount, 0) - coalesce(value, 0)"
_AGREES = f"abs({_DIFFERENCE}) <= coalesce(bound, 0)"

#: The ways in which cells differ, and SQL of each, in the order in which they are tried.
_WAYS = (
    ("only in the usage", "amount IS NULL"),
    ("only in the statement", "value IS NULL"),
    ("free", "free_rows > 0 AND stated_rows IS NULL"),
    ("price", "used = counted AND free_rows IS NULL"),
    ("price and quantity", "true"),
)

_SUMS = (
    "sum(value) AS value, sum(used) AS used, sum(used_rows)::BIGINT AS used_rows,"
    " sum(amount) AS amount, sum(counted) AS counted, sum(free) AS free,"
    " sum(stated_rows)::BIGINT AS stated_rows, sum(free_rows)::BIGINT AS free_rows,"
    " sum(bound) AS bound"
)

_FIGURES = (
    "value::VARCHAR, used::VARCHAR, used_rows, amount::VARCHAR, counted::VARCHAR,"
    " free::VARCHAR, stated_rows, free_rows, bound::VARCHAR, provisional"
)


class Found(NamedTuple):
    """The cells that differ, by their dimensions; ``summed`` tells how many were summed."""

    dimensions: tuple[str, ...]
    cells: tuple[Cell, ...]
    summed: int = 0


def put_compared(connection: duckdb.DuckDBPyConnection, places: Places, period: Period) -> None:
    """Create ``compared`` and ``differing``."""
    sides = places.sides(connection)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE compared AS"
        f" SELECT agrees, {places.inside(period)} AS inside, count(*) AS places,"
        " count(*) FILTER (value <> 0 OR difference <> 0) AS cells,"
        " count(*) FILTER (difference <> 0) AS rounded, sum(difference) AS difference,"
        " sum(value) AS value, sum(bound) AS bound"
        f" FROM (SELECT place, value, bound, {_DIFFERENCE} AS difference, {_AGREES} AS agrees"
        f" FROM {sides}) GROUP BY ALL"
    )
    count = _count(connection)
    figures = (
        "SELECT place, value, used, used_rows, amount, counted, free, stated_rows, free_rows,"
        " coalesce(bound, 0) AS bound, coalesce(provisional, false) AS provisional"
        f" FROM {sides} WHERE {f'NOT ({_AGREES})' if count else 'false'}"
    )
    if count <= MOST_CELLS:  # more than that are read once, to be summed
        connection.execute(f"CREATE OR REPLACE TEMP TABLE differing_figures AS {figures}")
        figures = "SELECT * FROM differing_figures"
    connection.execute(f"CREATE OR REPLACE TEMP VIEW differing_places AS {figures}")
    keys = "".join(f", {column} AS k{n}" for n, column in enumerate(places.key_columns))
    day = f"DATE '{places.first_day}' + (d.place // {places.of_a_day})::INTEGER AS day"
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW differing AS SELECT {day}{keys}, d.* EXCLUDE (place)"
        f" FROM differing_places d{places.name_joins}"
    )


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    """How many cells differ."""
    counted = "SELECT coalesce(sum(places), 0)::BIGINT FROM compared WHERE NOT agrees"
    ((count,),) = connection.execute(counted).fetchall()
    return int(count)


def agreed(connection: duckdb.DuckDBPyConnection, scales: Scales) -> Agreed:
    """What the cells of the period come to that agree."""
    rows = connection.execute(
        "SELECT cells, value::VARCHAR, rounded, difference::VARCHAR, bound::VARCHAR FROM compared"
        " WHERE agrees AND inside"
    ).fetchall()
    for cells, value, rounded, rounding, bound in rows:
        money = [_fraction(text or "0", scales.amount) for text in (value, rounding, bound)]
        return Agreed(cells, money[0], rounded, money[1], money[2])
    return Agreed()


def totals(connection: duckdb.DuckDBPyConnection, scales: Scales) -> tuple[Fraction, Fraction]:
    """What all cells of the period come to: by the statement, and by our usage."""
    (row,) = connection.execute(
        "SELECT coalesce(sum(difference), 0)::VARCHAR, coalesce(sum(value), 0)::VARCHAR"
        " FROM compared WHERE inside"
    ).fetchall()
    difference, rated = (_fraction(text, scales.amount) for text in row)
    return rated + difference, rated


def differing_cells(
    connection: duckdb.DuckDBPyConnection, places: Places, scales: Scales, period: Period
) -> Found:
    """The cells that differ, in the period and near it; summed where there are too many."""
    dimensions = places.dimensions
    if _count(connection) > MOST_CELLS:
        return _summed_cells(connection, places, scales, period)
    keys = "".join(f", k{n}" for n in range(len(dimensions)))
    rows = connection.execute(
        f"SELECT day{keys}, {_FIGURES} FROM differing ORDER BY ALL"
    ).fetchall()
    cells = [cell for row in rows for cell in _cells(row, len(dimensions), scales)]
    if not any(FREE in mark for _, mark in cells):
        return Found(dimensions, tuple(cell for cell, _ in cells))
    marked = tuple(replace(cell, key=(*cell.key, mark)) for cell, mark in cells)
    return Found((*dimensions, CHARGE), marked)


def _summed_cells(
    connection: duckdb.DuckDBPyConnection, places: Places, scales: Scales, period: Period
) -> Found:
    """The cells of the period that differ, summed over days by the way in which they differ.

    Sums are exact. Of cells with equal quantities only the price differs, so that it does of
    their sum; near days serve to find shifts, which sums do not tell. Days are summed before
    keys get their names.
    """
    way = f"CASE {' '.join(f'WHEN {test} THEN {sql_text(name)}' for name, test in _WAYS)} END"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE summed_places AS SELECT place % {places.of_a_day} AS place,"
        f" {way} AS way, count(*) AS cells, count(counted) AS counting,"
        f" count(stated_rows) AS stating, {_SUMS}"
        f" FROM differing_places WHERE {places.inside(period)} GROUP BY ALL"
    )
    kept = _few_values(connection, places)
    columns = places.key_columns
    keys = "".join(
        f"{columns[places.dimensions.index(name)]} AS k{n}, " for n, name in enumerate(kept)
    )
    grouped = (
        f"SELECT {keys}way, sum(cells)::BIGINT AS cells,"
        f" sum(counting) = sum(stating) AS all_counted, {_SUMS}"
        f" FROM summed_places d{places.name_joins} GROUP BY ALL"
    )
    figures = "* REPLACE (CASE WHEN all_counted THEN counted END AS counted)"
    listed = "".join(f"k{number}, " for number in range(len(kept)))
    rows = connection.execute(
        f"SELECT DATE '{period.start}', {listed}way, {_FIGURES}, cells"
        f" FROM (SELECT {figures}, false AS provisional FROM ({grouped})) ORDER BY ALL"
    ).fetchall()
    found = [cell for row in rows for cell, _ in _cells(row[:-1], len(kept) + 1, scales, False)]
    return Found((*kept, DIFFERS), tuple(found), sum(row[-1] for row in rows))


def _few_values(connection: duckdb.DuckDBPyConnection, places: Places) -> list[str]:
    """Dimensions of which together there are not too many values; model and meter first."""
    dimensions = places.dimensions
    if not dimensions:
        return []
    counts = ", ".join(f"count(DISTINCT {column})" for column in places.key_columns)
    summed = f"SELECT {counts} FROM summed_places d{places.name_joins}"
    (row,) = connection.execute(summed).fetchall()
    values = dict(zip(dimensions, row, strict=True))
    kept: list[str] = []
    together = len(_WAYS)
    for name in sorted(dimensions, key=lambda name: (name not in (MODEL, METER), values[name])):
        together *= max(1, values[name])
        if together <= MOST_CELLS:
            kept.append(name)
    return [name for name in dimensions if name in kept]


def _cells(
    row: Sequence[Any], keys: int, scales: Scales, apart: bool = True
) -> Iterator[tuple[Cell, str]]:
    """The cells of a row: with ``apart`` one of what is charged and one of what is free."""
    day, key, figures = row[0], tuple(str(cell) for cell in row[1 : keys + 1]), row[keys + 1 :]
    yield from _Figures(*figures).cells(day, key, scales, apart)


class _Figures(NamedTuple):
    """The figures of a cell as SQL has them: numbers as text."""

    value: str | None
    used: str | None
    used_rows: int | None
    amount: str | None
    counted: str | None
    free: str | None
    stated_rows: int | None
    free_rows: int | None
    bound: str
    provisional: bool

    def cells(self, day: date, key: Key, scales: Scales, apart: bool) -> Iterator[tuple[Cell, str]]:
        """The cells, each with '' or ``FREE`` where one key has both."""
        usage = statement = None
        if self.value is not None:
            value = _fraction(self.value, scales.amount)
            usage = Side(value, _quantity(self.used), self.used_rows or 0)
        if self.stated_rows is not None and self.amount is not None:
            amount = _fraction(self.amount, scales.amount)
            statement = Side(amount, _quantity(self.counted), self.stated_rows)
        bound = _fraction(self.bound, scales.amount)
        charged = Cell(day, key, usage, statement, bound, provisional=self.provisional)
        if self.free_rows is None:
            yield charged, ""
            return
        given = Side(Fraction(0), _quantity(self.free), self.free_rows)
        free = replace(charged, statement=given, bound=Fraction(0), free=True)
        if statement is None:
            yield free, ""
        elif apart and usage and usage.quantity and given.quantity is not None:
            part = min(given.quantity / usage.quantity, Fraction(1))
            taken = usage.quantity * part
            own = Side(usage.amount * part, taken, self.free_rows)
            rest = Side(usage.amount - own.amount, usage.quantity - taken, usage.rows)
            yield replace(free, usage=own), FREE
            yield replace(charged, usage=rest if rest.quantity else None), ""
        else:
            yield charged, ""


def _quantity(text: str | None) -> Fraction | None:
    return None if text is None else _fraction(text, QUANTITY_PLACES)


def _fraction(text: str, places: int) -> Fraction:
    """The number of a decimal that prints all of its places."""
    return Fraction(int(text.replace(".", "")), 10**places)
