"""Fireworks' billing metrics: a row per request, without amounts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.exports.formats.offering import Downloads, claims
from tests.sources.exports.reading import csv_text, read_text

HEADER = (
    "email,start_time,end_time,usage_type,accelerator_type,accelerator_seconds,base_model_name,"
    "model_bucket,parameter_count,prompt_tokens,completion_tokens"
)
TEXT = {
    "email": "ann@example.com",
    "start_time": "2025-11-03 17:16:48 UTC",
    "end_time": "2025-11-03 17:16:48 UTC",
    "usage_type": "TEXT_COMPLETION_INFERENCE_USAGE",
    "base_model_name": "accounts/fireworks/models/llama-small",
    "model_bucket": "Llama Small",
    "parameter_count": "8000000000",
    "prompt_tokens": "800",
    "completion_tokens": "100",
}
#: A deployment's hour; the name of its kind is not confirmed.
DEPLOYMENT = {
    **TEXT,
    "start_time": "2025-11-04 02:00:00 UTC",
    "end_time": "2025-11-04 03:00:00 UTC",
    "usage_type": "DEPLOYMENT",
    "accelerator_type": "NVIDIA_H100_80GB",
    "accelerator_seconds": "3600.5",
    "prompt_tokens": "",
    "completion_tokens": "",
}


def test_requests_and_deployments(tmp_path: Path) -> None:
    text = csv_text(HEADER, [TEXT, TEXT, DEPLOYMENT])  # two equal rows are two requests
    assert claims(tmp_path, text) == ["fireworks-billing-metrics"]
    read = read_text(tmp_path, text, kept=("model", "user", "operation", "accelerator"))
    account = read.account
    assert (read.told, account.unknown_columns) == ("", ())
    assert (account.rows_read, account.used) == (3, 3)
    totals = read.totals()
    assert totals.pop("accelerator_seconds") * 10 == 36005
    assert totals == {"input_tokens": 1600, "output_tokens": 200}
    assert read.by("user", "output_tokens") == {"ann@example.com": 200}
    assert list(read.by("accelerator", "accelerator_seconds")) == ["NVIDIA_H100_80GB"]


def test_times_are_instants_in_utc(tmp_path: Path) -> None:
    late = TEXT | {"start_time": "2025-11-03 02:00:00 UTC"}
    read = read_text(tmp_path, csv_text(HEADER, [TEXT, late]), zone="America/New_York")
    days = {f"{at:%Y-%m-%d}": count for at, count in read.by("at", "output_tokens").items()}
    assert days == {"2025-11-03": 100, "2025-11-02": 100}


@pytest.mark.parametrize(
    ("column", "written", "code"),
    [
        ("start_time", "2025-11-03 17:16:48 CET", "bad-time"),
        ("start_time", "2025-11-03 17:16:48", "time-without-zone"),
        ("prompt_tokens", "-1", "negative-count"),
        ("accelerator_seconds", "an hour", "bad-quantity"),
    ],
)
def test_broken_rows_are_rejected(tmp_path: Path, column: str, written: str, code: str) -> None:
    read = read_text(tmp_path, csv_text(HEADER, [TEXT, TEXT | {column: written}]))
    assert [problem.code for problem in read.problems] == [code]
    assert f"{read.problems[0].position}".startswith("usage.csv:3:")
    assert (read.account.used, read.account.rejected) == (1, 1)


def test_rows_that_stand_in_two_exports_count_once(tmp_path: Path) -> None:
    early = csv_text(HEADER, [TEXT, TEXT])  # two requests that look alike
    late = csv_text(HEADER, [TEXT, TEXT, TEXT, DEPLOYMENT])  # a third one, and a deployment
    downloads = Downloads(tmp_path, {"a.csv": early, "b.csv": late})
    assert downloads.codes == []
    assert sorted(downloads.used_and_replaced.values()) == [(2, 0), (2, 2)]
    assert downloads.read.totals()["output_tokens"] == 300
