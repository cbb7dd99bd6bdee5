"""`rows: data`: a row for each object of the list pages that APIs give.

`{"data": [{...}, {...}], "has_more": false}` as of Stripe, Groq and Langfuse, or
`{"items": [...]}` as of OpenMeter: one page, JSON lines of pages, or a list of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from tokenbooks.sources.exports.sheets.json_items import Item
from tokenbooks.sources.exports.sheets.json_values import JsonValue
from tokenbooks.sources.exports.sheets.unfoldings.rows import (
    UnfoldedRow,
    flat_row,
    values_of,
    where_some_fit,
)


def unfold(items: Iterable[Item], wanted: Collection[str] = ()) -> Iterator[UnfoldedRow]:
    """The rows. A page without any object is one row with the page's own keys."""
    return where_some_fit(_rows(items, wanted))


def _rows(items: Iterable[Item], wanted: Collection[str]) -> Iterator[tuple[bool, UnfoldedRow]]:
    for line, value in values_of(items):
        listed = elements_of(value)
        if not listed:
            yield listed is not None, flat_row(line, value, wanted)
            continue
        for element in listed:
            yield True, flat_row(line, element, wanted)


def elements_of(page: JsonValue) -> list[JsonValue] | None:
    """The elements of a list page; ``None`` for what is not a page."""
    if isinstance(page, dict):
        for key in ("data", "items"):
            found = page.get(key)
            if isinstance(found, list):
                return found
    return None
