"""Trying formats on files: which one claims a file, and whether a descriptor reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tokenbooks.book import UsageSource
from tokenbooks.names import STANDARD_DIMENSIONS, nearest
from tokenbooks.problems import Position, Problem, error, warning
from tokenbooks.sources.exports.connection import connect
from tokenbooks.sources.exports.descriptors.descriptor import Descriptor
from tokenbooks.sources.exports.descriptors.detection import mismatches
from tokenbooks.sources.exports.descriptors.reading import read_descriptor, read_descriptors
from tokenbooks.sources.exports.files import content_file
from tokenbooks.sources.exports.reader import ReadResult, read_exports
from tokenbooks.sources.exports.sheets.contents import Content, read_contents
from tokenbooks.sources.exports.sheets.offered import OfferedFile, RefusedError
from tokenbooks.usage.accounting import STATEMENT, USAGE
from tokenbooks.usage.layout import USED, meter_column

if TYPE_CHECKING:
    import duckdb

#: The source of a file that is tried without a book.
_SOURCE = UsageSource(files="")


@dataclass(frozen=True, slots=True)
class Claim:
    """Whether a format claims a file, and if not, why."""

    file: str
    descriptor: Descriptor
    reasons: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether it does."""
        return not self.reasons


@dataclass(frozen=True, slots=True)
class Tried:
    """What a descriptor made of a file."""

    descriptor: Descriptor
    result: ReadResult
    dimensions: tuple[str, ...]
    totals: tuple[tuple[str, str], ...]


def known_formats(book: Path | None) -> tuple[tuple[Descriptor, ...], list[Problem]]:
    """The formats that ship, and those of the book if there is one."""
    folder = book / "formats" if book is not None else None
    return read_descriptors(folder if folder is not None and folder.is_dir() else None)


def unknown_format(name: str, formats: Sequence[Descriptor]) -> Problem:
    """The problem that no format has a name."""
    known = [descriptor.id for descriptor in formats]
    near = nearest(name, known)
    help = f"did you mean '{near}'?" if near else f"the formats: {', '.join(known)}"
    return error("format-name-unknown", f"there is no format '{name}'", help)


def detect(
    paths: Sequence[Path], formats: Sequence[Descriptor]
) -> tuple[list[Claim], list[Problem]]:
    """Which formats claim each file, and why the others do not.

    A ZIP is looked at member by member; the path ``-`` is standard input. Problems: those
    of unpacking and of the header, ``format-unknown`` and ``format-ambiguous``.
    """
    claims: list[Claim] = []
    problems: list[Problem] = []
    for path in paths:
        contents, found = read_contents(path)
        problems += found
        for content in contents:
            own, found = _claims(content, formats)
            claims += sorted(own, key=lambda claim: not claim.fits)
            problems += found
    return claims, problems


def _claims(content: Content, formats: Sequence[Descriptor]) -> tuple[list[Claim], list[Problem]]:
    name = content.shown
    try:
        offered = OfferedFile(content.path, name)
        claims = [Claim(name, d, tuple(mismatches(offered, d, _SOURCE))) for d in formats]
    except RefusedError as refused:
        return [], refused.problems
    return claims, _undecided(name, [claim for claim in claims if claim.fits])


def _undecided(file: str, fitting: Sequence[Claim]) -> list[Problem]:
    if len(fitting) == 1:
        return []
    if not fitting:
        help = "describe it in a descriptor of your own under formats/ in the book"
        return [error("format-unknown", "no format has its columns", help, Position(file, 1))]
    names = ", ".join(claim.descriptor.id for claim in fitting)
    message = f"the columns fit more than one format: {names}"
    help = "name the one that is meant with `format:` of the source"
    return [error("format-ambiguous", message, help, Position(file, 1))]


def try_descriptor(
    descriptor: Path, file: Path, formats: Sequence[Descriptor]
) -> tuple[Tried | None, list[Problem]]:
    """Read a file by a user's descriptor, and say whether another format claims it too.

    Of a ZIP with several members the first that the descriptor claims is read.
    """
    own, problems = read_descriptor(descriptor)
    if own is None:
        return None, problems
    contents, found = read_contents(file)
    problems = problems + found
    if not contents:
        return None, problems
    content = next((item for item in contents if _is_claimed(item, own)), contents[0])
    kind = USAGE if USAGE in own.kinds or own.is_empty else STATEMENT
    source = UsageSource(files="", format=own.id)
    export = content_file(content, "file", source, kind, "UTC")
    connection = connect()
    dimensions = [*STANDARD_DIMENSIONS, *(spec.name for spec in own.dimensions)]
    result = read_exports(connection, [export], dimensions, [own])
    problems = problems + list(result.problems) + _other_claims(own, content, formats)
    if not result.accounts:
        return None, problems
    sums = ", ".join(f"sum({meter_column(name)})::VARCHAR" for name in result.layout.meters)
    totals: tuple[tuple[str, str], ...] = ()
    if sums and kind == USAGE:
        row = connection.execute(f"SELECT {sums} FROM usage_read WHERE verdict = {USED}")
        totals = tuple(zip(result.layout.meters, row.fetchall()[0], strict=True))
    table = "usage_read" if kind == USAGE else "stated_read"
    return Tried(own, result, _found(connection, table), totals), problems


def _found(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[str, ...]:
    """The dimensions of which any row has a value."""
    described = connection.execute(f"SELECT * FROM {table} LIMIT 0").description or ()
    names = [column[0] for column in described if column[0].startswith("d_")]
    counts = ", ".join(f'count("{name}")' for name in names)
    found = connection.execute(f"SELECT {counts} FROM {table}").fetchall()[0] if names else ()
    return tuple(n.removeprefix("d_") for n, count in zip(names, found, strict=True) if count)


def _is_claimed(content: Content, own: Descriptor) -> bool:
    return any(claim.fits for claim in _claims(content, [own])[0])


def _other_claims(
    own: Descriptor, content: Content, formats: Sequence[Descriptor]
) -> list[Problem]:
    claims, _ = _claims(content, formats)
    others = [c.descriptor.id for c in claims if c.fits and c.descriptor.id != own.id]
    if not others:
        return []
    message = f"the file's columns fit {', '.join(others)} too"
    help = "name columns under `recognise:` that only this format has, or `format:` in the book"
    return [warning("format-shared", message, help, own.position)]
