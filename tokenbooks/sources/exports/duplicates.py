"""Rows that say which one they are (``id``): the same row twice counts once.

Two steps, so that files without repeated ids pay little and files without ids nothing:
first the ids that occur more than once, by their hash; then only the rows with those. A file
alone tells its ids while it is read: only if one stands there twice are there two steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import TYPE_CHECKING

from tokenbooks.problems import Position, Problem, error, merged
from tokenbooks.sources.exports.normal.expression import Expression
from tokenbooks.sources.exports.normal.normal_form import ROW_NUMBER, NormalForm
from tokenbooks.sources.exports.sql_text import quoted
from tokenbooks.sources.exports.summing import FIRST_RULE
from tokenbooks.usage.layout import NOT_OWED, USED

if TYPE_CHECKING:
    import duckdb

    from tokenbooks.sources.exports.sheets.sheet import Record

_SHOWN_AT_MOST = 5


def find_duplicates(
    connection: duckdb.DuckDBPyConnection, forms: Mapping[int, NormalForm]
) -> tuple[dict[int, str], list[Problem]]:
    """For files with repeated ids, a relation of their rows with a column ``replaced``.

    Ids are unique within contract, key (usage or statement), format and declared scope.
    Problem: ``id-differs`` where rows of one id say different things. A file that DuckDB
    refuses is left to the reader.
    """
    relations: dict[int, str] = {}
    problems: list[Problem] = []
    identified = [
        (_group(form), index) for index, form in forms.items() if form.id_column is not None
    ]
    for _, members in groupby(sorted(identified), key=lambda member: member[0]):
        group = {index: forms[index] for _, index in members}
        found, differing = _duplicates_of_group(connection, group)
        relations.update(found)
        problems.extend(differing)
    return relations, problems


def alone_with_ids(forms: Mapping[int, NormalForm]) -> set[int]:
    """Files whose ids can stand in no other file, and that can tell them while they are read."""
    groups: dict[object, list[int]] = {}
    for index, form in forms.items():
        if form.id_column is not None:
            groups.setdefault(_group(form), []).append(index)
    lone = (members[0] for members in groups.values() if len(members) == 1)
    return {
        index
        for index in lone
        if not (forms[index].long or forms[index].file.hold or forms[index].file.events)
    }


def hashed_id(form: NormalForm) -> Expression | None:
    """The number that stands for a row's id, NULL without one; None where the file has none."""
    column = form.id_column
    if column is None:
        return None
    cell = f"c{column}"
    return Expression(f"CASE WHEN {cell} IS NOT NULL THEN hash({cell}) END", frozenset({column}))


def has_repeated(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether a table of sums with lists of ``ids`` has one twice; what a rule skips says none."""
    ids = f"SELECT unnest(ids) AS id FROM {table} WHERE verdict < {FIRST_RULE}"
    found = f"SELECT id FROM ({ids}) GROUP BY id HAVING count(*) > 1 LIMIT 1"
    return bool(connection.execute(found).fetchall())


def _group(form: NormalForm) -> tuple[str, str, str, tuple[tuple[str, str], ...]]:
    file = form.file
    return (file.contract, file.kind, form.descriptor.id, file.source.scope)


def _duplicates_of_group(
    connection: duckdb.DuckDBPyConnection, group: Mapping[int, NormalForm]
) -> tuple[dict[int, str], list[Problem]]:
    import duckdb

    ids = " UNION ALL ".join(
        f"SELECT hash(c{form.id_column}) AS h FROM {_counted(form)}"
        f" WHERE c{form.id_column} IS NOT NULL"
        for form in group.values()
    )
    try:
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE repeated AS"
            f" SELECT h FROM ({ids}) GROUP BY h HAVING count(*) > 1"
        )
    except duckdb.Error:
        return {}, []
    (count,) = connection.execute("SELECT count(*) FROM repeated").fetchall()[0]
    if not count:
        return {}, []
    connection.execute("CREATE OR REPLACE TEMP TABLE seen (id VARCHAR, content VARCHAR)")
    _find_most(connection, group)
    marked = {i: _mark(connection, i, form) for i, form in group.items()}
    decided = all(form.most_column is not None for form in group.values())
    return marked, [] if decided else _differing(connection, group)


def _find_most(connection: duckdb.DuckDBPyConnection, group: Mapping[int, NormalForm]) -> None:
    """The largest number under each repeated id, in files of which it decides what counts."""
    connection.execute("CREATE OR REPLACE TEMP TABLE largest (id VARCHAR, most BIGINT)")
    parts = [
        f"SELECT c{form.id_column} AS id, {_most(form)} AS n FROM {_counted(form)}"
        f" WHERE hash(c{form.id_column}) IN (SELECT h FROM repeated)"
        for form in group.values()
        if form.most_column is not None
    ]
    if parts:
        connection.execute(
            f"INSERT INTO largest SELECT id, max(n) FROM ({' UNION ALL '.join(parts)}) GROUP BY id"
        )


def _most(form: NormalForm) -> str:
    return f"coalesce(try_cast(c{form.most_column} AS BIGINT), 0)"


def _mark(connection: duckdb.DuckDBPyConnection, index: int, form: NormalForm) -> str:
    """Note which rows with a repeated id are the first of it; the file's relation."""
    columns = ", ".join(form.columns)
    table = f"repeated_rows_{index}"
    identity = f"c{form.id_column}"
    order = f" ORDER BY {ROW_NUMBER}" if form.file.events else ""
    best = "true"
    if form.most_column is not None:
        best = f"({identity}, {_most(form)}) IN (SELECT (id, most) FROM largest)"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT *, NOT best OR"
        f" row_number() OVER (PARTITION BY {identity}, best{order}) > 1"
        f" OR {identity} IN (SELECT id FROM seen) AS replaced"
        f" FROM (SELECT *, {best} AS best FROM {_counted(form)}"
        f" WHERE hash({identity}) IN (SELECT h FROM repeated))"
    )
    connection.execute(
        f"INSERT INTO seen SELECT {identity}, {_content(form)} FROM {table} WHERE best"
    )
    others = f"({identity} IS NULL OR hash({identity}) NOT IN (SELECT h FROM repeated))"
    rows = [f"SELECT {columns}, false AS replaced FROM {_counted(form)} WHERE {others}"]
    if _is_picky(form):
        rows.append(f"SELECT {columns}, false AS replaced FROM {_counted(form, False)}")
    rows.append(f"SELECT {columns}, replaced FROM {table}")
    return f"({' UNION ALL '.join(rows)})"


def _is_picky(form: NormalForm) -> bool:
    """Whether the ids of some rows may say nothing."""
    return bool(form.skips) or form.file.hold


def _counted(form: NormalForm, counted: bool = True) -> str:
    """The rows whose ids count, or the others.

    The id of a row that a rule skips says nothing. Nor does that of a row that is held
    back: the corrected row has the same one.
    """
    if not _is_picky(form):
        return form.scan
    left_out = " OR ".join(f"coalesce({sql}, false)" for _, sql in form.skips)
    if form.file.hold:
        left_out = f"{form.verdict} NOT IN ({USED}, {NOT_OWED})"
    rows = form.values_of(form.scan, form.columns)
    return f"(SELECT * FROM {rows} WHERE {'NOT ' if counted else ''}({left_out}))"


def _content(form: NormalForm) -> str:
    """What a row says, whatever the order of its columns: an empty cell says nothing."""
    named = sorted((form.header.columns[index], index) for index in form.used)
    pieces = [
        f"CASE WHEN c{index} IS NULL THEN '' ELSE {quoted(name)} || '=' || c{index} || chr(30) END"
        for name, index in named
    ]
    return f"concat({', '.join(pieces)})"


def _differing(
    connection: duckdb.DuckDBPyConnection, group: Mapping[int, NormalForm]
) -> list[Problem]:
    rows = connection.execute(
        "SELECT id FROM seen GROUP BY id HAVING count(DISTINCT content) > 1 ORDER BY id"
    ).fetchall()
    if not rows:
        return []
    shown = [identity for (identity,) in rows[:_SHOWN_AT_MOST]]
    counted = connection.execute(
        "SELECT DISTINCT id, content FROM seen WHERE id IN (SELECT unnest(?))", [shown]
    ).fetchall()
    places = _places(group, set(shown), set(counted))
    problems = []
    for (identity,) in rows:
        first, second = places.get(identity, (Position(), Position()))
        message = f"two rows have the id '{identity}' and say different things (see {first})"
        help = "keep the row that is right; ids must name one row each"
        problems.append(error("id-differs", message, help, second))
    return merged(problems, _SHOWN_AT_MOST)


def _places(
    group: Mapping[int, NormalForm], wanted: set[str], counted: set[tuple[str, str]]
) -> dict[str, tuple[Position, Position]]:
    """Where the first row of an id stands, and the first that says something else."""
    first: dict[str, tuple[Position, str]] = {}
    places: dict[str, tuple[Position, Position]] = {}
    for form in group.values():
        for record in form.sheet.records():
            identity = record.cells[form.id_column or 0]
            if identity not in wanted or identity in places:
                continue
            position, content = _position(form, record), _said(form, record)
            if (identity, content) not in counted:
                continue
            if identity not in first:
                first[identity] = (position, content)
            elif first[identity][1] != content:
                places[identity] = (first[identity][0], position)
    return places


def _position(form: NormalForm, record: Record) -> Position:
    line, column = form.sheet.place(record, form.id_column or 0)
    return Position(form.file.shown, line, column)


def _said(form: NormalForm, record: Record) -> str:
    """What a record says, written as ``_content`` writes it."""
    names = form.header.columns
    said = {names[index]: record.cells[index] for index in form.used if record.cells[index]}
    return "".join(f"{name}={cell}{chr(30)}" for name, cell in sorted(said.items()))
