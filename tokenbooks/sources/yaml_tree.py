"""YAML as a tree of nodes that know their place, every scalar kept as its text.

A price never passes through a binary float, because nothing is converted here. The
tree is built from the parser's events, with limits on depth, aliases and size, so
that hostile input costs nothing. ``yaml`` is imported only when a file is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tokenbooks.problems import NOWHERE, Position, Problem, error
from tokenbooks.sources.files import place_of, read_text, shown

DEEPEST = 40
MOST_NODES = 300_000

SCALAR, LIST, MAPPING, ABSENT = "scalar", "list", "mapping", "absent"

#: YAML takes a lone ``?`` for the mark of a key; a price to be filled in is read as text.
_QUESTION = re.compile(r"(:[ \t]+)\?(?=[ \t,}]|$)", re.MULTILINE)
_STAND_IN = "\ue000"

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a YAML file. Getters are tolerant: what is not there is ``NOTHING``."""

    kind: str
    position: Position = NOWHERE
    text: str = ""
    empty: bool = False
    items: tuple[Node, ...] = ()
    entries: Mapping[str, Node] = field(default_factory=dict)
    key_positions: Mapping[str, Position] = field(default_factory=dict)
    size: int = 1

    def __getitem__(self, key: str) -> Node:
        """The value of a key, or ``NOTHING``."""
        return self.entries.get(key, NOTHING)

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def __bool__(self) -> bool:
        return self.kind != ABSENT and not self.empty

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)

    def key_position(self, key: str) -> Position:
        """Where a key stands; the node's own place if it has no such key."""
        return self.key_positions.get(key, self.position)

    def word(self, default: str = "") -> str:
        """The text of a scalar; the default where there is none."""
        return self.text if self.kind == SCALAR and not self.empty else default

    def words(self) -> tuple[str, ...]:
        """The texts of a list of scalars; a single scalar is a list of one."""
        if self.kind == SCALAR:
            return (self.text,) if not self.empty else ()
        return tuple(item.text for item in self.items if item.kind == SCALAR)


NOTHING = Node(ABSENT)


def read_tree(path: Path) -> tuple[Node | None, list[Problem]]:
    """The tree of a YAML file; None with problems if it cannot be read as one document."""
    text, problems = read_text(path)
    if text is None:
        return None, problems
    return parse_tree(text, shown(path))


def parse_tree(text: str, file: str) -> tuple[Node | None, list[Problem]]:
    """The tree of one YAML document.

    Problems: ``yaml-syntax``, ``yaml-limits`` (too deep, too many nodes, aliases in a
    circle) and ``duplicate-key``; after the last the tree is still given.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder(file)
    text = _QUESTION.sub(rf"\1{_STAND_IN}", text)
    try:
        for event in yaml.parse(text, Loader=loader):
            refusal = builder.take(event)
            if refusal:
                return None, [refusal]
    except yaml.YAMLError as failure:
        return None, [_syntax_problem(failure, text, file)]
    return builder.root or Node(MAPPING, Position(file, 1, 1)), builder.problems


class _Open:
    """A list or mapping that is being read."""

    def __init__(self, kind: str, position: Position, anchor: str | None) -> None:
        self.kind = kind
        self.position = position
        self.anchor = anchor
        self.items: list[Node] = []
        self.entries: dict[str, Node] = {}
        self.keys: dict[str, Position] = {}
        self.key: Node | None = None
        self.size = 1

    def close(self) -> Node:
        """The finished node of what was opened."""
        return Node(
            self.kind,
            self.position,
            items=tuple(self.items),
            entries=self.entries,
            key_positions=self.keys,
            size=self.size,
        )


class _Builder:
    """Turns parser events into nodes, without recursion."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self.open: list[_Open] = []
        self.anchors: dict[str, Node] = {}

    def take(self, event: Any) -> Problem | None:
        """Take one event; a problem ends the reading."""
        kind = type(event).__name__
        position = self._position(event)
        if getattr(event, "tag", None) not in (None, "!"):
            help = "take the tag away; values here need none"
            return error("yaml-syntax", f"the tag {event.tag} is not used here", help, position)
        if kind == "ScalarEvent":
            empty = not event.style and event.value in _NULLS
            node = Node(SCALAR, position, event.value.replace(_STAND_IN, "?"), empty)
            return self._add(node, event.anchor)
        if kind == "AliasEvent":
            return self._add_alias(event.anchor, position)
        if kind in {"MappingStartEvent", "SequenceStartEvent"}:
            return self._enter(MAPPING if kind[0] == "M" else LIST, position, event.anchor)
        if kind in {"MappingEndEvent", "SequenceEndEvent"}:
            closed = self.open.pop()
            return self._add(closed.close(), closed.anchor)
        if kind == "DocumentStartEvent" and self.root is not None:
            help = "keep one document a file: take away the second `---`"
            return error("yaml-syntax", "the file holds a second document", help, position)
        return None

    def _position(self, event: Any) -> Position:
        mark = event.start_mark
        return Position(self.file, mark.line + 1, mark.column + 1)

    def _enter(self, kind: str, position: Position, anchor: str | None) -> Problem | None:
        if len(self.open) >= DEEPEST:
            help = "nothing in these files is nested so deeply; look for a bracket too many"
            return error("yaml-limits", f"nested more than {DEEPEST} deep", help, position)
        self.open.append(_Open(kind, position, anchor))
        return None

    def _add_alias(self, anchor: str, position: Position) -> Problem | None:
        known = self.anchors.get(anchor)
        if known is None:
            if any(holder.anchor == anchor for holder in self.open):
                help = "write the value out instead of the alias"
                return error("yaml-limits", f"the alias *{anchor} is inside itself", help, position)
            help = f'quote a text that starts with a star: "*{anchor}"'
            return error("yaml-syntax", f"there is no anchor &{anchor}", help, position)
        return self._add(replace(known, position=position), None)

    def _add(self, node: Node, anchor: str | None) -> Problem | None:
        if anchor:
            self.anchors[anchor] = node
        if not self.open:
            self.root = node
            return None
        holder = self.open[-1]
        holder.size += node.size
        if holder.size > MOST_NODES:
            help = "write the values out instead of aliases, or split the file"
            message = f"the file holds more than {MOST_NODES} values"
            return error("yaml-limits", message, help, node.position)
        if holder.kind == LIST:
            holder.items.append(node)
            return None
        return self._add_entry(holder, node)

    def _add_entry(self, holder: _Open, node: Node) -> Problem | None:
        if holder.key is None:
            if node.kind != SCALAR:
                help = "write a plain word before the colon; quote texts that start with a bracket"
                return error("yaml-syntax", "a key must be a plain word", help, node.position)
            holder.key = node
            return None
        key, holder.key = holder.key, None
        if key.text in holder.entries:
            first = holder.keys[key.text]
            message = f"the key '{key.text}' stands here a second time"
            help = f"keep one of them; the first is in line {first.line}"
            self.problems.append(error("duplicate-key", message, help, key.position))
            return None
        holder.entries[key.text] = node
        holder.keys[key.text] = key.position
        return None


def _syntax_problem(failure: Any, text: str, file: str) -> Problem:
    mark = getattr(failure, "problem_mark", None) or getattr(failure, "context_mark", None)
    if mark is None:
        index = getattr(failure, "position", 0)
        what = getattr(failure, "reason", "unreadable text")
        help = "take the character away"
        return error("yaml-syntax", f"not YAML: {what}", help, place_of(text[:index], file))
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    context = getattr(failure, "context", None) or ""
    what = getattr(failure, "problem", None) or context or "unreadable"
    help = _syntax_help(f"{context} {what}", line)
    position = Position(file, mark.line + 1, mark.column + 1)
    return error("yaml-syntax", f"not YAML: {what}", help, position)


def _syntax_help(what: str, line: str) -> str:
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "indent with spaces, not with tabs"
    if "mapping values" in what:
        return "quote a text that has a colon in it, or correct the indentation"
    if "alias" in what or "anchor" in what or "cannot start any token" in what:
        return 'quote a text that starts with a special character, such as "*" or "@"'
    return "look at this line and the one before: a bracket, a quote, a colon or the indentation"
