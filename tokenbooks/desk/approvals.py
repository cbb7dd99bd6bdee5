"""Reading the approvals of written months, and what was said when one was reopened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from tokenbooks.archive.approval import APPROVAL, REOPENED, Approval, Reopening, Signature
from tokenbooks.archive.manifest import digest_of
from tokenbooks.archive.month import ClosedMonth
from tokenbooks.periods import parse_day
from tokenbooks.problems import Problem, any_error, error
from tokenbooks.sources.files import read_text, shown
from tokenbooks.sources.schema_check import check_tree, load_schema
from tokenbooks.sources.yaml_tree import Node, parse_tree


def with_approvals(months: Iterable[ClosedMonth]) -> tuple[list[ClosedMonth], list[Problem]]:
    """The months with the approvals that lie in their folders.

    Problem: ``approval-unreadable``, of a damaged one, with its place.
    """
    found: list[ClosedMonth] = []
    problems: list[Problem] = []
    for month in months:
        path = month.folder / APPROVAL
        approval = None
        if path.exists() or path.is_symlink():
            approval, wrong = read_approval(path, str(month.period))
            problems += wrong
        found.append(replace(month, approval=approval))
    return found, problems


def read_approval(path: Path, period: str) -> tuple[Approval | None, list[Problem]]:
    """An ``approval.yaml``; None with ``approval-unreadable`` where it is not as it was written."""
    node, problems = _read_checked(path, "approval")
    if node is None or any_error(problems):
        return None, [_unreadable(problem, period) for problem in problems]
    signature = Signature(
        prepared=node["prepared"].word(),
        approved=node["approved"].word(),
        day=parse_day(node["on"].word()),
        note=node["note"].word(),
        single="single" in node,
    )
    approval = Approval(
        signature,
        node["manifest"].word(),
        node["previous"].word(),
        {name: digest.word() for name, digest in node["files"].entries.items()},
        node["open_points"].words(),
        digest_of(path.read_bytes()),
    )
    return approval, []


def read_reopening(folder: Path) -> tuple[Reopening | None, list[Problem]]:
    """What the folder of a superseded close says of its reopening."""
    node, problems = _read_checked(folder / REOPENED, "reopened")
    if node is None or any_error(problems):
        return None, problems
    reopening = Reopening(
        node["by"].word(),
        parse_day(node["on"].word()),
        node["reason"].word(),
        node["approval"].word(),
    )
    return reopening, problems


def _read_checked(path: Path, schema: str) -> tuple[Node | None, list[Problem]]:
    text, problems = read_text(path)
    if text is None:
        return None, problems
    node, problems = parse_tree(text, shown(path))
    if node is None:
        return None, problems
    return node, [*problems, *check_tree(node, load_schema(schema))]


def _unreadable(problem: Problem, period: str) -> Problem:
    return error(
        "approval-unreadable",
        f"the approval of {period} cannot be read: {problem.message}",
        "restore the file as `tokenbooks approve` wrote it, from a copy of the book's folder",
        problem.position,
    )
