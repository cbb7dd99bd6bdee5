"""The descriptors of export formats: those that ship, and the book's own."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from tokenbooks.problems import Problem, any_error, error
from tokenbooks.sources.exports.descriptors.checks import check_descriptor
from tokenbooks.sources.exports.descriptors.descriptor import Descriptor
from tokenbooks.sources.exports.descriptors.tree import build_descriptor
from tokenbooks.sources.schema_check import check_tree, load_schema
from tokenbooks.sources.yaml_tree import parse_tree, read_tree


@cache
def shipped_descriptors() -> tuple[Descriptor, ...]:
    """The descriptors that ship with the package, by id."""
    folder = resources.files("tokenbooks.sources.exports.descriptors") / "formats"
    files = sorted(folder.iterdir(), key=lambda file: file.name.removesuffix(".yaml"))
    found = []
    for file in files:
        tree, problems = parse_tree(file.read_text(encoding="utf-8"), file.name)
        if tree is None or problems:
            raise ValueError(f"{file.name} cannot be read")
        found.append(build_descriptor(tree))
    return tuple(found)


def shipped_text(format: str) -> str | None:
    """The descriptor of a format that ships, as its commented YAML; None if there is none."""
    file = resources.files("tokenbooks.sources.exports.descriptors") / "formats" / f"{format}.yaml"
    known = any(descriptor.id == format for descriptor in shipped_descriptors())
    return file.read_text(encoding="utf-8") if known else None


def read_descriptors(folder: Path | None) -> tuple[tuple[Descriptor, ...], list[Problem]]:
    """All formats: those that ship, and those in the book's ``formats`` folder.

    Problems: whatever the YAML and its schema give, ``format-twice`` for an id that is
    taken, ``format-incomplete`` for keys that do not fit each other.
    """
    known = {descriptor.id: descriptor for descriptor in shipped_descriptors()}
    problems: list[Problem] = []
    files = sorted(folder.glob("*.yaml")) if folder is not None else []
    for file in files:
        descriptor, found = read_descriptor(file)
        problems.extend(found)
        if descriptor is None:
            continue
        if descriptor.id in known:
            help = "give the format another id"
            message = f"there is a format '{descriptor.id}' already"
            problems.append(error("format-twice", message, help, descriptor.position))
        else:
            known[descriptor.id] = descriptor
    return tuple(known.values()), problems


def read_descriptor(file: Path) -> tuple[Descriptor | None, list[Problem]]:
    """One descriptor of a user's own, checked against the schema and for sense."""
    tree, problems = read_tree(file)
    if tree is None:
        return None, problems
    problems = problems + check_tree(tree, load_schema("format"))
    if any_error(problems):
        return None, problems
    problems = problems + check_descriptor(tree)
    return (None if any_error(problems) else build_descriptor(tree)), problems
