"""What broke, or nearly broke, the reading of exports once; smallest forms of it."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.exports.reading import (
    SOURCE,
    Read,
    export_file,
    read_files,
    read_text,
    write,
)
from tokenbooks.sources.exports.connection import connect
from tokenbooks.sources.exports.normal import sql_values
from tokenbooks.usage.overlap import resolve_overlaps
from tokenbooks.usage.same_days import same_days

HEAD = "timestamp,customer,model,input_tokens,output_tokens\n"
GOOD = "2026-01-05T10:00:00Z,acme,gpt-4o,7,5\n"
IDS = "timestamp,id,model,input_tokens\n"


def utf_16(text: str) -> bytes:
    return b"\xff\xfe" + text.encode("utf-16-le")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("2026-01-05T10:00:00Z,acme\n", "usage.csv:3: error[row-truncated]"),
        ("2026-01-05T10:00:00Z,acme,m,1,2,3\n", "usage.csv:3: error[row-too-wide]"),
        ('2026-01-05T10:00:00Z,"acme,m,1,2\n', "usage.csv:3: error[quote-unclosed]"),
        ("2026-01-05T10:00:00Z,acme,m,1,x\n", "usage.csv:3:31: error[bad-count]"),
    ],
)
def test_in_utf_16_a_bad_row_is_told_by_its_own_fault(tmp_path: Path, row: str, told: str) -> None:
    # every second byte of UTF-16 is NUL: looked for in the bytes, each line had one
    read = read_text(tmp_path, utf_16(HEAD + GOOD + row))
    assert read.told.startswith(told)
    assert "file-nul" not in read.told


def test_in_utf_16_a_nul_is_found_on_any_line(tmp_path: Path) -> None:
    nul = "2026-01-05T10:00:00Z,ac\0me,m,1,2\n"
    read = read_text(tmp_path, utf_16(HEAD + GOOD * 150 + nul))
    assert read.told.startswith("usage.csv:152:24: error[file-nul]: the line holds a NUL byte\n")


def test_a_carriage_return_in_an_early_cell_is_part_of_the_cell(tmp_path: Path) -> None:
    # the first lines are looked at one by one, for a header below other lines
    read = read_text(tmp_path, HEAD + '2026-01-05T10:00:00Z,"a\rb\nc\rd",m,7,5\n' + GOOD)
    assert read.told == ""
    assert read.totals() == {"input_tokens": 7 + 7, "output_tokens": 5 + 5}


@pytest.mark.parametrize("header", ['"a\rb,c"', "timestamp,input\rtokens"])
def test_a_carriage_return_in_the_header_is_no_header(tmp_path: Path, header: str) -> None:
    read = read_text(tmp_path, f"{header}\n1,2\n")
    assert "error[format-unknown]" in read.told


def test_an_early_line_of_more_than_a_megabyte_is_not_cut_into_half_letters(tmp_path: Path) -> None:
    text = "x" + "é" * 700_000  # é has two bytes: the millionth byte is half a letter
    read = read_text(tmp_path, HEAD + f'2026-01-05T10:00:00Z,"{text}",m,7,5\n' + GOOD)
    assert read.told == ""
    assert read.totals() == {"input_tokens": 7 + 7, "output_tokens": 5 + 5}


def test_two_keys_that_come_to_one_column_are_refused_without_a_traceback(tmp_path: Path) -> None:
    row = {"timestamp": "2026-01-05T10:00:00Z", "input_tokens": 5, "a": {"b": 1}, "a.b": 2}
    read = read_text(tmp_path, json.dumps([row]), name="usage.json")
    assert read.told.startswith("usage.json:1: error[json-broken]: two keys of an object")


@pytest.mark.parametrize("text", ["e5", "-e5", ".e5", "-.E+3", "E-18"])
def test_an_exponent_alone_is_no_amount(text: str) -> None:
    sql = sql_values.amount("c", Decimal(1))
    assert connect().execute(f"SELECT {sql} FROM (SELECT ? AS c)", [text]).fetchall() == [(None,)]


def ids(*rows: tuple[str, str]) -> str:
    return IDS + "".join(f"2026-01-05T10:00:00Z,{name},m,{count}\n" for name, count in rows)


def read_both(folder: Path, one: str, two: str, kind: str = "usage", hold: bool = False) -> Read:
    files = [
        export_file(write(folder, text, name), kind=kind, hold=hold)
        for name, text in (("a.csv", one), ("b.csv", two))
    ]
    return read_files(files)


def test_the_corrected_row_of_a_held_one_counts(tmp_path: Path) -> None:
    # a.csv: 5, and row 2 is held back; b.csv corrects it: 7
    read = read_both(tmp_path, ids(("1", "5"), ("2", "x")), ids(("2", "7")), hold=True)
    assert "id-differs" not in read.told
    assert read.totals() == {"input_tokens": 5 + 7}
    counts = [(a.used, a.replaced, a.rejected, a.is_balanced) for a in read.result.accounts]
    assert counts == [(1, 0, 1, True), (1, 0, 0, True)]


FOCUS = (
    "BilledCost,EffectiveCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,"
    "ChargeDescription,ConsumedQuantity,ConsumedUnit\n"
)


def charges(*days: int) -> str:
    return FOCUS + "".join(
        f"{day},{day},USD,Usage,2026-07-{day:02}T00:00:00Z,2026-07-{day + 1:02}T00:00:00Z,"
        "x input tokens,5,Tokens\n"
        for day in days
    )


@pytest.mark.parametrize("kind", ["usage", "statement"])
def test_a_later_export_that_adds_up_is_told_under_both_keys(tmp_path: Path, kind: str) -> None:
    read = read_both(tmp_path, charges(1, 2, 3, 4), charges(1, 2, 3, 4, 5), kind)
    accounts, _ = resolve_overlaps(read.connection, read.result.layout, read.result.accounts)
    (problem,) = same_days(read.connection, read.result.layout, accounts)
    assert str(problem).startswith(
        "b.csv: warning[overlap-rows]: it says the same of 4 days as a.csv, and both count\n"
    )


def test_statements_of_different_amounts_are_not_the_same(tmp_path: Path) -> None:
    other = charges(1, 2, 3, 4).replace(",USD", "0,USD")  # ten times as much
    read = read_both(tmp_path, charges(1, 2, 3, 4), other, "statement")
    assert same_days(read.connection, read.result.layout, read.result.accounts) == []


def test_a_mistyped_only_does_not_leave_out_every_row(tmp_path: Path) -> None:
    source = replace(SOURCE, only=(("custommer", "acme"),))
    read = read_text(tmp_path, HEAD + GOOD, source=source)
    assert read.told == (
        "usage.csv:1: error[only-unknown]: the file does not tell the custommer,"
        " by which `only:` chooses rows\n  help: did you mean 'customer'?\n"
    )


def test_a_long_list_in_a_document_does_not_hide_what_stands_at_its_end(tmp_path: Path) -> None:
    # the format is told by the first 2,000 of the list, the rows are all of them
    row = {"timestamp": "2026-01-05T10:00:00Z", "model": "m", "input_tokens": 5}
    rows = [row] * 2_500 + [{**row, "cached_input_tokens": 3}]
    read = read_text(tmp_path, json.dumps(rows), name="usage.json")
    assert read.told == ""
    assert read.totals() == {"input_tokens": 2_501 * 5, "cached_input_tokens": 3}
