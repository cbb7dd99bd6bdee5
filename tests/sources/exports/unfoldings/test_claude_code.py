"""`claude-code`: session logs, in which an answer stands once for each part of it."""

import json
from collections.abc import Iterator

import pytest

from tests.sources.exports.unfoldings.unfolded import cells, items_of, lines, only, unfolded
from tokenbooks.sources.exports.sheets.json_items import Item
from tokenbooks.sources.exports.sheets.unfoldings.known import COLUMNS, UNFOLDINGS


def answer(
    message: str | None, request: str | None, output: int, **more: object
) -> dict[str, object]:
    usage = {
        "input_tokens": 4,
        "cache_creation_input_tokens": 30,
        "cache_read_input_tokens": 1000,
        "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
        "output_tokens": output,
        "service_tier": "standard",
    }
    return {
        "type": "assistant",
        "timestamp": "2026-01-09T10:00:00.000Z",
        "sessionId": "s1",
        "requestId": request,
        "message": {
            "id": message,
            "role": "assistant",
            "model": "claude-sonnet-4-20250514",
            "content": [{"type": "text", "text": "private"}],
            "usage": usage,
        },
        **more,
    }


PROMPT = {
    "type": "user",
    "timestamp": "2026-01-09T09:59:00.000Z",
    "sessionId": "s1",
    "message": {"role": "user", "content": "private"},
    "toolUseResult": {"stdout": "private"},
}
SUMMARY = {"type": "summary", "summary": "private", "leafUuid": "u1"}


def test_an_answer_is_a_row_with_its_counts() -> None:
    log = lines(answer("m1", "r1", 7, costUSD=0.12, version="1.0.0", isSidechain=False))
    assert cells("claude-code", log) == [
        {
            "type": "assistant",
            "timestamp": "2026-01-09T10:00:00.000Z",
            "sessionId": "s1",
            "requestId": "r1",
            "version": "1.0.0",
            "isSidechain": "false",
            "costUSD": "0.12",
            "message.id": "m1",
            "message.role": "assistant",
            "message.model": "claude-sonnet-4-20250514",
            "message.usage.input_tokens": "4",
            "message.usage.cache_creation_input_tokens": "30",
            "message.usage.cache_read_input_tokens": "1000",
            "message.usage.cache_creation.ephemeral_5m_input_tokens": "10",
            "message.usage.cache_creation.ephemeral_1h_input_tokens": "20",
            "message.usage.output_tokens": "7",
            "message.usage.service_tier": "standard",
            "key": "m1:r1",
        }
    ]


def test_only_the_last_line_of_an_answer_counts() -> None:
    # output grows while it is streamed: 1, 1, 159; another answer comes in between
    log = lines(
        answer("m1", "r1", 1),
        answer("m1", "r1", 1),
        answer("m2", "r2", 50),
        answer("m1", "r1", 159),
        answer("m1", "r3", 9),  # the same message id in another request is another answer
    )
    rows = cells("claude-code", log)
    assert only(rows, "key", "message.usage.output_tokens", "repeated") == [
        ("m1:r1", "1", "true"),
        ("m1:r1", "1", "true"),
        ("m2:r2", "50", ""),
        ("m1:r1", "159", ""),
        ("m1:r3", "9", ""),
    ]
    counted = [row for row in rows if "repeated" not in row]
    assert sum(int(row["message.usage.output_tokens"]) for row in counted) == 50 + 159 + 9


def test_an_answer_without_request_id_is_known_by_its_message() -> None:
    # as gateways to other providers write them
    log = lines(answer("chatcmpl-1", None, 5), answer("chatcmpl-1", None, 8))
    assert only(cells("claude-code", log), "key", "repeated") == [
        ("chatcmpl-1", "true"),
        ("chatcmpl-1", ""),
    ]


def test_answers_without_any_id_all_count() -> None:
    log = lines(answer(None, "r1", 5), answer(None, "r1", 8))
    assert only(cells("claude-code", log), "key", "repeated") == [("", ""), ("", "")]


def test_lines_without_counts_are_rows_too() -> None:
    error = {**PROMPT, "type": "system", "subtype": "api_error", "message": None}
    unknown = {"type": "something-new", "sessionId": "s1"}
    log = lines(unknown, SUMMARY, PROMPT, error, answer("m1", "r1", 5))
    rows = cells("claude-code", log)
    assert only(rows, "type", "message.usage.output_tokens") == [
        ("something-new", ""),
        ("summary", ""),
        ("user", ""),
        ("system", ""),
        ("assistant", "5"),
    ]


def test_what_people_and_models_wrote_is_left_out() -> None:
    log = lines(SUMMARY, PROMPT, answer("m1", "r1", 5))
    assert "private" not in json.dumps(cells("claude-code", log))


def test_a_log_without_answers_is_one() -> None:
    assert only(cells("claude-code", lines(SUMMARY, PROMPT)), "type") == [("summary",), ("user",)]
    assert "message.usage.output_tokens" in COLUMNS["claude-code"]


@pytest.mark.parametrize(
    "value",
    [
        {"type": "user", "sessionId": "s1", "message": "text"},  # another tool's log
        {"type": "event_msg", "payload": {"type": "token_count"}},
        {"usage": {"input_tokens": 1}},
        {"message": {"usage": {}}},
        {"a": 1},
    ],
)
def test_other_logs_are_none(value: object) -> None:
    assert cells("claude-code", lines(value)) == []


def test_an_iterator_is_enough() -> None:
    log = lines(answer("m1", "r1", 1), answer("m1", "r1", 2))
    once: Iterator[Item] = iter(items_of(log))
    rows = [row.cells for row in UNFOLDINGS["claude-code"](once, ())]
    assert only(rows, "repeated") == [("true",), ("",)]


def test_rows_know_their_line() -> None:
    log = "\n" + lines(PROMPT, answer("m1", "r1", 1))
    assert [row.line for row in unfolded("claude-code", log)] == [2, 3]
