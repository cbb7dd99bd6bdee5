"""A file whose format is not known yet: its header in every shape that a format may have."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.exports.descriptors.descriptor import FIRST_DAY, LAST_DAY, OBJECTS, Shape
from tokenbooks.sources.exports.sheets.csv_sheet import CsvSheet, read_layout
from tokenbooks.sources.exports.sheets.json_items import Item, JsonRefused, is_json, json_broken
from tokenbooks.sources.exports.sheets.json_sheet import (
    JsonSheet,
    lay_down,
    sample_columns,
    sample_items,
)
from tokenbooks.sources.exports.sheets.parquet_sheet import MAGIC, ParquetSheet, read_columns
from tokenbooks.sources.exports.sheets.sheet import Header, Sheet, header_with
from tokenbooks.sources.exports.sheets.text_files import plain_text

_FIRST_BYTES = 1_024


class RefusedError(Exception):
    """A file cannot be read, whatever its format; the problems say why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__()
        self.problems = problems


#: Nothing says which days a file is of.
NO_DAYS: Mapping[str, str] = {}


class OfferedFile:
    """The contents of a file, before a format claims it."""

    def __init__(self, path: Path, shown: str) -> None:
        """Look at the beginning of a file. Raises ``RefusedError``."""
        self.path = path
        self.shown = shown
        self._headers: dict[Shape, Header | str] = {}
        self._items: list[Item] = []
        self._refused: JsonRefused | None = None
        self.is_json = self.is_parquet = False
        try:
            with path.open("rb") as file:
                first = file.read(_FIRST_BYTES)
        except OSError as failure:
            reason = failure.strerror or "the system refused"
            help = "make it a file that you may read"
            position = Position(shown)
            raise RefusedError(
                [error("file-unreadable", f"cannot be read: {reason}", help, position)]
            ) from failure
        if first.startswith(MAGIC):
            self.is_parquet = True
            self._columns, problems = read_columns(path, shown)
        elif is_json(first):
            self.is_json = True
            problems = self._read_sample()
        else:
            text, problems = plain_text(path, shown)
            self._text = text or path
        if problems:
            raise RefusedError(problems)

    def _read_sample(self) -> list[Problem]:
        try:
            self._items = sample_items(self.path)
        except JsonRefused as refused:
            return [json_broken(refused, self.shown)]
        return []

    def header(self, shape: Shape) -> Header | str:
        """The header under a shape, or why the file does not have that shape.

        Raises ``RefusedError`` where the header cannot be read at all.
        """
        if shape not in self._headers:
            self._headers[shape] = self._header(shape)
        return self._headers[shape]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns in the plainest shape, to tell a person. Raises ``RefusedError``."""
        header = self.header(Shape())
        if self._refused is not None:
            raise RefusedError([json_broken(self._refused, self.shown)])
        return header.columns if isinstance(header, Header) else ()

    def _header(self, shape: Shape) -> Header | str:
        if shape.rows and not self.is_json and not shape.table:
            return "is not JSON"
        # which days they are is asked once a format has claimed the file
        constants = dict.fromkeys((FIRST_DAY, LAST_DAY), "") if shape.dated_by_name else {}
        if self.is_parquet:
            own = [column.name for column in self._columns if not column.has_fields]
            return header_with(known_names(own, shape.loose), constants)
        if self.is_json:
            try:
                names = sample_columns(self._items, shape.rows or OBJECTS)
            except JsonRefused as refused:
                # another function may make rows of it nevertheless
                self._refused = refused
                return f"cannot be read: {refused.message}"
            known = header_with(names, constants)
            return known if names else f"has no rows that `{shape.rows or OBJECTS}` can make"
        layout, problems = read_layout(self._text, self.shown, shape.preamble)
        if problems:
            raise RefusedError(problems)
        if layout is None:
            return f"has no line that begins with '{shape.preamble}'"
        columns = known_names(layout.columns, shape.loose)
        return header_with(columns, {**dict(layout.preamble), **constants})

    def sheet(
        self, shape: Shape, wanted: Collection[str], days: Mapping[str, str] = NO_DAYS
    ) -> Sheet:
        """The sheet under a shape whose header the file has; of JSON the wanted columns only.

        ``days`` are the first and the last one of a file whose rows say none. Raises
        ``RefusedError``.
        """
        header = self.header(shape)
        if isinstance(header, str):
            raise RefusedError([error("format-mismatch", f"it {header}", "", Position(self.shown))])
        empty = dict.fromkeys((FIRST_DAY, LAST_DAY), "")
        constants = {**empty, **days} if shape.dated_by_name else {}
        if self.is_parquet:
            # a structure stands beside its fields only where a format reads it as a whole
            whole = [c for c in self._columns if c.has_fields and c.name in wanted]
            columns = [*(c for c in self._columns if not c.has_fields), *whole]
            names = [*header.columns[: header.width], *(c.name for c in whole)]
            header = header_with(names, constants)
            told = _told(header, constants)
            return ParquetSheet(self.path, header, tuple(columns), told, shape.nothing)
        if self.is_json:
            return self._json_sheet(shape, wanted, constants)
        layout, problems = read_layout(self._text, self.shown, shape.preamble)
        if layout is None:
            raise RefusedError(problems)
        told = _told(header, {**dict(layout.preamble), **constants})
        return CsvSheet(self._text, header, layout, told, shape.nothing)

    def _json_sheet(
        self, shape: Shape, wanted: Collection[str], constants: Mapping[str, str]
    ) -> Sheet:
        function = shape.rows or OBJECTS
        try:
            rows = lay_down(self.path, function, wanted)
        except JsonRefused as refused:
            raise RefusedError([json_broken(refused, self.shown)]) from refused
        header = header_with([name for name in rows.names if name in rows.seen], constants)
        told = _told(header, constants)
        return JsonSheet(self.path, function, header, rows, told, shape.nothing)


def _told(header: Header, constants: Mapping[str, str]) -> tuple[str, ...]:
    """What the constants of a header say, in its order."""
    return tuple(constants[name] for name in header.columns[header.width :])


def known_names(columns: Sequence[str], known: Sequence[str]) -> list[str]:
    """Column names as a format knows them, where they are spelt otherwise.

    ``lineItem/UsageType`` and ``line_item_usage_type`` are one name, and so are ``MeterName``
    and ``meterName``; a column whose name is known already stays what it is.
    """
    spelled = {_letters(name): name for name in known}
    names = list(columns)
    for index, name in enumerate(columns):
        meant = spelled.get(_letters(name))
        if meant is not None and name not in known and meant not in names:
            names[index] = meant
    return names


def _letters(name: str) -> str:
    """A name without the signs between words, in lower case."""
    return re.sub(r"[^a-z0-9]", "", name.lower())
