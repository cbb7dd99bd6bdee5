"""Usage and charges of a close as files: CSV, or Parquet above 100,000 rows.

``state/usage`` holds what a close booked: the usage of its own days, and the late
differences to earlier days. Its columns are those of ``usage_days``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tokenbooks.rating.charge_table import ChargeScales, decimal_text
from tokenbooks.rating.measures import is_measure
from tokenbooks.reports.csv_text import FORMULA_SIGNS, neutralised
from tokenbooks.usage.layout import Layout, dimension_column, is_whole, meter_column, meter_type

if TYPE_CHECKING:
    import duckdb

MOST_CSV_ROWS = 100_000

#: Texts that are numbers, which spreadsheets leave alone; as ``amounts.parse_number`` has them.
_NUMBER = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,5})?"


def write_usage(connection: duckdb.DuckDBPyConnection, layout: Layout, folder: Path) -> Path:
    """Write ``usage_booked`` into a state folder; returns the file."""
    count, used = _used(connection, layout, "usage_booked")
    keys = ["contract", "party", '"at"', *used.dimension_columns]
    # Parquet has no HUGEINT: DuckDB would write a double, and lose digits past 2^53
    exact = [f"{meter_column(m)}::{_state_type(m)} AS {meter_column(m)}" for m in used.meters]
    listed = ", ".join([*keys, *exact, "rows::BIGINT AS rows"])
    order = ", ".join(keys)
    if count > MOST_CSV_ROWS:
        target = folder / "usage.parquet"
        options = "FORMAT PARQUET, COMPRESSION SNAPPY"
    else:
        target = folder / "usage.csv"
        options = "FORMAT CSV, HEADER, DELIMITER ','"
    rows = f"SELECT {listed} FROM usage_booked ORDER BY {order}"
    connection.execute(f"COPY ({rows}) TO '{_quoted(target)}' ({options})")
    return target


def write_charges(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    scales: ChargeScales,
    target: Path,
    always: Collection[str],
) -> None:
    """Write the table of charges as CSV with plain decimals.

    Dimensions that no charge has are left out, except those shown ``always``. The table is
    for people: a text that a spreadsheet would run gets an apostrophe, as in all reports.
    """
    _, used = _used(connection, Layout(layout.dimensions, ()), "charges")
    shown = [name for name in layout.dimensions if name in {*used.dimensions, *always}]
    columns = [
        "contract",
        f"{_neutralised(_filled('party'))} AS party",
        "service_period",
        *(
            f"{_neutralised(dimension_column(name))} AS {_named(neutralised(name))}"
            for name in shown
        ),
        f"{_neutralised('meter')} AS meter",
        f"{decimal_text('quantity', scales.quantity)} AS quantity",
        f"{_neutralised(_filled('rate'))} AS rate",
        "price",
        f"{_neutralised(_filled('modifiers'))} AS modifiers",
        f"{decimal_text('list_value', scales.list_value)} AS list_value",
        f"{decimal_text('cost', scales.cost)} AS cost",
        f"{_filled('class')} AS class",
        f"{_filled('cost_center')} AS cost_center",
    ]
    # a price by request has a line for each band of one meter: the price tells them apart
    keys = ", ".join(["contract", "party", "service_period", *used.dimension_columns])
    connection.execute(
        f"COPY (SELECT {', '.join(columns)} FROM charges"
        f" ORDER BY {keys}, meter, rate, price, modifiers, class, cost_center,"
        " quantity, list_value)"
        f" TO '{_quoted(target)}' (FORMAT CSV, HEADER, DELIMITER ',')"
    )


def state_columns(connection: duckdb.DuckDBPyConnection, folder: Path) -> list[str]:
    """The columns of a written usage table."""
    described = connection.execute(f"DESCRIBE SELECT * FROM {_scan(folder)}").fetchall()
    return [row[0] for row in described]


def state_values(connection: duckdb.DuckDBPyConnection, folder: Path) -> list[tuple[str, str]]:
    """The dimensions of a written usage table, each with every value that it has there."""
    found: list[tuple[str, str]] = []
    for column in state_columns(connection, folder):
        if column.startswith("d_"):
            name = dimension_column(column.removeprefix("d_"))
            rows = connection.execute(
                f"SELECT DISTINCT {name} FROM {_scan(folder)} WHERE {name} <> ''"
            )
            found += [(column.removeprefix("d_"), value) for (value,) in rows.fetchall()]
    return found


def read_usage(
    connection: duckdb.DuckDBPyConnection, layout: Layout, folders: Sequence[Path]
) -> None:
    """Create ``usage_before`` from the states of earlier closes, summed."""
    selects = [_select(connection, layout, folder) for folder in folders]
    columns = ["contract", "party", '"at"', *layout.dimension_columns]
    sums = [f"sum({column}) AS {column}" for column in (*layout.meter_columns, "rows")]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE usage_before AS"
        f" SELECT {', '.join([*columns, *sums])} FROM ({' UNION ALL '.join(selects)}) GROUP BY ALL"
    )


def empty_usage_sql(layout: Layout) -> str:
    """A SELECT with the columns of ``usage_days`` and no rows."""
    cells = ["NULL::VARCHAR AS contract", "NULL::VARCHAR AS party", 'NULL::TIMESTAMP AS "at"']
    cells += [f"NULL::VARCHAR AS {column}" for column in layout.dimension_columns]
    cells += [f"NULL::{meter_type(name)} AS {meter_column(name)}" for name in layout.meters]
    return f"SELECT {', '.join(cells)}, NULL::BIGINT AS rows WHERE false"


def _used(connection: duckdb.DuckDBPyConnection, layout: Layout, table: str) -> tuple[int, Layout]:
    """How many rows a table has, and the dimensions and meters that have anything in it.

    Which columns a file could have had must not change the bytes of what is written.
    Measures come from the plan, and stay: one that is zero is not one that is not known.
    """
    tests = [f"bool_or({column} IS NOT NULL)" for column in layout.dimension_columns]
    tests += [
        f"bool_or({meter_column(name)} {'IS NOT NULL' if name in layout.levels else '<> 0'})"
        for name in layout.meters
    ]
    listed = ", ".join(["count(*)", *tests])
    ((count, *found),) = connection.execute(f"SELECT {listed} FROM {table}").fetchall()
    names = zip((*layout.dimensions, *layout.meters), found, strict=True)
    present = {name for name, is_used in names if is_used}
    present |= {name for name in layout.meters if is_measure(name)}
    return count, Layout(
        tuple(name for name in layout.dimensions if name in present),
        tuple(name for name in layout.meters if name in present),
        layout.levels,
    )


def _named(dimension: str) -> str:
    return '"' + dimension.replace('"', '""') + '"'


def _filled(column: str) -> str:
    return f"nullif({column}, '')"


def _neutralised(text: str) -> str:
    """``neutralised`` of a column in SQL."""
    signs = ", ".join(f"chr({ord(sign)})" for sign in FORMULA_SIGNS)
    is_formula = f"left({text}, 1) IN ({signs}) AND NOT regexp_full_match({text}, '{_NUMBER}')"
    return f"CASE WHEN {is_formula} THEN chr(39) || {text} ELSE {text} END"


def _state_type(meter: str) -> str:
    return "DECIMAL(38,0)" if is_whole(meter) else meter_type(meter)


def _select(connection: duckdb.DuckDBPyConnection, layout: Layout, folder: Path) -> str:
    present = set(state_columns(connection, folder))
    cells = ["contract", "coalesce(party, '') AS party", '"at"::TIMESTAMP AS "at"']
    for name in layout.dimensions:
        column = dimension_column(name)
        cells.append(column if f"d_{name}" in present else f"NULL::VARCHAR AS {column}")
    for name in layout.meters:
        column = meter_column(name)
        nothing = f"NULL::{meter_type(name)}" if name in layout.levels else "0"
        source = f"{column}::{meter_type(name)}" if f"m_{name}" in present else nothing
        cells.append(f"{source} AS {column}")
    return f"SELECT {', '.join(cells)}, rows::BIGINT AS rows FROM {_scan(folder)}"


def _scan(folder: Path) -> str:
    parquet = folder / "usage.parquet"
    if parquet.exists():
        return f"read_parquet('{_quoted(parquet)}')"
    path = _quoted(folder / "usage.csv")
    return f"read_csv('{path}', header=true, all_varchar=true, delim=',', quote='\"', escape='\"')"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
