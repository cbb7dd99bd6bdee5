"""`buckets`: usage and cost pages of OpenAI and Anthropic."""

from tests.sources.exports.unfoldings.unfolded import cells, lines, unfolded

OPENAI_COSTS = {
    "object": "page",
    "data": [
        {
            "object": "bucket",
            "start_time": 1785542400,
            "end_time": 1785628800,
            "results": [
                {
                    "object": "organization.costs.result",
                    "amount": {"value": "0.0034000", "currency": "usd"},
                    "quantity": 30.0,
                    "line_item": "gpt-4o-mini-2024-07-18, input",
                    "project_id": None,
                },
                {
                    "object": "organization.costs.result",
                    "amount": {"value": "0E-6176", "currency": "usd"},
                    "line_item": None,
                },
            ],
        },
        {"object": "bucket", "start_time": 1785628800, "end_time": 1785715200, "results": []},
    ],
    "has_more": False,
    "next_page": None,
}

ANTHROPIC_USAGE = {
    "data": [
        {
            "starting_at": "2026-08-01T00:00:00Z",
            "ending_at": "2026-08-02T00:00:00Z",
            "results": [
                {
                    "model": "claude-opus-4-1",
                    "uncached_input_tokens": 1500,
                    "cache_creation": {
                        "ephemeral_5m_input_tokens": 20,
                        "ephemeral_1h_input_tokens": 0,
                    },
                    "server_tool_use": {"web_search_requests": 2},
                    "output_tokens": 500,
                }
            ],
        }
    ],
    "has_more": False,
}


def test_a_row_for_each_result_and_each_empty_bucket() -> None:
    first = {"start_time": "1785542400", "end_time": "1785628800"}
    assert cells("buckets", lines(OPENAI_COSTS)) == [
        {
            **first,
            "object": "organization.costs.result",
            "amount.value": "0.0034000",
            "amount.currency": "usd",
            "quantity": "30.0",
            "line_item": "gpt-4o-mini-2024-07-18, input",
        },
        {
            **first,
            "object": "organization.costs.result",
            "amount.value": "0E-6176",
            "amount.currency": "usd",
        },
        {"object": "bucket", "start_time": "1785628800", "end_time": "1785715200"},
    ]


def test_the_bucket_comes_before_its_result() -> None:
    ((_, _, row),) = unfolded("buckets", lines(ANTHROPIC_USAGE))
    assert list(row.items()) == [
        ("starting_at", "2026-08-01T00:00:00Z"),
        ("ending_at", "2026-08-02T00:00:00Z"),
        ("model", "claude-opus-4-1"),
        ("uncached_input_tokens", "1500"),
        ("cache_creation.ephemeral_5m_input_tokens", "20"),
        ("cache_creation.ephemeral_1h_input_tokens", "0"),
        ("server_tool_use.web_search_requests", "2"),
        ("output_tokens", "500"),
    ]


def test_pages_may_be_lines_or_a_list_and_buckets_may_be_bare() -> None:
    rows = cells("buckets", lines(OPENAI_COSTS))
    buckets = OPENAI_COSTS["data"]
    assert isinstance(buckets, list)
    assert cells("buckets", lines(OPENAI_COSTS, OPENAI_COSTS)) == rows * 2
    assert cells("buckets", lines([OPENAI_COSTS, OPENAI_COSTS])) == rows * 2
    assert cells("buckets", lines(*buckets)) == rows
    assert cells("buckets", lines(buckets)) == rows


def test_a_period_without_data() -> None:
    assert cells("buckets", lines({"object": "page", "data": [], "has_more": False})) == [
        {"object": "page", "has_more": "false"}
    ]


def test_what_is_no_bucket() -> None:
    assert cells("buckets", lines({"data": [{"id": "a"}]})) == []
    assert cells("buckets", lines({"id": "a"})) == []
    # beside buckets it is not lost
    assert cells("buckets", lines({"error": "busy"}, {"n": 1, "results": [{"m": 2}, 3]})) == [
        {"error": "busy"},
        {"n": "1", "m": "2"},
        {"n": "1", "value": "3"},
    ]


def test_rows_know_where_they_begin() -> None:
    text = '{"data": [{"n": 1, "results": [{"m": 2}]}, {"n": 2, "results": []}]}'
    places = [row[:2] for row in unfolded("buckets", text, placed=True)]
    assert places == [(1, text.index('{"m"') + 1), (1, text.index('{"n": 2') + 1)]
