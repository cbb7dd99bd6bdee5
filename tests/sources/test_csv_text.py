from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenbooks.sources.csv_text import read_records


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        ("a,b\r\n1,2", [["a", "b"], ["1", "2"]]),
        ("a,b\r1,2\r", [["a", "b"], ["1", "2"]]),
        ('a,"b,c"\n\n"d ""e""",\n', [["a", "b,c"], ['d "e"', ""]]),
        ('"two\nlines",x\n', [["two\nlines", "x"]]),
        ('a, "b" ,c\n', [["a", "b", "c"]]),
        (",\n", [["", ""]]),
        ("", []),
    ],
)
def test_records(text: str, cells: list[list[str]]) -> None:
    records, problems = read_records(text, "f.csv")
    assert [[field.text for field in record] for record in records] == cells
    assert problems == []


def test_fields_know_their_line_and_column() -> None:
    records, _ = read_records('a,"two\nlines",c\n1,"2",3\n', "f.csv")
    places = [[(field.line, field.column) for field in record] for record in records]
    assert places == [[(1, 1), (1, 3), (2, 8)], [(3, 1), (3, 3), (3, 7)]]


@pytest.mark.parametrize(
    ("text", "place"), [('a,"b\nc', "f.csv:1:3"), ('x\na,"b"c', "f.csv:2:6"), ('"', "f.csv:1:1")]
)
def test_broken_quotes_have_a_place(text: str, place: str) -> None:
    _, [problem] = read_records(text, "f.csv")
    assert (problem.code, str(problem.position)) == ("csv-syntax", place)


_CELL = st.text(alphabet='ab ",\n1', max_size=6)


@given(st.lists(st.lists(_CELL, min_size=2, max_size=3), max_size=4))
def test_what_the_standard_library_writes_is_read_back(rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    records, problems = read_records(text.getvalue(), "f.csv")
    assert [[field.text for field in record] for record in records] == rows
    assert problems == []
