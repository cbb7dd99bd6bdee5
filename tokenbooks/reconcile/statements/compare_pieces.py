"""The finer rows behind cells that differ, of dimensions that one side alone tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.reconcile.statements.cells import METER, MODEL, Key, Piece
from tokenbooks.reconcile.statements.compare_names import key_column
from tokenbooks.reconcile.statements.compare_rows import Scales, whole_number
from tokenbooks.usage.layout import QUANTITY_PLACES

if TYPE_CHECKING:
    import duckdb

Pieces = Mapping[tuple[date, Key], tuple[Piece, ...]]

#: Pieces are there while no more cells differ, and no more than so many together.
MOST_CELLS_WITH_PIECES = 2_000
MOST_PIECES = 20_000


def usage_pieces(
    connection: duckdb.DuckDBPyConnection,
    dimensions: Sequence[str],
    more: Sequence[str],
    scales: Scales,
) -> Pieces:
    """The usage behind cells that differ, by dimensions that the statement does not tell."""
    side = _Side("usage_rows", "value", "sum(quantity)::HUGEINT")
    return _pieces(connection, side, dimensions, more, scales)


def statement_pieces(
    connection: duckdb.DuckDBPyConnection,
    dimensions: Sequence[str],
    more: Sequence[str],
    scales: Scales,
) -> Pieces:
    """The statement's rows behind cells that differ, by dimensions that the usage lacks."""
    owed = "(SELECT * FROM statement_rows WHERE counts AND NOT is_free)"
    side = _Side(owed, "amount", whole_number("sum(quantity)"))
    return _pieces(connection, side, dimensions, more, scales)


class _Side(NamedTuple):
    """One side: where its rows are, and SQL of its amount and its summed quantity."""

    rows: str
    money: str
    quantity: str


def _pieces(
    connection: duckdb.DuckDBPyConnection,
    side: _Side,
    dimensions: Sequence[str],
    more: Sequence[str],
    scales: Scales,
) -> Pieces:
    """As fine as they may be: the dimension of the most values is left out first.

    Without any dimension a side's part of a cell is one piece, which rows of files may make up.
    """
    ordered = _few_values_first(connection, side.rows, more)
    for count in range(len(ordered), -1, -1):
        kept = ordered[:count]
        rows = _rows(connection, side, dimensions, kept)
        if len(rows) <= MOST_PIECES:
            return _by_place(rows, dimensions, kept, scales)
    return {}


def _few_values_first(
    connection: duckdb.DuckDBPyConnection, side: str, names: Sequence[str]
) -> list[str]:
    if not names:
        return []
    counts = ", ".join(f"approx_count_distinct({key_column(name)})" for name in names)
    (row,) = connection.execute(f"SELECT {counts} FROM {side}").fetchall()
    ordered = sorted(zip(names, row, strict=True), key=lambda item: (_rank(item[0]), item[1]))
    return [name for name, _ in ordered]


def _rank(name: str) -> int:
    return {MODEL: 0, METER: 1}.get(name, 2)


def _rows(
    connection: duckdb.DuckDBPyConnection,
    side: _Side,
    dimensions: Sequence[str],
    more: Sequence[str],
) -> list[tuple[object, ...]]:
    keys = "".join(
        f", coalesce({key_column(name)}, '') AS k{n}" for n, name in enumerate(dimensions)
    )
    names = "".join(f", k{n}" for n in range(len(dimensions)))
    finer = "".join(f", {key_column(name)} AS f{n}" for n, name in enumerate(more))
    counted = side.quantity if METER in {*dimensions, *more} else "NULL"
    return connection.execute(
        f"SELECT day{names}{''.join(f', f{n}' for n in range(len(more)))},"
        f" sum(money)::HUGEINT::VARCHAR, {counted}::VARCHAR"
        f" FROM (SELECT day{keys}{finer}, {side.money} AS money, quantity FROM {side.rows})"
        f" SEMI JOIN differing USING (day{names})"
        f" GROUP BY ALL HAVING sum(money) <> 0 ORDER BY ALL LIMIT {MOST_PIECES + 1}"
    ).fetchall()


def _by_place(
    rows: Sequence[Sequence[object]],
    dimensions: Sequence[str],
    more: Sequence[str],
    scales: Scales,
) -> Pieces:
    found: dict[tuple[date, Key], list[Piece]] = {}
    keys = len(dimensions)
    for day, *cells, money, quantity in rows:
        assert isinstance(day, date)
        key = tuple(str(cell) for cell in cells[:keys])
        values = tuple(
            (name, str(cell))
            for name, cell in zip(more, cells[keys:], strict=True)
            if cell is not None
        )
        amount = Fraction(int(str(money)), 10**scales.amount)
        counted = None if quantity is None else Fraction(int(str(quantity)), 10**QUANTITY_PLACES)
        found.setdefault((day, key), []).append(Piece(values, amount, counted))
    return {place: tuple(pieces) for place, pieces in found.items()}
