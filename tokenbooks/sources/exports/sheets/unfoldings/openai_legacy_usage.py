"""`rows: openai-legacy-usage`: the body of OpenAI's undocumented `/v1/usage?date=`.

It has a list for each kind of usage: `data` for text, `dalle_api_data` and so on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from tokenbooks.sources.exports.sheets.json_items import Item
from tokenbooks.sources.exports.sheets.json_values import JsonValue
from tokenbooks.sources.exports.sheets.unfoldings.rows import (
    UnfoldedRow,
    flat_row,
    text_at,
    values_of,
    where_some_fit,
)

#: Lists beside `data` that a body has; newer ones are known by their ending.
_ENDING = "_data"

#: Columns that a day without usage has too.
COLUMNS = ("array", "time", "n_context_tokens_total")

#: Columns of our own: elements of `data` and those of the other lists name these differently.
_EITHER = {
    "time": ("aggregation_timestamp", "timestamp"),
    "model": ("snapshot_id", "model_id"),
    "requests": ("n_requests", "num_requests"),
    "person": ("email", "user_id"),
}


def unfold(items: Iterable[Item], wanted: Collection[str] = ()) -> Iterator[UnfoldedRow]:
    """A row for each element of the lists; `array` names the one in which it stands.

    `time`, `model`, `requests` and `person` are what an element has of two names each.
    A body whose lists are all empty is one row with the body's own keys.
    """
    return where_some_fit(_rows(items, wanted))


def _rows(items: Iterable[Item], wanted: Collection[str]) -> Iterator[tuple[bool, UnfoldedRow]]:
    for line, value in values_of(items):
        lists = _lists(value)
        if not any(lists.values()):
            yield bool(lists), flat_row(line, value, wanted)
        for name, elements in lists.items():
            for element in elements:
                row = flat_row(line, element, wanted)
                yield True, row._replace(cells={"array": name} | _either(element) | row.cells)


def _either(element: JsonValue) -> dict[str, str]:
    found = {name: next(filter(None, _texts(element, keys)), "") for name, keys in _EITHER.items()}
    return {name: text for name, text in found.items() if text}


def _texts(element: JsonValue, keys: tuple[str, ...]) -> list[str]:
    return [text_at(element, key) for key in keys]


def _lists(body: JsonValue) -> dict[str, list[JsonValue]]:
    """The lists of a body by name; none for what is not such a body."""
    if not isinstance(body, dict):
        return {}
    lists = {key: part for key, part in body.items() if isinstance(part, list)}
    known = {key: part for key, part in lists.items() if key == "data" or key.endswith(_ENDING)}
    return known if "data" in known and len(known) > 1 else {}
