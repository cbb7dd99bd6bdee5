"""`rows: claude-code`: a row for each line of a Claude Code session log.

The log repeats an answer while it is streamed: a line for each part of its content,
with the same message id and request id. Input and cache counts repeat on each line,
output counts grow, and only the last line has the final ones; so all but the last are
marked `repeated`. Counting the first instead misses output, counting all doubles input.
Logs of other providers behind Claude Code have no request id: the message id is enough.
A resumed session copies earlier answers into its new file, where `key` is the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from tokenbooks.sources.exports.sheets.json_items import Item
from tokenbooks.sources.exports.sheets.json_values import JsonObject, JsonValue
from tokenbooks.sources.exports.sheets.unfoldings.rows import (
    UnfoldedRow,
    add_cells,
    object_at,
    row_of,
    text_at,
    values_of,
    where_some_fit,
)

#: What a row tells of its line; what people and models wrote is left out of the books.
_LINE_KEYS = (
    "type",
    "subtype",
    "timestamp",
    "sessionId",
    "requestId",
    "uuid",
    "parentUuid",
    "agentId",
    "version",
    "userType",
    "entrypoint",
    "cwd",
    "gitBranch",
    "isSidechain",
    "isApiErrorMessage",
    "costUSD",
    "durationMs",
)
_MESSAGE_KEYS = ("id", "type", "role", "model", "stop_reason")

#: Columns of every such log, also of one in which nothing was answered.
COLUMNS = (
    "type",
    "timestamp",
    "sessionId",
    "requestId",
    "message.id",
    "message.model",
    "message.usage.input_tokens",
    "message.usage.cache_creation_input_tokens",
    "message.usage.cache_read_input_tokens",
    "message.usage.output_tokens",
    "key",
    "repeated",
)

_USAGE_KEYS = ("input_tokens", "output_tokens")
_KINDS_WITH_MESSAGE = ("user", "assistant")
_OTHER_KINDS = ("system", "summary", "file-history-snapshot", "queue-operation", "progress")
_IDS = ("sessionId", "leafUuid", "messageId")


def unfold(items: Iterable[Item], wanted: Collection[str] = ()) -> Iterator[UnfoldedRow]:
    """A row for each line, with counts where it has some, and `repeated` where they come again.

    ``items`` is gone through twice, so an iterator is kept in memory whole.
    """
    again = list(items) if isinstance(items, Iterator) else items
    return where_some_fit(_rows(again, wanted))


def _rows(items: Iterable[Item], wanted: Collection[str]) -> Iterator[tuple[bool, UnfoldedRow]]:
    last: dict[str, int] = {}
    for number, item in enumerate(values_of(items)):
        if key := _key(item.value):
            last[key] = number
    for number, item in enumerate(values_of(items)):
        row = _row(item, wanted)
        if key := _key(item.value):
            row.cells["key"] = key
            if number != last[key]:
                row.cells["repeated"] = "true"
        yield _fits(item.value), row


def _row(item: Item, wanted: Collection[str]) -> UnfoldedRow:
    row = row_of(item.line, item.value, {})
    message = object_at(item.value, "message")
    _add_texts(row.cells, item.value, _LINE_KEYS, "")
    _add_texts(row.cells, message, _MESSAGE_KEYS, "message.")
    if usage := _usage(item.value):
        add_cells(row.cells, usage, wanted, "message.usage.", place=row)
    return row


def _add_texts(cells: dict[str, str], value: JsonValue, keys: Collection[str], prefix: str) -> None:
    for key in keys:
        if text := text_at(value, key):
            cells[prefix + key] = text


def _usage(value: JsonValue) -> JsonObject | None:
    usage = object_at(value, "message", "usage")
    return usage if usage and any(key in usage for key in _USAGE_KEYS) else None


def _key(value: JsonValue) -> str:
    """What tells an answer from others; empty for lines without counts or without an id."""
    message_id = text_at(value, "message", "id")
    if not message_id or not _usage(value):
        return ""
    request = text_at(value, "requestId")
    return f"{message_id}:{request}" if request else message_id


def _fits(value: JsonValue) -> bool:
    if _usage(value):
        return True
    kind = text_at(value, "type")
    if not any(text_at(value, key) for key in _IDS):
        return False
    has_message = object_at(value, "message") is not None
    return kind in _OTHER_KINDS or (kind in _KINDS_WITH_MESSAGE and has_message)
