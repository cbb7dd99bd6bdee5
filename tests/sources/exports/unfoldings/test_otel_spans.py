"""`otel-spans`: spans of OpenTelemetry, as OTLP, as exporters write them, and flat."""

import pytest

from tests.sources.exports.unfoldings.unfolded import cells, lines, unfolded
from tokenbooks.sources.exports.sheets.json_values import JsonRefused

OTLP = {
    "resourceSpans": [
        {
            "resource": {
                "attributes": [{"key": "service.name", "value": {"stringValue": "assistant"}}]
            },
            "scopeSpans": [
                {
                    "scope": {"name": "openai"},
                    "spans": [
                        {
                            "traceId": "t1",
                            "spanId": "p1",
                            "name": "chat gpt-4o",
                            "kind": 3,
                            "startTimeUnixNano": "1785542400000000000",
                            "endTimeUnixNano": "1785542401500000000",
                            "attributes": [
                                {
                                    "key": "gen_ai.usage.input_tokens",
                                    "value": {"intValue": "1200"},
                                },
                                {"key": "gen_ai.usage.output_tokens", "value": {"intValue": 350}},
                                {"key": "cost", "value": {"doubleValue": 0.0125}},
                                {"key": "batch", "value": {"boolValue": False}},
                                {
                                    "key": "reasons",
                                    "value": {"arrayValue": {"values": [{"stringValue": "stop"}]}},
                                },
                                {
                                    "key": "tags",
                                    "value": {
                                        "kvlistValue": {
                                            "values": [
                                                {"key": "team", "value": {"stringValue": "a"}}
                                            ]
                                        }
                                    },
                                },
                                {"key": "empty", "value": {}},
                            ],
                            "events": [{"name": "gen_ai.choice"}],
                            "status": {"code": 1},
                        },
                        {"traceId": "t1", "spanId": "p2", "name": "GET /"},
                    ],
                }
            ],
        }
    ]
}


def test_spans_of_otlp() -> None:
    assert cells("otel-spans", lines(OTLP), ["reasons"]) == [
        {
            "resource.service.name": "assistant",
            "gen_ai.usage.input_tokens": "1200",
            "gen_ai.usage.output_tokens": "350",
            "cost": "0.0125",
            "batch": "false",
            "reasons": '["stop"]',
            "tags.team": "a",
            "traceId": "t1",
            "spanId": "p1",
            "name": "chat gpt-4o",
            "kind": "3",
            "startTimeUnixNano": "1785542400000000000",
            "endTimeUnixNano": "1785542401500000000",
            "status.code": "1",
            "key": "t1:p1",
        },
        {
            "resource.service.name": "assistant",
            "traceId": "t1",
            "spanId": "p2",
            "name": "GET /",
            "key": "t1:p2",
        },
    ]


def test_a_span_as_the_console_exporter_writes_it() -> None:
    span = {
        "name": "chat",
        "context": {"trace_id": "0xt1", "span_id": "0xp1"},
        "start_time": "2026-08-01T00:00:00.000000Z",
        "attributes": {"gen_ai.usage.input_tokens": 5, "name": "not the span's"},
        "resource": {"attributes": {"service.name": "assistant"}, "schema_url": ""},
    }
    assert cells("otel-spans", lines(span)) == [
        {
            "resource.service.name": "assistant",
            "gen_ai.usage.input_tokens": "5",
            "name": "chat",
            "context.trace_id": "0xt1",
            "context.span_id": "0xp1",
            "start_time": "2026-08-01T00:00:00.000000Z",
            "traceId": "0xt1",
            "spanId": "0xp1",
            "key": "0xt1:0xp1",
        }
    ]


@pytest.mark.parametrize(
    ("written", "given"),
    [
        (
            {"gen_ai.usage.prompt_tokens": 5, "gen_ai.usage.completion_tokens": 7},
            {"gen_ai.usage.input_tokens": "5", "gen_ai.usage.output_tokens": "7"},
        ),
        (  # a library that writes both names: the newer one counts
            {"gen_ai.usage.prompt_tokens": 4, "gen_ai.usage.input_tokens": 5},
            {"gen_ai.usage.input_tokens": "5"},
        ),
        (
            {"gen_ai.usage.cache_read_input_tokens": 3, "gen_ai.usage.reasoning_tokens": 2},
            {
                "gen_ai.usage.cache_read.input_tokens": "3",
                "gen_ai.usage.reasoning.output_tokens": "2",
            },
        ),
        ({"gen_ai.system": "openai"}, {"gen_ai.provider.name": "openai"}),
        (
            {"gen_ai.request.model": "gpt-4o", "gen_ai.response.model": "gpt-4o-2024-11-20"},
            {
                "gen_ai.request.model": "gpt-4o",
                "gen_ai.response.model": "gpt-4o-2024-11-20",
                "model": "gpt-4o-2024-11-20",
            },
        ),
        (
            {"gen_ai.request.model": "gpt-4o"},
            {"gen_ai.request.model": "gpt-4o", "model": "gpt-4o"},
        ),
    ],
)
def test_older_names_are_given_as_the_newer_ones(
    written: dict[str, object], given: dict[str, str]
) -> None:
    assert cells("otel-spans", lines(written)) == [given]


@pytest.mark.parametrize(
    "value",
    [
        {"timestamp": "2026-08-01T00:00:00Z", "gen_ai.usage.input_tokens": 5},
        {"timestamp": "2026-08-01T00:00:00Z", "gen_ai": {"usage": {"input_tokens": 5}}},
        {
            "timestamp": "2026-08-01T00:00:00Z",
            "attributes": {"gen_ai": {"usage": {"input_tokens": 5}}},
        },
        {"timestamp": "2026-08-01T00:00:00Z", "attributes": {"gen_ai.usage.input_tokens": 5}},
    ],
)
def test_flat_objects(value: dict[str, object]) -> None:
    expected = {"timestamp": "2026-08-01T00:00:00Z", "gen_ai.usage.input_tokens": "5"}
    assert cells("otel-spans", lines(value)) == [expected]


def test_logs_and_metrics_are_no_spans() -> None:
    assert cells("otel-spans", lines({"resourceLogs": [{}]}, {"resourceMetrics": [{}]})) == []
    assert len(cells("otel-spans", lines({"resourceLogs": [{}]}, OTLP))) == 2


def test_other_objects_are_none_and_beside_spans_not_lost() -> None:
    other = {"attributes": {"color": "red"}}
    assert cells("otel-spans", lines(other)) == []
    assert cells("otel-spans", lines(other, {"gen_ai.system": "openai"}, 7)) == [
        {"color": "red"},
        {"gen_ai.provider.name": "openai"},
        {"value": "7"},
    ]


def test_an_attribute_that_stands_twice_is_refused() -> None:
    twice = [
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "1"}},
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "2"}},
    ]
    with pytest.raises(JsonRefused, match=r"'gen_ai\.usage\.input_tokens' stands twice"):
        unfolded("otel-spans", lines({"spanId": "p1", "attributes": twice}))
