"""Rows for ``explain``: from a figure down to its lines, and from a line up."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.exports.reading import csv_text, export_file, write
from tests.sources.exports.test_openai_usage import DAY, HEADER_24, TEXT_ROW
from tokenbooks.sources.exports.connection import connect
from tokenbooks.sources.exports.descriptors.descriptor import Descriptor
from tokenbooks.sources.exports.descriptors.reading import shipped_descriptors
from tokenbooks.sources.exports.files import ExportFile
from tokenbooks.sources.exports.rows import row_at
from tokenbooks.sources.exports.used_rows import form_of, lines_of, used_rows_sql
from tokenbooks.usage.layout import Layout

PLAIN = (
    "timestamp,customer,model,output_tokens\n"  # 1
    "2025-11-03T10:15:00Z,acme,gpt-4o,10\n"  # 2
    '2025-11-03T11:15:00Z,"ac\nme",gpt-4o,20\n'  # 3 and 4
    "\n"  # 5
    "2025-11-03T12:15:00Z,acme,gpt-4o,0\n"  # 6
    "2025-11-04T10:15:00Z,acme,gpt-4o,40\n"  # 7
    "2025-11-04T11:15:00Z,acme,o3,50\n"  # 8
    "2025-11-04T11:15:00Z,,o3,60\n"  # 9
)
LONG = (
    "timestamp,customer,meter,quantity\n"
    "2025-11-03T10:15:00Z,acme,output_tokens,10\n"
    "2025-11-03T10:15:00Z,acme,audio_seconds,2.5\n"
)


def format_named(name: str) -> Descriptor:
    (found,) = [descriptor for descriptor in shipped_descriptors() if descriptor.id == name]
    return found


def found(file: ExportFile, format: str, layout: Layout, condition: str) -> list[int]:
    """The lines of the used rows for which a condition holds."""
    form = form_of(file, format_named(format))
    assert form is not None
    rows = connect().execute(
        f"SELECT n FROM {used_rows_sql(form, layout)} WHERE {condition} ORDER BY n"
    )
    lines = lines_of(form, [number for (number,) in rows.fetchall()])
    return list(lines.values())


@pytest.mark.parametrize(
    ("condition", "lines"),
    [
        ("d_customer = 'acme' AND m_output_tokens", [2, 7, 8]),  # line 6 has no output
        ("d_customer = 'acme' AND \"at\" < TIMESTAMP '2025-11-04'", [2, 6]),
        ("d_customer LIKE 'ac_me'", [3]),  # with a line feed inside
        ("d_customer IS NULL", [9]),
        ("d_project = 'p' OR m_images", []),
    ],
)
def test_rows_behind_a_figure(tmp_path: Path, condition: str, lines: list[int]) -> None:
    file = export_file(write(tmp_path, PLAIN))
    layout = Layout(("customer", "project"), ("output_tokens", "images"))
    assert found(file, "plain-wide", layout, condition) == lines


def test_rows_behind_a_meter_of_long_rows(tmp_path: Path) -> None:
    file = export_file(write(tmp_path, LONG))
    layout = Layout((), ("output_tokens", "audio_seconds"))
    assert found(file, "plain-long", layout, "m_audio_seconds") == [3]


def test_row_at_a_line(tmp_path: Path) -> None:
    file = export_file(write(tmp_path, PLAIN), zone="America/New_York")
    for line in (3, 4):  # the row has two lines
        row = row_at(connect(), file, format_named("plain-wide"), line)
        assert row is not None
        assert (row.line, row.at, row.verdict) == (3, datetime(2025, 11, 3), 0)
        assert row.dimensions == {"customer": "ac\nme", "model": "gpt-4o"}
        assert row.meters == {"output_tokens": 20}


@pytest.mark.parametrize("line", [0, 1, 5, 10, 99])
def test_no_row_stands_at_the_header_a_blank_or_beyond(tmp_path: Path, line: int) -> None:
    file = export_file(write(tmp_path, PLAIN))
    assert row_at(connect(), file, format_named("plain-wide"), line) is None


def test_row_of_long_rows(tmp_path: Path) -> None:
    file = export_file(write(tmp_path, LONG))
    row = row_at(connect(), file, format_named("plain-long"), 3)
    assert row is not None
    assert row.meters == {"audio_seconds": Decimal("2.5")}


def test_reasons_of_rows_that_are_not_used(tmp_path: Path) -> None:
    bad = {**TEXT_ROW, "input_cached_tokens": "1300", "output_tokens": "x"}
    file = export_file(write(tmp_path, csv_text(HEADER_24, [TEXT_ROW, DAY, bad])))
    rows = [
        row_at(connect(), file, format_named("openai-completions-usage"), line)
        for line in (2, 3, 4)
    ]
    assert [(row.verdict, row.reason) for row in rows if row] == [
        (0, ""),
        (1, "empty bucket"),
        (
            2,
            (
                "input_cached_tokens 1300 is more than input_tokens 1000, which contains it;"
                " 'x' in output_tokens is not a whole count"
            ),
        ),
    ]
    used = rows[0]
    assert used is not None
    assert used.meters["input_tokens"] == 700
    assert used.bucket == datetime(2025, 11, 3)


def test_row_of_a_statement_has_its_amount(tmp_path: Path) -> None:
    text = "usage_date_utc,model,token_type,cost_usd\n2025-11-03,Claude,output,1.25\n"
    file = export_file(write(tmp_path, text), kind="statement")
    row = row_at(connect(), file, format_named("anthropic-cost"), 2)
    assert row is not None
    assert (row.amount, row.currency) == (Decimal("1.25"), "USD")
    assert row.dimensions == {"model": "Claude", "token_type": "output"}
