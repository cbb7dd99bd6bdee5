"""Anthropic's tokens export: three header generations, disjoint counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.exports.reading import csv_text, read_text

OLD = (
    "usage_date_utc,model_version,api_key,workspace,usage_type,usage_input_tokens_no_cache,"
    "usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,"
    "usage_input_tokens_cache_read,usage_output_tokens,web_search_count"
)
WITH_CONTEXT = OLD.replace("usage_type,", "usage_type,context_window,")
LATEST = f"{WITH_CONTEXT},inference_geo,speed"
ROW = {
    "usage_date_utc": "2025-11-03",
    "model_version": "claude-haiku-4-5-20251001",
    "api_key": "batch-key",
    "workspace": "Default",
    "usage_type": "standard",
    "usage_input_tokens_no_cache": "16000",
    "usage_input_tokens_cache_write_5m": "2500",
    "usage_input_tokens_cache_write_1h": "40",
    "usage_input_tokens_cache_read": "300000",
    "usage_output_tokens": "1700",
    "web_search_count": "3",
}


@pytest.mark.parametrize(
    "header", [OLD, WITH_CONTEXT, LATEST], ids=["2025-06", "2026-02", "latest"]
)
def test_counts_stand_beside_each_other(tmp_path: Path, header: str) -> None:
    read = read_text(tmp_path, csv_text(header, [ROW, ROW]))
    assert read.told == ""
    assert read.totals() == {  # nothing is taken out of anything, unlike with OpenAI
        "input_tokens": 32000,
        "cached_input_tokens": 600000,
        "cache_write_5m_tokens": 5000,
        "cache_write_1h_tokens": 80,
        "output_tokens": 3400,
        "web_searches": 6,
    }
    assert read.by("workspace", "web_searches") == {"Default": 6}
    assert (read.account.daily, read.account.replaces) == (True, True)


@pytest.mark.parametrize(
    ("column", "written", "dimension", "kept"),
    [
        ("usage_type", "batch", "batch", "true"),
        ("usage_type", "standard", "batch", None),
        ("usage_type", "priority", "batch", "priority"),  # not known: kept, so that it is seen
        ("context_window", "≤ 200k", "context", None),
        ("context_window", "> 200k", "context", ">200k"),
        ("inference_geo", "global", "region", None),
        ("inference_geo", "not_available", "region", None),
        ("inference_geo", "us", "region", "us"),
        ("speed", "", "speed", None),
        ("speed", "fast", "speed", "fast"),
    ],
)
def test_neutral_spellings_are_absent(
    tmp_path: Path, column: str, written: str, dimension: str, kept: str | None
) -> None:
    read = read_text(tmp_path, csv_text(LATEST, [{**ROW, column: written}]))
    assert read.by(dimension, "output_tokens") == {kept: 1700}


def test_days_are_utc_days_whatever_the_contract(tmp_path: Path) -> None:
    read = read_text(tmp_path, csv_text(LATEST, [ROW]), zone="Asia/Tokyo")
    assert [f"{at:%Y-%m-%d}" for at in read.by("at", "output_tokens")] == ["2025-11-03"]
    assert read.account.day_zone == "UTC"


@pytest.mark.parametrize("written", ["2025-11-31", "3.11.2025", "2025-11-03T00:00:00Z", ""])
def test_what_is_no_day_is_refused(tmp_path: Path, written: str) -> None:
    read = read_text(tmp_path, csv_text(OLD, [{**ROW, "usage_date_utc": written}]))
    assert [problem.code for problem in read.problems] == ["bad-time"]
    assert read.problems[0].help == "write a day such as 2025-11-03"
