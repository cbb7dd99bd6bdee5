from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenbooks.problems import Position
from tokenbooks.sources.yaml_tree import NOTHING, Node, parse_tree


def tree_of(text: str) -> Node:
    tree, problems = parse_tree(text, "f.yaml")
    assert problems == []
    assert tree is not None
    return tree


@pytest.mark.parametrize(
    "text",
    [
        "0.10",
        "1e400",
        "0E-6176",
        "010",
        "0x1F",
        "2025-10-01",
        "1_000",
        "yes",
        "2.50 per 1M",
        "1:30",
    ],
)
def test_scalars_stay_as_they_are_written(text: str) -> None:
    assert tree_of(f"a: {text}")["a"].word() == text
    assert tree_of(f"a: '{text}'")["a"].word() == text


@pytest.mark.parametrize("text", ["", "~", "null", "# nothing"])
def test_empty_values_are_empty_but_quoted_ones_are_text(text: str) -> None:
    node = tree_of(f"a: {text}\nb: '{text}'")
    assert node["a"].empty
    assert node["a"].word("default") == "default"
    assert not node["b"].empty


def test_keys_and_values_know_their_place() -> None:
    tree = tree_of("a: 1\nb:\n  - {c: x,\n     d: [y]}\n")
    assert tree.key_position("b") == Position("f.yaml", 2, 1)
    item = tree["b"].items[0]
    assert item.position == Position("f.yaml", 3, 5)
    assert item.key_position("d") == Position("f.yaml", 4, 6)
    assert item["d"].items[0].position == Position("f.yaml", 4, 10)


def test_getters_are_tolerant() -> None:
    tree = tree_of("a: 1")
    assert tree["none"]["of"]["these"] is NOTHING
    assert not tree["none"]
    assert list(tree["a"]) == []
    assert tree["a"].words() == ("1",)


def test_a_price_to_be_filled_in_needs_no_quotes() -> None:
    tree = tree_of('a: ?\nb:   ? per 1M\nc: {d: ?, e: "?"}\nf: [is it ?, "why: ?"]\n')
    assert tree["a"].word() == "?"
    assert tree["b"].word() == "? per 1M"
    assert (tree["c"]["d"].word(), tree["c"]["e"].word()) == ("?", "?")
    assert tree["f"].words() == ("is it ?", "why: ?")


def test_aliases_are_values_with_their_own_place() -> None:
    tree = tree_of("a: &x [1, 2]\nb: *x\n")
    assert tree["b"].words() == ("1", "2")
    assert tree["b"].position == Position("f.yaml", 2, 4)


def test_no_file_is_an_empty_mapping() -> None:
    assert tree_of("").entries == tree_of("# only a comment\n").entries == {}


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("a: b: c", "yaml-syntax", "f.yaml:1:5"),
        ("a:\n\tb: 1", "yaml-syntax", "f.yaml:2:1"),
        ("a: *none", "yaml-syntax", "f.yaml:1:4"),
        ("a: @b", "yaml-syntax", "f.yaml:1:4"),
        ("a: 'b", "yaml-syntax", "f.yaml:1:6"),
        ("a: !!int 3", "yaml-syntax", "f.yaml:1:4"),
        ("{a: 1}: 2", "yaml-syntax", "f.yaml:1:1"),
        ("a: \x07", "yaml-syntax", "f.yaml:1:4"),
        ("a: 1\n---\nb: 2", "yaml-syntax", "f.yaml:2:1"),
        ("a: " + "[" * 500, "yaml-limits", "f.yaml:1:43"),
        ("a: " + "[" * 500_000, "yaml-syntax", "f.yaml:1:1003"),
        ("a: &a [*a]", "yaml-limits", "f.yaml:1:8"),
    ],
)
def test_what_cannot_be_read_has_a_place_and_a_remedy(text: str, code: str, place: str) -> None:
    tree, [problem] = parse_tree(text, "f.yaml")
    assert tree is None
    assert (problem.code, str(problem.position)) == (code, place)
    assert problem.help


@given(st.text(alphabet="ab:-?[]{},&*!|>'\"# \n\t%@\\0", max_size=60))
def test_any_text_gives_a_tree_or_problems(text: str) -> None:
    tree, problems = parse_tree(text, "f.yaml")
    assert tree is not None or problems
