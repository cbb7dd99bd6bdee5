"""Reading JSON: lines or documents, exact numbers, places, and what is refused."""

import codecs
import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenbooks.sources.exports.sheets import json_items
from tokenbooks.sources.exports.sheets.json_items import (
    JsonItems,
    JsonRefused,
    is_json,
    json_broken,
    read_items,
)
from tokenbooks.sources.exports.sheets.json_parsing import parse_values
from tokenbooks.sources.exports.sheets.json_values import JsonValue, NumberText, PlacedObject

BOM = codecs.BOM_UTF8


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (b'{"a": 1}', True),
        (b"[", True),
        (b" \r\n\t[1]", True),
        (BOM + b'\n{"a"', True),
        ('{"a": 1}'.encode("utf-16"), True),
        ("\r\n[".encode("utf-16"), True),
        (codecs.BOM_UTF16_BE + '{"a'.encode("utf-16-be"), True),
        ('{"a": 1}'.encode("utf-16")[:-1], True),  # cut in the middle of a character
        (b"start_time,end_time", False),
        (b'"2026-08-01","x"', False),
        ("a,b".encode("utf-16"), False),
        (b"5", False),
        (b"", False),
    ],
)
def test_json_is_known_by_its_first_character(start: bytes, expected: bool) -> None:
    assert is_json(start) is expected


#: the file, and (line, value) of what it holds
FILES: list[tuple[str, list[tuple[int, JsonValue]]]] = [
    # JSON lines: a value on each, blank lines passed over
    ('{"a":1}\n{"a":2}\n', [(1, {"a": "1"}), (2, {"a": "2"})]),
    ('\n{"a":1}\n\n  {"a":2}', [(2, {"a": "1"}), (4, {"a": "2"})]),
    ('{"a":1}\r\n{"a":2}\r\n', [(1, {"a": "1"}), (2, {"a": "2"})]),
    ("[1]\n7\nnull\n", [(1, ["1"]), (2, "7"), (3, None)]),
    # a separator of lines that is none in JSON
    ('{"a":"x\u2028y"}\n{"a":"z"}\n', [(1, {"a": "x\u2028y"}), (2, {"a": "z"})]),
    # one document
    ('{"a":1}', [(1, {"a": "1"})]),
    ('{\n "a": [\n  1\n ]\n}\n', [(1, {"a": ["1"]})]),
    ("\n\n[\n1]", [(3, ["1"])]),
    # pages pasted one after another
    ('{"a":1}{"a":2}', [(1, {"a": "1"}), (1, {"a": "2"})]),
    ('{\n"a":1}\n{\n"a":2}', [(1, {"a": "1"}), (3, {"a": "2"})]),
    ("", []),
    ("\n \n", []),
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be with mark"])
@pytest.mark.parametrize(("text", "expected"), FILES)
def test_lines_and_documents(
    text: str, expected: list[tuple[int, JsonValue]], encoding: str, tmp_path: Path
) -> None:
    path = tmp_path / "export.json"
    if encoding.endswith("mark"):
        path.write_bytes(codecs.BOM_UTF16_BE + text.encode("utf-16-be"))
    else:
        path.write_bytes(text.encode(encoding))
    assert list(read_items(path)) == expected
    assert list(read_items(path, placed=True)) == expected


def test_items_can_be_gone_through_again(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"a":1}\n{"a":2}\n', encoding="utf-8")
    items = JsonItems(path)
    assert list(items) == list(items) == [(1, {"a": "1"}), (2, {"a": "2"})]


def value_of(text: str) -> JsonValue:
    ((_, value),) = parse_values(text, 1)
    return value


@pytest.mark.parametrize(
    "number",
    [
        "0.1",
        "1e-05",
        "0E-6176",
        "0.003400000000000000000000000000000000",  # as OpenAI writes a cost
        "123456789012345678901234567890123456789",
        "-0",
        "31422.0",
    ],
)
def test_numbers_keep_their_text(number: str) -> None:
    assert value_of(f'[{number}, "{number}"]') == [number, number]
    found = value_of(f'[{number}, "{number}"]')
    assert isinstance(found, list)
    assert [type(part) for part in found] == [NumberText, str]


@given(
    st.from_regex(r"-?(0|[1-9][0-9]{0,50})(\.[0-9]{1,50})?([eE][+-]?[0-9]{1,6})?", fullmatch=True)
)
def test_every_number_keeps_its_text(number: str) -> None:
    assert value_of(f'{{"n": {number}}}') == {"n": number}
    ((_, placed),) = parse_values(f'{{"n": {number}}}', 1, placed=True)
    assert placed == {"n": number}


_TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
_JSON = st.recursive(
    st.none() | st.booleans() | _TEXTS,
    lambda parts: st.lists(parts) | st.dictionaries(_TEXTS, parts),
    max_leaves=20,
)


@given(value=_JSON, indent=st.sampled_from([None, 1]), ascii_only=st.booleans())
def test_values_are_those_of_the_standard_library(
    value: object, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    for placed in (False, True):
        assert [found for _, found in parse_values(text, 1, placed)] == [value]


def test_objects_know_their_place(tmp_path: Path) -> None:
    path = tmp_path / "pages.json"
    path.write_text('{"data": [\n  {"results": [{"n": 1},\n    {"n": 2}]}\n]}\n', encoding="utf-8")
    ((_, page),) = read_items(path, placed=True)

    def places(value: JsonValue) -> list[tuple[int, int]]:
        if isinstance(value, list):
            return [place for part in value for place in places(part)]
        if isinstance(value, PlacedObject):
            inside = [place for part in value.values() for place in places(part)]
            return [(value.line, value.column), *inside]
        return []

    assert places(page) == [(1, 1), (2, 3), (2, 16), (3, 5)]


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r"\ud83d\ude00", "\U0001f600"),  # a whole pair is a character
        (r"\ud83d", "\ufffd"),  # half of one is none: a log that cut its texts
        (r"\ude00x", "\ufffdx"),
        (r"\\ud83d", r"\ud83d"),  # an escaped backslash, then letters
        (r"\\\ud83d", "\\\ufffd"),
        (r"a\u0000b", "a\ufffdb"),
        (r"\u00e9\n", "é\n"),
    ],
)
def test_texts_can_always_be_written(escaped: str, text: str) -> None:
    assert value_of(f'["{escaped}"]') == [text]


DEEP = "[" * 100_000

#: the file, and the line, column and message of its refusal
REFUSED: list[tuple[bytes, tuple[int, int, str]]] = [
    (b'{"a": 1,\n "b": tru}', (2, 7, "this is not JSON: expecting value")),
    (b'{"a":1}\n{"a":1 "b":2}\n', (2, 8, "this is not JSON: expecting ',' delimiter")),
    (b'{"a":1}\n{"a":1} x\n', (2, 9, "this is not JSON: expecting value")),
    # cut off: in a line, in a document, in a text
    (b'{"a":1}\n{"a":', (2, 6, "the JSON ends in the middle of a value")),
    (b'{"a": [\n1,\n', (3, 1, "the JSON ends in the middle of a value")),
    (b'{"a":1}\n{"a":"x', (2, 6, "the JSON ends in the middle of a value")),
    (b'{"a":1}\n{"a":"x\n', (2, 8, "the JSON ends in the middle of a value")),
    # data would be lost
    (
        b'{"a":1}\n{"b": {"a":1, "a":2}}\n',
        (2, 15, "the key 'a' stands twice in one object: one value would be lost"),
    ),
    (b'[\n{"a": NaN}]', (2, 7, "NaN is not a number")),
    (b"[-Infinity]", (1, 2, "-Infinity is not a number")),
    (b"[1]\n[Infinity]", (2, 2, "Infinity is not a number")),
    # not text
    (b'{"a":1}\n{"a":"\xff"}', (2, 7, "byte 0xff is not text")),
    ('{"é":"'.encode() + b"\xe9", (1, 7, "byte 0xe9 is not text")),
    ('{"a":1}\n'.encode("utf-16") + b"\x00\xd8", (2, 0, "byte 0x00 is not text")),
    (DEEP.encode(), (1, 1, "the values are nested too deeply to be read")),
    (b'[1]\n{"a":' + DEEP.encode(), (2, 1, "the values are nested too deeply to be read")),
]


@pytest.mark.parametrize("placed", [False, True])
@pytest.mark.parametrize(("data", "expected"), REFUSED)
def test_what_is_not_json_is_refused_with_its_place(
    data: bytes, expected: tuple[int, int, str], placed: bool, tmp_path: Path
) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(data)
    with pytest.raises(JsonRefused) as refused:
        list(read_items(path, placed))
    found = refused.value
    assert (found.line, found.column, found.message) == expected


def test_the_problem_names_the_place_and_the_remedy() -> None:
    refused = JsonRefused(3, 9, "NaN is not a number", "write null")
    problem = json_broken(refused, "u/x.json")
    assert str(problem) == (
        "u/x.json:3:9: error[json-broken]: NaN is not a number\n  help: write null"
    )


def test_lines_before_a_broken_one_are_read(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"a":1}\n{"a":2}\n{"a"')
    items = iter(JsonItems(path))
    assert [next(items), next(items)] == [(1, {"a": "1"}), (2, {"a": "2"})]
    with pytest.raises(JsonRefused):
        next(items)


@pytest.mark.parametrize(
    ("text", "line"),
    [('{\n"a": "123456789"}', 1), ('{"a":1}\n{"a": "1234567890123456789"}\n', 2)],
)
def test_a_value_too_large_for_the_memory_is_refused(
    text: str, line: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_items, "LARGEST_DOCUMENT", 18)
    path = tmp_path / "large.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(JsonRefused, match="cannot be read") as refused:
        list(read_items(path))
    assert refused.value.line == line


def test_json_lines_need_memory_for_one_line_only(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    line = json.dumps({"text": "x" * 10_000}) + "\n"
    path.write_text(line * 2_000, encoding="utf-8")  # 20 MB
    tracemalloc.start()
    count = sum(1 for _ in read_items(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 2_000
    assert peak < 1_000_000
