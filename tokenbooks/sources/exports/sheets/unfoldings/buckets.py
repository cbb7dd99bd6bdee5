"""`rows: buckets`: the pages of usage and cost APIs that report by bucket of time.

OpenAI: `{"object": "page", "data": [{"start_time": .., "end_time": .., "results": [..]}]}`;
Anthropic the same with `starting_at` and `ending_at`. One page, JSON lines of pages or
of buckets, or a list of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from tokenbooks.sources.exports.sheets.json_items import Item
from tokenbooks.sources.exports.sheets.json_values import JsonValue
from tokenbooks.sources.exports.sheets.unfoldings.data import elements_of
from tokenbooks.sources.exports.sheets.unfoldings.rows import (
    UnfoldedRow,
    flat_cells,
    flat_row,
    row_of,
    values_of,
    where_some_fit,
)


def unfold(items: Iterable[Item], wanted: Collection[str] = ()) -> Iterator[UnfoldedRow]:
    """A row for each result: the bucket's own keys, then the result's, which win over them.

    A bucket without results is one row with its own keys, and so is a page without buckets.
    """
    return where_some_fit(_rows(items, wanted))


def _rows(items: Iterable[Item], wanted: Collection[str]) -> Iterator[tuple[bool, UnfoldedRow]]:
    for line, value in values_of(items):
        listed = elements_of(value)
        if listed == []:
            yield True, flat_row(line, value, wanted)
        for bucket in [value] if listed is None else listed:
            yield from _rows_of_bucket(line, bucket, wanted)


def _rows_of_bucket(
    line: int, bucket: JsonValue, wanted: Collection[str]
) -> Iterator[tuple[bool, UnfoldedRow]]:
    results = bucket.get("results") if isinstance(bucket, dict) else None
    if not isinstance(bucket, dict) or not isinstance(results, list):
        yield False, flat_row(line, bucket, wanted)
        return
    own = {key: part for key, part in bucket.items() if key != "results"}
    cells = flat_cells(line, own, wanted)
    if not results:
        yield True, row_of(line, bucket, cells)
    for result in results:
        row = flat_row(line, result, wanted)
        yield True, row._replace(cells=cells | row.cells)
