"""Tables as one JSON document: decimals as strings, whole numbers as numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tokenbooks.reports.cells import full_text
from tokenbooks.reports.table import Cell, Column, Table


def render_json(tables: Sequence[Table]) -> str:
    """Tables by their names: ``{name: {title, notes, rows: [{key: value}]}}``.

    A decimal is a string, since a reader may make a binary float of a number; dates
    are ISO strings, an empty cell is null. Raises ValueError if two have one name.
    """
    document = {table.name: _table_object(table) for table in tables}
    if len(document) != len(tables):
        raise ValueError("two tables have the same name")
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _table_object(table: Table) -> dict[str, object]:
    return {
        "title": table.title,
        "notes": list(table.notes),
        "rows": [
            {c.key: _json_value(cell, c) for cell, c in zip(row, table.columns, strict=True)}
            for row in table.rows
        ],
    }


def _json_value(cell: Cell, column: Column) -> str | int | bool | None:
    if cell is None or isinstance(cell, bool):
        return cell
    if isinstance(cell, int) and column.places is None:
        return cell
    return full_text(cell, column)
