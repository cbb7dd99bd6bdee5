"""`objects`: each object a row, nested keys joined by dots."""

import json

import pytest

from tests.sources.exports.unfoldings.unfolded import cells, lines, unfolded
from tokenbooks.sources.exports.sheets.json_values import JsonRefused

#: JSON text, and the cells of its rows
TABLE = [
    ('{"a": 1, "b": "x"}', [{"a": "1", "b": "x"}]),
    ('[{"a": 1}, {"a": 2}]', [{"a": "1"}, {"a": "2"}]),
    ('[[{"a": 1}], [{"a": 2}]]', [{"a": "1"}, {"a": "2"}]),  # lists of pages, put into one
    ('{"a": 1}\n{"a": 2}\n', [{"a": "1"}, {"a": "2"}]),
    # nested keys, and every kind of value
    ('{"usage": {"input": {"text": 5}}}', [{"usage.input.text": "5"}]),
    (
        '{"a": true, "b": false, "c": null, "d": "", "e": 0}',
        [{"a": "true", "b": "false", "e": "0"}],
    ),
    ('{"a": [], "b": {}, "c": [1]}', [{"c": "[...]"}]),
    ('{"a": 1e-05, "b": 0E-6176, "c": "007"}', [{"a": "1e-05", "b": "0E-6176", "c": "007"}]),
    # an empty object is a row too; what is no object beside objects is not lost
    ('[{}, {"a": 1}]', [{}, {"a": "1"}]),
    ('[5, {"a": 1}, "x", null]', [{"value": "5"}, {"a": "1"}, {"value": "x"}, {}]),
    # nothing has the shape
    ("[1, 2]", []),
    ("[]", []),
]


@pytest.mark.parametrize(("text", "expected"), TABLE)
def test_objects_are_rows(text: str, expected: list[dict[str, str]]) -> None:
    assert cells("objects", text) == expected


def test_wanted_lists_and_objects_are_json_text() -> None:
    text = '{"tags": {"team": "a, b", "n": 1.50, "on": true}, "models": ["x", null, 0E-6]}'
    assert cells("objects", text, ["tags", "models"]) == [
        {
            "tags": '{"team":"a, b","n":1.50,"on":true}',
            "tags.team": "a, b",
            "tags.n": "1.50",
            "tags.on": "true",
            "models": '["x",null,0E-6]',
        }
    ]


def test_json_text_is_json() -> None:
    value = {"text": 'a "quoted"\nline é \\ \U0001f600', "empty": "", "list": [[], {}, [{"k": 1}]]}
    ((text,),) = [row.values() for row in cells("objects", lines({"c": [value]}), ["c"])]
    assert json.loads(text) == [value]


def test_rows_know_where_they_begin() -> None:
    text = '{"a": 1}\n\n[{"a": 2}, {"a": 3}]\n'
    assert [row[:2] for row in unfolded("objects", text)] == [(1, 0), (3, 0), (3, 0)]
    assert [row[:2] for row in unfolded("objects", text, placed=True)] == [(1, 1), (3, 2), (3, 12)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"a.b": 1, "a": {"b": 2}}]', "two keys of an object both come to the column 'a.b'"),
        ('[{"a": ' + '{"a": ' * 700 + "1" + "}" * 701 + "]", "nested too deeply"),
        ('[{"a": ' + "[" * 700 + "1" + "]" * 700 + "}]", "nested too deeply"),
    ],
)
def test_what_cannot_become_a_row_is_refused(text: str, message: str) -> None:
    with pytest.raises(JsonRefused, match=message) as refused:
        unfolded("objects", text, ["a"])
    assert refused.value.line == 1
