"""Formats as data: those that ship, and those that users add."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.sources.exports.reading import read_text
from tokenbooks.sources.exports.descriptors.reading import (
    read_descriptor,
    read_descriptors,
    shipped_descriptors,
    shipped_text,
)

SCHEMA = json.loads(
    (resources.files("tokenbooks") / "schemas" / "format.schema.json").read_text("utf-8")
)
SHIPPED = [
    "anthropic-cost",
    "anthropic-cost-api",
    "anthropic-empty-pages",
    "anthropic-tokens",
    "anthropic-usage-api",
    "aws-cost-and-usage",
    "azure-cost-details",
    "ccusage",
    "claude-code",
    "codex",
    "cursor-usage-events",
    "deepseek-amount",
    "deepseek-cost",
    "fireworks-billing-metrics",
    "focus",
    "github-copilot-requests",
    "github-copilot-usage",
    "github-metered-usage",
    "google-billing-export",
    "google-cost-table",
    "google-reports",
    "groq-activity",
    "langfuse-observations",
    "litellm-daily",
    "litellm-requests",
    "openai-code-interpreter-usage",
    "openai-completions-usage",
    "openai-costs",
    "openai-costs-api",
    "openai-embeddings-usage",
    "openai-empty-cost-pages",
    "openai-empty-period",
    "openai-empty-usage-pages",
    "openai-file-searches-usage",
    "openai-images-usage",
    "openai-legacy-activity",
    "openai-legacy-usage",
    "openai-speech-usage",
    "openai-transcriptions-usage",
    "openai-vector-stores-usage",
    "openai-web-searches-usage",
    "openmeter-credit-grants",
    "openmeter-credit-transactions",
    "openrouter-activity",
    "openrouter-activity-api",
    "openrouter-activity-days",
    "openrouter-activity-without-ids",
    "otel-genai",
    "plain-long",
    "plain-wide",
    "stripe-credits",
    "xai-prepaid",
]
#: A gateway that counts thousands of tokens, writes days of its own zone and has a total row.
GATEWAY = """
format: gateway
title: our gateway's monthly report
kind: usage
recognise: {all: [Day, Model, "Tokens (1K)"]}
time: {column: Day, written: day, zone: America/New_York, rows: buckets}
skip:
  - {reason: total row, column: Model, values: [Total, Summe]}
  - {reason: nothing used, all_empty: ["Tokens (1K)", "Hours"]}
dimensions:
  model: {column: [Model, Modell], values: {4o: gpt-4o}}
meters:
  output_tokens: {column: "Tokens (1K)", times: 1000}
  gpu_hours: {column: Hours, informational: true}
replace: bucket
ignore: [Remark]
"""
GATEWAY_CSV = (
    "Day,Model,Tokens (1K),Hours,Remark\n"
    "2025-11-03,4o,1.5,0.25,x\n"
    "2025-11-03,o3,2,,\n"
    "2025-11-04,o3,,,\n"
    "2025-11-04,Total,3.5,0.25,\n"
)


def test_what_ships() -> None:
    assert [descriptor.id for descriptor in shipped_descriptors()] == SHIPPED


@pytest.mark.parametrize("format", SHIPPED)
def test_shipped_descriptors_obey_their_schema_and_explain_themselves(format: str) -> None:
    text = shipped_text(format)
    assert text is not None
    jsonschema.validate(yaml.safe_load(text), SCHEMA)
    assert text.startswith("# "), "a descriptor begins with what the file is"


def test_schema_is_a_valid_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_there_is_no_text_of_a_format_that_does_not_ship() -> None:
    assert shipped_text("../../secrets") is None


def test_users_format_is_read_like_any_other(tmp_path: Path) -> None:
    folder = tmp_path / "formats"
    folder.mkdir()
    (folder / "gateway.yaml").write_text(GATEWAY)
    descriptors, problems = read_descriptors(folder)
    assert problems == []
    assert [descriptor.id for descriptor in descriptors] == [*SHIPPED, "gateway"]
    read = read_text(tmp_path, GATEWAY_CSV, descriptors=descriptors)
    assert read.told == ""
    assert read.totals() == {"output_tokens": 3500, "gpu_hours": Decimal("0.25")}
    assert read.by("model", "output_tokens") == {"gpt-4o": 1500, "o3": 2000}
    account = read.account
    assert account.skipped == {"total row": 1, "nothing used": 1}
    assert (account.is_balanced, account.day_zone) == (True, "America/New_York")
    assert read.result.informational >= {"gpu_hours", "requests"}
    bucket = read.connection.execute(
        "SELECT DISTINCT bucket, bucket_end FROM usage_read"
    ).fetchall()
    start = datetime(2025, 11, 3, 5)  # midnight in New York, in UTC
    assert (start, datetime(2025, 11, 4, 5)) in bucket


def test_thousands_that_do_not_come_out_whole_are_refused(tmp_path: Path) -> None:
    (tmp_path / "gateway.yaml").write_text(GATEWAY)
    descriptors, _ = read_descriptors(tmp_path)
    text = GATEWAY_CSV.replace("1.5,0.25,x", "1.5005,0.25,x")
    read = read_text(tmp_path, text, descriptors=descriptors)
    assert [f"{p.code} {p.position}" for p in read.problems] == ["bad-quantity usage.csv:2:15"]


def test_cents_are_hundredths(tmp_path: Path) -> None:
    (tmp_path / "cents.yaml").write_text(
        "format: cents\ntitle: costs in cents\nkind: statement\n"
        "recognise: {all: [day, cents]}\n"
        "time: {column: day, written: day, zone: UTC, rows: buckets}\n"
        "amount: {column: cents, currency: USD, unit: 0.01}\n"
    )
    descriptors, problems = read_descriptors(tmp_path)
    assert problems == []
    text = "day,cents\n2025-11-03,123.78912\n2025-11-03,-0.5\n"
    read = read_text(tmp_path, text, kind="statement", descriptors=descriptors)
    assert read.account.stated == Decimal("1.2328912")  # 1.2378912 - 0.005


WRONG = {
    "unknown key": (
        GATEWAY.replace("kind: usage", "kind: usage\nskips: []"),
        "gateway.yaml:5:1: error[unknown-key]: unknown key 'skips'",
    ),
    "unknown word": (
        GATEWAY.replace("written: day", "written: days"),
        "error[value-invalid]: 'days' is not a value of 'written'",
    ),
    "no time": (
        "format: x\ntitle: x\nkind: usage\nrecognise: {all: [a]}\nmeters: {images: a}\n",
        "error[key-missing]: the key 'time' is missing",
    ),
    "no meters": (
        (
            "format: x\ntitle: x\nkind: usage\nrecognise: {all: [a]}\n"
            "time: {column: a, written: day, zone: UTC, rows: events}\n"
        ),
        "gateway.yaml:1:1: error[format-incomplete]: a usage format has no meters",
    ),
    "no amount": (
        GATEWAY.replace("kind: usage", "kind: statement"),
        "error[format-incomplete]: a statement has no amount",
    ),
    "no zone": (
        GATEWAY.replace("zone: America/New_York, ", ""),
        "gateway.yaml:6:7: error[format-incomplete]: the days have no zone",
    ),
    "no such zone": (
        GATEWAY.replace("America/New_York", "Amerika/New_York"),
        "error[format-incomplete]: 'Amerika/New_York' is not a time zone",
    ),
    "no end": (
        GATEWAY.replace("written: day", "written: instant"),
        "error[format-incomplete]: the buckets have no end",
    ),
    "currency twice": (
        GATEWAY + "amount: {column: Cost, currency: USD, currency_column: Currency}\n",
        "error[format-incomplete]: the amount's currency is not clear",
    ),
    "taken": (
        GATEWAY.replace("format: gateway", "format: plain-wide"),
        "gateway.yaml:2:9: error[format-twice]: there is a format 'plain-wide' already",
    ),
    "not YAML": ("format: [", "error[yaml-syntax]"),
}


@pytest.mark.parametrize("what", WRONG)
def test_mistakes_in_a_format_are_told_where_they_stand(
    tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, expected = WRONG[what]
    (tmp_path / "gateway.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    descriptors, problems = read_descriptors(Path())
    assert expected in "".join(f"{problem}\n" for problem in problems)
    assert [descriptor.id for descriptor in descriptors] == SHIPPED


def test_empty_format_must_name_all_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "grid.yaml"
    path.write_text(
        "format: grid\ntitle: x\nkind: empty\nrecognise: {all: [a]}\n"
        "time: {column: a, written: day, zone: UTC, rows: events}\n"
    )
    descriptor, problems = read_descriptor(path)
    assert descriptor is None
    assert [problem.code for problem in problems] == ["format-incomplete"]
