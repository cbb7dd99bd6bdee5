"""LiteLLM's tables: a row per request, and sums by day; as CSV, JSON, JSON lines, Parquet."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.sources.exports.formats.offering import Downloads, claims
from tests.sources.exports.reading import export_file, read_files, read_text, write

# -- a row per request ----------------------------------------------------------------

#: The columns of LiteLLM_SpendLogs, as a dump of the database has them.
REQUEST_HEADER = (
    "request_id,call_type,api_key,spend,total_tokens,prompt_tokens,completion_tokens,startTime,"
    "endTime,request_duration_ms,completionStartTime,model,model_id,model_group,"
    "custom_llm_provider,api_base,user,metadata,cache_hit,cache_key,request_tags,team_id,"
    "organization_id,end_user,requester_ip_address,messages,response,session_id,status,"
    "mcp_namespaced_tool_name,agent_id,proxy_server_request"
)
REQUEST_COLUMNS = REQUEST_HEADER.split(",")


def request(name: str, model: str, prompt: int, output: int, **more: Any) -> dict[str, Any]:
    known: dict[str, Any] = {
        "request_id": name,
        "call_type": "acompletion",
        "api_key": "88dc28d0f030c55e",
        "spend": 0.0,
        "total_tokens": prompt + output,
        "prompt_tokens": prompt,
        "completion_tokens": output,
        "startTime": "2026-08-03 23:59:59.123",
        "endTime": "2026-08-04 00:00:02.5",
        "model": model,
        "custom_llm_provider": "openai",
        "user": "u-7",
        "metadata": {},
        "cache_hit": "False",
        "request_tags": ["team:search"],
        "team_id": "search",
        "messages": {},
        "response": {},
        "status": "success",
    }
    assert set(more) <= set(REQUEST_COLUMNS)
    return {**known, **more}


OPENAI = {"usage_object": {"prompt_tokens_details": {"cached_tokens": 200}}}
ANTHROPIC = {
    "usage_object": {"cache_read_input_tokens": 5000, "cache_creation_input_tokens": 300},
    "user_api_key_alias": "nightly",
}
OLDER = {"additional_usage_values": {"cache_read_input_tokens": 40}}
REASONED = {"usage_object": {"completion_tokens_details": {"reasoning_tokens": 90}}}
REQUESTS = [
    request("r1", "gpt-4o", 1200, 350, spend=3.0000000000000004e-06, metadata=OPENAI),
    request("r2", "claude-sonnet-4", 6000, 100, spend=0.0345, metadata=ANTHROPIC),
    request("r3", "gpt-4o", 100, 10, spend=0.00012345678901234567, metadata=OLDER),
    request("r4", "o3", 50, 120, startTime="2026-08-04 00:00:00", metadata=REASONED, spend=0.002),
    request("r5", "gpt-4o", 1200, 350, cache_hit="True"),  # an earlier answer given again
    request("r6", "gpt-4o", 0, 0, status="failure"),
]


def as_csv(rows: list[dict[str, Any]], columns: list[str]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        nested = {k: json.dumps(v) if isinstance(v, dict | list) else v for k, v in row.items()}
        writer.writerow(nested)
    return text.getvalue()


def as_lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def in_shape(folder: Path, shape: str, rows: list[dict[str, Any]], columns: list[str]) -> Path:
    """The rows in a file of some kind."""
    if shape == "csv":
        return write(folder, as_csv(rows, columns), "rows.csv")
    if shape == "json":
        return write(folder, json.dumps(rows, indent=1), "rows.json")
    lines = write(folder, as_lines(rows), "rows.jsonl")
    if shape == "parquet":
        target = folder / "rows.parquet"
        duckdb.sql(f"COPY (FROM read_json('{lines}')) TO '{target}' (FORMAT parquet)")
        return target
    return lines


SHAPES = pytest.mark.parametrize("shape", ["csv", "json", "jsonl", "parquet"])


@SHAPES
def test_requests_in_every_container(tmp_path: Path, shape: str) -> None:
    read = read_files([export_file(in_shape(tmp_path, shape, REQUESTS, REQUEST_COLUMNS))])
    assert read.told == ""
    account = read.account
    assert (account.format, account.rows_read, account.used) == ("litellm-requests", 6, 4)
    assert account.skipped == {
        "answered from the proxy's own cache": 1,
        "failed request": 1,
    }
    assert account.unknown_columns == ()
    assert read.totals() == {
        # (1200 - 200) + (6000 - 5000 - 300) + (100 - 40) + 50
        "input_tokens": 1810,
        "cached_input_tokens": 200 + 5000 + 40,
        "cache_write_tokens": 300,
        "output_tokens": 350 + 100 + 10 + 120,
        "reasoning_tokens": 90,
    }
    # 0.000003 + 0.0345 + 0.000123456789012346 + 0.002, floats beyond 18 places rounded
    assert account.amounts == {"list": Decimal("0.036626456789012346")}
    assert account.stated == Decimal(0)  # computed by the proxy, billed by nobody


def test_requests_are_dated_in_utc_and_keep_who_asked(tmp_path: Path) -> None:
    text = as_csv(REQUESTS, REQUEST_COLUMNS)
    read = read_text(tmp_path, text, kept=("model", "team", "user", "api_key"))
    assert read.by("at", "output_tokens") == {
        datetime(2026, 8, 3): 350 + 100 + 10,
        datetime(2026, 8, 4): 120,
    }
    assert read.by("team", "output_tokens") == {"search": 580}
    assert read.by("model", "input_tokens") == {"gpt-4o": 1060, "claude-sonnet-4": 700, "o3": 50}
    berlin = read_text(tmp_path, text, zone="Europe/Berlin")  # 01:59:59 on the 4th there
    assert berlin.by("at", "output_tokens") == {datetime(2026, 8, 4): 580}


def test_spend_as_a_statement_is_a_list_price(tmp_path: Path) -> None:
    read = read_text(tmp_path, as_csv(REQUESTS, REQUEST_COLUMNS), kind="statement")
    assert read.told == ""
    assert (read.account.stated, read.account.currency) == (Decimal(0), "USD")
    assert read.account.amounts == {"list": Decimal("0.036626456789012346")}
    assert [row[:2] for row in read.stated("model")] == [
        ("claude-sonnet-4", Decimal("0.0345")),
        ("gpt-4o", Decimal("0.000126456789012346")),
        ("o3", Decimal("0.002")),
    ]


def test_a_later_dump_repeats_requests_that_count_once(tmp_path: Path) -> None:
    july = export_file(write(tmp_path, as_csv(REQUESTS, REQUEST_COLUMNS), "a.csv"))
    more = [*REQUESTS, request("r7", "gpt-4o", 7, 1)]
    later = export_file(write(tmp_path, as_csv(more, REQUEST_COLUMNS), "b.csv"))
    read = read_files([july, later])
    assert read.told == ""
    assert [(a.used, a.replaced) for a in read.result.accounts] == [(4, 0), (1, 4)]
    assert read.totals()["output_tokens"] == 580 + 1


def test_one_request_with_two_answers_is_refused(tmp_path: Path) -> None:
    rows = [request("r1", "gpt-4o", 5, 1), request("r1", "gpt-4o", 5, 2)]
    assert read_text(tmp_path, as_csv(rows, REQUEST_COLUMNS)).told.startswith(
        "usage.csv:3:1: error[id-differs]: two rows have the id 'r1' and say different things"
        " (see usage.csv:2:1)"
    )


def test_skipped_rows_do_not_use_up_an_id(tmp_path: Path) -> None:
    # a failed try, then the answer, under one id
    rows = [request("r1", "gpt-4o", 0, 0, status="failure"), request("r1", "gpt-4o", 5, 2)]
    read = read_text(tmp_path, as_csv(rows, REQUEST_COLUMNS))
    assert (read.told, read.totals()) == ("", {"input_tokens": 5, "output_tokens": 2})
    assert (read.account.used, read.account.skipped_rows, read.account.replaced) == (1, 1, 0)


def test_more_cached_than_went_in_is_refused_with_its_place(tmp_path: Path) -> None:
    # versions that leave cached tokens out of prompt_tokens
    rows = [request("r1", "claude-sonnet-4", 10, 5, metadata=ANTHROPIC)]
    read = read_text(tmp_path, as_csv(rows, REQUEST_COLUMNS))
    assert read.told == (
        "usage.csv:2:40: error[part-exceeds-whole]: what prompt_tokens contains comes to more"
        " than it\n"
        "  help: a part cannot be larger than its whole: correct the row, or download the file"
        " again\n"
    )
    assert read.account.rejected == 1


@pytest.mark.parametrize(
    ("column", "written", "code"),
    [
        ("completion_tokens", -5, "negative-count"),
        ("completion_tokens", "many", "bad-count"),
        ("spend", "0,5", "bad-amount"),
        ("startTime", "yesterday", "bad-time"),
    ],
)
@pytest.mark.parametrize("shape", ["csv", "jsonl"])
def test_malformed_rows_are_refused_with_their_line(
    tmp_path: Path, column: str, written: object, code: str, shape: str
) -> None:
    rows = [*REQUESTS, {**REQUESTS[0], "request_id": "bad", column: written}]
    read = read_files([export_file(in_shape(tmp_path, shape, rows, REQUEST_COLUMNS))])
    assert [problem.code for problem in read.problems] == [code]
    # the header and six rows stand before it, or six lines
    assert read.problems[0].position.line == (8 if shape == "csv" else 7)


# -- sums by day ------------------------------------------------------------------------

DAY_COLUMNS = (
    "id,{owner},date,api_key,model,model_group,custom_llm_provider,mcp_namespaced_tool_name,"
    "endpoint,prompt_tokens,completion_tokens,cache_read_input_tokens,"
    "cache_creation_input_tokens,spend,api_requests,successful_requests,failed_requests,"
    "created_at,updated_at"
)
OWNERS = {
    "user_id": "user",
    "team_id": "team",
    "organization_id": "organization",
    "end_user_id": "customer",
    "agent_id": "agent",
    "tag": "tag",
}


def day(owner: str, date: str, model: str, **more: Any) -> dict[str, Any]:
    return {"id": f"{date}-{model}", owner: "north", "date": date, "model": model, **more}


def days(owner: str) -> list[dict[str, Any]]:
    cached = {"cache_read_input_tokens": 5000, "cache_creation_input_tokens": 300}
    none = {"cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}
    return [
        day(
            owner,
            "2026-08-03",
            "claude-sonnet-4",
            prompt_tokens=6000,
            completion_tokens=100,
            spend=0.0345,
            api_requests=4,
            **cached,
        ),
        day(
            owner,
            "2026-08-04",
            "gpt-4o",
            prompt_tokens=1200,
            completion_tokens=350,
            spend=6.5e-3,
            api_requests=2,
            **none,
        ),
    ]


@pytest.mark.parametrize(("owner", "dimension"), OWNERS.items())
@SHAPES
def test_sums_by_day_in_every_container(
    tmp_path: Path, shape: str, owner: str, dimension: str
) -> None:
    columns = DAY_COLUMNS.format(owner=owner).split(",")
    path = in_shape(tmp_path, shape, days(owner), columns)
    read = read_files([export_file(path)], kept=("model", dimension))
    assert read.told == ""
    account = read.account
    assert (account.format, account.used, account.unknown_columns) == ("litellm-daily", 2, ())
    assert read.totals() == {
        "input_tokens": 6000 - 5000 - 300 + 1200,
        "cached_input_tokens": 5000,
        "cache_write_tokens": 300,
        "output_tokens": 450,
        "requests": 6,
    }
    assert read.by(dimension, "output_tokens") == {"north": 450}
    assert account.amounts == {"list": Decimal("0.041")}  # 0.0345 + 0.0065
    assert (account.replaces, account.daily, str(account.provisional_from)) == (
        True,
        True,
        "2026-08-04",  # that day's rows still grow
    )


def test_utc_days_stay_days_elsewhere_and_are_noted(tmp_path: Path) -> None:
    text = as_csv(days("team_id"), DAY_COLUMNS.format(owner="team_id").split(","))
    read = read_text(tmp_path, text, zone="America/New_York")
    assert list(read.by("at", "output_tokens")) == [datetime(2026, 8, 3), datetime(2026, 8, 4)]
    assert read.account.day_zone == "UTC"


def test_a_later_dump_replaces_whole_days(tmp_path: Path) -> None:
    columns = DAY_COLUMNS.format(owner="team_id").split(",")
    first, second = days("team_id")
    grown = {**second, "completion_tokens": 900, "spend": 0.02}
    next_day = {**second, "date": "2026-08-05"}
    downloads = Downloads(
        tmp_path,
        {"a.csv": as_csv([first, second], columns), "b.csv": as_csv([grown, next_day], columns)},
    )
    assert downloads.codes == []
    assert downloads.used_and_replaced == {"a.csv": (1, 1), "b.csv": (2, 0)}


def test_both_tables_are_told_apart(tmp_path: Path) -> None:
    assert claims(tmp_path, REQUEST_HEADER + "\n") == ["litellm-requests"]
    assert claims(tmp_path, DAY_COLUMNS.format(owner="team_id") + "\n") == ["litellm-daily"]
    assert claims(tmp_path, as_lines(REQUESTS), "a.jsonl") == ["litellm-requests"]
    assert claims(tmp_path, json.dumps(days("tag")), "a.json") == ["litellm-daily"]
