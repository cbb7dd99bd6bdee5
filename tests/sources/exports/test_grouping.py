"""Rows that are summed by their texts first come to what they come to in one step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.reading import write_export
from bench.shapes import SHAPES
from tests.sources.exports.reading import export_file, read_files, write
from tokenbooks.book import UsageSource
from tokenbooks.sources.exports import grouping, reader

ROWS = 2_000

#: By format, how often a cell of the generated file is made into another one.
MISTAKES = [("10:00:00", "10:00"), (",1", ",1x"), ("Usage,", "Tax,"), ("2025-10-03", "2025-13-03")]


def tables(files: list[Any]) -> tuple[list[Any], list[Any], list[Any]]:
    read = read_files(files, ("model", "project", "api_key", "batch", "region"))
    accounts = [(a.rows_read, a.used, a.rejected, a.skipped) for a in read.result.accounts]
    found = []
    for table in ("usage_read", "stated_read"):
        columns = [row[0] for row in read.connection.execute(f"DESCRIBE {table}").fetchall()]
        summed = [
            c for c in columns if c.startswith("m_") or c in ("rows", "amount", "list_amount")
        ]
        keys = ", ".join(f'"{c}"' for c in columns if c not in summed)
        sums = ", ".join(f'sum("{c}")' for c in summed)
        sql = f"SELECT {keys}, {sums} FROM {table} WHERE verdict <> 2 GROUP BY ALL ORDER BY ALL"
        found.append(read.connection.execute(sql).fetchall())
    return accounts, found, [problem.code for problem in read.problems]


@pytest.mark.parametrize("name", SHAPES)
def test_two_steps_come_to_what_one_comes_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    shape = SHAPES[name]
    path = tmp_path / "rows.csv"
    write_export(path, shape, ROWS)
    lines = path.read_text().splitlines(keepends=True)
    above = 1 + shape.preamble.count("\n")
    for number in range(above, len(lines), 97):
        old, new = MISTAKES[number % len(MISTAKES)]
        lines[number] = lines[number].replace(old, new, 1)
    files = [export_file(write(tmp_path, "".join(lines), "rows.csv"), shape.kind)]
    two = tables(files)
    monkeypatch.setattr(grouping, "spares_work", lambda *_: False)
    assert tables(files) == two


HEADER = "line_item_usage_start_date,line_item_usage_end_date,line_item_line_item_type"
HEADER += ",line_item_usage_type,line_item_usage_amount,pricing_unit"
HEADER += ",line_item_unblended_cost,line_item_currency_code\n"
HOUR = "2025-11-03T10:00:00Z,2025-11-03T11:00:00Z"
SONNET = "USE1-Claude4.6Sonnet"


def test_each_row_is_rounded_not_their_sum(tmp_path: Path) -> None:
    # 0.0145 thousand tokens are 14.5, so 15: three rows are 45, not 43.5 or 44
    row = f"{HOUR},Usage,{SONNET}-input-tokens,0.0145,1K tokens,0.01,USD\n"
    read = read_files([export_file(write(tmp_path, HEADER + row * 3))])
    assert read.totals() == {"input_tokens": 45}


def test_a_rule_that_skips_is_counted_by_its_reason(tmp_path: Path) -> None:
    kinds = ["Usage"] * 3 + ["Tax"] * 2 + ["Credit", "Refund", "EdpDiscount", "Fee"]
    rows = [f"{HOUR},{k},{SONNET}-input-tokens,1,1K tokens,0.01,USD\n" for k in kinds]
    read = read_files([export_file(write(tmp_path, HEADER + "".join(rows)))])
    skipped = {"tax": 2, "credit or refund": 2, "discount": 1, "fee or purchase": 1}
    assert read.account.skipped == skipped
    verdicts = read.connection.execute("SELECT DISTINCT verdict FROM usage_read ORDER BY 1")
    assert verdicts.fetchall() == [(0,), (1,)]


def test_tags_are_not_what_rows_are_summed_by_first(tmp_path: Path) -> None:
    # tags can be as many as there are rows
    source = UsageSource("usage/*", tags=(("team", "team"),))
    header = HEADER.replace("\n", ",tags\n")
    usage = f"{HOUR},Usage,{SONNET}-input-tokens,1,1K tokens,0.01,USD"
    tags = [f'"{{""team"": ""{team}"", ""n"": {n}}}"' for n, team in enumerate("aab")]
    rows = "".join(f"{usage},{cell}\n" for cell in tags)
    read = read_files([export_file(write(tmp_path, header + rows), source=source)], ("team",))
    assert read.by("team", "input_tokens") == {"a": 2000, "b": 1000}


IDS = "timestamp,id,model,output_tokens\n"


@pytest.mark.parametrize("largest", [0, reader.LARGEST_WITH_IDS], ids=["two scans", "one scan"])
def test_ids_of_a_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, largest: int) -> None:
    monkeypatch.setattr(reader, "LARGEST_WITH_IDS", largest)
    rows = [f"2025-11-03T10:15:00Z,{name},m,{n}\n" for name, n in (("a", 1), ("b", 2), ("", 4))]
    once = read_files([export_file(write(tmp_path, IDS + "".join(rows) + rows[2]))])
    assert (once.told, once.totals()) == ("", {"output_tokens": 11})  # no id, no repetition
    twice = read_files([export_file(write(tmp_path, IDS + "".join(rows) + rows[0]))])
    assert (twice.told, twice.totals()) == ("", {"output_tokens": 7})
    assert twice.account.replaced == 1
    other = rows[0].replace(",1\n", ",3\n")
    differing = read_files([export_file(write(tmp_path, IDS + "".join(rows) + other))])
    assert "id-differs" in differing.told
