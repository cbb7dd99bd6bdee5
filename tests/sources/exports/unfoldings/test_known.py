"""All functions together: the sample files, foreign input, and large files."""

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.exports.unfoldings.unfolded import lines, only
from tokenbooks.sources.exports.sheets.json_items import Item, JsonItems
from tokenbooks.sources.exports.sheets.json_values import JsonRefused
from tokenbooks.sources.exports.sheets.unfoldings.known import COLUMNS, UNFOLDINGS

#: keys that the functions look for, so that odd values reach into them
_PAGES = ("data", "results", "total", "val", "daily", "models")
_LINES = ("payload", "type", "message", "usage", "info")
_SPANS = ("attributes", "key", "resourceSpans", "scopeSpans", "spans")
_KEYS = ("a", "b.c", *_PAGES, *_LINES, *_SPANS)
_JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=3),
    lambda parts: (
        st.lists(parts, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), parts, max_size=4)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("function", UNFOLDINGS)
@given(values=st.lists(_JSON, max_size=4))
def test_no_value_is_too_strange(function: str, values: list[object]) -> None:
    items = [Item(line, value) for line, value in enumerate(values, 1)]  # type: ignore[arg-type]  # any JSON
    lines_of_rows = [1]
    try:
        for row in UNFOLDINGS[function](items, ("a", "data")):
            lines_of_rows.append(row.line)
            assert all(type(text) is str and text for text in row.cells.values())
    except JsonRefused as refused:
        lines_of_rows.append(refused.line)
    assert lines_of_rows == sorted(lines_of_rows)
    assert lines_of_rows[-1] <= max(len(values), 1)


def test_columns_are_those_of_known_functions() -> None:
    assert set(COLUMNS) <= set(UNFOLDINGS)


@pytest.mark.parametrize("function", ["objects", "data", "claude-code", "codex", "otel-spans"])
def test_logs_need_little_memory(function: str, tmp_path: Path) -> None:
    text = "x" * 20_000
    line = {
        "objects": {"a": text},
        "data": {"data": [{"a": text}]},
        "claude-code": {"message": {"content": text, "usage": {"input_tokens": 1}}},
        "codex": {"type": "response_item", "payload": {"content": text}},
        "otel-spans": {"gen_ai.usage.input_tokens": 1, "text": text},
    }[function]
    path = tmp_path / "log.jsonl"
    path.write_text(lines(line) * 500, encoding="utf-8")  # 10 MB
    tracemalloc.start()
    count = sum(1 for _ in UNFOLDINGS[function](JsonItems(path), ()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 500
    assert peak < 1_000_000


#: a sample, the function for it, a column, and what it holds by hand
SAMPLES = [
    ("claude_code_session.jsonl", "claude-code", "message.usage.input_tokens", 100 + 200 + 300),
    ("claude_code_session.jsonl", "claude-code", "message.usage.output_tokens", 50 + 75 + 125),
    ("codex_session.jsonl", "codex", "usage.input_tokens", 1000 + 2500),
    ("codex_session.jsonl", "codex", "usage.cached_input_tokens", 250 + 500),
]


@pytest.mark.parametrize(("name", "function", "column", "expected"), SAMPLES)
def test_samples(name: str, function: str, column: str, expected: int, shared: Path) -> None:
    items = JsonItems(shared / "data" / "exports" / name)
    rows = [row.cells for row in UNFOLDINGS[function](items, ())]
    assert sum(int(row.get(column, "0")) for row in rows) == expected
    assert not any("repeated" in row for row in rows)
    others = {"claude-code", "codex", "ccusage", "buckets", "data", "xai-prepaid"} - {function}
    assert not any(list(UNFOLDINGS[other](items, ())) for other in others)


def test_the_ccusage_sample(shared: Path) -> None:
    items = JsonItems(shared / "data" / "exports" / "ccusage_daily.json")
    rows = [row.cells for row in UNFOLDINGS["ccusage"](items, ())]
    assert only(rows, "report", "date", "outputTokens", "cost") == [
        ("daily", "2026-05-16", "31456", "17.58"),
        ("totals", "", "720366", "336.47"),
    ]
