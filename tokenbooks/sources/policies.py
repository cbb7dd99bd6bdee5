"""The key ``policies`` of a book: chosen accounting policies, each with its date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from tokenbooks.book import PolicyValue
from tokenbooks.problems import Problem, error
from tokenbooks.sources.formats import first_day_of
from tokenbooks.sources.yaml_tree import LIST, MAPPING, Node


def read_policies(node: Node, problems: list[Problem]) -> dict[str, tuple[PolicyValue, ...]]:
    """Policy -> its values by date; a nested policy has a dotted name.

    Which policies and values there are is the schema's to say; a list of keys (lot
    order) is one value, joined by commas.
    """
    return {name: _choices(name, value, problems) for name, value in _named(node, "")}


def _named(node: Node, prefix: str) -> Iterator[tuple[str, Node]]:
    for key, value in node.entries.items():
        if value.kind == MAPPING:
            yield from _named(value, f"{prefix}{key}.")
        elif value:
            yield prefix + key, value


def _choices(name: str, node: Node, problems: list[Problem]) -> tuple[PolicyValue, ...]:
    dated = [item for item in node.items if item.kind == MAPPING]
    if not dated:
        return (PolicyValue(_text(node)),)
    if len(dated) < len(node.items):
        message = f"policy {name} mixes dated values and plain words in one list"
        help = "write every item as {value: ..., from: ...}"
        problems.append(error("policy-dates", message, help, node.position))
    choices = [(_choice(item), item) for item in dated]
    choices.sort(key=lambda choice: choice[0].from_day or date.min)
    for (earlier, _), (later, item) in pairwise(choices):
        if earlier.from_day == later.from_day:
            when = f"from {later.from_day}" if later.from_day else "without a date"
            message = f"policy {name} has two values {when}"
            help = "give each value its own `from`; at most one may have none"
            problems.append(error("policy-dates", message, help, item.position))
    return tuple(choice for choice, _ in choices)


def _choice(item: Node) -> PolicyValue:
    return PolicyValue(
        value=_text(item["value"]),
        from_day=first_day_of(item["from"].word()),
        by=item["by"].word(),
        why=item["why"].word(),
    )


def _text(node: Node) -> str:
    return ",".join(node.words()) if node.kind == LIST else node.word()
