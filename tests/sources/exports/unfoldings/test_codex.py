"""`codex`: session logs with counts of each request and totals of the session."""

from tests.sources.exports.unfoldings.unfolded import cells, lines, only
from tokenbooks.sources.exports.sheets.unfoldings.known import COLUMNS

COUNTS = ("usage.input_tokens", "usage.cached_input_tokens", "usage.output_tokens")


def meta(identifier: str, second: str = "00.000", **payload: object) -> dict[str, object]:
    return line("session_meta", second, id=identifier, **payload)


def line(kind: str, second: str, **payload: object) -> dict[str, object]:
    return {"timestamp": f"2026-05-13T09:00:{second}Z", "type": kind, "payload": payload}


def counts(input_tokens: int, cached: int, output: int) -> dict[str, int]:
    return {
        "input_tokens": input_tokens,
        "cached_input_tokens": cached,
        "output_tokens": output,
        "total_tokens": input_tokens + output,
    }


def event(
    last: dict[str, int] | None,
    total: dict[str, int] | None,
    second: str = "30.000",
    **info: object,
) -> dict[str, object]:
    known = {"last_token_usage": last, "total_token_usage": total, **info}
    return line("event_msg", second, type="token_count", info=known)


def test_an_event_is_a_row_with_its_counts() -> None:
    last = {**counts(1000, 250, 125), "reasoning_output_tokens": 75}
    log = lines(
        meta("s1"),
        line("turn_context", "01.000", model="gpt-5.2-codex"),
        line("event_msg", "02.000", type="agent_message", message="private"),
        event(last, counts(3000, 500, 200), rate_limits=None),
    )
    session = {"session_id": "s1"}
    assert cells("codex", log) == [
        {"timestamp": "2026-05-13T09:00:00.000Z", "type": "session_meta", **session},
        {
            "timestamp": "2026-05-13T09:00:01.000Z",
            "type": "turn_context",
            **session,
            "model": "gpt-5.2-codex",
        },
        {
            "timestamp": "2026-05-13T09:00:02.000Z",
            "type": "event_msg",
            "payload.type": "agent_message",
            **session,
            "model": "gpt-5.2-codex",
        },
        {
            "timestamp": "2026-05-13T09:00:30.000Z",
            "type": "event_msg",
            "payload.type": "token_count",
            **session,
            "model": "gpt-5.2-codex",
            "usage.input_tokens": "1000",
            "usage.cached_input_tokens": "250",
            "usage.output_tokens": "125",
            "usage.reasoning_output_tokens": "75",
            "usage.total_tokens": "1125",
            "total.input_tokens": "3000",
            "total.cached_input_tokens": "500",
            "total.output_tokens": "200",
            "total.total_tokens": "3200",
        },
    ]


def test_an_event_that_comes_again_is_marked() -> None:
    # 1000, then the same again, then 400 more: 1400 in all
    log = lines(
        event(counts(1000, 0, 10), counts(1000, 0, 10)),
        event(counts(1000, 0, 10), counts(1000, 0, 10)),
        event(counts(400, 0, 5), counts(1400, 0, 15)),
        event(counts(400, 0, 5), counts(1400, 0, 15)),
    )
    rows = cells("codex", log)
    assert only(rows, "usage.input_tokens", "repeated") == [
        ("1000", ""),
        ("1000", "true"),
        ("400", ""),
        ("400", "true"),
    ]
    counted = [int(row["usage.input_tokens"]) for row in rows if "repeated" not in row]
    assert sum(counted) == 1400 == int(rows[-1]["total.input_tokens"])


def test_two_equal_requests_are_two() -> None:
    log = lines(
        event(counts(100, 0, 1), counts(100, 0, 1)), event(counts(100, 0, 1), counts(200, 0, 2))
    )
    assert only(cells("codex", log), "repeated") == [("",), ("",)]


def test_counts_that_are_missing_are_the_difference_of_totals() -> None:
    log = lines(
        event(None, counts(1000, 200, 50)),
        event(None, counts(1500, 300, 80)),
        event(None, counts(300, 0, 10)),  # the totals began anew
    )
    assert only(cells("codex", log), *COUNTS) == [
        ("1000", "200", "50"),
        ("500", "100", "30"),
        ("300", "0", "10"),
    ]


def test_an_event_without_counts_has_none() -> None:
    log = lines(
        line("event_msg", "01.000", type="token_count", info=None, rate_limits={"plan_type": "pro"})
    )
    assert cells("codex", log) == [
        {
            "timestamp": "2026-05-13T09:00:01.000Z",
            "type": "event_msg",
            "payload.type": "token_count",
            "plan_type": "pro",
        }
    ]


def test_the_model_is_that_of_the_event_or_of_the_turn() -> None:
    log = lines(
        event(counts(1, 0, 1), counts(1, 0, 1)),
        line("turn_context", "31.000", model="gpt-5"),
        event(counts(1, 0, 1), counts(2, 0, 2)),
        event(counts(1, 0, 1), counts(3, 0, 3), model="gpt-5.3-codex"),
        line("turn_context", "32.000", model="gpt-5-mini"),
        event(counts(1, 0, 1), counts(4, 0, 4)),
    )
    rows = [row for row in cells("codex", log) if row["type"] == "event_msg"]
    assert only(rows, "model") == [("",), ("gpt-5",), ("gpt-5.3-codex",), ("gpt-5-mini",)]


def test_an_older_name_of_cached_tokens() -> None:
    usage = {"input_tokens": 10, "cache_read_input_tokens": 4, "output_tokens": 1}
    log = lines(event(usage, usage))
    assert only(cells("codex", log), *COUNTS) == [("10", "4", "1")]


def test_what_a_fork_copied_of_its_parent_is_marked() -> None:
    # the parent's log, all written at the fork; then the fork's own request: 500
    log = lines(
        meta("child", "10.000", forked_from_id="parent"),
        meta("parent", "10.000"),
        line("turn_context", "10.010", model="gpt-5"),
        event(counts(1000, 0, 10), counts(1000, 0, 10), "10.020"),
        event(counts(2000, 0, 20), counts(3000, 0, 30), "10.030"),
        line("event_msg", "10.040", type="user_message"),
        event(counts(500, 0, 5), counts(3500, 0, 35), "17.000"),
        event(None, counts(3600, 0, 36), "17.500"),
    )
    rows = [row for row in cells("codex", log) if "usage.input_tokens" in row]
    names = ("session_id", "forked_from", "usage.input_tokens", "repeated", "replayed")
    assert only(rows, *names) == [
        ("child", "parent", "1000", "true", "true"),
        ("child", "parent", "2000", "true", "true"),
        ("child", "parent", "500", "", ""),
        ("child", "parent", "100", "", ""),
    ]


def test_a_subagent_is_a_fork_and_may_keep_the_times_of_its_parent() -> None:
    source = {"subagent": {"thread_spawn": {"parent_thread_id": "parent"}}}
    log = lines(
        meta("child", "40.000", source=source),
        event(counts(1000, 0, 10), counts(1000, 0, 10), "05.000"),
        event(counts(500, 0, 5), counts(500, 0, 5), "45.000"),
    )
    rows = [row for row in cells("codex", log) if "usage.input_tokens" in row]
    assert only(rows, "forked_from", "replayed") == [("parent", "true"), ("parent", "")]


def test_sessions_that_follow_each_other_in_one_file() -> None:
    log = lines(
        meta("s1"),
        event(None, counts(100, 0, 1)),
        meta("s2", "40.000"),
        event(None, counts(100, 0, 1), "41.000"),
    )
    rows = [row for row in cells("codex", log) if "usage.input_tokens" in row]
    assert only(rows, "session_id", "usage.input_tokens", "repeated") == [
        ("s1", "100", ""),
        ("s2", "100", ""),
    ]


def test_times_that_cannot_be_read_end_the_copy() -> None:
    log = lines(
        meta("child", "10.000", forked_from_id="parent"),
        {**event(counts(7, 0, 1), counts(7, 0, 1)), "timestamp": "yesterday"},
        {**event(counts(8, 0, 1), counts(15, 0, 2)), "timestamp": None},
    )
    assert only(cells("codex", log), "replayed") == [("",), ("",), ("",)]


def test_other_logs_are_none_and_other_lines_are_not_lost() -> None:
    other = {"type": "assistant", "message": {"usage": {"input_tokens": 1}}}
    assert cells("codex", lines(other)) == []
    assert cells("codex", lines(other, {"record_type": "state"}, meta("s1"))) == [
        {"type": "assistant"},
        {},
        {"timestamp": "2026-05-13T09:00:00.000Z", "type": "session_meta", "session_id": "s1"},
    ]
    assert "usage.input_tokens" in COLUMNS["codex"]
