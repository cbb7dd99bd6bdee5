"""The rows of a file on some days, one by one: what a few differing figures consist of.

The same normal form as in bulk, without the sums. Only where few rows are wanted: numbering
the rows costs more than summing them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.sources.exports.normal.normal_form import NormalForm
from tokenbooks.sources.exports.used_rows import lines_of
from tokenbooks.usage.layout import NOT_OWED, USED

if TYPE_CHECKING:
    import duckdb


class RowFigure(NamedTuple):
    """What one row of a file says of one meter.

    ``values`` are its dimensions by the file's own names; ``meter``, ``quantity`` and
    ``amount`` are None where it does not say them. ``meaning`` is what the amount means.
    """

    line: int
    day: date
    values: tuple[tuple[str, str], ...]
    meter: str | None
    quantity: Fraction | None
    amount: Fraction | None
    meaning: str | None


def row_figures(
    connection: duckdb.DuckDBPyConnection,
    form: NormalForm,
    file: int,
    days: Collection[date],
    most: int,
) -> list[RowFigure] | None:
    """The rows of a file that count on some days; None where they are more than ``most``.

    ``file`` is its index in ``usage_read`` or ``stated_read``: a bucket that another download
    replaces there does not count.
    """
    table = "usage_read" if form.reads_usage else "stated_read"
    verdicts = f"{USED}" if form.reads_usage else f"{USED}, {NOT_OWED}"
    kept = f"SELECT bucket FROM {table} WHERE file = {file} AND verdict IN ({verdicts})"
    listed = ", ".join(f"DATE '{day}'" for day in sorted(days)) or "NULL"
    columns = [
        "n",
        f"({form.time.step_key})::DATE AS day",
        f"({form.time.bucket or 'NULL'})::TIMESTAMP AS bucket",
        *(f"({sql})::VARCHAR AS f{n}" for n, sql in enumerate(form.dimensions.values())),
        f"({form.amount.amount if form.amount else 'NULL'})::VARCHAR AS amount",
        f"({form.amount.meaning if form.amount else 'NULL'})::VARCHAR AS meaning",
        *(f"{sql} AS q{n}" for n, sql in enumerate(_figures(form))),
    ]
    found = connection.execute(
        f"SELECT * EXCLUDE (bucket) FROM (SELECT {', '.join(columns)}"
        f" FROM {form.values_of(form.numbered_scan, ('n',))}"
        f" WHERE {form.verdict} IN ({verdicts})) WHERE day IN ({listed})"
        f" AND (bucket IS NULL OR bucket IN ({kept})) ORDER BY n LIMIT {most + 1}"
    ).fetchall()
    if len(found) > most:
        return None
    lines = lines_of(form, {row[0] for row in found})
    return [figure for row in found for figure in _of_row(form, lines[row[0]], row)]


def _figures(form: NormalForm) -> list[str]:
    """SQL of what a row counts: of each meter, or its meter and how much of it."""
    if form.long is not None:
        return [f"({form.long.meter})::VARCHAR", f"({form.long.quantity})::VARCHAR"]
    if form.counted is not None:
        told, rows = form.counted.told, form.counted.rows
        quantity = "NULL" if rows is None else f"CASE WHEN {told} THEN {rows.quantity} END"
        return [f"({form.counted.meter})::VARCHAR", f"({quantity})::VARCHAR"]
    return [f"({quantity})::VARCHAR" for quantity in form.meters.values()]


def _of_row(form: NormalForm, line: int, row: Sequence[object]) -> Iterator[RowFigure]:
    day, end = row[1], 2 + len(form.dimensions)
    assert isinstance(day, date)
    values = tuple(
        (name, str(cell))
        for name, cell in zip(form.dimensions, row[2:end], strict=True)
        if cell is not None
    )
    amount, meaning, *figures = row[end:]
    meters: list[tuple[object, object]] = [(None, None)]
    if form.long is not None or form.counted is not None:
        meters = [(figures[0], figures[1])]
    elif form.meters:
        meters = list(zip(form.meters, figures, strict=True))
    for meter, quantity in meters:
        yield RowFigure(
            line, day, values, _text(meter), _number(quantity), _number(amount), _text(meaning)
        )


def _number(cell: object) -> Fraction | None:
    return None if cell is None else Fraction(str(cell))


def _text(cell: object) -> str | None:
    return None if cell is None else str(cell)
