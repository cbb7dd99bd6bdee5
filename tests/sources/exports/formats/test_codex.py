"""Codex's session logs: increments, sums of the session, repeated and copied events."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.sources.exports.formats.offering import claims, json_text
from tests.sources.exports.reading import Read, export_file, read_files, read_text, write

NAME = "rollout-2026-08-03T23-59-00-0198.jsonl"


def line(kind: str, at: str, **payload: Any) -> dict[str, Any]:
    return {"timestamp": f"2026-08-{at}Z", "type": kind, "payload": payload}


def counts(asked: int, cached: int, answered: int, reasoned: int) -> dict[str, int]:
    return {
        "input_tokens": asked,
        "cached_input_tokens": cached,
        "output_tokens": answered,
        "reasoning_output_tokens": reasoned,
        "total_tokens": asked + answered,
    }


def event(at: str, total: dict[str, int], last: dict[str, int] | None = None) -> dict[str, Any]:
    """A `token_count` event: the sum of the session, and what the last request added."""
    info = {"total_token_usage": total, "last_token_usage": last}
    return line("event_msg", at, type="token_count", info=info)


FIRST = counts(1000, 250, 125, 75)
BOTH = counts(3500, 750, 425, 275)
LOG: list[dict[str, Any]] = [
    line("session_meta", "03T23:59:00.000", id="s1", cwd="/home/jane/src/shop"),
    line("turn_context", "03T23:59:00.100", model="gpt-5.2-codex"),
    line("response_item", "03T23:59:10.000", type="message", content=[{"text": "private"}]),
    event("03T23:59:30.000", FIRST, FIRST),
    event("03T23:59:31.000", FIRST, FIRST),  # again, without a request in between
    line("event_msg", "03T23:59:40.000", type="token_count", info=None),
    line("turn_context", "04T00:00:00.000", model="gpt-5.3-codex"),
    event("04T00:00:20.000", BOTH),  # older versions give the sum only: 2500, 500, 300, 200
]
TOTALS = {
    "input_tokens": (1000 - 250) + (2500 - 500),
    "cached_input_tokens": 250 + 500,
    "output_tokens": 125 + 300,
    "reasoning_tokens": 75 + 200,
}


def test_what_each_request_adds(tmp_path: Path) -> None:
    read = read_text(tmp_path, json_text(*LOG), name=NAME, kept=("model", "app"))
    assert read.told == ""
    account = read.account
    assert (account.format, account.rows_read, account.used) == ("codex", 8, 2)
    assert account.skipped == {"no counts": 5, "stated before": 1}
    assert account.unknown_columns == ()
    assert read.totals() == TOTALS
    assert read.by("model", "output_tokens") == {"gpt-5.2-codex": 125, "gpt-5.3-codex": 300}
    assert read.by("app", "output_tokens") == {"codex": 425}
    assert read.by("at", "output_tokens") == {
        datetime(2026, 8, 3): 125,
        datetime(2026, 8, 4): 300,
    }


def test_a_log_that_was_copied_later_has_grown(tmp_path: Path) -> None:
    later = event("04T00:01:00.000", counts(3600, 800, 500, 275), counts(100, 50, 75, 0))
    first = export_file(write(tmp_path, json_text(*LOG), "a.jsonl"))
    second = export_file(write(tmp_path, json_text(*LOG, later), "b.jsonl"))
    read = read_files([first, second])
    assert read.told == ""
    assert [(a.used, a.replaced) for a in read.result.accounts] == [(2, 0), (1, 2)]
    assert read.totals()["output_tokens"] == 425 + 75


def test_a_forked_session_begins_with_a_copy_that_does_not_count(tmp_path: Path) -> None:
    fork = [
        line("session_meta", "04T09:00:00.000", id="s2", forked_from_id="s1"),
        *({**copied, "timestamp": "2026-08-04T09:00:00.010Z"} for copied in LOG),
        line("turn_context", "04T09:00:30.000", model="gpt-5.3-codex"),
        event("04T09:00:50.000", counts(3600, 800, 500, 275), counts(100, 50, 75, 0)),
    ]
    read = read_text(tmp_path, json_text(*fork), name=NAME)
    assert (read.told, read.account.used) == ("", 1)
    assert read.totals() == {"input_tokens": 50, "cached_input_tokens": 50, "output_tokens": 75}


@pytest.mark.parametrize(
    ("last", "code"),
    [
        (counts(1, 0, -5, 0), "negative-count"),
        (counts(10, 11, 5, 0), "part-exceeds-whole"),
        ({**counts(1, 0, 5, 0), "output_tokens": "five"}, "bad-count"),
    ],
)
def test_malformed_counts_are_refused_with_their_line(
    tmp_path: Path, last: dict[str, Any], code: str
) -> None:
    bad = event("04T00:02:00.000", counts(9999, 0, 999, 0), last)
    read: Read = read_text(tmp_path, json_text(*LOG, bad), name=NAME)
    assert [problem.code for problem in read.problems] == [code]
    assert f"{read.problems[0].position}" == f"{NAME}:9:1"


def test_more_reasoning_than_output_is_a_warning(tmp_path: Path) -> None:
    odd = event("04T00:02:00.000", counts(9999, 0, 999, 0), counts(1, 0, 5, 6))
    read = read_text(tmp_path, json_text(*LOG[:2], odd), name=NAME)
    assert [(p.code, f"{p.position}") for p in read.problems] == [
        ("part-exceeds-whole", f"{NAME}:3")
    ]
    assert read.account.used == 1


def test_exactly_one_format_claims_it(tmp_path: Path) -> None:
    assert claims(tmp_path, json_text(*LOG), NAME) == ["codex"]
    assert claims(tmp_path, json_text(*LOG[:3]), NAME) == ["codex"]  # nothing was answered yet


def test_the_real_sample(shared: Path) -> None:
    """Two events: (1000 - 250) + (2500 - 500) uncached; the sums of the session do not count."""
    read = read_files([export_file(shared / "data/exports/codex_session.jsonl")])
    assert read.told == ""
    account = read.account
    assert (account.rows_read, account.used, account.skipped) == (3, 2, {"no counts": 1})
    assert read.totals() == TOTALS
    assert read.by("model", "output_tokens") == {"gpt-5.2-codex": 125, "gpt-5.3-codex": 300}
