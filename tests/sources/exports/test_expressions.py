"""What an expression needs of a row, and what values need below them."""

from __future__ import annotations

from tokenbooks.sources.exports.normal.expression import Expression, about, constant
from tokenbooks.sources.exports.normal.layers import Layers

MODEL = Expression("c1", frozenset({1}))
KIND = Expression("lower(c2)", frozenset({2}), costly=True)
IS_FREE = Expression("is_0", frozenset(), frozenset({"is_0"}))
NUMBER = Expression("v3 > 0")


def test_what_is_made_of_expressions_needs_all_that_they_need() -> None:
    both = about(f"{MODEL} = {KIND} AND {IS_FREE}", MODEL, KIND, IS_FREE)
    assert both.sql == "c1 = lower(c2) AND is_0"
    assert (both.texts, both.flags, both.costly) == ({1, 2}, {"is_0"}, True)
    assert about("c1 IS NULL", MODEL) == Expression("c1 IS NULL", frozenset({1}))


def test_only_a_row_tells_what_needs_more_than_texts() -> None:
    assert about(f"{MODEL} = 'm' AND {NUMBER}", MODEL, NUMBER).texts is None


def test_a_constant_needs_nothing() -> None:
    assert about("coalesce(c1, 'm')", MODEL, constant("'m'")).texts == {1}


def test_each_expression_is_computed_once_above_what_it_is_over() -> None:
    layers = Layers()
    text = layers.name("text", "trim(c4)", "c4")
    number = layers.name("whole", f"try_cast({text} AS BIGINT)", text)
    other = layers.name("whole", "try_cast(c5 AS BIGINT)", "c5")
    assert layers.name("text", "trim(c4)", "c4") == text
    first, second = layers.below
    assert first == {text: "trim(c4)", other: "try_cast(c5 AS BIGINT)"}
    assert second == {number: f"try_cast({text} AS BIGINT)"}


def test_texts_out_of_json_stand_below_all() -> None:
    layers = Layers()
    taken = [layers.taken_out(7, path) for path in ("$.a", "$.b", "$.a")]
    assert taken == ["j7[1]", "j7[2]", "j7[1]"]
    layers.name("text", f"coalesce({taken[0]}, '')")
    assert [list(layer) for layer in layers.below] == [["j7"], ["text_0"]]
