"""Conditions on dimensions, as ``for`` and ``when`` state them."""

from __future__ import annotations

from tokenbooks.conditions import Conditions, plain_truth
from tokenbooks.sources.yaml_tree import Node


def read_conditions(node: Node) -> Conditions:
    """The conditions of a mapping of dimension to name, list of names, or glob.

    Patterns are sorted, so that the same conditions are equal however they are written.
    """
    return Conditions.of(
        {
            dimension: tuple(sorted({plain_truth(word) for word in value.words()}))
            for dimension, value in node.entries.items()
        }
    )
