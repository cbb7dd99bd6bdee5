"""Pages of Anthropic's Admin API: usage of messages, and costs in cents."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sources.exports.formats.offering import Downloads, claims, json_text
from tests.sources.exports.reading import Read, csv_text, read_text
from tests.sources.exports.test_anthropic_tokens import LATEST, ROW


def bucket(day: int, *results: dict[str, Any]) -> dict[str, Any]:
    """A day of November 2025."""
    start, end = (f"2025-11-{number:02}T00:00:00Z" for number in (day, day + 1))
    return {"starting_at": start, "ending_at": end, "results": list(results)}


def page(*buckets: dict[str, Any]) -> str:
    return json_text({"data": list(buckets), "has_more": False, "next_page": None})


# -- usage -----------------------------------------------------------------------------

USAGE = {
    "api_key_id": "apikey_1",
    "workspace_id": "wrkspc_1",
    "model": "claude-haiku-4-5-20251001",
    "context_window": "0-200k",
    "service_tier": "standard",
    "uncached_input_tokens": 1500,
    "cache_creation": {"ephemeral_1h_input_tokens": 40, "ephemeral_5m_input_tokens": 250},
    "cache_read_input_tokens": 30000,
    "output_tokens": 170,
    "server_tool_use": {"web_search_requests": 3},
}


def read_usage(folder: Path, text: str, **options: Any) -> Read:
    return read_text(folder, text, name="usage.json", **options)


def test_counts_stand_beside_each_other(tmp_path: Path) -> None:
    text = page(bucket(3, USAGE, USAGE), bucket(4))
    assert claims(tmp_path, text) == ["anthropic-usage-api"]
    read = read_usage(tmp_path, text)
    account = read.account
    assert (read.told, account.unknown_columns) == ("", ())
    assert (account.rows_read, account.used, account.skipped) == (3, 2, {"empty bucket": 1})
    assert read.totals() == {  # twice what one says; nothing is taken out of anything
        "input_tokens": 3000,
        "cached_input_tokens": 60000,
        "cache_write_5m_tokens": 500,
        "cache_write_1h_tokens": 80,
        "output_tokens": 340,
        "web_searches": 6,
    }


@pytest.mark.parametrize(
    ("key", "written", "dimension", "kept"),
    [
        ("workspace_id", None, "workspace", None),  # the default workspace
        ("workspace_id", "wrkspc_2", "workspace", "wrkspc_2"),
        ("api_key_id", None, "api_key", None),  # used in the console
        ("context_window", "0-200k", "context", None),
        ("context_window", "200k-1M", "context", ">200k"),
        ("service_tier", "standard", "service_tier", None),
        ("service_tier", "priority", "service_tier", "priority"),
        ("service_tier", "priority", "batch", None),
        ("service_tier", "batch", "batch", "true"),
        ("service_tier", "batch", "service_tier", None),
        ("inference_geo", "us", "region", "us"),
        ("inference_geo", "not_available", "region", None),
        ("speed", "fast", "speed", "fast"),
        ("account_id", "user_1", "user", "user_1"),
    ],
)
def test_neutral_spellings_are_absent(
    tmp_path: Path, key: str, written: str | None, dimension: str, kept: str | None
) -> None:
    read = read_usage(tmp_path, page(bucket(3, USAGE | {key: written})))
    assert read.told == ""
    assert read.by(dimension, "output_tokens") == {kept: 170}


def test_a_report_that_is_not_grouped_has_no_dimensions(tmp_path: Path) -> None:
    nulls = dict.fromkeys(["api_key_id", "workspace_id", "model", "context_window", "service_tier"])
    read = read_usage(tmp_path, page(bucket(3, USAGE | nulls)))
    assert (read.told, read.by("model", "output_tokens")) == ("", {None: 170})


def test_days_are_utc_days_and_hours_are_split_where_the_contract_is(tmp_path: Path) -> None:
    hour = bucket(3, USAGE) | {"ending_at": "2025-11-03T01:00:00Z"}
    for one, day in ((bucket(3, USAGE), "2025-11-03"), (hour, "2025-11-02")):
        read = read_usage(tmp_path, page(one), zone="America/New_York")
        assert [f"{at:%Y-%m-%d}" for at in read.by("at", "output_tokens")] == [day]


def test_the_same_days_asked_for_again_replace_the_earlier(tmp_path: Path) -> None:
    more = USAGE | {"output_tokens": 900}
    early, late = page(bucket(3, USAGE)), page(bucket(3, more), bucket(4, USAGE))
    downloads = Downloads(tmp_path, {"a.json": early, "b.json": late})
    assert downloads.codes == []
    assert downloads.used_and_replaced == {"a.json": (0, 1), "b.json": (2, 0)}
    assert downloads.read.totals()["output_tokens"] == 900 + 170


def test_negative_counts_are_rejected(tmp_path: Path) -> None:
    bad = USAGE | {"output_tokens": -1}
    read = read_usage(tmp_path, page(bucket(3, USAGE), bucket(4, bad)))
    assert [problem.code for problem in read.problems] == ["negative-count"]
    assert (read.account.used, read.account.rejected) == (1, 1)


# -- costs -----------------------------------------------------------------------------

COST = {
    "amount": "123.78912",
    "currency": "USD",
    "context_window": "0-200k",
    "cost_type": "tokens",
    "description": "Claude Haiku 4.5 Usage - Output Tokens",
    "model": "claude-haiku-4-5-20251001",
    "service_tier": "standard",
    "token_type": "output_tokens",
    "workspace_id": None,
}
NOT_GROUPED = dict.fromkeys(COST) | {"currency": "USD"}


def read_costs(folder: Path, text: str) -> Read:
    return read_text(folder, text, name="cost.json", kind="statement")


def test_amounts_are_cents_in_texts(tmp_path: Path) -> None:
    text = page(bucket(3, COST, COST | {"amount": "0.5"}), bucket(4))
    assert claims(tmp_path, text) == ["anthropic-cost-api"]
    read = read_costs(tmp_path, text)
    account = read.account
    assert (read.told, account.unknown_columns) == ("", ())
    assert (account.rows_read, account.used, account.skipped) == (3, 2, {"empty bucket": 1})
    # 123.78912 cents are 1.2378912 dollars, half a cent is 0.005
    assert (account.stated, account.currency) == (Decimal("1.2428912"), "USD")
    assert account.tolerance == 0


def test_spellings_are_those_of_the_consoles_export(tmp_path: Path) -> None:
    kinds = {
        "uncached_input_tokens": "input_no_cache",
        "output_tokens": "output",
        "cache_read_input_tokens": "input_cache_read",
        "cache_creation.ephemeral_5m_input_tokens": "input_cache_write_5m",
        "cache_creation.ephemeral_1h_input_tokens": "input_cache_write_1h",
    }
    rows = [COST | {"token_type": kind, "amount": "100"} for kind in kinds]
    read = read_costs(tmp_path, page(bucket(3, *rows)))
    assert [kind for kind, *_ in read.stated("token_type")] == sorted(kinds.values())
    keys = ("workspace", "context", "cost_type", "batch", "service_tier")
    assert read.stated(*keys) == [(None, None, None, None, None, Decimal(5), None)]


@pytest.mark.parametrize(
    ("key", "written", "dimension", "kept"),
    [
        ("cost_type", "web_search", "cost_type", "web_search"),
        ("cost_type", "code_execution", "cost_type", "code_execution"),
        ("service_tier", "batch", "batch", "true"),
        ("context_window", "200k-1M", "context", ">200k"),
        ("workspace_id", "wrkspc_1", "workspace", "wrkspc_1"),
    ],
)
def test_what_differs_is_told(
    tmp_path: Path, key: str, written: str, dimension: str, kept: str
) -> None:
    read = read_costs(tmp_path, page(bucket(3, COST | {key: written})))
    assert read.stated(dimension) == [(kept, Decimal("1.2378912"), None)]


def test_a_report_that_is_not_grouped(tmp_path: Path) -> None:
    read = read_costs(tmp_path, page(bucket(3, NOT_GROUPED | {"amount": "19034"})))
    assert (read.told, read.account.stated) == ("", Decimal("190.34"))


@pytest.mark.parametrize("written", ["$1", "1,50", "", "0.00000000000000001"])
def test_what_is_no_amount_is_rejected(tmp_path: Path, written: str) -> None:
    read = read_costs(tmp_path, page(bucket(3, COST, COST | {"amount": written})))
    assert [problem.code for problem in read.problems] == ["bad-amount"]
    assert f"{read.problems[0].position}" == "cost.json:1:1"


def test_pages_without_any_result_count_nothing(tmp_path: Path) -> None:
    text = page(bucket(3), bucket(4))
    assert claims(tmp_path, text) == ["anthropic-empty-pages"]
    for read in (read_usage(tmp_path, text), read_costs(tmp_path, text)):
        assert (read.told, read.account.skipped) == ("", {"empty bucket": 2})


def test_the_consoles_export_and_pages_of_a_day_are_told_twice(tmp_path: Path) -> None:
    table = csv_text(LATEST, [ROW])
    same_day = Downloads(tmp_path, {"a.csv": table, "b.json": page(bucket(3, USAGE))})
    assert same_day.codes == ["overlap-formats"]
    next_day = Downloads(tmp_path, {"a.csv": table, "b.json": page(bucket(4, USAGE))})
    assert next_day.codes == []
