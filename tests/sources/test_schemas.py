"""The schemas that ship: valid JSON Schema, described, and in step with the readers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tokenbooks.book import ENTRY_KINDS
from tokenbooks.names import DEFAULT_ACCOUNTS
from tokenbooks.sources.formats import FORMATS
from tokenbooks.sources.schema_check import check_tree, load_schema
from tokenbooks.sources.yaml_tree import parse_tree

ERRORS = Path(__file__).resolve().parent.parent / "errors"
NAMES = ["tokenbooks", "plan", "modifications"]


_QUESTION = re.compile(r"(: +)(\?[^,}\n]*)")


class CoreLoader(yaml.SafeLoader):
    """YAML as editors read it: version 1.2, in which dates are text and `yes` is a word."""


CoreLoader.yaml_implicit_resolvers = {
    letter: [pair for pair in pairs if not pair[0].endswith(("timestamp", "bool", "merge"))]
    for letter, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for letter, word in (("t", "true"), ("f", "false")):
    resolver = ("tag:yaml.org,2002:bool", re.compile(word + "$"))
    CoreLoader.yaml_implicit_resolvers.setdefault(letter, []).append(resolver)


def schemas_below(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from schemas_below(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from schemas_below(value)


@pytest.mark.parametrize("name", NAMES)
def test_schema_is_valid(name: str) -> None:
    Draft202012Validator.check_schema(load_schema(name))


@pytest.mark.parametrize("name", NAMES)
def test_every_key_has_a_description(name: str) -> None:
    root = load_schema(name)
    for schema in schemas_below(root):
        for key, below in schema.get("properties", {}).items():
            if not isinstance(below, dict) or "$ref" not in schema or key != "value":
                target = root["$defs"].get(below.get("$ref", "")[8:], {})
                assert below.get("description") or target.get("description"), key


@pytest.mark.parametrize("name", NAMES)
def test_schema_uses_only_what_the_checker_obeys(name: str) -> None:
    obeyed = {
        *("$schema", "$id", "$defs", "$ref", "title", "description", "type", "enum", "format"),
        *("pattern", "properties", "patternProperties", "propertyNames", "required", "items"),
        *("additionalProperties", "minItems", "minProperties", "anyOf"),
        *("x-planned", "x-available", "x-policy-values"),
    }

    def keywords(schema: Any) -> Iterator[str]:
        yield from schema
        for key, value in schema.items():
            if key in {"properties", "patternProperties", "$defs"}:
                for below in value.values():
                    yield from keywords(below)
            elif key in {"items", "propertyNames", "additionalProperties"} and value is not False:
                yield from keywords(value)
            elif key == "anyOf":
                for below in value:
                    yield from keywords(below)

    assert set(keywords(load_schema(name))) <= obeyed
    formats = [schema.get("format") for schema in schemas_below(load_schema(name))]
    assert {format for format in formats if isinstance(format, str)} <= set(FORMATS)


def test_schema_knows_the_roles_and_the_kinds_of_entries() -> None:
    properties = load_schema("tokenbooks")["properties"]
    assert list(properties["accounts"]["properties"]) == list(DEFAULT_ACCOUNTS)
    assert tuple(properties["post"]["items"]["enum"]) == ENTRY_KINDS


def yaml_files() -> list[tuple[str, Path]]:
    books = [("tokenbooks", path) for path in sorted(ERRORS.glob("*/tokenbooks.yaml"))]
    books += [("plan", path) for path in sorted(ERRORS.glob("*/plans/*.yaml"))]
    return books + [("modifications", path) for path in sorted(ERRORS.glob("*/modifications.yaml"))]


@pytest.mark.parametrize(("name", "path"), yaml_files(), ids=lambda value: str(value)[-40:])
def test_editors_and_the_reader_agree(name: str, path: Path) -> None:
    """What JSON Schema refuses, the reader refuses; wrong keys are wrong for both."""
    tree, problems = parse_tree(path.read_text(), "f.yaml")
    if tree is None or problems:
        return
    codes = {problem.code for problem in check_tree(tree, load_schema(name))}
    refused = codes & {"unknown-key", "key-missing", "value-missing", "value-invalid"}
    loaded = yaml.load(_QUESTION.sub(r"\1'\2'", path.read_text()), CoreLoader)
    valid = Draft202012Validator(load_schema(name)).is_valid(loaded)
    assert valid or refused
    assert not (valid and codes & {"unknown-key", "key-missing", "value-missing"})
