"""`rows: codex`: a row for each line of a Codex session log (`rollout-*.jsonl`).

`token_count` events carry the counts of the last request and the totals of the session.
They come again without a request in between, with the same totals: such rows are marked
`repeated`. Where an event has no counts of its own, its row has the difference of totals.

A forked session, or one of a subagent, begins with a copy of its parent's log, all
written at the moment of the fork. Those events are in the parent's file too, so their
rows are marked `repeated` and `replayed`. The copy ends with the first line that comes
more than a second later: no answer takes less.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from tokenbooks.sources.exports.sheets.json_items import Item
from tokenbooks.sources.exports.sheets.json_values import JsonObject, JsonValue
from tokenbooks.sources.exports.sheets.unfoldings.rows import (
    UnfoldedRow,
    object_at,
    row_of,
    text_at,
    values_of,
    where_some_fit,
)

_COUNTS = (
    "input_tokens",
    "cached_input_tokens",
    "cache_write_input_tokens",
    "output_tokens",
    "reasoning_output_tokens",
    "total_tokens",
)

_OLD_CACHED = "cache_read_input_tokens"

#: Columns of every such log, also of one in which nothing was answered.
COLUMNS = (
    "timestamp",
    "type",
    "payload.type",
    "session_id",
    "model",
    "usage.input_tokens",
    "usage.cached_input_tokens",
    "usage.output_tokens",
    "repeated",
)

_KINDS = ("session_meta", "turn_context", "event_msg", "response_item", "compacted")
_PAUSE = timedelta(seconds=1)


def unfold(items: Iterable[Item], wanted: Collection[str] = ()) -> Iterator[UnfoldedRow]:
    """A row for each line; those of `token_count` events have `usage.*` and `total.*`."""
    return where_some_fit(_rows(items))


def _rows(items: Iterable[Item]) -> Iterator[tuple[bool, UnfoldedRow]]:
    session = _Session()
    for item in values_of(items):
        has_payload = object_at(item.value, "payload") is not None
        fits = has_payload and text_at(item.value, "type") in _KINDS
        row = row_of(item.line, item.value, _line_cells(item.value))
        if fits:
            session = session.after(item.value)
            row.cells.update(session.cells_of(item.value))
        yield fits, row


def _line_cells(line: JsonValue) -> dict[str, str]:
    cells = {key: text_at(line, key) for key in ("timestamp", "type")}
    cells["payload.type"] = text_at(line, "payload", "type")
    cells["plan_type"] = text_at(line, "payload", "rate_limits", "plan_type")
    return {name: text for name, text in cells.items() if text}


class _Session:
    """What earlier lines of a session say about the next one."""

    def __init__(self, identifier: str = "", forked_from: str = "") -> None:
        self.identifier = identifier
        self.forked_from = forked_from
        self.model = ""
        self.totals: dict[str, str] = {}
        self.copied_until: datetime | None = None

    def after(self, line: JsonValue) -> _Session:
        """The session to which a line belongs: this one, or a new one that it begins."""
        moment = _instant(text_at(line, "timestamp"))
        kind = text_at(line, "type")
        if self.copied_until and not (moment and moment <= self.copied_until + _PAUSE):
            self.copied_until = None
        if self.copied_until and moment:
            self.copied_until = max(moment, self.copied_until)
        elif kind == "session_meta":
            return _begun(line, moment)
        if kind == "turn_context":
            self.model = _model(line) or self.model
        return self

    def cells_of(self, line: JsonValue) -> dict[str, str]:
        """The cells that a line has from its session: whose it is, and the counts of an event."""
        cells = {"session_id": self.identifier, "forked_from": self.forked_from}
        info = object_at(line, "payload", "info")
        if info is not None and text_at(line, "payload", "type") == "token_count":
            self.model = _model(line) or self.model
            cells |= self._counts(info)
        cells["model"] = self.model
        return {name: text for name, text in cells.items() if text}

    def _counts(self, info: JsonObject) -> dict[str, str]:
        totals = _read_counts(info, "total_token_usage")
        own = _read_counts(info, "last_token_usage") or _difference(totals, self.totals)
        cells = {f"usage.{name}": text for name, text in own.items()}
        cells |= {f"total.{name}": text for name, text in totals.items()}
        if self.copied_until:
            cells |= {"repeated": "true", "replayed": "true"}
        elif totals and totals == self.totals:
            cells["repeated"] = "true"
        self.totals = totals or self.totals
        return cells


def _begun(line: JsonValue, moment: datetime | None) -> _Session:
    parent = text_at(line, "payload", "forked_from_id") or text_at(
        line, "payload", "source", "subagent", "thread_spawn", "parent_thread_id"
    )
    session = _Session(text_at(line, "payload", "id"), parent)
    session.copied_until = moment if parent else None
    return session


def _read_counts(info: JsonObject, key: str) -> dict[str, str]:
    counts = {name: text_at(info, key, name) for name in _COUNTS}
    counts["cached_input_tokens"] = counts["cached_input_tokens"] or text_at(info, key, _OLD_CACHED)
    return {name: text for name, text in counts.items() if text}


def _difference(totals: dict[str, str], before: dict[str, str]) -> dict[str, str]:
    """What the totals grew by; the totals themselves where they began anew."""
    grown: dict[str, str] = {}
    for name, text in totals.items():
        earlier = before.get(name, "0")
        if not (text.isdecimal() and earlier.isdecimal()) or int(text) < int(earlier):
            return totals
        grown[name] = str(int(text) - int(earlier))
    return grown


def _model(line: JsonValue) -> str:
    """The model that a line names, in one of the places where versions of Codex write it."""
    places = (("info", "model"), ("info", "model_name"), ("info", "metadata", "model"), ("model",))
    return next((name for keys in places if (name := text_at(line, "payload", *keys))), "")


def _instant(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
