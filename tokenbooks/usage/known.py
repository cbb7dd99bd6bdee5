"""Usage that is known at a close: what earlier closes booked, and what the files say now.

From ``usage_files`` (what the files say) and ``usage_before`` (what earlier closes booked)
come two tables with the columns of ``usage_days``:

``usage_booked``: what this close books: usage of its own days, and late differences to
earlier days (what the files say now, less what was booked).
``usage_days``: all usage to date, the sum of ``usage_before`` and ``usage_booked``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from tokenbooks.periods import Period, start_of
from tokenbooks.rating.measures import is_measure
from tokenbooks.usage.layout import Layout, meter_column, meter_type, sql_text

if TYPE_CHECKING:
    import duckdb


def combine_usage(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    file_meters: Collection[str],
    start: Period,
    period: Period,
    reread: Sequence[str],
) -> None:
    """Create ``usage_booked`` and ``usage_days`` for a period of a book that began at ``start``.

    ``reread`` are the contracts whose files were all read again: their earlier days are
    compared with what was booked. ``file_meters`` are the meters of ``usage_files``.
    Of a level the late difference is the later value less the one that was booked.
    """
    columns = _columns(layout, file_meters)
    own = f'SELECT {columns} FROM usage_files WHERE "at" >= ? AND "at" < ?'
    bounds = [_literal(start_of(period.start)), _literal(start_of(period.end))]
    own = own.replace("?", bounds[0], 1).replace("?", bounds[1], 1)
    late = _late_differences(layout, columns, start, period, reread)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE usage_late AS {late}")
    listed = _columns(layout, layout.meters)
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW usage_booked AS"
        f" {own} UNION ALL SELECT {listed} FROM usage_late"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW usage_days AS"
        f" SELECT {listed} FROM usage_before UNION ALL SELECT {listed} FROM usage_booked"
    )


def contracts_with_late_usage(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    measured: Mapping[str, Mapping[str, date]] | None = None,
) -> set[str]:
    """Contracts whose quantities of closed days are not what was booked.

    Dimensions that are kept now and were not then move no quantity of a day, nor do measures
    that were not taken then: ``measured`` tells since when a contract's measures are.
    """
    meters = [name for name in layout.meters if not is_measure(name)]
    differences = [f"sum({meter_column(name)}) <> 0" for name in meters]
    differences += [
        f'(contract = {sql_text(contract)} AND "at" >= {_literal(start_of(since))}'
        f" AND sum({meter_column(name)}) <> 0)"
        for contract, names in (measured or {}).items()
        for name, since in names.items()
        if name in layout.meters and is_measure(name)
    ]
    sums = " OR ".join(differences) or "false"
    rows = connection.execute(
        "SELECT DISTINCT contract FROM"
        f' (SELECT contract, "at" FROM usage_late GROUP BY ALL HAVING {sums})'
    ).fetchall()
    return {contract for (contract,) in rows}


def spans_of_usage(
    connection: duckdb.DuckDBPyConnection,
) -> list[tuple[str, datetime, datetime]]:
    """The first and last time of usage in the files, by contract."""
    return connection.execute(
        'SELECT contract, min("at"), max("at") FROM usage_files GROUP BY contract ORDER BY contract'
    ).fetchall()


def rows_before(connection: duckdb.DuckDBPyConnection, contract: str, first: datetime) -> int:
    """How many rows of the files lie before an instant."""
    rows = connection.execute(
        'SELECT sum(rows)::BIGINT FROM usage_files WHERE contract = ? AND "at" < ?',
        [contract, first],
    ).fetchall()
    return rows[0][0] or 0


def _late_differences(
    layout: Layout, columns: str, start: Period, period: Period, reread: Sequence[str]
) -> str:
    listed = ", ".join(["contract", "party", '"at"', *layout.dimension_columns])
    sums = ", ".join(f"sum({c}) AS {c}" for c in (*layout.meter_columns, "rows"))
    negative = ", ".join(f"-{column} AS {column}" for column in (*layout.meter_columns, "rows"))
    changed = " OR ".join(_changed(name, layout) for name in layout.meters) or "false"
    now, then = (", true AS now", ", false AS now") if layout.level_meters else ("", "")
    chosen = ", ".join(map(sql_text, reread)) or "NULL"
    early = f'contract IN ({chosen}) AND "at" < {_literal(start_of(period.start))}'
    kept = f'{early} AND "at" >= {_literal(start_of(start.start))}'
    return (
        f"SELECT {listed}, {sums} FROM ("
        f"SELECT {columns}{now} FROM usage_files WHERE {kept}"
        f" UNION ALL SELECT {listed}, {negative}{then} FROM usage_before WHERE {early}"
        f") GROUP BY ALL HAVING {changed}"
    )


def _changed(name: str, layout: Layout) -> str:
    """Whether what the files say now differs from what was booked: no level is not level 0."""
    column = meter_column(name)
    if name not in layout.levels:
        return f"sum({column}) <> 0"
    return f"sum({column}) FILTER (now) IS DISTINCT FROM -sum({column}) FILTER (NOT now)"


def _columns(layout: Layout, meters: Collection[str]) -> str:
    """The columns of ``usage_days``; meters that the source lacks are zero, levels NULL."""
    cells = ["contract", "party", '"at"', *layout.dimension_columns]
    for name in layout.meters:
        column = meter_column(name)
        nothing = "NULL" if name in layout.levels else "0"
        cells.append(column if name in meters else f"{nothing}::{meter_type(name)} AS {column}")
    return ", ".join([*cells, "rows"])


def _literal(at: datetime) -> str:
    return f"TIMESTAMP '{at:%Y-%m-%d %H:%M:%S}'"


def merged_meters(layouts: Iterable[Collection[str]]) -> tuple[str, ...]:
    """Meters of several tables, each once, in order of first appearance; then measures."""
    return tuple(
        sorted(dict.fromkeys(name for meters in layouts for name in meters), key=is_measure)
    )
