"""By which names a model goes in a plan."""

from __future__ import annotations

from typing import Any

import pytest
from genai_prices.types import (
    ClauseContains,
    ClauseEquals,
    ClauseOr,
    ClauseRegex,
    ClauseStartsWith,
    ModelInfo,
)

from tests.sources.catalogs.shapes import provider
from tokenbooks.sources.catalogs.model_names import WrittenNames, find_model, written_names


def info(name: str, clause: Any) -> ModelInfo:
    return ModelInfo(id=name, match=clause)


NANO = info("nano", ClauseOr([ClauseEquals("nano"), ClauseStartsWith("nano-")]))


def names_of(models: list[ModelInfo], wanted: str, seen: list[str]) -> WrittenNames:
    asked = provider(*models)
    found = find_model(asked, wanted, [asked])
    assert found is not None
    return written_names(asked, found, seen)


@pytest.mark.parametrize(
    ("clause", "seen", "patterns", "aliases"),
    [
        (ClauseEquals("big"), ["big"], (), ()),
        (ClauseOr([ClauseEquals("big"), ClauseEquals("big-1")]), [], (), ("big-1",)),
        # a beginning is a pattern, and then covers what was seen
        (ClauseStartsWith("big"), ["big-2"], ("big*",), ()),
        # a regular expression and a part of the name are no patterns: what was seen is named
        (
            ClauseOr([ClauseEquals("big"), ClauseRegex(r"^big-\d{4}$")]),
            ["big-2025"],
            (),
            ("big-2025",),
        ),
        (ClauseContains("big"), ["a-big-one"], (), ("a-big-one",)),
        # whatever the case, usage has the last word
        (ClauseEquals("big"), ["BIG"], (), ("BIG",)),
    ],
)
def test_names(clause: Any, seen: list[str], patterns: tuple, aliases: tuple) -> None:
    names = names_of([info("big", clause)], seen[0] if seen else "big", seen)
    assert names == WrittenNames("big", patterns, aliases)


@pytest.mark.parametrize(
    ("others", "patterns"),
    [
        ([], ("nano-*",)),
        ([info("other", ClauseEquals("other"))], ("nano-*",)),
        # `nano-pro` has a price of its own: a pattern would give it that of nano
        ([info("pro", ClauseEquals("nano-pro"))], ()),
        ([info("pro", ClauseStartsWith("nano-pro"))], ()),
        ([info("na", ClauseStartsWith("na"))], ()),
        # the package asks this one after nano, so it never gets a name that begins with nano-
        ([info("moderation", ClauseContains("moderation"))], ("nano-*",)),
    ],
)
def test_a_pattern_takes_no_name_of_another_model(others: list, patterns: tuple) -> None:
    assert names_of([NANO, *others], "nano", []).patterns == patterns


def test_a_model_asked_before_may_take_any_name() -> None:
    moderation = info("moderation", ClauseContains("moderation"))
    assert names_of([moderation, NANO], "nano", []).patterns == ()


def test_an_exact_name_that_another_model_gets_first_is_no_alias() -> None:
    first = info("a", ClauseOr([ClauseEquals("a"), ClauseEquals("x")]))
    second = info("b", ClauseOr([ClauseEquals("b"), ClauseEquals("x")]))
    assert names_of([first, second], "b", []).aliases == ()


def test_an_id_that_is_no_name_is_not_written() -> None:
    assert names_of([info("id", ClauseEquals("name"))], "name", []) == WrittenNames("name", (), ())


def test_a_model_of_a_provider_that_is_fallen_back_on_has_only_the_names_seen() -> None:
    own = provider(name="cloud")
    own.fallback_model_providers = ["p"]
    other = provider(NANO)
    found = find_model(own, "nano-1", [own, other])
    assert found is not None
    assert (found.provider, found.is_fallback) == ("p", True)
    assert written_names(own, found, ["nano-1", "nano"]) == WrittenNames("nano-1", (), ("nano",))
