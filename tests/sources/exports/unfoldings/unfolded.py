"""What the functions of the package make of JSON texts, in a form that tests can show."""

import io
import json
from collections.abc import Collection, Sequence

from tokenbooks.sources.exports.sheets.json_items import Item
from tokenbooks.sources.exports.sheets.json_parsing import parse_values
from tokenbooks.sources.exports.sheets.unfoldings.known import UNFOLDINGS
from tokenbooks.sources.exports.sheets.unfoldings.rows import UnfoldedRow


def unfolded(
    function: str, text: str, wanted: Collection[str] = (), placed: bool = False
) -> list[UnfoldedRow]:
    """The rows of a text that is JSON lines, where that many values stand on as many lines."""
    return list(UNFOLDINGS[function](items_of(text, placed), wanted))


def cells(function: str, text: str, wanted: Collection[str] = ()) -> list[dict[str, str]]:
    """The cells of the rows; looking for places gives the same ones."""
    rows = [row.cells for row in unfolded(function, text, wanted)]
    assert rows == [row.cells for row in unfolded(function, text, wanted, placed=True)]
    assert all(type(text) is str and text for row in rows for text in row.values())
    return rows


def lines(*values: object) -> str:
    """JSON lines."""
    return "".join(json.dumps(value) + "\n" for value in values)


def items_of(text: str, placed: bool = False) -> Sequence[Item]:
    """The items of JSON lines."""
    return [
        Item(line, value)
        for number, written in enumerate(io.StringIO(text), 1)
        for line, value in parse_values(written, number, placed)
    ]


def only(rows: list[dict[str, str]], *names: str) -> list[tuple[str, ...]]:
    """Some columns of rows, empty where a row has no such cell."""
    return [tuple(row.get(name, "") for name in names) for row in rows]
