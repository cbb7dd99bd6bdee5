"""Meters that a cell holds as JSON, that several columns count, or that contain others."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.exports.reading import Read, read_text
from tokenbooks.sources.exports.descriptors.reading import read_descriptors

HEAD = """
format: own
title: our own report
kind: usage
recognise: {all: [at, model]}
time: {column: at, written: instant, rows: events}
dimensions: {model: model}
"""


def read_own(folder: Path, meters: str, text: str, kind: str = "usage") -> Read:
    """Read a text with a format of one's own that has the meters (and what follows them)."""
    (folder / "own.yaml").write_text(HEAD.replace("kind: usage", f"kind: {kind}") + meters)
    descriptors, problems = read_descriptors(folder)
    assert problems == []
    return read_text(folder, text, descriptors=descriptors[-1:], kind=kind)


def rows(header: str, *cells: str) -> str:
    lines = [f"2025-11-03T10:15:00Z,m,{cell}" for cell in cells]
    return "\n".join([f"at,model,{header}", *lines, ""])


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ('{"out": 5}', 5),
        ('{"tokens": {"out": 5}}', 5),  # dots lead into objects
        ('{"tokens.out": 5}', 5),  # or are part of a name
        ('{"out": 5, "tokens": {"out": 7}}', 5),  # the first key that is there
        ('{"out": null, "tokens": {"out": 7}}', 7),  # null says nothing
        ('{"out": "5"}', 5),
        ('{"other": 5}', 0),
        ("{}", 0),
        ("null", 0),
        ("", 0),
    ],
)
def test_a_key_of_json_in_a_cell(tmp_path: Path, cell: str, found: int) -> None:
    meters = "meters: {output_tokens: {column: usage, key: [out, tokens.out]}}\n"
    read = read_own(tmp_path, meters, rows("usage", quoted(cell)))
    assert read.told == ""
    assert read.totals() == ({"output_tokens": found} if found else {})


@pytest.mark.parametrize(
    "cell", ["{'out': 5}", '{"out": 5', '[{"out": 5}]', '{"out": 0.5}', '{"out": "many"}']
)
def test_what_holds_no_count_is_refused_and_not_taken_for_nothing(
    tmp_path: Path, cell: str
) -> None:
    meters = "meters: {output_tokens: {column: usage, key: out}}\n"
    assert read_own(tmp_path, meters, rows("usage", quoted(cell))).told == (
        f"usage.csv:2:24: error[bad-count]: '{cell}' in usage is not a JSON object with whole"
        " counts\n"
        "  help: JSON has double quotes around names, and its counts are digits only\n"
    )


def test_several_keys_and_columns_count_one_meter(tmp_path: Path) -> None:
    keys = "meters: {output_tokens: {column: usage, key: text, plus: [thought, spoken]}}\n"
    text = rows("usage", quoted('{"text": 5, "thought": 70}'), quoted('{"spoken": 900}'))
    assert read_own(tmp_path, keys, text).totals() == {"output_tokens": 975}
    columns = "meters: {output_tokens: {column: text, plus: [thought, spoken]}}\n"
    text = rows("text,thought", "5,70", ",900")  # there is no column `spoken`
    assert read_own(tmp_path, columns, text).totals() == {"output_tokens": 975}


def test_seconds_with_decimals_are_added_exactly(tmp_path: Path) -> None:
    meters = "meters: {audio_seconds: {column: a, plus: [b]}}\n"
    read = read_own(tmp_path, meters, rows("a,b", "0.1,0.2", "1000000000000,0.000000001"))
    assert read.totals() == {"audio_seconds": Decimal("1000000000000.300000001")}


WHOLE = """
meters:
  input_tokens: {column: asked, less_meters: [cached_input_tokens]}
  cached_input_tokens: {column: usage, key: cached}
"""


def test_a_meter_contains_another_one(tmp_path: Path) -> None:
    read = read_own(tmp_path, WHOLE, rows("asked,usage", "10," + quoted('{"cached": 4}'), "3,"))
    assert (read.told, read.totals()) == ("", {"input_tokens": 9, "cached_input_tokens": 4})


def test_a_meter_that_contains_more_than_it_is_is_refused(tmp_path: Path) -> None:
    read = read_own(tmp_path, WHOLE, rows("asked,usage", "3," + quoted('{"cached": 4}')))
    assert read.told == (
        "usage.csv:2:24: error[part-exceeds-whole]: what asked contains comes to more than it\n"
        "  help: a part cannot be larger than its whole: correct the row, or download the file"
        " again\n"
    )


def test_a_bad_number_in_json_is_told_where_its_cell_is(tmp_path: Path) -> None:
    read = read_own(tmp_path, WHOLE, rows("asked,usage", "3," + quoted('{"cached": 0.5}')))
    assert [f"{p.code} {p.position}" for p in read.problems] == ["bad-count usage.csv:2:26"]


def test_what_is_spent_can_be_written_negative(tmp_path: Path) -> None:
    amount = "amount: {column: change, currency: USD, unit: -1}\n"
    read = read_own(tmp_path, amount, rows("change", "-12.5", "2", "-1e-3"), kind="statement")
    assert (read.told, read.account.stated) == ("", Decimal("10.501"))  # 12.5 - 2 + 0.001
