"""Groq's activity: usage and cost in one file, both of them by UTC day."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sources.exports.formats.offering import Downloads, claims, json_text
from tests.sources.exports.reading import Read, read_text

NOV_3 = 1762128000
#: 20,000 tokens in, of which 8,000 cached; 3,000 out.
TEXT = {
    "organization_id": "org_1",
    "organization_name": "Personal",
    "n_context_tokens_total": 20000,
    "n_non_cached_context_tokens_total": 12000,
    "n_generated_tokens_total": 3000,
    "project_id": "project_1",
    "api_key_id": "key_1",
    "api_key_name": "batch jobs",
    "api_key_redacted": "gsk_***XXXX",
    "model": "llama-3.1-8b-instant",
    "timestamp": NOV_3,
    "user_id": "",
    "user": "",
    "num_requests": 65,
    "num_seconds": 0,
    "num_seconds_billed": 0,
    "plan_id": "",
    "subscription_id": "",
    "service_tier": "on_demand",
    "cost": 0.00084,
}
#: 120 requests of 900 s in all; those under 10 s count as 10 s, so that 1,500 s are billed.
AUDIO = TEXT | {
    "n_context_tokens_total": 600,
    "n_non_cached_context_tokens_total": 600,
    "n_generated_tokens_total": 2400,
    "model": "whisper-large-v3",
    "timestamp": NOV_3 + 86400,
    "num_requests": 120,
    "num_seconds": 900,
    "num_seconds_billed": 1500,
    "cost": 0.04625000000000001,  # 1500 / 3600 x 0.111, as a binary number has it
}


def answer(*rows: dict[str, Any]) -> str:
    return json_text({"object": "list", "data": list(rows)})


def read_groq(folder: Path, text: str, **options: Any) -> Read:
    return read_text(folder, text, name="activity.json", **options)


def test_usage(tmp_path: Path) -> None:
    text = answer(TEXT, AUDIO)
    assert claims(tmp_path, text) == ["groq-activity"]
    read = read_groq(tmp_path, text)
    account = read.account
    assert (read.told, account.unknown_columns) == ("", ())
    assert (account.rows_read, account.used) == (2, 2)
    assert read.totals() == {
        "input_tokens": 12000 + 600,
        "cached_input_tokens": 8000,  # 20000 - 12000
        "output_tokens": 3000 + 2400,
        "audio_seconds": 1500,  # billed, not the 900 that were used
        "requests": 65 + 120,
    }
    assert read.by("model", "audio_seconds") == {"whisper-large-v3": 1500}
    assert read.by("service_tier", "requests") == {None: 185}
    assert read.by("api_key", "requests") == {"key_1": 185}
    assert f"{account.first_day} {account.last_day}" == "2025-11-03 2025-11-04"
    assert account.stated == Decimal("0.04709000000000001")  # 0.00084 + 0.04625...


def test_costs(tmp_path: Path) -> None:
    read = read_groq(tmp_path, answer(TEXT, AUDIO), kind="statement")
    assert read.told == ""
    assert read.stated("model") == [
        ("llama-3.1-8b-instant", Decimal("0.00084"), None),
        ("whisper-large-v3", Decimal("0.04625000000000001"), None),
    ]
    assert (read.account.currency, read.account.tolerance) == ("USD", Decimal("0.000002"))


@pytest.mark.parametrize(
    ("number", "amount"),
    [
        ("1.14e-05", "0.0000114"),
        ("1.1399999999999999e-05", "0.0000114"),  # 21 decimals: the last three say nothing
        ("0", "0"),
        ("12", "12"),
    ],
)
def test_costs_are_binary_numbers(tmp_path: Path, number: str, amount: str) -> None:
    text = answer(TEXT).replace('"cost": 0.00084', f'"cost": {number}')
    read = read_groq(tmp_path, text, kind="statement")
    assert (read.told, read.account.stated) == ("", Decimal(amount))


def test_older_answers_have_no_billed_seconds(tmp_path: Path) -> None:
    older = {key: part for key, part in TEXT.items() if key != "num_seconds_billed"}
    assert read_groq(tmp_path, answer(older)).totals()["cached_input_tokens"] == 8000


def test_days_are_utc_days_whatever_the_contract(tmp_path: Path) -> None:
    read = read_groq(tmp_path, answer(TEXT | {"timestamp": NOV_3 + 7200}), zone="America/New_York")
    assert [f"{at:%Y-%m-%d}" for at in read.by("at", "requests")] == ["2025-11-03"]
    assert (read.account.day_zone, read.account.daily) == ("UTC", True)


def test_a_day_that_has_grown_replaces_the_earlier(tmp_path: Path) -> None:
    grown = TEXT | {"num_requests": 80, "n_generated_tokens_total": 3500, "cost": 0.0009}
    files = {"a.json": answer(TEXT), "b.json": answer(grown, AUDIO)}
    downloads = Downloads(tmp_path, files)
    assert downloads.codes == []
    assert downloads.used_and_replaced == {"a.json": (0, 1), "b.json": (2, 0)}
    assert downloads.read.totals()["requests"] == 80 + 120


@pytest.mark.parametrize(
    ("key", "written", "code"),
    [
        ("n_generated_tokens_total", -5, "negative-count"),
        ("n_non_cached_context_tokens_total", 20001, "part-exceeds-whole"),
        ("num_requests", "many", "bad-count"),
        ("timestamp", "2025-11-03", "bad-time"),
        ("cost", "free", "bad-amount"),
    ],
)
def test_broken_rows_are_rejected(tmp_path: Path, key: str, written: object, code: str) -> None:
    read = read_groq(tmp_path, answer(TEXT, TEXT | {key: written}))
    assert [problem.code for problem in read.problems] == [code]
    assert f"{read.problems[0].position}" == "activity.json:1:1"
    assert (read.account.used, read.account.rejected) == (1, 1)
