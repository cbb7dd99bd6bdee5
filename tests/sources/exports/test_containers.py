"""The plain format in every container: the same rows, however a file holds them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import zstandard

from tests.sources.exports.reading import SOURCE, Read, read_files, write
from tokenbooks.sources.exports.files import content_file
from tokenbooks.sources.exports.sheets.contents import read_contents

WIDE = ("timestamp", "id", "customer", "model", "input_tokens", "output_tokens", "audio_seconds")
#: 1200 + 7 + 0 tokens in, 350 + 1 + 40 out; texts with separators, quotes, lines, umlauts.
ROWS: list[tuple[Any, ...]] = [
    ("2025-11-03T10:15:00Z", "r1", "acme, inc.", "gpt-4o", 1200, 350, None),
    ("2025-11-03T10:16:00+01:00", "r2", 'Bäcker "Nord"; Süd', "gpt-4o", 7, 1, None),
    ("2025-11-04T00:00:00Z", "r3", "two\nlines", "o3\tmini", 0, 40, None),
    ("2025-11-04T00:00:01Z", "r4", "acme, inc.", "whisper", None, None, Decimal("12.75")),
]
TOTALS = {"input_tokens": 1207, "output_tokens": 391, "audio_seconds": Decimal("12.75")}
LONG = ("timestamp", "id", "customer", "model", "meter", "quantity")
LONG_ROWS: list[tuple[Any, ...]] = [
    (*row[:4], meter, quantity)
    for row in ROWS
    for meter, quantity in zip(WIDE[4:], row[4:], strict=True)
    if quantity is not None
]
LONG_ROWS = [(row[0], f"{row[1]}-{row[4]}", *row[2:]) for row in LONG_ROWS]


def separated(names: Sequence[str], rows: Sequence[Sequence[Any]], separator: str = ",") -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
    return text.getvalue()


def objects(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """A number for each count, so that both numbers and texts are read."""
    return [
        {
            name: float(cell) if isinstance(cell, Decimal) else cell
            for name, cell in zip(names, row, strict=True)
        }
        for row in rows
    ]


def json_lines(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in objects(names, rows))


def parquet(folder: Path, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    source, target = folder / "source.jsonl", folder / "target.parquet"
    source.write_text(json_lines(names, rows), encoding="utf-8")
    types = {"input_tokens": "BIGINT", "output_tokens": "INTEGER", "audio_seconds": "DECIMAL(9,3)"}
    types |= {"quantity": "DECIMAL(18,3)"}
    columns = ", ".join(f"{name}: '{types.get(name, 'VARCHAR')}'" for name in names)
    duckdb.sql(f"COPY (FROM read_json('{source}', columns={{{columns}}})) TO '{target}'")
    return target.read_bytes()


def zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("usage.csv", data)
    return out.getvalue()


def contained(folder: Path, kind: str, names: Sequence[str], rows: Any) -> tuple[str, bytes]:
    """A file name and the bytes of rows in a container."""
    plain = separated(names, rows).encode()
    indented = json.dumps(objects(names, rows), indent=2, ensure_ascii=False).encode()
    texts = json.dumps(
        [{k: str(v) for k, v in o.items() if v is not None} for o in objects(names, rows)]
    )
    return {
        "csv": ("usage.csv", plain),
        "csv with a byte order mark": ("usage.csv", b"\xef\xbb\xbf" + plain),
        "tsv": ("usage.tsv", separated(names, rows, "\t").encode()),
        "semicolons": ("usage.csv", separated(names, rows, ";").encode()),
        "utf-16": ("usage.txt", separated(names, rows, "\t").encode("utf-16")),
        "utf-16, big end first": (
            "usage.txt",
            b"\xfe\xff" + separated(names, rows, "\t").encode("utf-16-be"),
        ),
        "json lines": ("usage.jsonl", json_lines(names, rows).encode()),
        "json lines, crlf": ("usage.jsonl", json_lines(names, rows).replace("\n", "\r\n").encode()),
        "json array": ("usage.json", indented),
        "json texts": ("usage.json", texts.encode()),
        "parquet": ("usage.parquet", parquet(folder, names, rows)),
        "gzip": ("usage.csv.gz", gzip.compress(plain)),
        "gzip of json lines": ("usage.jsonl.gz", gzip.compress(json_lines(names, rows).encode())),
        "zstd": ("usage.csv.zst", zstandard.ZstdCompressor().compress(plain)),
        "zip": ("usage.zip", zipped(plain)),
    }[kind]


CONTAINERS = [
    "csv",
    "csv with a byte order mark",
    "tsv",
    "semicolons",
    "utf-16",
    "utf-16, big end first",
    "json lines",
    "json lines, crlf",
    "json array",
    "json texts",
    "parquet",
    "gzip",
    "gzip of json lines",
    "zstd",
    "zip",
]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names in problems are as short as in a book."""
    monkeypatch.chdir(tmp_path)


def read_file(name: str, data: str | bytes) -> Read:
    """Read a file as the book does: unpacked first."""
    contents, problems = read_contents(write(Path(), data, name))
    assert problems == []
    return read_files(
        [content_file(content, "acme", SOURCE, "usage", "UTC") for content in contents]
    )


@pytest.mark.parametrize("kind", CONTAINERS)
@pytest.mark.parametrize("form", ["plain-wide", "plain-long"])
def test_rows_are_the_same_in_every_container(tmp_path: Path, kind: str, form: str) -> None:
    names, rows = (WIDE, ROWS) if form == "plain-wide" else (LONG, LONG_ROWS)
    read = read_file(*contained(tmp_path, kind, names, rows))
    assert read.told == ""
    account = read.account
    assert (account.format, account.rows_read, account.used) == (form, len(rows), len(rows))
    assert account.unknown_columns == ()
    assert read.totals() == TOTALS
    assert read.by("customer", "output_tokens") == {
        'Bäcker "Nord"; Süd': 1,
        "acme, inc.": 350,
        "two\nlines": 40,
    }
    assert read.by("model", "output_tokens") == {"gpt-4o": 351, "o3\tmini": 40}
    assert read.by("at", "output_tokens") == {
        datetime(2025, 11, 3): 351,  # 10:16 in Berlin is 9:16 UTC
        datetime(2025, 11, 4): 40,
    }


@pytest.mark.parametrize("form", ["plain-wide", "plain-long"])
def test_nested_json_is_read_by_names_with_dots_and_nulls_are_empty(form: str) -> None:
    rows = {
        "plain-wide": '{"timestamp": "2025-11-03T10:15:00Z", "customer": null, "model": "m",'
        ' "output_tokens": 5, "note": {"by": "x"}, "labels": ["a"]}\n',
        "plain-long": '{"timestamp": "2025-11-03T10:15:00Z", "model": "m",'
        ' "meter": "output_tokens", "quantity": 5.0, "note": {"by": "x"}, "labels": ["a"]}\n',
    }[form]
    read = read_file("usage.jsonl", rows)
    assert (read.told, read.totals()) == ("", {"output_tokens": 5})
    assert read.account.unknown_columns == ("note.by", "labels")
    assert read.by("customer", "output_tokens") == {None: 5}


# -- what is refused, and where ---------------------------------------------------------

GOOD = '{"timestamp": "2025-11-03T10:15:00Z", "model": "m", "output_tokens": 5}\n'


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ('"output_tokens": -5', "negative-count"),
        ('"output_tokens": 5.5', "bad-count"),
        ('"output_tokens": 1e2', "bad-count"),
        ('"output_tokens": "five"', "bad-count"),
        ('"output_tokens": [5]', "bad-count"),
        ('"output_tokens": {"all": 5}', "bad-count"),
        ('"output_tokens": true', "bad-count"),
        ('"output_tokens": 5, "timestamp": "2025-11-03T10:15:00"', "time-without-zone"),
        ('"output_tokens": 5, "timestamp": "Monday"', "bad-time"),
    ],
)
def test_bad_rows_of_json_lines_are_told_with_their_line(cell: str, code: str) -> None:
    time = "" if "timestamp" in cell else '"timestamp": "2025-11-03T10:15:00Z", '
    bad = "{" + time + f'"model": "m", {cell}' + "}\n"
    read = read_file("usage.jsonl", GOOD + "\n" + bad + GOOD)  # a blank line counts
    assert [problem.code for problem in read.problems] == [code]
    assert f"{read.problems[0].position}" == "usage.jsonl:3:1"
    assert (read.account.used, read.account.rejected) == (2, 1)


def test_bad_rows_of_an_array_are_told_where_they_begin() -> None:
    good, bad = GOOD.strip(), GOOD.strip().replace("5}", "-5}")
    text = f"[\n  {good},\n  {good},\n    {bad}\n]\n"
    read = read_file("usage.json", text)
    assert [f"{p.code} {p.position}" for p in read.problems] == ["negative-count usage.json:4:1"]


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        # 25 + 1 signs of time, 2 + 1 of id, 22 + 1 of the customer in quotes, 6 + 1, 1 + 1
        ("csv", "usage.csv:3:62"),
        ("tsv", "usage.tsv:3:62"),
        ("semicolons", "usage.csv:3:62"),
        ("utf-16", "usage.txt:3:62"),
        ("json lines", "usage.jsonl:2:1"),
        ("json array", "usage.json:11:1"),
        ("parquet", "usage.parquet:2:6"),  # the second row, the sixth column
        ("gzip", "usage.csv.gz:3:62"),
        ("zip", "usage.zip/usage.csv:3:62"),
    ],
)
def test_a_bad_count_is_told_where_it_stands(tmp_path: Path, kind: str, place: str) -> None:
    rows = [list(row) for row in ROWS[:2]]
    rows[1][5] = -1
    read = read_file(*contained(tmp_path, kind, WIDE, rows))
    assert [f"{p.code} {p.position}" for p in read.problems] == [f"negative-count {place}"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (GOOD + '{"timestamp": "2025-11-03T10:1', 2),  # cut off
        (GOOD + GOOD.replace('"m"', "m"), 2),
        (GOOD + GOOD.replace(": 5", ": 05"), 2),
        (GOOD + GOOD.replace(": 5", ": NaN"), 2),
        (GOOD + GOOD.strip() + "}\n", 2),
        (f"[{GOOD.strip()},\n{GOOD.strip()}\n", 3),  # the bracket does not close
    ],
)
def test_malformed_json_is_refused_whole_with_its_line(text: str, line: int) -> None:
    read = read_file("usage.jsonl", text)
    assert [problem.code for problem in read.problems] == ["json-broken"]
    assert read.problems[0].position.line == line
    assert read.result.accounts == ()  # nothing of it is used


def test_what_is_no_object_is_a_bad_row_and_not_lost() -> None:
    read = read_file("usage.jsonl", GOOD + "17\n" + GOOD)
    assert [f"{p.code} {p.position}" for p in read.problems] == ["bad-time usage.jsonl:2:1"]
    assert (read.account.rows_read, read.account.rejected) == (3, 1)


def test_json_without_rows_is_no_format() -> None:
    for text in ("[]", "{}", "[[]]", "5"):
        read = read_file("usage.json", text)
        assert [problem.code for problem in read.problems] == ["format-unknown"]


def test_a_parquet_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    data = parquet(tmp_path, WIDE, ROWS)
    read = read_file("usage.parquet", data[: len(data) // 2])
    assert [problem.code for problem in read.problems] == ["file-unreadable"]
