"""ccusage's reports: days, weeks, months, sessions and blocks, at list prices."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sources.exports.formats.offering import Downloads, claims
from tests.sources.exports.reading import Read, export_file, read_files, read_text

COUNTS = {
    "inputTokens": 277,
    "outputTokens": 31456,
    "cacheCreationTokens": 512,
    "cacheReadTokens": 1024,
    "totalTokens": 33269,
}
#: 100 + 177 = 277 and so on; 10.25 + 7.33 = 17.58
BY_MODEL = [
    {
        "modelName": "claude-opus-4-1",
        "inputTokens": 100,
        "outputTokens": 15000,
        "cacheCreationTokens": 500,
        "cacheReadTokens": 1000,
        "cost": 10.25,
    },
    {
        "modelName": "claude-sonnet-4-5",
        "inputTokens": 177,
        "outputTokens": 16456,
        "cacheCreationTokens": 12,
        "cacheReadTokens": 24,
        "cost": 7.330000000000000001,
    },
]
ENTRY = {**COUNTS, "totalCost": 17.58, "modelsUsed": ["claude-opus-4-1"], "modelBreakdowns": []}
TOTALS = {
    "input_tokens": 277,
    "cached_input_tokens": 1024,
    "cache_write_tokens": 512,
    "output_tokens": 31456,
}


def day(date: str, **more: Any) -> dict[str, Any]:
    return {"date": date, **ENTRY, **more}


def read_report(folder: Path, report: dict[str, Any], **options: Any) -> Read:
    return read_text(folder, json.dumps(report, indent=2), name="ccusage.json", **options)


def test_days_by_model(tmp_path: Path) -> None:
    report = {"daily": [day("2026-08-03", modelBreakdowns=BY_MODEL)], "totals": COUNTS}
    read = read_report(tmp_path, report)
    assert read.told == ""
    account = read.account
    assert (account.format, account.rows_read, account.used) == ("ccusage", 3, 2)
    assert account.skipped == {"sum of the report": 1}
    assert account.unknown_columns == ()
    assert read.totals() == TOTALS
    assert read.by("model", "output_tokens") == {
        "claude-opus-4-1": 15000,
        "claude-sonnet-4-5": 16456,
    }
    assert (account.stated, account.amounts) == (Decimal(0), {"list": Decimal("17.58")})


def test_a_day_of_several_models_has_no_model(tmp_path: Path) -> None:
    read = read_report(tmp_path, {"daily": [day("2026-08-03")]})
    assert (read.told, read.totals()) == ("", TOTALS)
    assert read.by("model", "output_tokens") == {None: 31456}  # so no price either


def test_the_sum_of_the_report_may_cover_more_days(tmp_path: Path) -> None:
    sums = {**COUNTS, "outputTokens": 720366, "totalCost": 336.47}
    read = read_report(tmp_path, {"daily": [day("2026-08-03")], "totals": sums})
    assert (read.told, read.totals()["output_tokens"]) == ("", 31456)


#: a report, its format's day or bucket, and the days it runs to
BLOCK = {
    "id": "2026-08-03T22:00:00.000Z",
    "startTime": "2026-08-03T22:00:00.000Z",
    "endTime": "2026-08-04T03:00:00.000Z",
    "isActive": False,
    "isGap": False,
    "entries": 9,
    "tokenCounts": {
        "inputTokens": 277,
        "outputTokens": 31456,
        "cacheCreationInputTokens": 512,
        "cacheReadInputTokens": 1024,
    },
    "costUSD": 17.58,
    "models": ["claude-opus-4-1"],
}
GAP = {
    **BLOCK,
    "isGap": True,
    "startTime": "2026-08-04T03:00:00.000Z",
    "endTime": "2026-08-04T09:00:00.000Z",
    "tokenCounts": {
        "inputTokens": 0,
        "outputTokens": 0,
        "cacheCreationInputTokens": 0,
        "cacheReadInputTokens": 0,
    },
    "costUSD": 0,
}
SESSION = {"sessionId": "shop", "projectPath": "shop", **ENTRY}
REPORTS: list[tuple[dict[str, Any], int]] = [
    ({"daily": [day("2026-08-03")]}, 3),
    ({"type": "daily", "data": [day("2026-08-03")], "summary": COUNTS}, 3),
    ({"weekly": [{"week": "2026-08-02", **ENTRY}]}, 2),
    ({"monthly": [{"month": "2026-08", **ENTRY}]}, 1),
    ({"sessions": [{**SESSION, "lastActivity": "2026-08-03"}]}, 3),
    ({"session": [{**SESSION, "lastActivity": "2026-08-03T22:10:00.000Z"}]}, 3),
    ({"blocks": [BLOCK, GAP]}, 3),
    ({"projects": {"shop": [day("2026-08-03")]}, "totals": COUNTS}, 3),
]


@pytest.mark.parametrize(("report", "on"), REPORTS, ids=[next(iter(r)) for r, _ in REPORTS])
def test_every_report(tmp_path: Path, report: dict[str, Any], on: int) -> None:
    for kind in ("usage", "statement"):
        read = read_report(tmp_path, report, kind=kind)
        assert read.told == ""
        account = read.account
        assert (account.format, account.used, account.rejected) == ("ccusage", 1, 0)
        assert account.amounts == {"list": Decimal("17.58")}
        assert str(account.first_day) == f"2026-08-{on:02d}"
        assert account.unknown_columns == ()
        if kind == "usage":
            assert read.totals() == TOTALS


def test_days_are_those_of_the_machine(tmp_path: Path) -> None:
    read = read_report(tmp_path, {"daily": [day("2026-08-03")]}, zone="America/New_York")
    assert list(read.by("at", "output_tokens")) == [datetime(2026, 8, 3)]
    # a block says its instants: 22:00 UTC is 7:00 of the next day in Tokyo
    block = read_report(tmp_path, {"blocks": [BLOCK]}, zone="Asia/Tokyo")
    assert list(block.by("at", "output_tokens")) == [datetime(2026, 8, 4)]


def test_input_of_codex_is_with_what_was_cached(tmp_path: Path) -> None:
    counts = {
        "inputTokens": 3500,
        "cachedInputTokens": 750,
        "outputTokens": 425,
        "reasoningOutputTokens": 275,
        "totalTokens": 3925,
    }
    report = {
        "daily": [{"date": "2026-08-03", **counts, "costUSD": 1.5, "models": {"gpt-5": counts}}]
    }
    read = read_report(tmp_path, report)
    assert read.told == ""
    assert read.totals() == {
        "input_tokens": 3500 - 750,
        "cached_input_tokens": 750,
        "output_tokens": 425,
        "reasoning_tokens": 275,
    }
    assert read.by("model", "output_tokens") == {"gpt-5": 425}
    assert read.account.amounts == {"list": Decimal("1.5")}


def test_a_week_in_two_months_cannot_be_usage(tmp_path: Path) -> None:
    report = {"weekly": [{"week": "2026-08-30", **ENTRY}]}
    read = read_report(tmp_path, report)
    assert [problem.code for problem in read.problems] == ["bad-time"]
    assert "in the same month" in read.told
    statement = read_report(tmp_path, report, kind="statement")
    assert (statement.told, statement.account.used) == ("", 1)


def test_a_later_report_replaces_whole_days(tmp_path: Path) -> None:
    grown = day("2026-08-03", outputTokens=40000)
    files = {
        "a.json": json.dumps({"daily": [day("2026-08-02"), day("2026-08-03")]}),
        "b.json": json.dumps({"daily": [grown, day("2026-08-04")]}),
    }
    downloads = Downloads(tmp_path, files)
    assert downloads.codes == []
    assert downloads.used_and_replaced == {"a.json": (1, 1), "b.json": (2, 0)}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"outputTokens": -1}, "negative-count"),
        ({"inputTokens": 1.5}, "bad-count"),
        ({"totalCost": "much"}, "bad-amount"),
        ({"date": "Aug 3, 2026"}, "bad-time"),
    ],
)
def test_malformed_entries_are_refused(tmp_path: Path, change: dict[str, Any], code: str) -> None:
    text = json.dumps({"daily": [day("2026-08-02"), {**day("2026-08-03"), **change}]})
    read = read_text(tmp_path, text.replace('{"date"', '\n{"date"'), name="ccusage.json")
    assert [problem.code for problem in read.problems] == [code]
    assert f"{read.problems[0].position}" == "ccusage.json:3:1"


@pytest.mark.parametrize("report", [report for report, _ in REPORTS])
def test_exactly_one_format_claims_it(tmp_path: Path, report: dict[str, Any]) -> None:
    assert claims(tmp_path, json.dumps(report), "ccusage.json") == ["ccusage"]


@pytest.mark.parametrize("kind", ["usage", "statement"])
def test_the_real_sample(shared: Path, kind: str) -> None:
    """One day of two models that are not told apart; `totals` covers more days."""
    read = read_files([export_file(shared / "data/exports/ccusage_daily.json", kind=kind)])
    assert read.told == ""
    account = read.account
    assert (account.rows_read, account.used, account.skipped_rows) == (2, 1, 1)
    assert account.amounts == {"list": Decimal("17.58")}
    if kind == "usage":
        assert read.totals() == TOTALS
