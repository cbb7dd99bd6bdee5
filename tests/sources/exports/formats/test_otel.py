"""OpenTelemetry's GenAI attributes, in the shapes of several exporters and conventions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.sources.exports.formats.offering import claims, json_text
from tests.sources.exports.reading import Read, export_file, read_files, read_text, write
from tokenbooks.book import UsageSource

#: 2026-08-03 23:59:59.5 UTC, and two seconds later.
FIRST, SECOND = 1_785_801_599_500_000_000, 1_785_801_601_500_000_000


def chat(model: str, asked: int, answered: int, **more: Any) -> dict[str, Any]:
    """The attributes of a call of a model by the current conventions."""
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": model,
        "gen_ai.usage.input_tokens": asked,
        "gen_ai.usage.output_tokens": answered,
        **{f"gen_ai.{name.replace('__', '.')}": value for name, value in more.items()},
    }


#: The calls: attributes, span id, start.
CALLS: list[tuple[dict[str, Any], str, int]] = [
    (
        chat(
            "gpt-4o",
            1200,
            350,
            response__model="gpt-4o-2024-11-20",
            usage__cache_read__input_tokens=200,
            usage__reasoning__output_tokens=90,
        ),
        "a1",
        FIRST,
    ),
    (
        chat(
            "claude-sonnet-4",
            6000,
            100,
            usage__cache_read__input_tokens=5000,
            usage__cache_creation__input_tokens=300,
        ),
        "a2",
        SECOND,
    ),
    # a library that has older names, in the same file
    (
        {
            "gen_ai.system": "anthropic",
            "gen_ai.request.model": "claude-haiku-3-5",
            "gen_ai.usage.prompt_tokens": 30,
            "gen_ai.usage.completion_tokens": 4,
        },
        "a3",
        SECOND,
    ),
    # the agent's own span repeats the sum of its calls
    ({**chat("gpt-4o", 7230, 454), "gen_ai.operation.name": "invoke_agent"}, "a4", FIRST),
    ({"http.request.method": "POST"}, "a5", FIRST),
]
TOTALS = {
    "input_tokens": (1200 - 200) + (6000 - 5000 - 300) + 30,
    "cached_input_tokens": 200 + 5000,
    "cache_write_tokens": 300,
    "output_tokens": 350 + 100 + 4,
    "reasoning_tokens": 90,
}


def typed(value: Any) -> dict[str, Any]:
    """A value as OTLP writes it: whole numbers are texts."""
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}


def as_otlp() -> str:
    """A line of the collector's file exporter."""
    spans = [
        {
            "traceId": "5b8efff798038103d269b633813fc60c",
            "spanId": span,
            "name": "chat",
            "kind": 3,
            "startTimeUnixNano": str(start),
            "endTimeUnixNano": str(start + 10**9),
            "attributes": [{"key": k, "value": typed(v)} for k, v in attributes.items()],
            "status": {},
        }
        for attributes, span, start in CALLS
    ]
    service = [{"key": "service.name", "value": {"stringValue": "assistant"}}]
    resource = {"attributes": service}
    scopes = [{"scope": {"name": "openai"}, "spans": spans}]
    return json_text({"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]})


def as_console() -> str:
    """Spans as Python's console exporter prints them: indented, one after the other."""
    spans: list[dict[str, Any]] = [
        {
            "name": "chat",
            "context": {"trace_id": "0x5b8e", "span_id": f"0x{span}", "trace_state": "[]"},
            "kind": "SpanKind.CLIENT",
            "parent_id": None,
            "start_time": instant(start),
            "end_time": instant(start + 10**9),
            "status": {"status_code": "UNSET"},
            "attributes": attributes,
            "events": [],
            "links": [],
            "resource": {"attributes": {"service.name": "assistant"}, "schema_url": ""},
        }
        for attributes, span, start in CALLS
    ]
    return "".join(json.dumps(span, indent=4) + "\n" for span in spans)


def as_flat() -> str:
    """JSON lines of a log pipeline: all attributes at the top."""
    return json_text(
        *(
            {
                "timestamp": start // 10**6,
                "trace_id": "5b8e",
                "span_id": span,
                "resource": {"service.name": "assistant"},
                **attributes,
            }
            for attributes, span, start in CALLS
        )
    )


def instant(nanoseconds: int) -> str:
    moment = datetime.fromtimestamp(nanoseconds // 10**9, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{nanoseconds % 10**9 // 1000:06d}Z"


SHAPES = pytest.mark.parametrize(
    "text", [as_otlp(), as_console(), as_flat()], ids=["otlp", "console", "flat"]
)


@SHAPES
def test_spans_of_several_exporters(tmp_path: Path, text: str) -> None:
    read = read_text(tmp_path, text, name="spans.jsonl", kept=("model", "provider"))
    assert read.told == ""
    account = read.account
    assert (account.format, account.rows_read, account.used) == ("otel-genai", 5, 3)
    assert account.skipped == {"no tokens": 1, "sum over an agent": 1}
    assert [name for name in account.unknown_columns if "gen_ai" in name] == []
    assert read.totals() == TOTALS
    assert read.by("model", "output_tokens") == {
        "claude-haiku-3-5": 4,  # asked for; no answer says otherwise
        "claude-sonnet-4": 100,
        "gpt-4o-2024-11-20": 350,  # the model that answered
    }
    assert read.by("provider", "output_tokens") == {"anthropic": 4, "openai": 450}


@SHAPES
def test_a_span_belongs_to_the_day_on_which_it_began(tmp_path: Path, text: str) -> None:
    read = read_text(tmp_path, text, name="spans.jsonl")
    assert read.by("at", "output_tokens") == {
        datetime(2026, 8, 3): 350,
        datetime(2026, 8, 4): 104,
    }
    tokyo = read_text(tmp_path, text, name="spans.jsonl", zone="Asia/Tokyo")
    assert tokyo.by("at", "output_tokens") == {datetime(2026, 8, 4): 454}


def test_the_service_is_the_app(tmp_path: Path) -> None:
    read = read_text(tmp_path, as_otlp(), name="spans.jsonl", kept=("app",))
    assert read.by("app", "output_tokens") == {"assistant": 454}


def test_any_attribute_can_be_a_dimension(tmp_path: Path) -> None:
    source = UsageSource("usage/*", dimensions=("resource.service.name",))
    kept = ("resource.service.name",)
    read = read_text(tmp_path, as_otlp(), name="spans.jsonl", source=source, kept=kept)
    assert read.by("resource.service.name", "output_tokens") == {"assistant": 454}


def test_counts_that_the_conventions_do_not_have_are_told(tmp_path: Path) -> None:
    span = {**chat("gpt-4o", 10, 5, usage__audio_tokens=3), "timestamp": FIRST}
    read = read_text(tmp_path, json_text(span), name="spans.jsonl")
    assert "warning[unknown-columns]" in read.told
    assert read.account.unknown_columns == ("gen_ai.usage.audio_tokens",)


@SHAPES
def test_a_span_that_was_exported_twice_counts_once(tmp_path: Path, text: str) -> None:
    first = export_file(write(tmp_path, text, "a.jsonl"))
    second = export_file(write(tmp_path, text, "b.jsonl"))
    read = read_files([first, second])
    assert (read.told, read.totals()) == ("", TOTALS)
    assert [(a.used, a.replaced) for a in read.result.accounts] == [(3, 0), (0, 3)]


def test_more_cached_than_went_in_is_refused(tmp_path: Path) -> None:
    # a library that counts cached tokens beside the others, against the conventions
    span = {**chat("claude", 10, 5, usage__cache_read__input_tokens=900), "timestamp": FIRST}
    read = read_text(tmp_path, json_text(span), name="spans.jsonl")
    assert read.told == (
        "spans.jsonl:1:1: error[part-exceeds-whole]: gen_ai.usage.cache_read.input_tokens 900 is"
        " more than gen_ai.usage.input_tokens 10, which contains it\n"
        "  help: a part cannot be larger than its whole: correct the row, or download the file"
        " again\n"
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"gen_ai.usage.input_tokens": -1}, "negative-count"),
        ({"gen_ai.usage.output_tokens": "some"}, "bad-count"),
        ({"timestamp": "2026-08-03T10:00:00"}, "time-without-zone"),
        ({"timestamp": 12}, "bad-time"),
    ],
)
def test_malformed_spans_are_refused_with_their_line(
    tmp_path: Path, change: dict[str, Any], code: str
) -> None:
    good = {**chat("gpt-4o", 10, 5), "timestamp": FIRST}
    read: Read = read_text(tmp_path, json_text(good, good | change), name="spans.jsonl")
    assert [problem.code for problem in read.problems] == [code]
    assert f"{read.problems[0].position}" == "spans.jsonl:2:1"


@SHAPES
def test_exactly_one_format_claims_spans(tmp_path: Path, text: str) -> None:
    assert claims(tmp_path, text, "spans.jsonl") == ["otel-genai"]
