"""Claude Code's session logs: repeated lines, resumed sessions, kinds of cache."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sources.exports.formats.offering import claims, json_text
from tests.sources.exports.reading import Read, export_file, read_files, read_text, write

NAME = "3f0c.jsonl"


def answer(name: str, output: int, **more: Any) -> dict[str, Any]:
    """A line of an answer: 4 tokens of input beside 1000 read from the cache, 30 written to it."""
    usage = {
        "input_tokens": 4,
        "cache_creation_input_tokens": 30,
        "cache_read_input_tokens": 1000,
        "output_tokens": output,
        "service_tier": "standard",
        **more.pop("usage", {}),
    }
    message = {
        "id": f"msg_{name}",
        "type": "message",
        "role": "assistant",
        "model": more.pop("model", "claude-sonnet-4-20250514"),
        "content": [{"type": "text", "text": "private"}],
        "usage": usage,
    }
    return {
        "type": "assistant",
        "timestamp": "2026-08-03T23:59:59.500Z",
        "sessionId": "s1",
        "requestId": f"req_{name}",
        "cwd": "/home/jane/src/shop",
        "gitBranch": "main",
        "version": "2.0.14",
        "uuid": f"u-{name}-{output}",
        "message": message,
        **more,
    }


PROMPT = {
    "type": "user",
    "timestamp": "2026-08-03T23:59:50.000Z",
    "sessionId": "s1",
    "cwd": "/home/jane/src/shop",
    "message": {"role": "user", "content": "private"},
}
SUMMARY = {"type": "summary", "summary": "private", "leafUuid": "u1"}
SPLIT = {"cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20}}
SEARCHED = {"server_tool_use": {"web_search_requests": 3}}
#: What the tool says itself where a request fails.
MADE_UP = {"input_tokens": 0, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
LOG: list[dict[str, Any]] = [
    SUMMARY,
    PROMPT,
    answer("a", 1),  # an answer comes in parts: 1, 1, then 159 tokens
    answer("a", 1),
    answer("b", 50, usage=SPLIT),
    answer("a", 159),
    answer("c", 7, timestamp="2026-08-04T00:00:00.000Z", model="claude-opus-4", usage=SEARCHED),
    answer("x", 0, model="<synthetic>", usage=MADE_UP),
]


def test_an_answer_counts_once(tmp_path: Path) -> None:
    read = read_text(tmp_path, json_text(*LOG), name=NAME)
    assert read.told == ""
    account = read.account
    assert (account.format, account.rows_read, account.used) == ("claude-code", 8, 3)
    assert account.skipped == {
        "no answer of a model": 2,
        "repeated while streaming": 2,
        "made up by the tool": 1,
    }
    assert account.unknown_columns == ()
    assert read.totals() == {
        "input_tokens": 3 * 4,  # without what was cached
        "cached_input_tokens": 3 * 1000,
        # 30 + 10 + 30: where the log does not say for how long it is five minutes
        "cache_write_5m_tokens": 70,
        "cache_write_1h_tokens": 20,
        "output_tokens": 159 + 50 + 7,
        "web_searches": 3,
    }


def test_days_models_and_projects(tmp_path: Path) -> None:
    text = json_text(*LOG, answer("w", 5, cwd="C:\\work\\site\\"))
    read = read_text(tmp_path, text, name=NAME, kept=("model", "project", "app", "speed"))
    assert read.by("at", "output_tokens") == {
        datetime(2026, 8, 3): 159 + 50 + 5,
        datetime(2026, 8, 4): 7,
    }
    assert read.by("model", "output_tokens") == {
        "claude-opus-4": 7,
        "claude-sonnet-4-20250514": 214,
    }
    # the folder's name: the path leads to a person
    assert read.by("project", "output_tokens") == {"shop": 216, "site": 5}
    assert read.by("app", "output_tokens") == {"claude-code": 221}


@pytest.mark.parametrize(
    ("usage", "dimension", "kept"),
    [
        ({"speed": "fast"}, "speed", "fast"),
        ({"speed": "standard"}, "speed", None),
        ({"service_tier": "priority"}, "service_tier", "priority"),
        ({"inference_geo": "us"}, "region", "us"),
        ({"inference_geo": "not_available"}, "region", None),
    ],
)
def test_what_changes_the_price(
    tmp_path: Path, usage: dict[str, str], dimension: str, kept: str | None
) -> None:
    read = read_text(tmp_path, json_text(answer("a", 5, usage=usage)), name=NAME)
    assert read.by(dimension, "output_tokens") == {kept: 5}


def test_a_resumed_session_repeats_answers_that_count_once(tmp_path: Path) -> None:
    # the new file has the answers of the old one, under its own session id
    copied = [{**line, "sessionId": "s2"} for line in LOG]
    first = export_file(write(tmp_path, json_text(*LOG), "s1.jsonl"))
    second = export_file(write(tmp_path, json_text(*copied, answer("d", 1000)), "s2.jsonl"))
    read = read_files([first, second])
    assert read.told == ""
    assert [(a.used, a.replaced) for a in read.result.accounts] == [(3, 0), (1, 3)]
    assert read.totals()["output_tokens"] == 216 + 1000


def test_of_an_answer_that_was_cut_off_the_whole_one_counts(tmp_path: Path) -> None:
    # the first session ended while the answer came; the resumed one has all of it
    first = export_file(write(tmp_path, json_text(answer("a", 1), answer("b", 7)), "s1.jsonl"))
    whole = json_text(answer("a", 1), answer("a", 160), answer("b", 5))
    read = read_files([first, export_file(write(tmp_path, whole, "s2.jsonl"))])
    assert read.told == ""
    # of a 160 in the second file, of b 7 in the first one
    assert read.totals()["output_tokens"] == 160 + 7
    assert [(a.used, a.replaced) for a in read.result.accounts] == [(1, 1), (1, 1)]


def test_costs_of_older_versions_are_list_prices(tmp_path: Path) -> None:
    log = json_text(answer("a", 5, costUSD=0.0123), answer("b", 5))  # the tool was updated
    read = read_text(tmp_path, log, name=NAME)
    assert (read.told, read.account.amounts) == ("", {"list": Decimal("0.0123")})
    assert read.account.stated == Decimal(0)


def test_a_log_without_an_answer(tmp_path: Path) -> None:
    read = read_text(tmp_path, json_text(SUMMARY, PROMPT), name=NAME)
    assert (read.told, read.account.used, read.account.skipped_rows) == ("", 0, 2)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"usage": {"output_tokens": -5}}, "negative-count"),
        ({"usage": {"input_tokens": "some"}}, "bad-count"),
        ({"usage": {"cache_creation": {"ephemeral_1h_input_tokens": 31}}}, "part-exceeds-whole"),
        ({"timestamp": "today"}, "bad-time"),
    ],
)
def test_malformed_answers_are_refused_with_their_line(
    tmp_path: Path, change: dict[str, Any], code: str
) -> None:
    read: Read = read_text(tmp_path, json_text(*LOG, answer("bad", 5, **change)), name=NAME)
    assert [problem.code for problem in read.problems] == [code]
    assert f"{read.problems[0].position}" == f"{NAME}:9:1"


def test_a_log_that_breaks_off_is_refused(tmp_path: Path) -> None:
    text = json_text(*LOG)[:-20]
    read = read_text(tmp_path, text, name=NAME)
    assert [problem.code for problem in read.problems] == ["json-broken"]
    assert read.problems[0].position.line == 8


def test_exactly_one_format_claims_it(tmp_path: Path) -> None:
    assert claims(tmp_path, json_text(*LOG), NAME) == ["claude-code"]
    assert claims(tmp_path, json_text(SUMMARY, PROMPT), NAME) == ["claude-code"]


def test_the_real_sample(shared: Path) -> None:
    """Three answers; costs 0.12 + 0.34 + 0.56 at list prices."""
    read = read_files([export_file(shared / "data/exports/claude_code_session.jsonl")])
    assert read.told == ""
    assert (read.account.rows_read, read.account.used) == (3, 3)
    assert read.totals() == {
        "input_tokens": 100 + 200 + 300,
        "cached_input_tokens": 10 + 20 + 40,
        "cache_write_5m_tokens": 25 + 50 + 0,
        "output_tokens": 50 + 75 + 125,
    }
    assert read.account.amounts == {"list": Decimal("1.02")}
    assert read.by("speed", "output_tokens") == {"fast": 75, None: 175}
    assert list(read.by("at", "output_tokens")) == [datetime(2026, 1, 9), datetime(2026, 1, 10)]
