"""The key ``actions`` of a plan: meters that count actions, with their written definitions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from tokenbooks.problems import Problem, error
from tokenbooks.rating.plan import Action, Plan
from tokenbooks.sources.files import matching_files, names_file
from tokenbooks.sources.formats import length_of
from tokenbooks.sources.yaml_tree import Node


def read_actions(node: Node) -> dict[str, Action]:
    """Every action by its meter."""
    return {meter: _read_action(node, meter) for meter in node.entries}


def check_definitions(plans: Iterable[Plan], directory: Path) -> Iterator[Problem]:
    """``file-missing`` for a definition that is the path of a file which the book has not."""
    for plan in plans:
        for meter, action in plan.actions.items():
            path = action.definition
            if names_file(path) and not matching_files(directory, path):
                message = f"the definition of {meter} is '{path}', and there is no such file"
                help = "write its path from the book's folder on, or the definition in words"
                yield error("file-missing", message, help, action.position)


def _read_action(node: Node, meter: str) -> Action:
    own = node[meter]
    return Action(
        definition=own["definition"].word(),
        reversal=length_of(own["reversal"].word()) if own["reversal"] else None,
        position=own["definition"].position,
    )
