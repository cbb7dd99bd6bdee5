"""Builds a descriptor from the YAML tree that states it, checked already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from tokenbooks.amounts import parse_number
from tokenbooks.book import UsageSource
from tokenbooks.sources.exports.descriptors.descriptor import (
    Descriptor,
    DimensionColumn,
    Identity,
    LongForm,
    Meaning,
    MeterColumn,
    Recognition,
    RowCondition,
    Shape,
    SkipRule,
    StatedAmount,
    Tags,
    TimeColumn,
)
from tokenbooks.sources.yaml_tree import LIST, SCALAR, Node
from tokenbooks.usage.accounting import OWED


def build_descriptor(tree: Node) -> Descriptor:
    """The descriptor that a checked YAML tree states."""
    descriptor = _descriptor(tree)
    if tree["spelled"].word() != "loosely":
        return descriptor
    named = {*descriptor.columns(UsageSource("")), *descriptor.ignore}
    names = tuple(sorted(name for name in named if "*" not in name))
    return replace(descriptor, shape=replace(descriptor.shape, loose=names))


def _descriptor(tree: Node) -> Descriptor:
    times = tree["time"]
    return Descriptor(
        id=tree["format"].word(),
        title=tree["title"].word(),
        kinds=tree["kind"].words(),
        recognise=_recognition(tree["recognise"]),
        times=tuple(_time(node) for node in (times.items if times.kind == LIST else (times,))),
        shape=Shape(
            tree["rows"].word(),
            tree["preamble"].word(),
            _is_true(tree["dated_by_name"]),
            tree["nothing"].words(),
            table=_is_true(tree["table"]),
        ),
        grouped_numbers=tree["numbers"].word() == "grouped",
        skip=tuple(_skip_rule(node) for node in tree["skip"].items),
        standard_names=_is_true(tree["standard_names"]),
        dimensions=tuple(_dimension(*entry) for entry in tree["dimensions"].entries.items()),
        meters=tuple(_meter(*entry) for entry in tree["meters"].entries.items()),
        long=_long(tree["long"]) if tree["long"] else None,
        amount=_amount(tree["amount"]) if tree["amount"] else None,
        total=_condition(tree["total"]),
        corrections=_conditions(tree["corrections"]),
        tags=_tags(tree["tags"]) if tree["tags"] else None,
        identity=_identity(tree["identity"]) if tree["identity"] else None,
        replaces=tree["replace"].word() == "bucket",
        provisional=int(tree["provisional"].word("0")),
        same_usage=tree["same_usage"].words(),
        ignore=tree["ignore"].words(),
        position=tree["format"].position,
    )


def _is_true(node: Node) -> bool:
    return node.word() == "true"


def _optional(node: Node) -> str | None:
    return node.word() or None


def _words(node: Node) -> Mapping[str, str]:
    return {written: value.word() for written, value in node.entries.items()}


def _recognition(node: Node) -> Recognition:
    any_of = tuple(group.words() for group in node["any"].items)
    return Recognition(node["all"].words(), any_of, node["none"].words(), node["exactly"].words())


def _time(node: Node) -> TimeColumn:
    return TimeColumn(
        node["column"].word(),
        node["written"].words(),
        node["rows"].word() == "buckets",
        node["zone"].word(),
        _optional(node["end"]),
        _optional(node["last"]),
        _optional(node["otherwise"]),
    )


def _condition(node: Node) -> RowCondition | None:
    if not node["column"]:
        return None
    return RowCondition(node["column"].word(), node["values"].words(), node["like"].words())


def _conditions(node: Node) -> tuple[RowCondition, ...]:
    found = [_condition(one) for one in node.items or (node,)]
    return tuple(condition for condition in found if condition)


def _skip_rule(node: Node) -> SkipRule:
    return SkipRule(
        node["reason"].word(),
        node["all_empty"].words(),
        _condition(node),
        _optional(node["under"]),
    )


def _dimension(name: str, node: Node) -> DimensionColumn:
    if node.kind == SCALAR:
        return DimensionColumn(name, node.words())
    if node.kind == LIST:
        first, *others = (_dimension(name, item) for item in node.items)
        return replace(first, others=tuple(others))
    return DimensionColumn(
        name,
        node["column"].words(),
        _words(node["values"]),
        node["neutral"].words(),
        _optional(node["key"]),
        _optional(node["pattern"]),
        _words(node["like"]),
        _optional(node["constant"]),
    )


def _meter(name: str, node: Node) -> MeterColumn:
    if node.kind == SCALAR:
        return MeterColumn(name, node.words())
    return MeterColumn(
        name,
        node["column"].words(),
        node["less"].words(),
        int(node["times"].word("1")),
        _is_true(node["informational"]),
        _optional(node["inside"]),
        node["key"].words(),
        node["nothing"].words(),
        node["plus"].words(),
        node["less_meters"].words(),
    )


def _long(node: Node) -> LongForm:
    return LongForm(
        node["meter"].words(),
        node["quantity"].words(),
        _words(node["meters"]),
        _optional(node["other"]),
        node["unit"].words(),
        {unit: int(times) for unit, times in _words(node["units"]).items()},
        node["whole"].word() == "round",
        node["informational"].words(),
        _pair(node["credits"], "currency", "quantity"),
    )


def _amount(node: Node) -> StatedAmount:
    return StatedAmount(
        node["column"].words(),
        _optional(node["price"]),
        _optional(node["quantity"]),
        _optional(node["currency"]),
        node["currency_column"].words(),
        _optional(node["list"]),
        _optional(node["billed"]),
        parse_number(node["unit"].word("1")),
        parse_number(node["tolerance"].word("0")) or Decimal(0),
        _optional(node["in_total"]),
        node["nothing"].words(),
        node["means"].word(OWED),
        tuple(_meaning(item) for item in node["meanings"].items),
        _is_true(node["binary"]),
        _pair(node["plus"], "column", "key"),
    )


def _pair(node: Node, first: str, second: str) -> tuple[str, str] | None:
    return (node[first].word(), node[second].word()) if node else None


def _meaning(node: Node) -> Meaning:
    zero, unbilled = _is_true(node["zero"]), _is_true(node["unbilled"])
    return Meaning(node["is"].word(), _condition(node), zero, unbilled)


def _tags(node: Node) -> Tags:
    written = node["written"].word()
    return Tags(node["column"].words(), written == "bare", written == "pairs")


def _identity(node: Node) -> Identity:
    return Identity(_optional(node["id"]), _optional(node["reverses"]), _optional(node["most"]))
