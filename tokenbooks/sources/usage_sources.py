"""The keys ``usage`` and ``statement`` of a contract: where its files are."""

from __future__ import annotations

from tokenbooks.book import UsageSource
from tokenbooks.periods import Period
from tokenbooks.problems import Problem, error
from tokenbooks.sources.files import is_outside
from tokenbooks.sources.formats import read_value
from tokenbooks.sources.yaml_tree import LIST, MAPPING, SCALAR, Node


def read_usage_sources(node: Node, problems: list[Problem]) -> tuple[UsageSource, ...]:
    """The sources that a glob, a mapping, or a list of both states."""
    items = node.items if node.kind == LIST else (node,) if node else ()
    sources = []
    for item in items:
        source = _read_source(item)
        if source is None and item.kind == SCALAR:
            message = "the glob of the files is empty"
            help = "write where the downloads lie, such as usage/openai/*"
            problems.append(error("value-missing", message, help, item.position))
        if source:
            check_inside(item["files"] if item.kind == MAPPING else item, problems)
            sources.append(source)
    return tuple(sources)


def check_inside(node: Node, problems: list[Problem]) -> None:
    """Report a path that leads out of the book's folder."""
    if is_outside(node.word()):
        message = f"'{node.word()}' leads out of the book's folder"
        help = "put the files inside the folder and write the path from tokenbooks.yaml on"
        problems.append(error("path-outside", message, help, node.position))


def _read_source(node: Node) -> UsageSource | None:
    if node.kind == SCALAR and node.word():
        return UsageSource(node.word(), position=node.position)
    if node.kind != MAPPING or not node["files"].word():
        return None
    return UsageSource(
        files=node["files"].word(),
        format=node["format"].word() or None,
        scope=_pairs(node["scope"]),
        meters=node["meters"].words(),
        dimensions=node["dimensions"].words(),
        only=_pairs(node["only"]),
        tags=_pairs(node["tags"]),
        period=_month(node["period"]),
        position=node["files"].position,
    )


def _month(node: Node) -> Period | None:
    value = read_value("month", node.word()) if node else None
    return value if isinstance(value, Period) else None


def _pairs(node: Node) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value.word()) for name, value in node.entries.items()))
