"""`ccusage`: reports by day, month or session, in the shapes of its versions."""

import pytest

from tests.sources.exports.unfoldings.unfolded import cells, lines

DAY = {
    "date": "2026-05-16",
    "inputTokens": 277,
    "outputTokens": 31456,
    "cacheCreationTokens": 512,
    "cacheReadTokens": 1024,
    "totalTokens": 33269,
    "totalCost": 17.58,
    "modelsUsed": ["claude-opus-4-1", "claude-sonnet-4-5"],
    "modelBreakdowns": [],
}
#: 100 + 177 = 277 input tokens, 10.25 + 7.33 = 17.58
BREAKDOWNS = [
    {"modelName": "claude-opus-4-1", "inputTokens": 100, "outputTokens": 15000, "cost": 10.25},
    {"modelName": "claude-sonnet-4-5", "inputTokens": 177, "outputTokens": 16456, "cost": 7.33},
]
ON_16_MAY = {"first": "2026-05-16", "last": "2026-05-16"}
OPUS = {
    "report": "daily",
    "date": "2026-05-16",
    "modelName": "claude-opus-4-1",
    "inputTokens": "100",
    "outputTokens": "15000",
    "cost": "10.25",
    **ON_16_MAY,
}
SONNET = {
    "report": "daily",
    "date": "2026-05-16",
    "modelName": "claude-sonnet-4-5",
    "inputTokens": "177",
    "outputTokens": "16456",
    "cost": "7.33",
    **ON_16_MAY,
}


def test_an_entry_and_the_sum_of_the_report() -> None:
    report = {"daily": [DAY], "totals": {"inputTokens": 11174, "totalCost": 336.47}}
    assert cells("ccusage", lines(report)) == [
        {
            "report": "daily",
            "date": "2026-05-16",
            "inputTokens": "277",
            "outputTokens": "31456",
            "cacheCreationTokens": "512",
            "cacheReadTokens": "1024",
            "totalTokens": "33269",
            "modelsUsed": "[...]",
            "cost": "17.58",
            **ON_16_MAY,
        },
        {"report": "totals", "inputTokens": "11174", "cost": "336.47"},
    ]


@pytest.mark.parametrize(
    "day",
    [
        {**DAY, "modelBreakdowns": BREAKDOWNS},
        {
            **DAY,
            "breakdown": {
                "claude-opus-4-1": {"inputTokens": 100, "outputTokens": 15000, "costUSD": 10.25},
                "claude-sonnet-4-5": {"inputTokens": 177, "outputTokens": 16456, "costUSD": 7.33},
            },
        },
    ],
)
def test_an_entry_by_model_is_a_row_for_each(day: dict[str, object]) -> None:
    assert cells("ccusage", lines({"daily": [day]})) == [OPUS, SONNET]


def test_models_without_costs_of_their_own() -> None:
    # as Codex is reported
    day = {"date": "2026-05-16", "inputTokens": 300, "costUSD": 1.5}
    models = {"gpt-5": {"inputTokens": 100}, "gpt-5-mini": {"inputTokens": 200}}
    head = {"report": "daily", "date": "2026-05-16", **ON_16_MAY}
    assert cells("ccusage", lines({"daily": [{**day, "models": models}]})) == [
        {**head, "modelName": "gpt-5", "inputTokens": "100"},
        {**head, "modelName": "gpt-5-mini", "inputTokens": "200"},
        {**head, "cost": "1.5"},
    ]
    one = {"gpt-5": {"inputTokens": 300}}
    assert cells("ccusage", lines({"daily": [{**day, "models": one}]})) == [
        {**head, "modelName": "gpt-5", "inputTokens": "300", "cost": "1.5"},
    ]


#: a report, and the `report` and the key of its entry
SHAPES = [
    ({"weekly": [{"week": "2026-05-11", "totalCost": 1}]}, ("weekly", "week")),
    ({"monthly": [{"month": "2026-05", "totalCost": 1}]}, ("monthly", "month")),
    ({"sessions": [{"sessionId": "a", "costUSD": 1}]}, ("session", "sessionId")),
    ({"session": [{"sessionId": "a", "costUSD": 1}]}, ("session", "sessionId")),
    ({"blocks": [{"startTime": "2026-05-16T10:00:00Z", "costUSD": 1}]}, ("blocks", "startTime")),
    ({"type": "monthly", "data": [{"month": "2026-04", "costUSD": 1}]}, ("monthly", "month")),
    ({"type": "session", "data": [{"session": "a", "costUSD": 1}]}, ("session", "session")),
]


@pytest.mark.parametrize(("report", "expected"), SHAPES)
def test_other_reports(report: dict[str, object], expected: tuple[str, str]) -> None:
    ((row),) = cells("ccusage", lines(report))
    assert (row["report"], list(row)[1], row["cost"]) == (*expected, "1")


@pytest.mark.parametrize(
    ("report", "first", "last"),
    [
        ({"daily": [{"date": "2026-05-16"}]}, "2026-05-16", "2026-05-16"),
        ({"weekly": [{"week": "2026-05-31"}]}, "2026-05-31", "2026-06-06"),
        ({"monthly": [{"month": "2026-02"}]}, "2026-02-01", "2026-02-28"),
        ({"monthly": [{"month": "2024-02"}]}, "2024-02-01", "2024-02-29"),
        ({"sessions": [{"lastActivity": "2026-05-16"}]}, "2026-05-16", "2026-05-16"),
        ({"sessions": [{"lastActivity": "2026-05-16T23:10:00.000Z"}]}, "2026-05-16", "2026-05-16"),
        ({"daily": [{"date": "May 16, 2026"}]}, "May 16, 20", "May 16, 20"),  # told by the reader
        ({"monthly": [{"month": "2026-13"}]}, "", ""),
        ({"blocks": [{"startTime": "2026-05-16T10:00:00Z"}]}, "", ""),
    ],
)
def test_days_of_an_entry(report: dict[str, object], first: str, last: str) -> None:
    (row,) = cells("ccusage", lines(report))
    assert (row.get("first", ""), row.get("last", "")) == (first, last)


def test_projects() -> None:
    report = {"projects": {"app": [{"date": "2026-05-16", "totalCost": 7.33}], "api": []}}
    assert cells("ccusage", lines(report)) == [
        {"report": "daily", "project": "app", "date": "2026-05-16", "cost": "7.33", **ON_16_MAY}
    ]


def test_a_summary_is_the_sum_too() -> None:
    report = {"type": "daily", "data": [], "summary": {"totalTokens": 5, "totalCostUSD": 1}}
    assert cells("ccusage", lines(report)) == [
        {"report": "totals", "totalTokens": "5", "totalCostUSD": "1"}
    ]


def test_what_is_no_report() -> None:
    assert cells("ccusage", lines({"data": [{"date": "2026-05-16"}]})) == []
    assert cells("ccusage", lines([{"date": "2026-05-16"}])) == []
