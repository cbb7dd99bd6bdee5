"""The export files of a contract: where they are, and what reading them needs to know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tokenbooks.book import Contract, UsageSource
from tokenbooks.problems import Problem, error
from tokenbooks.rating.measures import Measure
from tokenbooks.rating.windows import Window
from tokenbooks.sources.exports.sheets.contents import Content, read_contents
from tokenbooks.sources.files import is_outside, matching_files, shown
from tokenbooks.usage.accounting import STATEMENT, USAGE


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One export file of a contract.

    ``kind`` is ``usage`` or ``statement``: under which key its source stands. ``zone`` is
    the contract's; ``each`` the dimension whose values are its parties. ``cuts`` are
    naive local instants at which a step is cut inside a day.

    The rest is what the contract's plan needs of single rows: ``measures`` to sum beside
    the meters, sets of ``hours`` that become dimensions, ``events`` to tell every row apart
    (under ``name``, the file's own where empty), and the meters that are ``levels``.
    ``currency`` is the contract's, for files that do not say in which their amounts are.
    With ``hold`` bad rows are held back, instead of refusing the whole file.

    ``path`` is where the plain bytes are, and ``origin`` the path as the book knows the
    file, where that is another: it is packed, or a member of a ZIP. ``member`` says that
    the ZIP has several, so that this one need not be what its source is about.
    """

    path: Path
    shown: str
    contract: str
    source: UsageSource
    kind: str
    zone: str
    each: str | None = None
    cuts: tuple[datetime, ...] = ()
    measures: tuple[Measure, ...] = ()
    hours: tuple[tuple[Window, ...], ...] = ()
    events: bool = False
    levels: frozenset[str] = frozenset()
    name: str = ""
    currency: str = ""
    hold: bool = False
    origin: Path | None = None
    member: bool = False

    @property
    def known_path(self) -> Path:
        """The path as the book knows it, also of what is packed: ``usage/x.zip/amount.csv``."""
        return self.origin or self.path


def find_export_files(
    folder: Path,
    contract: Contract,
    zone: str,
    kinds: Iterable[str] = (USAGE, STATEMENT),
    cuts: tuple[datetime, ...] = (),
) -> tuple[list[ExportFile], list[Problem]]:
    """The export files of a contract in the book's folder, by source and name.

    What is packed is unpacked: a ZIP gives a file for each of its members. Problems, at the
    source's position: ``file-missing`` where a glob matches nothing, ``path-outside`` where
    it leads out of the book, ``file-twice`` where two sources match one file; and those of
    ``read_contents``.
    """
    files: list[ExportFile] = []
    problems: list[Problem] = []
    for kind in kinds:
        seen: set[Path] = set()
        for source in contract.usage if kind == USAGE else contract.statement:
            paths = matching_files(folder, source.files)
            if not paths:
                problems.append(_nothing_found(source, kind, contract.id))
            for path in paths:
                if path in seen:
                    problems.append(_matched_twice(path, source))
                    continue
                seen.add(path)
                contents, found = read_contents(path)
                problems += found
                each = contract.each if kind == USAGE else None
                files += [
                    content_file(content, contract.id, source, kind, zone, each, cuts)
                    for content in contents
                ]
    return files, problems


def content_file(
    content: Content,
    contract: str,
    source: UsageSource,
    kind: str,
    zone: str,
    each: str | None = None,
    cuts: tuple[datetime, ...] = (),
) -> ExportFile:
    """The export file that a content is."""
    return ExportFile(
        content.path,
        content.shown,
        contract,
        source,
        kind,
        zone,
        each,
        cuts,
        origin=None if content.origin == content.path else content.origin,
        member=content.member,
    )


def _nothing_found(source: UsageSource, kind: str, contract: str) -> Problem:
    if is_outside(source.files):
        help = "keep the files inside the book's folder and name them from there"
        message = f"'{source.files}' leads out of the book"
        return error("path-outside", message, help, source.position)
    help = f"lay the downloads there, or correct `{kind}:` of contract {contract}"
    message = f"no file matches '{source.files}'"
    return error("file-missing", message, help, source.position)


def _matched_twice(path: Path, source: UsageSource) -> Problem:
    help = "make the globs of the sources disjoint, so that no row counts twice"
    message = f"'{source.files}' matches {shown(path)}, which another source has already"
    return error("file-twice", message, help, source.position)
