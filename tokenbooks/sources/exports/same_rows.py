"""Rows that are what they say (``identity: {content: true}``): equal rows of two files are one.

Rows of one file are never taken for each other: two requests can be alike. Where a file has
the same row as an earlier one, its first occurrence stands for the first one there, the
second for the second; what it has more of counts. So a later download adds only what is new,
whatever the order of its rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from tokenbooks.amounts import number_text, parse_number
from tokenbooks.sources.exports.normal.normal_form import ROW_NUMBER, NormalForm
from tokenbooks.sources.exports.sql_text import quoted

if TYPE_CHECKING:
    import duckdb


def find_same_rows(
    connection: duckdb.DuckDBPyConnection, forms: Mapping[int, NormalForm]
) -> dict[int, str]:
    """For files with rows of another one, a relation of their rows with a column ``replaced``.

    Files are compared within contract, key, format and declared scope, in their order. A file
    that DuckDB refuses is left to the reader.
    """
    relations: dict[int, str] = {}
    members = [(content_group(form), index) for index, form in forms.items() if form.by_content]
    for _, found in groupby(sorted(members), key=lambda member: member[0]):
        group = {index: forms[index] for _, index in found}
        if len(group) > 1:
            relations.update(_same_rows_of(connection, group))
    return relations


def content_group(form: NormalForm) -> tuple[str, str, str, tuple[tuple[str, str], ...]]:
    """The files among which equal rows are one have the same of this."""
    file = form.file
    return (file.contract, file.kind, form.descriptor.id, file.source.scope)


def shared_columns(group: Sequence[NormalForm]) -> tuple[str, ...]:
    """The columns that are read of all files: a later one may have more of them."""
    first, *others = ({form.header.columns[index] for index in form.used} for form in group)
    return tuple(sorted(first.intersection(*others)))


def _same_rows_of(
    connection: duckdb.DuckDBPyConnection, group: Mapping[int, NormalForm]
) -> dict[int, str]:
    import duckdb

    names = shared_columns(list(group.values()))
    hashes = " UNION ALL ".join(
        f"SELECT {index} AS file, {_hash(form, names)} AS h FROM {form.sheet.scan}"
        for index, form in group.items()
    )
    try:
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE same_hashes AS"
            f" SELECT h FROM ({hashes}) GROUP BY h HAVING min(file) <> max(file)"
        )
    except duckdb.Error:
        return {}
    (count,) = connection.execute("SELECT count(*) FROM same_hashes").fetchall()[0]
    if not count:
        return {}
    connection.execute("CREATE OR REPLACE TEMP TABLE seen_rows (said VARCHAR, times BIGINT)")
    return {index: _mark(connection, index, form, names) for index, form in group.items()}


def _mark(
    connection: duckdb.DuckDBPyConnection, index: int, form: NormalForm, names: Sequence[str]
) -> str:
    """Note which rows an earlier file has; the file's relation."""
    columns = ", ".join(form.columns)
    table = f"same_rows_{index}"
    chosen = f"{_hash(form, names)} IN (SELECT h FROM same_hashes)"
    counted = (
        f"SELECT *, row_number() OVER (PARTITION BY said ORDER BY {ROW_NUMBER}) AS k"
        f" FROM (SELECT *, {_content(form, names)} AS said FROM {form.numbered_scan})"
        f" WHERE {chosen}"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS"
        f" SELECT {columns}, said, k <= coalesce(times, 0) AS replaced FROM ({counted})"
        " LEFT JOIN (SELECT said, max(times) AS times FROM seen_rows GROUP BY said) USING (said)"
    )
    connection.execute(f"INSERT INTO seen_rows SELECT said, count(*) FROM {table} GROUP BY said")
    return (
        f"(SELECT {columns}, false AS replaced FROM {form.scan} WHERE NOT ({chosen})"
        f" UNION ALL SELECT {columns}, replaced FROM {table})"
    )


def plain_text(cell: str) -> str:
    """A cell as it is compared: a number in one spelling, whatever its zeros and signs."""
    try:
        return number_text(parse_number(cell.strip().lstrip("$").replace(",", "")))
    except ValueError:
        return cell


def _plain_sql(cell: str) -> str:
    number = f"try_cast(replace(ltrim(trim({cell}), '$'), ',', '') AS DECIMAL(38,18))"
    return f"coalesce({number}::VARCHAR, {cell}, '')"


def _hash(form: NormalForm, names: Sequence[str]) -> str:
    return f"hash({', '.join(_plain_sql(f'c{form.header.index(name)}') for name in names)})"


def _content(form: NormalForm, names: Sequence[str]) -> str:
    """What a row says in the columns, whatever their order in the file."""
    cells = (_plain_sql(f"c{form.header.index(name)}") for name in names)
    return f"concat_ws({quoted(chr(30))}, {', '.join(cells)})"
