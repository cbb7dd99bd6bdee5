"""What the rows of a statement count: meter and quantity, read as usage reads them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bench.reading import write_export
from bench.shapes import SHAPES
from tests.sources.exports.reading import SOURCE, Read, export_file, read_files, read_text, write
from tokenbooks.sources.exports import grouping
from tokenbooks.sources.exports.descriptors.descriptor import Descriptor
from tokenbooks.sources.exports.descriptors.reading import read_descriptor, shipped_descriptors
from tokenbooks.usage.accounting import STATEMENT, USAGE

BILL = """
format: bill
title: bill by item
kind: [usage, statement]
recognise: {all: [day, item, cost]}
time: {column: day, written: day, zone: UTC, rows: buckets}
skip:
  - {reason: credit, under: usage, column: kind, values: [credit]}
  - {reason: tax, under: usage, column: kind, values: [tax]}
dimensions: {kind: kind}
long:
  meter: item
  meters: {"*in tokens": input_tokens, "*out tokens": output_tokens, "*store*": storage_gb_days}
  other: units
  quantity: number
  unit: unit
  units: {each: 1, K: 1000}
amount:
  column: cost
  currency: USD
  meanings:
    - {is: credit, column: kind, values: [credit]}
    - {is: tax, column: kind, values: [tax]}
"""
HEADER = "day,item,number,unit,kind,cost\n"


def descriptor(folder: Path, text: str) -> Descriptor:
    found, problems = read_descriptor(write(folder, text, "own.yaml"))
    assert not problems
    assert found is not None
    return found


def read_bill(folder: Path, *rows: str, format: str = BILL, kind: str = STATEMENT) -> Read:
    text = HEADER + "".join(f"2025-11-03,{row}\n" for row in rows)
    own = [descriptor(folder, format)]
    return read_text(folder, text, descriptors=own, kind=kind, name="bill.csv", kept=())


@pytest.mark.parametrize(
    ("row", "meter", "quantity"),
    [
        ("in tokens,12,each,,1", "input_tokens", "12"),
        ("in tokens,12.5,K,,1", "input_tokens", "12500"),  # 12.5 thousand
        ("OUT TOKENS,7.0,each,,1", "output_tokens", "7"),
        ("store,0.125,each,,1", "storage_gb_days", "0.125"),
        ("in tokens,0,each,,0", "input_tokens", "0"),  # nothing is a quantity, too
        ("in tokens,-5,each,,-1", "input_tokens", "-5"),  # taken back
        # a row that could not be read as usage does not tell how much
        ("in tokens,,each,,1", "input_tokens", None),
        ("in tokens,12,,,1", "input_tokens", None),
        ("in tokens,12,dozen,,1", "input_tokens", None),
        ("in tokens,many,each,,1", "input_tokens", None),
        ("in tokens,1.5,each,,1", "input_tokens", None),  # tokens are whole
        # what no glob fits, in whatever unit; a row without a text says nothing
        ("support,3,month,,1", "units", "3"),
        (",3,month,,1", None, None),
        # credits and taxes are no usage
        ("in tokens,12,each,credit,-1", "input_tokens", None),
        ("voucher,1,each,credit,-1", None, None),
        (",1,each,tax,1", None, None),
    ],
)
def test_meter_and_quantity_of_a_row(
    tmp_path: Path, row: str, meter: str | None, quantity: str | None
) -> None:
    read = read_bill(tmp_path, row)
    assert (read.told, read.account.used, read.account.rejected) == ("", 1, 0)
    ((_, found, counted, _),) = read.counted()
    assert (found, counted) == (meter, None if quantity is None else Decimal(quantity))


def test_rows_that_tell_no_quantity_stand_apart_and_no_amount_is_lost(tmp_path: Path) -> None:
    rows = ["in tokens,2,K,,3.00", "in tokens,500,each,,0.75", "in tokens,?,K,,0.20"]
    rows += ["in tokens,1,K,credit,-0.95", "rounding,,,,0.01", ",,,tax,0.57"]
    read = read_bill(tmp_path, *rows)
    assert read.counted() == [
        ("credit", "input_tokens", None, Decimal("-0.95")),
        ("owed", "input_tokens", 2500, Decimal("3.75")),  # 2 x 1,000 + 500
        ("owed", "input_tokens", None, Decimal("0.20")),
        ("owed", "units", None, Decimal("0.01")),
        ("tax", None, None, Decimal("0.57")),
    ]
    # 3 + 0.75 + 0.20 + 0.01 is owed, less 0.95 of credit
    assert read.account.stated == Decimal("3.01")
    assert read.account.amounts == {
        "owed": Decimal("3.96"),
        "credit": Decimal("-0.95"),
        "tax": Decimal("0.57"),
    }


def test_credit_is_no_usage_where_the_format_says_so(tmp_path: Path) -> None:
    rows = ["in tokens,2,K,,3.00", "in tokens,1,K,credit,-0.95"]
    read = read_bill(tmp_path, *rows, kind=USAGE)
    assert (read.told, read.totals()) == ("", {"input_tokens": 2000})
    assert (read.account.skipped, read.account.stated) == ({"credit": 1}, Decimal(3))


def test_a_file_without_quantities_tells_the_meter(tmp_path: Path) -> None:
    text = "day,item,kind,cost\n2025-11-03,in tokens,,1\n2025-11-03,,,2\n"
    own = [descriptor(tmp_path, BILL)]
    read = read_text(tmp_path, text, descriptors=own, kind=STATEMENT, kept=())
    assert read.told == ""
    assert read.counted() == [("owed", "input_tokens", None, 1), ("owed", None, None, 2)]


def test_a_file_without_the_column_of_a_meter_tells_none(tmp_path: Path) -> None:
    format = BILL.replace("item, cost", "cost").replace("meter: item", "meter: sku")
    read = read_bill(tmp_path, "in tokens,12,each,,1", format=format)
    assert read.told == ""
    assert read.counted() == [("owed", None, None, 1)]


def test_without_globs_the_text_is_a_standard_meter_or_one_of_the_source(tmp_path: Path) -> None:
    lines = BILL.splitlines(keepends=True)
    format = "".join(line for line in lines if "  meters:" not in line and "other" not in line)
    text = HEADER + "".join(
        f"2025-11-03,{item},3,each,,1\n" for item in ("input_tokens", "gpu_hours", "support")
    )
    file = export_file(
        write(tmp_path, text), STATEMENT, source=replace(SOURCE, meters=("gpu_hours",))
    )
    read = read_files([file], (), [descriptor(tmp_path, format)])
    assert read.counted() == [
        ("owed", "gpu_hours", 3, 1),
        ("owed", "input_tokens", 3, 1),
        ("owed", None, None, 1),
    ]


def test_rows_of_many_meters_tell_none(tmp_path: Path) -> None:
    text = "Date,Kind,Model,Max Mode,Input (w/ Cache Write),Input (w/o Cache Write),Cache Read"
    text += ",Output Tokens,Total Tokens,Cost\n"
    text += "2026-03-04T12:00:00.000Z,On-Demand,Composer,No,1200,1000,5000,2000,9200,0.19\n"
    read = read_text(tmp_path, text, kind=STATEMENT)
    assert read.counted() == [("owed", None, None, Decimal("0.19"))]


def test_a_statement_may_lack_quantities_but_usage_may_not(tmp_path: Path) -> None:
    without = BILL.replace("  quantity: number\n", "")
    found, problems = read_descriptor(write(tmp_path, without, "own.yaml"))
    assert found is None
    assert [problem.message for problem in problems] == ["usage has no quantity"]
    only = without.replace("[usage, statement]", "statement")
    read = read_bill(tmp_path, "in tokens,12,each,,1", format=only)
    assert read.counted() == [("owed", "input_tokens", None, 1)]


# -- the same as usage --------------------------------------------------------------

#: Formats that name the meter of a row, and have files of both kinds.
BOTH = [
    found.id
    for found in shipped_descriptors()
    if found.long and found.kinds == (USAGE, STATEMENT) and found.id in SHAPES
]


def counted(read: Read) -> dict[str, Any]:
    rows = read.connection.execute(
        "SELECT meter, sum(quantity) FROM stated_read WHERE verdict = 0"
        " GROUP BY meter HAVING sum(quantity) <> 0 ORDER BY meter"
    )
    return dict(rows.fetchall())


def test_there_are_such_formats() -> None:
    assert {"aws-cost-and-usage", "azure-cost-details", "focus", "google-cost-table"} < {*BOTH}


@pytest.mark.parametrize("steps", ["one step", "two steps"])
@pytest.mark.parametrize("name", BOTH)
def test_a_statement_counts_what_the_same_file_counts_as_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, steps: str
) -> None:
    if steps == "one step":
        monkeypatch.setattr(grouping, "spares_work", lambda *_: False)
    path = tmp_path / "rows.csv"
    write_export(path, SHAPES[name], 500)
    usage = read_files([export_file(path, USAGE)], ())
    stated = read_files([export_file(path, STATEMENT)], ())
    assert usage.told == stated.told == ""
    free = usage.connection.execute("SELECT count(*) FROM usage_read WHERE verdict = 4")
    if free.fetchall() == [(0,)]:
        assert counted(stated) == dict(sorted(usage.totals().items())) != {}
    assert stated.account.stated == usage.account.stated
