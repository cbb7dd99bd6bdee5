"""Both sides of a comparison summed by what somebody asks for: ``reconcile --by``.

Groups are summed from ``usage_rows`` and ``statement_rows`` (``compare_rows``), so that they
may tell what only one side has: then the other side's amounts stand where nothing is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.periods import Period
from tokenbooks.reconcile.statements.cells import METER
from tokenbooks.reconcile.statements.compare_rows import Scales
from tokenbooks.usage.accounting import OWED
from tokenbooks.usage.layout import QUANTITY_PLACES, dimension_column, sql_text

if TYPE_CHECKING:
    import duckdb

#: What cells can be grouped by besides dimensions.
DAY = "day"


class GroupTotals(NamedTuple):
    """What both sides say of a group, by the values asked for; '' where a side tells none.

    Quantities are those of one meter: None where the groups are not by meter, or where the
    statement says none.
    """

    values: tuple[str, ...]
    usage: Fraction
    statement: Fraction
    used: Fraction | None = None
    stated: Fraction | None = None

    @property
    def difference(self) -> Fraction:
        """The statement's amount less ours."""
        return self.statement - self.usage


def group_totals(
    connection: duckdb.DuckDBPyConnection, scales: Scales, by: Sequence[str], period: Period
) -> tuple[GroupTotals, ...]:
    """The totals of a period's groups that both sides come to, in their order."""
    keys = [f"g{number}" for number in range(len(by))]
    usage = _side(connection, "usage_rows", by, "value AS usage, quantity AS used")
    stated = _side(
        connection,
        "statement_rows",
        by,
        "CASE WHEN is_free THEN 0 ELSE amount END AS statement, quantity AS stated",
    )
    listed = "".join(f"{key}, " for key in keys)
    rows = connection.execute(
        f"SELECT {listed}coalesce(sum(usage), 0)::HUGEINT::VARCHAR,"
        " coalesce(sum(statement), 0)::HUGEINT::VARCHAR, sum(used)::HUGEINT::VARCHAR,"
        " CASE WHEN count(stated) = count(statement) THEN sum(stated) END::VARCHAR"
        f" FROM ({usage} UNION ALL BY NAME {stated} WHERE meaning = {sql_text(OWED)} OR is_free)"
        f" WHERE day >= DATE '{period.start}' AND day < DATE '{period.end}'"
        " GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return tuple(_group(row, len(by), scales, METER in by) for row in rows)


def _side(
    connection: duckdb.DuckDBPyConnection, table: str, by: Sequence[str], figures: str
) -> str:
    columns = {c[0] for c in connection.execute(f"SELECT * FROM {table} LIMIT 0").description or ()}
    keys = "".join(f"{_key(name, columns)} AS g{number}, " for number, name in enumerate(by))
    return f"SELECT day, {keys}{figures} FROM {table}"


def _key(name: str, columns: set[str]) -> str:
    """SQL of the value of a group; '' where the side does not tell it."""
    if name == DAY:
        return "day::VARCHAR"
    if name == METER:
        return "coalesce(meter, '')"
    quoted = dimension_column(name)
    return f"coalesce({quoted}, '')" if quoted.strip('"') in columns else "''"


def _group(row: Sequence[str | None], keys: int, scales: Scales, of_one_meter: bool) -> GroupTotals:
    usage, statement, used, stated = row[keys:]
    whole = 10**scales.amount
    return GroupTotals(
        tuple(str(value) for value in row[:keys]),
        Fraction(int(usage or 0), whole),
        Fraction(int(statement or 0), whole),
        Fraction(int(used), 10**QUANTITY_PLACES) if used and of_one_meter else None,
        Fraction(stated) if stated and of_one_meter else None,
    )
