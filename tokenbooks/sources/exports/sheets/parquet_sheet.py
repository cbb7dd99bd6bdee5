"""Parquet as a sheet: every value as the text that an exact reader would have written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.exports.connection import connect
from tokenbooks.sources.exports.sheets.sheet import Header, Record, with_constants
from tokenbooks.sources.exports.sql_text import file_name, quoted_list

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType

MAGIC = b"PAR1"

_ROWS_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class ParquetColumn:
    """A column: its name, with dots before the fields of structures, and its SQL.

    ``is_nested`` where its value is a list, a map or a structure; ``has_fields`` where its
    fields are columns too.
    """

    name: str
    sql: str
    is_nested: bool = False
    has_fields: bool = False

    @property
    def text(self) -> str:
        """The SQL of its value as text: nested values as JSON."""
        return f"to_json({self.sql})::VARCHAR" if self.is_nested else f"{self.sql}::VARCHAR"


@dataclass(frozen=True, slots=True)
class ParquetSheet:
    """The sheet of a Parquet file. A record's line is its number."""

    path: Path
    header: Header
    columns: tuple[ParquetColumn, ...]
    constants: tuple[str, ...] = ()
    nothing: tuple[str, ...] = ()

    @property
    def unread(self) -> tuple[str, ...]:
        """None: every column has its name in the header."""
        return ()

    @property
    def rows(self) -> int | None:
        """Nobody has counted."""
        return None

    @property
    def is_text(self) -> bool:
        """Never."""
        return False

    @property
    def scan(self) -> str:
        """The relation of its rows as text."""
        empty = quoted_list(("", *self.nothing))
        cells = ", ".join(
            f"CASE WHEN {column.text} NOT IN {empty} THEN {column.text} END AS c{n}"
            for n, column in enumerate(self.columns)
        )
        rows = f"(SELECT {cells} FROM read_parquet({file_name(self.path)}))"
        return with_constants(rows, len(self.columns), self.constants)

    def records(self, strict: bool = False) -> Iterator[Record]:
        """Every row, with its number for a line."""
        found = connect().execute(f"SELECT * FROM {self.scan}")
        number = 0
        while rows := found.fetchmany(_ROWS_AT_ONCE):
            for row in rows:
                number += 1
                yield Record(number, number, number, "", tuple(cell or "" for cell in row))

    def place(self, record: Record, index: int) -> tuple[int, int]:
        """The row's number and the column's."""
        return record.line, index + 1


def _fields(name: str, sql: str, kind: DuckDBPyType) -> Iterator[ParquetColumn]:
    """A column, and the fields of a structure, which have dots in their names as in JSON."""
    if kind.id != "struct":
        yield ParquetColumn(name, sql, kind.id in ("list", "array", "map", "union"))
        return
    yield ParquetColumn(name, sql, True, True)
    for field, inner in kind.children:
        assert isinstance(inner, type(kind)), field
        yield from _fields(f"{name}.{field}", f"{sql}.{_identifier(field)}", inner)


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def read_columns(path: Path, shown: str) -> tuple[tuple[ParquetColumn, ...], list[Problem]]:
    """The columns of a Parquet file. Problem: ``file-unreadable``."""
    import duckdb

    try:
        relation = connect().sql(f"SELECT * FROM read_parquet({file_name(path)})")
        pairs = zip(relation.columns, relation.types, strict=True)
        return tuple(c for name, kind in pairs for c in _fields(name, _identifier(name), kind)), []
    except duckdb.Error as failure:
        message = f"cannot be read as Parquet: {str(failure).splitlines()[0]}"
        help = "download the file again; it was cut off or changed on the way"
        return (), [error("file-unreadable", message, help, Position(shown))]
