"""Checks a YAML tree against the JSON Schemas that ship with the package.

The schemas are the single source of keys and values, so that editors and this reader
agree. A subset of JSON Schema 2020-12 is obeyed: ``$ref``, ``type``, ``enum``,
``format``, ``pattern``, ``properties``, ``patternProperties``, ``propertyNames``,
``additionalProperties``, ``required``, ``items``, ``minItems``, ``minProperties`` and
``anyOf`` whose alternatives differ in kind (scalar, list, mapping). Scalars are text
here, so a number is checked by parsing it. Three annotations of our own say what is
documented but not acted on yet: ``x-planned`` (a key), ``x-available`` (the values
that are), ``x-policy-values`` (the same for policies).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tokenbooks.names import nearest
from tokenbooks.problems import Problem, error
from tokenbooks.sources.formats import FORMATS, number_of
from tokenbooks.sources.yaml_tree import LIST, MAPPING, SCALAR, Node

Schema = Mapping[str, Any]

_SCALAR_TYPES = ("string", "number", "integer", "boolean")
_KIND_OF_TYPE = {"object": MAPPING, "array": LIST, **dict.fromkeys(_SCALAR_TYPES, SCALAR)}
_KIND_WORDS = {SCALAR: "a single value", LIST: "a list", MAPPING: "keys with values below it"}


@cache
def load_schema(name: str) -> Schema:
    """A schema that ships with the package: ``tokenbooks`` or ``plan``."""
    # importlib.resources would cost more time to import than the whole book to read
    file = Path(__file__).parent.parent / "schemas" / f"{name}.schema.json"
    loaded: Schema = json.loads(file.read_text(encoding="utf-8"))
    return loaded


def check_tree(node: Node, schema: Schema) -> list[Problem]:
    """Every place where the tree departs from the schema, with its position and remedy.

    Problems: ``unknown-key``, ``key-missing``, ``value-missing``, ``value-invalid``,
    ``not-available``, ``policy-not-available``.
    """
    checker = _Checker(schema)
    checker.check(node, schema, "the file")
    return checker.problems


class _Checker:
    def __init__(self, root: Schema) -> None:
        self.root = root
        self.problems: list[Problem] = []

    def check(self, node: Node, schema: Schema, name: str) -> None:
        """Check a node, called ``name`` in messages, against a schema; adds to the problems."""
        schema = self._resolved(schema)
        if node.empty:
            if "null" not in schema.get("type", ()):
                help = f"write a value after `{name}:`, or take the key away"
                message = f"'{name}' has no value"
                self.problems.append(error("value-missing", message, help, node.position))
            return
        chosen = self._alternative(node, schema)
        if chosen is None:
            self._wrong_kind(node, schema, name)
        elif node.kind == MAPPING:
            self._check_mapping(node, chosen, name)
        elif node.kind == LIST:
            self._check_list(node, chosen, name)
        else:
            self._check_scalar(node, chosen, name)

    def _resolved(self, schema: Schema) -> Schema:
        """The schema that a ``$ref`` leads to, with the keys that stand beside the ``$ref``."""
        reference = schema.get("$ref")
        if reference is None:
            return schema
        target = self._resolved(self.root["$defs"][reference.removeprefix("#/$defs/")])
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        properties = {**target.get("properties", {}), **schema.get("properties", {})}
        merged = {**target, **beside}
        return {**merged, "properties": properties} if properties else merged

    def _alternatives(self, schema: Schema) -> Iterable[Schema]:
        if "anyOf" not in schema:
            return [schema]
        beside = {key: value for key, value in schema.items() if key.startswith("x-")}
        options = [self._resolved(option) for option in schema["anyOf"]]
        return [{**beside, **inner} for option in options for inner in self._alternatives(option)]

    def _alternative(self, node: Node, schema: Schema) -> Schema | None:
        for option in self._alternatives(schema):
            if node.kind in _kinds(option):
                return option
        return None

    def _wrong_kind(self, node: Node, schema: Schema, name: str) -> None:
        kinds = [kind for option in self._alternatives(schema) for kind in _kinds(option)]
        wanted = " or ".join(_KIND_WORDS[kind] for kind in dict.fromkeys(kinds))
        message = f"'{name}' takes {wanted}, not {_KIND_WORDS[node.kind]}"
        self.problems.append(error("value-invalid", message, _described(schema), node.position))

    def _check_mapping(self, node: Node, schema: Schema, name: str) -> None:
        properties = schema.get("properties", {})
        if len(node.entries) < schema.get("minProperties", 0):
            help = f"write at least one entry, or take '{name}' away"
            self.problems.append(error("value-missing", f"'{name}' is empty", help, node.position))
        for key, value in node.entries.items():
            below = self._schema_of(key, schema)
            remedy = _remedy(key, self._resolved(schema.get("propertyNames", {})))
            if remedy is not None:
                message = f"'{key}' cannot be a name here"
                self.problems.append(
                    error("value-invalid", message, remedy, node.key_position(key))
                )
            if below is None:
                self._unknown_key(node, key, properties)
            elif "x-planned" in below:
                self._planned_key(node, key, below)
            else:
                self.check(value, below, name if key == "value" else key)
        for key in schema.get("required", ()):
            if key not in node:
                help = f"add `{key}:` ({_described(self._resolved(properties[key]))})"
                message = f"the key '{key}' is missing in {_quoted(name)}"
                self.problems.append(error("key-missing", message, help, node.position))

    def _schema_of(self, key: str, schema: Schema) -> Schema | None:
        """The schema of a key's value; None if the key is not known."""
        named = schema.get("properties", {}).get(key)
        if named is not None:
            return self._resolved(named)
        for pattern, below in schema.get("patternProperties", {}).items():
            if re.search(pattern, key):
                return self._resolved(below)
        others = schema.get("additionalProperties", True)
        if others is False:
            return None
        return {} if others is True else self._resolved(others)

    def _unknown_key(self, node: Node, key: str, properties: Schema) -> None:
        near = nearest(key, properties)
        known = [name for name, below in properties.items() if "x-planned" not in below]
        help = f"did you mean '{near}'?" if near else f"known here: {', '.join(known)}"
        message = f"unknown key '{key}'"
        self.problems.append(error("unknown-key", message, help, node.key_position(key)))

    def _planned_key(self, node: Node, key: str, schema: Schema) -> None:
        message = f"'{key}' is not available in this version"
        hint = schema["x-planned"]
        help = f"remove it; planned. {hint}" if hint else "remove it; planned"
        self.problems.append(error("not-available", message, help, node.key_position(key)))

    def _check_list(self, node: Node, schema: Schema, name: str) -> None:
        if len(node.items) < schema.get("minItems", 0):
            message = f"the list '{name}' is empty"
            help = f"write at least one value, or take '{name}' away"
            self.problems.append(error("value-missing", message, help, node.position))
        for item in node.items:
            self.check(item, schema.get("items", {}), name)

    def _check_scalar(self, node: Node, schema: Schema, name: str) -> None:
        remedy = _remedy(node.text, schema)
        if remedy is not None:
            message = f"'{node.text}' is not a value of '{name}'"
            self.problems.append(error("value-invalid", message, remedy, node.position))
            return
        message = f"{name}: {node.text} is not available in this version"
        if not _is_among(node.text, schema.get("x-available")):
            help = f"available: {_listed(schema['x-available'])}; the others are planned"
            self.problems.append(error("not-available", message, help, node.position))
        if not _is_among(node.text, schema.get("x-policy-values")):
            help = f"available: {_listed(schema['x-policy-values'])}; the others are planned"
            self.problems.append(error("policy-not-available", message, help, node.position))


def _kinds(schema: Schema) -> tuple[str, ...]:
    types = schema.get("type", ("string", "array", "object"))
    names = [types] if isinstance(types, str) else types
    return tuple(_KIND_OF_TYPE[name] for name in names if name != "null")


def _described(schema: Schema) -> str:
    return str(schema.get("description", "see the file formats"))


def _quoted(name: str) -> str:
    return name if " " in name else f"'{name}'"


def _remedy(text: str, schema: Schema) -> str | None:
    """What to tell about a scalar that the schema refuses; None if it accepts it."""
    if "enum" in schema:
        if _is_among(text, schema["enum"]):
            return None
        near = nearest(text, map(_plain, schema["enum"]))
        hint = f"did you mean '{near}'? " if near else ""
        return f"{hint}one of: {_listed(schema['enum'])}"
    format = FORMATS.get(schema.get("format", ""))
    if format:
        try:
            format.parse(text)
        except ValueError:
            return format.help
    elif "pattern" in schema and not re.search(schema["pattern"], text):
        return _described(schema)
    return None


def _is_among(text: str, values: Iterable[Any] | None) -> bool:
    """Whether a text is one of the values; numbers are equal by value, true is true."""
    if values is None:
        return True
    number = number_of(text)
    return any(
        text == _plain(value) or (number is not None and number == number_of(_plain(value)))
        for value in values
    )


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(map(_plain, values))
