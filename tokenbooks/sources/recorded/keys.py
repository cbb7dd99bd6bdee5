"""The key ``recorded`` of a book: where the company's own ledger is, and how to read it."""

from __future__ import annotations

from tokenbooks.book import RecordedSource
from tokenbooks.problems import Problem, error
from tokenbooks.sources.recorded.written_values import PLAIN, YEAR_FIRST
from tokenbooks.sources.usage_sources import check_inside
from tokenbooks.sources.yaml_tree import LIST, MAPPING, SCALAR, Node


def read_recorded_sources(node: Node, problems: list[Problem]) -> tuple[RecordedSource, ...]:
    """The ledgers that a glob, a mapping, or a list of both states.

    Problems: ``value-missing``, ``path-outside``, ``recorded-columns``.
    """
    items = node.items if node.kind == LIST else (node,) if node else ()
    sources = []
    for item in items:
        files = item if item.kind == SCALAR else item["files"]
        if not files.word():
            # a mapping without the key is told by the schema
            if files.kind == SCALAR:
                message = "the glob of the ledger's files is empty"
                help = "write where the ledger lies, such as ledger/2025.journal"
                problems.append(error("value-missing", message, help, files.position))
            continue
        check_inside(files, problems)
        _check_columns(item["columns"], problems)
        sources.append(_read_source(item, files))
    return tuple(sources)


def _read_source(item: Node, files: Node) -> RecordedSource:
    if item.kind != MAPPING:
        return RecordedSource(files.word(), position=files.position)
    return RecordedSource(
        files=files.word(),
        accounts=item["accounts"].words(),
        format=item["format"].word() or None,
        columns=_pairs(item["columns"]),
        accounts_map=_pairs(item["names"]),
        currencies=_pairs(item["currencies"]),
        dates=item["dates"].word(YEAR_FIRST),
        numbers=item["numbers"].word(PLAIN),
        position=files.position,
    )


def _pairs(node: Node) -> dict[str, str]:
    return {key: value.word() for key, value in node.entries.items() if value.word()}


def _check_columns(node: Node, problems: list[Problem]) -> None:
    """An amount has either its sign, or a column for each side."""
    sides = [side for side in ("debit", "credit") if side in node]
    if "amount" in node and sides:
        message = f"columns names both amount and {' and '.join(sides)}"
        help = "keep amount for amounts with a sign, or debit and credit for two columns"
        problems.append(error("recorded-columns", message, help, node.key_position("amount")))
