"""Langfuse's observations: maps as JSON text in CSV, as objects in JSON, as MAP in Parquet."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.sources.exports.formats.offering import claims
from tests.sources.exports.reading import SOURCE, Read, export_file, read_files, read_text, write
from tokenbooks.book import UsageSource
from tokenbooks.sources.exports.files import content_file
from tokenbooks.sources.exports.sheets.contents import read_contents

HEADER = (
    "id,trace_id,project_id,environment,type,parent_observation_id,start_time,end_time,name,"
    "metadata,level,status_message,version,input,output,provided_model_name,model_parameters,"
    "usage_details,cost_details,completion_start_time,prompt_name,prompt_version,total_cost,"
    "latency,time_to_first_token,model_id,created_at,updated_at,prompt_id,tool_calls,"
    "tool_call_names,tool_definitions,usage_pricing_tier_name"
)
#: What the newer file has beside that: the trace's own fields, and the prices.
ENRICHED = (
    f"{HEADER},usage_pricing_tier_id,input_price,output_price,total_price,user_id,session_id,"
    "trace_name,tags,release,bookmarked,public"
)


def observation(
    name: str, model: str, usage: dict[str, int], cost: float | None = 0, **more: Any
) -> dict[str, Any]:
    shares = {"input": 0.0, "output": cost or 0, "total": cost or 0}
    known: dict[str, Any] = {
        "id": name,
        "trace_id": "t1",
        "project_id": "shop",
        "environment": "production",
        "type": "GENERATION",
        "parent_observation_id": "root",
        "start_time": "2026-08-03 10:15:00.123000",
        "end_time": "2026-08-03 10:15:02.500000",
        "name": "answer",
        "metadata": {"team": "search", "note": "x"},
        "level": "DEFAULT",
        "input": '[{"role": "user", "content": "private, with \\"quotes\\"\\nand lines"}]',
        "output": "private",
        "provided_model_name": model,
        "model_parameters": '{"temperature": 0.7}',
        "usage_details": usage,
        "cost_details": shares if cost else {},
        "total_cost": cost,
        "latency": 2.377,
        "tool_calls": [],
    }
    assert set(more) <= set(ENRICHED.split(","))
    return {**known, **more}


ROOT = observation(
    "root", "", {}, type="SPAN", parent_observation_id="", provided_model_name="", total_cost=0
)
AGENT = observation("agent", "gpt-4o", {"input": 9000, "total": 9000}, 0.03, type="AGENT")
OBSERVATIONS = [
    ROOT,
    AGENT,  # repeats the sum of the calls below it
    # as OpenAI's counts are taken apart: 1200 in, of them 200 cached
    observation(
        "a",
        "gpt-4o",
        {"input": 1000, "input_cached_tokens": 200, "output": 350, "total": 1550},
        0.006,
    ),
    # 500 out, of them 310 reasoned: `output` is without them
    observation(
        "b",
        "o3",
        {"input": 40, "output": 190, "output_reasoning_tokens": 310, "total": 540},
        0.0041,
    ),
    # Anthropic's names
    observation(
        "c",
        "claude-sonnet-4",
        {
            "input": 700,
            "cache_read_input_tokens": 5000,
            "cache_creation_input_tokens": 300,
            "output": 100,
            "total": 6100,
        },
        3.0000000000000004e-06,
    ),
    # LangChain's names, at midnight UTC
    observation(
        "d",
        "gpt-4o",
        {"input": 60, "input_cache_read": 40, "output": 3, "output_reasoning": 7, "total": 110},
        None,  # no price is known
        start_time="2026-08-04 00:00:00.000000",
    ),
    observation("e", "text-embedding-3-small", {"input": 11, "total": 11}, 2e-7, type="EMBEDDING"),
    observation("f", "gpt-4o", {}, 0),  # a call that failed
]
TOTALS = {
    "input_tokens": 1000 + 40 + 700 + 60 + 11,
    "cached_input_tokens": 200 + 5000 + 40,
    "cache_write_tokens": 300,
    "output_tokens": 350 + (190 + 310) + 100 + (3 + 7),
    "reasoning_tokens": 310 + 7,
}
#: 0.006 + 0.0041 + 0.000003 + 0.0000002
COST = Decimal("0.0101032")


def as_csv(rows: list[dict[str, Any]], header: str = HEADER) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, header.split(","), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        cells = {k: json.dumps(v) if isinstance(v, dict | list) else v for k, v in row.items()}
        writer.writerow(cells)
    return text.getvalue()


def as_lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def in_shape(folder: Path, shape: str, rows: list[dict[str, Any]]) -> Path:
    if shape == "csv":
        return write(folder, as_csv(rows), "rows.csv")
    if shape == "enriched csv":
        more = [{**row, "user_id": "u-7", "trace_name": "chat", "tags": ["a"]} for row in rows]
        return write(folder, as_csv(more, ENRICHED), "rows.csv")
    if shape == "json":
        return write(folder, json.dumps(rows, indent=1), "rows.json")
    lines = write(folder, as_lines(rows), "rows.jsonl")
    if shape == "jsonl":
        return lines
    target = folder / "rows.parquet"
    duckdb.sql(f"COPY (FROM read_json('{lines}', columns={column_types()})) TO '{target}'")
    return target


def column_types() -> str:
    """All columns as text, but those that are maps or numbers in Langfuse's Parquet."""
    special = {"usage_details": "MAP(VARCHAR, BIGINT)", "cost_details": "MAP(VARCHAR, DOUBLE)"}
    special |= {"metadata": "MAP(VARCHAR, VARCHAR)", "total_cost": "DOUBLE", "latency": "DOUBLE"}
    special |= {"tool_calls": "VARCHAR[]"}
    return "{" + ", ".join(f"{n}: '{special.get(n, 'VARCHAR')}'" for n in HEADER.split(",")) + "}"


SHAPES = ["csv", "enriched csv", "json", "jsonl", "parquet"]


@pytest.mark.parametrize("shape", SHAPES)
def test_observations_in_every_container(tmp_path: Path, shape: str) -> None:
    read = read_files([export_file(in_shape(tmp_path, shape, OBSERVATIONS))])
    assert read.told == ""
    account = read.account
    assert (account.format, account.rows_read, account.used) == ("langfuse-observations", 8, 6)
    assert account.skipped == {"not a call of a model": 2}
    assert account.unknown_columns == ()
    assert read.totals() == TOTALS
    assert (account.stated, account.amounts) == (Decimal(0), {"list": COST})


def test_a_gzipped_export(tmp_path: Path) -> None:
    packed = write(tmp_path, gzip.compress(as_lines(OBSERVATIONS).encode()), "20260803.jsonl.gz")
    contents, problems = read_contents(packed)
    assert problems == []
    read = read_files([content_file(c, "acme", SOURCE, "usage", "UTC") for c in contents])
    assert read.totals() == TOTALS


def test_days_are_utc_and_rows_keep_who_asked(tmp_path: Path) -> None:
    rows = [{**row, "user_id": "u-7", "trace_name": "chat"} for row in OBSERVATIONS]
    source = UsageSource("usage/*", tags=(("team", "team"),))
    read = read_text(
        tmp_path,
        as_csv(rows, ENRICHED),
        source=source,
        kept=("model", "project", "user", "feature", "team"),
    )
    assert read.by("at", "output_tokens") == {
        datetime(2026, 8, 3): 350 + 500 + 100,
        datetime(2026, 8, 4): 10,
    }
    assert read.by("model", "output_tokens") == {"claude-sonnet-4": 100, "gpt-4o": 360, "o3": 500}
    for dimension, value in [("project", "shop"), ("user", "u-7"), ("feature", "chat")]:
        assert read.by(dimension, "output_tokens") == {value: 960}
    assert read.by("team", "output_tokens") == {"search": 960}  # from the metadata


@pytest.mark.parametrize("shape", SHAPES)
def test_costs_are_list_prices_not_a_bill(tmp_path: Path, shape: str) -> None:
    path = in_shape(tmp_path, shape, OBSERVATIONS)
    read = read_files([export_file(path, kind="statement")])
    assert read.told == ""
    assert (read.account.stated, read.account.amounts) == (Decimal(0), {"list": COST})


def test_the_next_export_repeats_observations_that_count_once(tmp_path: Path) -> None:
    first = export_file(write(tmp_path, as_lines(OBSERVATIONS), "a.jsonl"))
    more = [*OBSERVATIONS[2:4], observation("g", "gpt-4o", {"output": 1, "total": 1})]
    second = export_file(write(tmp_path, as_lines(more), "b.jsonl"))
    read = read_files([first, second])
    assert (read.told, read.totals()["output_tokens"]) == ("", 960 + 1)
    assert [(a.used, a.replaced) for a in read.result.accounts] == [(6, 0), (1, 2)]


def test_tokens_under_a_name_of_ones_own_stay_visible(tmp_path: Path) -> None:
    # 25 tokens stand under a name that only the sender knows: they are not lost
    usage = {"input": 10, "output": 5, "input_video": 25, "total": 40}
    read = read_text(tmp_path, as_csv([observation("a", "gemini", usage)]))
    assert read.told == ""
    assert read.totals() == {"input_tokens": 10, "output_tokens": 5, "other_tokens": 25}


def test_entries_that_overlap_are_refused_with_their_place(tmp_path: Path) -> None:
    # a sender that leaves the cached tokens inside `input`: 1200 + 200 + 350 > 1550
    usage = {"input": 1200, "input_cached_tokens": 200, "output": 350, "total": 1550}
    read = read_text(tmp_path, as_lines([ROOT, observation("a", "gpt-4o", usage)]), name="a.jsonl")
    assert read.told == (
        "a.jsonl:2:1: error[part-exceeds-whole]: what usage_details contains comes to more than"
        " it\n"
        "  help: a part cannot be larger than its whole: correct the row, or download the file"
        " again\n"
    )
    assert read.account.rejected == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"usage_details": {"input": -5, "total": 5}}, "negative-count"),
        ({"usage_details": {"input": 0.5, "total": 5}}, "bad-count"),
        ({"total_cost": "free"}, "bad-amount"),
        ({"start_time": ""}, "bad-time"),
    ],
)
def test_malformed_rows_are_refused_with_their_line(
    tmp_path: Path, change: dict[str, Any], code: str
) -> None:
    bad = observation("bad", "gpt-4o", {"input": 5, "total": 5})
    rows = [*OBSERVATIONS, {**bad, **change}]
    read: Read = read_text(tmp_path, as_lines(rows), name="a.jsonl")
    assert code in [problem.code for problem in read.problems]
    assert {problem.position.line for problem in read.problems} == {len(rows)}


SCORES = "id,timestamp,project_id,environment,trace_id,observation_id,name,value,source,data_type\n"
TRACES = "id,timestamp,name,environment,project_id,metadata,user_id,session_id,input,output\n"


def test_only_observations_are_recognised(tmp_path: Path) -> None:
    for header in (HEADER, ENRICHED):
        assert claims(tmp_path, header + "\n") == ["langfuse-observations"]
    assert claims(tmp_path, as_lines(OBSERVATIONS), "a.jsonl") == ["langfuse-observations"]
    for other in (SCORES, TRACES):
        assert claims(tmp_path, other) == []
