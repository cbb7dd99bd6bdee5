"""`rows: objects`: a row for each object of JSON lines, of a list, or of a document.

Nested keys are joined by dots (`usage.input_tokens`). Langfuse, Helicone, LiteLLM and
one's own exports have this shape.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from tokenbooks.sources.exports.sheets.json_items import Item
from tokenbooks.sources.exports.sheets.unfoldings.rows import (
    UnfoldedRow,
    flat_row,
    values_of,
    where_some_fit,
)


def unfold(items: Iterable[Item], wanted: Collection[str] = ()) -> Iterator[UnfoldedRow]:
    """The rows. A number or a text among the objects has one cell, `value`."""
    return where_some_fit(
        (isinstance(item.value, dict), flat_row(item.line, item.value, wanted))
        for item in values_of(items)
    )
