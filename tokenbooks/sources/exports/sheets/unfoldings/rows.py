"""Flat rows of text out of JSON values: what the functions of this package have in common."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple, TypeAlias

from tokenbooks.sources.exports.sheets.json_items import Item
from tokenbooks.sources.exports.sheets.json_values import (
    JsonObject,
    JsonRefused,
    JsonValue,
    NumberText,
    PlacedObject,
    nested_too_deeply,
)

#: What a list that nobody asked for has as its cell: such lists can be very long.
UNREAD_LIST = "[...]"


class UnfoldedRow(NamedTuple):
    """A row: where its JSON begins (from 1, column 0 unknown), and its texts by column name.

    No cell is empty: what is null, an empty text, list or object has no cell.
    """

    line: int
    column: int
    cells: dict[str, str]


#: Makes rows of the values of a content. The columns in ``wanted`` are given as JSON
#: text where they are lists or objects. Values in which nothing has the shape that
#: the function knows give no row at all; beside such that have it, the others give a
#: row with the cells that they have. Raises ``JsonRefused`` while it is gone through.
Unfold: TypeAlias = Callable[[Iterable[Item], Collection[str]], Iterator[UnfoldedRow]]


def values_of(items: Iterable[Item]) -> Iterator[Item]:
    """The values of a content, lists taken apart: a list of pages is as good as the pages."""
    for item in items:
        if isinstance(item.value, list):
            yield from values_of(Item(item.line, part) for part in item.value)
        else:
            yield item


def row_of(line: int, value: JsonValue, cells: dict[str, str]) -> UnfoldedRow:
    """A row of the cells, placed where an object begins if that is known, else on the line."""
    if isinstance(value, PlacedObject):
        return UnfoldedRow(value.line, value.column, cells)
    return UnfoldedRow(line, 0, cells)


def flat_row(line: int, value: JsonValue, wanted: Collection[str] = ()) -> UnfoldedRow:
    """The row of a value: an object's keys, or a cell `value` for what is not an object."""
    row = row_of(line, value, {})
    if isinstance(value, dict):
        add_cells(row.cells, value, wanted, place=row)
    elif text := cell_text(value):
        row.cells["value"] = text
    return row


def flat_cells(line: int, value: JsonObject, wanted: Collection[str] = ()) -> dict[str, str]:
    """The cells of an object, nested keys joined by dots."""
    return flat_row(line, value, wanted).cells


def add_cells(
    cells: dict[str, str],
    value: JsonObject,
    wanted: Collection[str],
    prefix: str = "",
    *,
    place: UnfoldedRow,
) -> None:
    """Add the cells of an object, each name after the prefix.

    Raises ``JsonRefused`` with the place of the row where two keys come to the same
    name (`{"a.b": 1, "a": {"b": 2}}`), or where objects are nested too deeply.
    """
    try:
        _add_cells(cells, value, wanted, prefix)
    except RecursionError:
        raise nested_too_deeply(place.line, place.column) from None
    except _SameNameError as same:
        message = f"two keys of an object both come to the column '{same}': one would be lost"
        help = "download the file again, or take one of them away"
        raise JsonRefused(place.line, place.column, message, help) from None


class _SameNameError(ValueError):
    pass


def _add_cells(
    cells: dict[str, str], value: JsonObject, wanted: Collection[str], prefix: str
) -> None:
    for key, part in value.items():
        name = prefix + key
        if isinstance(part, dict):
            if part and name in wanted:
                cells[name] = json_text(part)
            _add_cells(cells, part, wanted, name + ".")
            continue
        if isinstance(part, list):
            text = json_text(part) if part and name in wanted else UNREAD_LIST if part else ""
        else:
            text = cell_text(part)
        if text:
            if name in cells:
                raise _SameNameError(name)
            cells[name] = text


def cell_text(value: JsonValue) -> str:
    """The text of a cell: true and false in words, null as nothing, numbers as written."""
    if isinstance(value, str):
        return str(value)
    if value is True:
        return "true"
    if value is False:
        return "false"
    return json_text(value) if value else ""


def json_text(value: JsonValue) -> str:
    """A value as JSON again, numbers as they were written."""
    if isinstance(value, NumberText):
        return str(value)
    if isinstance(value, dict):
        parts = (f"{_quoted(key)}:{json_text(part)}" for key, part in value.items())
        return "{" + ",".join(parts) + "}"
    if isinstance(value, list):
        return "[" + ",".join([json_text(part) for part in value]) + "]"
    return _quoted(value)


def _quoted(value: str | bool | None) -> str:
    return json.dumps(value, ensure_ascii=False)


def object_at(value: JsonValue, *keys: str) -> JsonObject | None:
    """The object under the keys, one inside the other; ``None`` where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else None


def text_at(value: JsonValue, *keys: str) -> str:
    """The text of the scalar under the keys; empty where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return "" if isinstance(value, dict | list) else cell_text(value)


def where_some_fit(rows: Iterable[tuple[bool, UnfoldedRow]]) -> Iterator[UnfoldedRow]:
    """All rows, in order, if any of them has the shape of the function; else none.

    Rows before the first that fits are held back until it comes.
    """
    held: list[UnfoldedRow] | None = []
    for fits, row in rows:
        if held is None:
            yield row
        elif fits:
            yield from held
            yield row
            held = None
        else:
            held.append(row)
