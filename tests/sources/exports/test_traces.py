"""Request traces of two clouds, as plain usage, from the file to the expense."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from tests.books import ARREARS, run, tokenbooks, write_book

PLAN = """\
plan: llm
currency: USD
rates:
  - for: {model: trace}
    prices:
      input_tokens: 2.50 per 1M
      cached_input_tokens: 1.25 per 1M
      output_tokens: 10 per 1M
"""
#: A prefix block of the Mooncake trace.
BLOCK = 512


@dataclass(frozen=True)
class Request:
    """One request of a trace."""

    at: str
    uncached: int
    cached: int
    output: int


def azure(path: Path) -> Iterator[Request]:
    """Requests with their instant, which the trace writes without zone: UTC."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            instant = row["TIMESTAMP"].replace(" ", "T") + "Z"
            yield Request(instant, int(row["ContextTokens"]), 0, int(row["GeneratedTokens"]))


def mooncake(path: Path) -> Iterator[Request]:
    """Requests at milliseconds from a start; the leading blocks seen before are cached."""
    start = datetime(2025, 10, 6, tzinfo=UTC)
    seen: set[int] = set()
    for line in path.read_text().splitlines():
        row = json.loads(line)
        blocks = row["hash_ids"]
        hits = next((n for n, block in enumerate(blocks) if block not in seen), len(blocks))
        seen.update(blocks)
        cached = min(hits * BLOCK, row["input_length"])
        at = start + timedelta(milliseconds=row["timestamp"])
        written = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        yield Request(written, row["input_length"] - cached, cached, row["output_length"])


def test_blocks_are_cached_as_far_as_they_lead(tmp_path: Path) -> None:
    rows = [([1, 2, 3], 1300), ([1, 2, 4], 1536), ([9, 2], 700), ([1], 100)]
    trace = tmp_path / "trace.jsonl"
    trace.write_text(
        "".join(
            json.dumps({"timestamp": 0, "input_length": n, "output_length": 1, "hash_ids": ids})
            + "\n"
            for ids, n in rows
        )
    )
    # nothing known; blocks 1 and 2 known; block 9 is not, so that 2 does not count; all of it
    assert [r.cached for r in mooncake(trace)] == [0, 1024, 0, 100]
    assert [r.uncached for r in mooncake(trace)] == [1300, 512, 700, 0]


TRACES = {
    "azure_llm_inference_code.csv": (azure, 8_819, 18_059_974, 245_896),
    "azure_llm_inference_conv.csv": (azure, 19_366, 22_361_870, 4_088_665),
    "mooncake_conversation.jsonl": (mooncake, 12_031, 144_793_823, 4_122_048),
}


@pytest.mark.parametrize("name", TRACES)
def test_a_trace_becomes_the_expense_of_its_tokens(tmp_path: Path, shared: Path, name: str) -> None:
    read, count, input_tokens, output_tokens = TRACES[name]
    requests = list(read(shared / "data" / "traces" / name))
    assert len(requests) == count
    uncached = sum(request.uncached for request in requests)
    cached = sum(request.cached for request in requests)
    assert uncached + cached == input_tokens
    assert (cached > 0) == name.startswith("mooncake")
    month = requests[0].at[:7]
    rows = "".join(f"{r.at},trace,{r.uncached},{r.cached},{r.output},1\n" for r in requests)
    header = "timestamp,model,input_tokens,cached_input_tokens,output_tokens,requests\n"
    book = write_book(
        tmp_path,
        {"plans/llm.yaml": PLAN, "usage/trace.csv": header + rows},
        ARREARS.replace("2025-10", month),
    )
    closed = tokenbooks(book, "close", "-p", month, "--write")
    assert closed.code == 0, closed.err
    with (book / "close" / month / "charges.csv").open(newline="") as file:
        charges = list(csv.DictReader(file))
    found = {row["meter"]: Decimal(row["quantity"]) for row in charges if row["price"]}
    assert found["input_tokens"] == uncached
    assert found.get("cached_input_tokens", 0) == cached
    assert found["output_tokens"] == output_tokens
    value = Fraction(uncached * 250 + cached * 125 + output_tokens * 1000, 100_000_000)
    assert sum(Fraction(row["list_value"]) for row in charges) == value
    expense = sum(
        Decimal(line.split()[-2])
        for line in closed.out.splitlines()
        if line.strip().startswith("Expenses:")
    )
    assert abs(expense - Decimal(value.numerator) / value.denominator) <= Decimal("0.005")
    checked = run("--book", str(book), "check")
    assert "error" not in checked.err
