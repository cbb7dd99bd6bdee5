"""Reads the descriptors of export formats: those that ship, and the book's own."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from importlib import resources
from pathlib import Path

from tokenbooks.amounts import parse_number
from tokenbooks.problems import Problem, any_error, error
from tokenbooks.sources.exports.descriptor import (
    CONTRACT_ZONE,
    EMPTY,
    STATEMENT,
    USAGE,
    Descriptor,
    DimensionColumn,
    Identity,
    LongForm,
    MeterColumn,
    Recognition,
    SkipRule,
    StatedAmount,
    TimeColumn,
)
from tokenbooks.sources.formats import read_value
from tokenbooks.sources.schema_check import check_tree, load_schema
from tokenbooks.sources.yaml_tree import LIST, SCALAR, Node, parse_tree, read_tree


@cache
def shipped_descriptors() -> tuple[Descriptor, ...]:
    """The descriptors that ship with the package, by id."""
    folder = resources.files("tokenbooks.sources.exports") / "formats"
    files = sorted((file for file in folder.iterdir()), key=lambda file: file.name)
    found = []
    for file in files:
        tree, problems = parse_tree(file.read_text(encoding="utf-8"), file.name)
        if tree is None or problems:
            raise ValueError(f"{file.name} cannot be read")
        found.append(build_descriptor(tree))
    return tuple(found)


def shipped_text(format: str) -> str | None:
    """The descriptor of a format that ships, as its commented YAML; None if there is none."""
    file = resources.files("tokenbooks.sources.exports") / "formats" / f"{format}.yaml"
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
    problems = problems + _sense_problems(tree)
    return (None if any_error(problems) else build_descriptor(tree)), problems


def build_descriptor(tree: Node) -> Descriptor:
    """The descriptor that a checked YAML tree states."""
    recognise = tree["recognise"]
    times = tree["time"]
    return Descriptor(
        id=tree["format"].word(),
        title=tree["title"].word(),
        kind=tree["kind"].word(),
        recognise=Recognition(
            recognise["all"].words(),
            tuple(group.words() for group in recognise["any"]),
            recognise["none"].words(),
            recognise["exactly"].words(),
        ),
        times=tuple(_time(node) for node in (times if times.kind == LIST else (times,))),
        skip=tuple(_skip_rule(node) for node in tree["skip"]),
        standard_names=tree["standard_names"].word() == "true",
        dimensions=tuple(_dimension(name, node) for name, node in _entries(tree["dimensions"])),
        meters=tuple(_meter(name, node) for name, node in _entries(tree["meters"])),
        long=_long(tree["long"]),
        amount=_amount(tree["amount"]),
        identity=_identity(tree["identity"]),
        replaces=tree["replace"].word() == "bucket",
        ignore=tree["ignore"].words(),
        position=tree["format"].position,
    )


def _entries(node: Node) -> Iterable[tuple[str, Node]]:
    return node.entries.items()


def _optional(node: Node) -> str | None:
    return node.word() or None


def _time(node: Node) -> TimeColumn:
    return TimeColumn(
        node["column"].word(),
        node["written"].word(),
        node["rows"].word() == "buckets",
        node["zone"].word(),
        _optional(node["end"]),
    )


def _skip_rule(node: Node) -> SkipRule:
    return SkipRule(
        node["reason"].word(),
        node["all_empty"].words(),
        _optional(node["column"]),
        node["values"].words(),
    )


def _dimension(name: str, node: Node) -> DimensionColumn:
    if node.kind == SCALAR:
        return DimensionColumn(name, node.words())
    values = {written: value.word() for written, value in _entries(node["values"])}
    return DimensionColumn(name, node["column"].words(), values, node["neutral"].words())


def _meter(name: str, node: Node) -> MeterColumn:
    if node.kind == SCALAR:
        return MeterColumn(name, node.words())
    return MeterColumn(
        name,
        node["column"].words(),
        node["less"].words(),
        int(node["times"].word("1")),
        node["informational"].word() == "true",
        _optional(node["inside"]),
    )


def _long(node: Node) -> LongForm | None:
    return LongForm(node["meter"].word(), node["quantity"].word()) if node else None


def _identity(node: Node) -> Identity | None:
    return Identity(node["id"].word(), _optional(node["reverses"])) if node else None


def _amount(node: Node) -> StatedAmount | None:
    if not node:
        return None
    return StatedAmount(
        node["column"].words(),
        _optional(node["currency"]),
        node["currency_column"].words(),
        _optional(node["list"]),
        parse_number(node["unit"].word("1")),
        parse_number(node["tolerance"].word("0")) or Decimal(0),
    )


def _sense_problems(tree: Node) -> list[Problem]:
    """What a schema cannot say: keys that need or exclude each other."""
    problems = []

    def refuse(message: str, help: str, node: Node) -> None:
        problems.append(error("format-incomplete", message, help, node.position))

    kind = tree["kind"].word()
    measured = tree["meters"] or tree["long"] or tree["standard_names"].word() == "true"
    if kind == USAGE and not measured:
        refuse("a usage format has no meters", "add `meters:`, with a column for each", tree)
    if kind == STATEMENT and not tree["amount"]:
        refuse("a statement has no amount", "add `amount:` with its column and currency", tree)
    if kind == EMPTY and not tree["recognise"]["exactly"]:
        help = "list all its columns under `exactly:`, so that no file with data is taken for it"
        refuse("an empty format must name all of its columns", help, tree["recognise"])
    if tree["amount"] and bool(tree["amount"]["currency"]) == bool(
        tree["amount"]["currency_column"]
    ):
        help = "name the `currency:`, or the column that holds it, one of the two"
        refuse("the amount's currency is not clear", help, tree["amount"])
    times = tree["time"]
    for time in times if times.kind == LIST else (times,):
        zone = time["zone"].word()
        if zone not in ("", CONTRACT_ZONE) and read_value("timezone", zone) is None:
            refuse(f"'{zone}' is not a time zone", "write UTC, a zone's name, or contract", time)
        if time["written"].word() == "day" and not zone:
            help = "add `zone:`, with UTC, a zone's name, or contract"
            refuse("the days have no zone", help, time)
        ends = time["written"].word() == "day" or time["end"]
        if time["rows"].word() == "buckets" and not ends:
            refuse("the buckets have no end", "add `end:` with the column of the end", time)
    return problems
