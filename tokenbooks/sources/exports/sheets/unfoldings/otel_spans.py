"""`rows: otel-spans`: a row for each span of OpenTelemetry traces.

The OTLP form (`resourceSpans[].scopeSpans[].spans[]`, attributes as a list of keys and
typed values), the form of console and file exporters (`{"name": .., "attributes": {..}}`),
and plain objects with keys such as `gen_ai.usage.input_tokens`. Logs and metrics in the
same file (`resourceLogs`, `resourceMetrics`) are no spans and give no rows.

The names of attributes have changed, and one file can hold spans of several libraries: the
older names are given as the newer ones.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from tokenbooks.sources.exports.sheets.json_items import Item
from tokenbooks.sources.exports.sheets.json_values import JsonObject, JsonRefused, JsonValue
from tokenbooks.sources.exports.sheets.unfoldings.rows import (
    UnfoldedRow,
    flat_cells,
    flat_row,
    object_at,
    row_of,
    text_at,
    values_of,
    where_some_fit,
)

_SIGNALS = ("resourceSpans", "resource_spans", "resourceLogs", "resourceMetrics")
_SCOPES = ("scopeSpans", "scope_spans", "instrumentationLibrarySpans")
_NOT_CELLS = ("attributes", "resource", "events", "links", "scope", "instrumentationLibrary")
_TRACE_IDS = (("traceId",), ("trace_id",), ("context", "trace_id"), ("context", "traceId"))
_SPAN_IDS = (("spanId",), ("span_id",), ("context", "span_id"), ("context", "spanId"))
_PREFIX = "gen_ai."

#: Older names of attributes, and those of some libraries, with the names of the convention.
_NAMES = {
    "gen_ai.system": "gen_ai.provider.name",
    "gen_ai.usage.prompt_tokens": "gen_ai.usage.input_tokens",
    "gen_ai.usage.completion_tokens": "gen_ai.usage.output_tokens",
    "gen_ai.usage.cache_read_input_tokens": "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.input_tokens.cached": "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens": "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.input_tokens.cache_write": "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.output_tokens.reasoning": "gen_ai.usage.reasoning.output_tokens",
}
_MODELS = ("gen_ai.response.model", "gen_ai.request.model")


def unfold(items: Iterable[Item], wanted: Collection[str] = ()) -> Iterator[UnfoldedRow]:
    """The rows: attributes by their bare names, then the span's own fields, which win over them.

    Attributes of the resource have the prefix `resource.`. `traceId` and `spanId` are
    there however the span writes them, and both together as `key`; `model` is the one that
    answered, or else the one that was asked. Events and links of a span are left out.
    """
    return where_some_fit(_rows(items, wanted))


def _rows(items: Iterable[Item], wanted: Collection[str]) -> Iterator[tuple[bool, UnfoldedRow]]:
    for line, value in values_of(items):
        if isinstance(value, dict) and any(key in value for key in _SIGNALS):
            for span, resource in _spans(value):
                yield True, _row(line, span, resource, wanted)
            continue
        row = _row(line, value, object_at(value, "resource"), wanted)
        has_attributes = isinstance(value, dict) and "attributes" in value
        is_span = has_attributes and "spanId" in row.cells
        yield is_span or any(name.startswith(_PREFIX) for name in row.cells), row


def _spans(value: JsonObject) -> Iterator[tuple[JsonValue, JsonObject | None]]:
    for traced in _listed(value, _SIGNALS[:2]):
        resource = object_at(traced, "resource")
        for scope in _listed(traced, _SCOPES):
            for span in _listed(scope, ("spans",)):
                yield span, resource


def _listed(value: JsonValue, keys: Collection[str]) -> Iterator[JsonValue]:
    for key in keys:
        found = value.get(key) if isinstance(value, dict) else None
        if isinstance(found, list):
            yield from found


def _row(
    line: int, span: JsonValue, resource: JsonObject | None, wanted: Collection[str]
) -> UnfoldedRow:
    if not isinstance(span, dict):
        return flat_row(line, span)
    cells = {f"resource.{key}": text for key, text in _attributes(line, resource, wanted).items()}
    cells |= _attributes(line, span, wanted)
    own = {key: part for key, part in span.items() if key not in _NOT_CELLS}
    cells |= flat_cells(line, own, wanted)
    for name, places in (("traceId", _TRACE_IDS), ("spanId", _SPAN_IDS)):
        if found := next((text for keys in places if (text := text_at(span, *keys))), ""):
            cells[name] = found
    _add_told(cells)
    return row_of(line, span, cells)


def _add_told(cells: dict[str, str]) -> None:
    """Older names as newer ones, the model, and what tells a span from all others."""
    for old, new in _NAMES.items():
        if old in cells:
            written = cells.pop(old)
            cells.setdefault(new, written)
    if model := next((cells[name] for name in _MODELS if name in cells), ""):
        cells["model"] = model
    if "traceId" in cells and "spanId" in cells:
        cells["key"] = f"{cells['traceId']}:{cells['spanId']}"


def _attributes(line: int, value: JsonObject | None, wanted: Collection[str]) -> dict[str, str]:
    written = value.get("attributes") if value else None
    if isinstance(written, list):
        written = _by_key(line, written)
    return flat_cells(line, written, wanted) if isinstance(written, dict) else {}


def _by_key(line: int, attributes: list[JsonValue]) -> JsonObject:
    """OTLP's `[{"key": .., "value": {"intValue": "5"}}]` as an object."""
    found: JsonObject = {}
    for attribute in attributes:
        if isinstance(attribute, dict) and (key := text_at(attribute, "key")):
            if key in found:
                message = f"the attribute '{key}' stands twice in one span: one would be lost"
                raise JsonRefused(line, 0, message, "keep one of the two")
            found[key] = _plain(line, attribute.get("value"))
    return found


def _plain(line: int, value: JsonValue) -> JsonValue:
    """What a typed value of OTLP says: whole numbers are texts in it, so are bytes."""
    if not isinstance(value, dict):
        return value
    listed = object_at(value, "arrayValue")
    if listed is not None:
        return [_plain(line, part) for part in _listed(listed, ("values",))]
    keyed = object_at(value, "kvlistValue")
    if keyed is not None:
        return _by_key(line, list(_listed(keyed, ("values",))))
    return next(iter(value.values()), None)
