"""The contents of an export file: plain bytes, out of gzip, zstd, ZIP or standard input.

What is not packed stays where it is. Unpacked bytes go to a temporary file, once per
process for each file as it is now; where nothing is packed, nothing that unpacks is loaded.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.exports.sheets.packing import (
    ZIP,
    Budget,
    PackingError,
    first_bytes,
    packed_as,
)
from tokenbooks.sources.exports.sheets.temporary import temporary_file
from tokenbooks.sources.files import shown

#: The name by which a command is given standard input.
STANDARD_INPUT = Path("-")

#: Files that were packed twice are read, as a server that packs what is packed makes them.
_MOST_LAYERS = 3

Contents = tuple["Content", ...]


@dataclass(frozen=True, slots=True)
class Content:
    """Plain bytes of an export.

    ``path`` is where they are; ``origin`` how people name them: the file, or below a ZIP
    the member (``usage/x.zip/amount.csv``). ``file`` is what lies on disk. ``member`` says
    that it came out of a ZIP with several members.
    """

    path: Path
    origin: Path
    file: Path
    member: bool = False

    @property
    def shown(self) -> str:
        """The name as the user can write it."""
        return shown_origin(self.origin)


def shown_origin(origin: Path) -> str:
    """An origin as the user can write it; ``-`` is standard input."""
    return str(origin) if origin.parts[:1] == STANDARD_INPUT.parts else shown(origin)


def read_contents(path: Path) -> tuple[Contents, list[Problem]]:
    """The contents of a file, or of standard input for ``-``: one, or a ZIP's members by name.

    Problems: ``packed-broken``, ``packed-encrypted``, ``packed-too-large``, ``packed-nested``,
    ``packed-name``, ``packed-empty``, ``packed-unknown`` and ``zstd-missing``. A member with a
    problem is left out. A file that cannot be read is one content: its reader says why.
    """
    plain = _standard_input() if path == STANDARD_INPUT else path
    try:
        found = plain.stat()
    except OSError:
        return (Content(path, path, path),), []
    key = (os.path.abspath(plain), found.st_size, found.st_mtime_ns, shown_origin(path))
    if key not in _KNOWN:
        _KNOWN[key] = _Reader(path, plain, found.st_size).read()
    contents, problems = _KNOWN[key]
    return tuple(_named(content, path) for content in contents), list(problems)


def all_contents(paths: Iterable[Path]) -> tuple[list[Content], list[Problem]]:
    """The contents of several files, one after the other."""
    contents: list[Content] = []
    problems: list[Problem] = []
    for path in paths:
        found, wrong = read_contents(path)
        contents += found
        problems += wrong
    return contents, problems


#: What was unpacked in this process, by path, size, time of change and name.
_KNOWN: dict[tuple[str, int, int, str], tuple[Contents, list[Problem]]] = {}
#: Where standard input was written to, by its stream.
_STREAMS: dict[BinaryIO | None, Path] = {}


def _named(content: Content, path: Path) -> Content:
    """A content known from before under the path by which it is asked for now."""
    below = content.origin.relative_to(content.file)
    return replace(content, origin=path / below, file=path)


def _standard_input() -> Path:
    stream = sys.stdin.buffer if sys.stdin else None
    if stream not in _STREAMS:
        target = temporary_file("standard-input")
        with target.open("wb") as file:
            if stream is not None:
                shutil.copyfileobj(stream, file)
        _STREAMS[stream] = target
    return _STREAMS[stream]


class _Reader:
    """Unpacks one file, its members and what they are packed in."""

    def __init__(self, path: Path, plain: Path, size: int) -> None:
        self.file = path
        self.plain = plain
        self.budget = Budget(size, shown_origin(path))
        self.problems: list[Problem] = []

    def read(self) -> tuple[Contents, list[Problem]]:
        """The contents, each laid down plain, and what cannot be unpacked."""
        try:
            path, kind = self._unpacked(self.plain, self.file)
            if kind != ZIP:
                return (Content(path, self.file, self.file),), []
            if path != self.plain:
                raise PackingError(_nested(shown_origin(self.file)))
            return self._members(), self.problems
        except PackingError as refused:
            return (), [refused.problem]

    def _unpacked(self, path: Path, origin: Path) -> tuple[Path, str]:
        """The file without gzip and zstd around it, and how that is packed still."""
        name = shown_origin(origin)
        for _ in range(_MOST_LAYERS):
            kind = packed_as(first_bytes(path), name)
            if kind in {"", ZIP}:
                return path, kind
            from tokenbooks.sources.exports.sheets.unpacking import unpack

            target = temporary_file("content")
            unpack(kind, path, target, self.budget, name)
            path = target
        if packed_as(first_bytes(path), name):
            raise PackingError(_nested(name))
        return path, ""

    def _members(self) -> Contents:
        from tokenbooks.sources.exports.sheets.unpacking import Archive

        archive = Archive(self.plain, shown_origin(self.file))
        try:
            members, problems = archive.members()
            self.problems += problems
            several = len(members) > 1
            contents = []
            for member in members:
                origin = self.file / member.name
                try:
                    target = temporary_file("content")
                    archive.unpack(member, target, self.budget)
                    path, kind = self._unpacked(target, origin)
                    if kind == ZIP:
                        raise PackingError(_nested(shown_origin(origin)))
                except PackingError as refused:
                    self.problems.append(refused.problem)
                    if self.budget.left < 0:
                        return ()
                else:
                    contents.append(Content(path, origin, self.file, several))
            return tuple(contents)
        finally:
            archive.close()


def _nested(name: str) -> Problem:
    help = "unpack the outer one yourself, and lay what is inside into the folder"
    message = "it is an archive in another one, or a workbook"
    return error("packed-nested", message, help, Position(name))
