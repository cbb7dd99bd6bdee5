"""Unpacking streams in blocks: gzip, zstd, and the members of a ZIP.

What is packed may be cut off, damaged or hostile: every way to fail is a problem.
"""

from __future__ import annotations

import gzip
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.exports.sheets.packing import (
    GZIP,
    Budget,
    PackingError,
    broken,
    unknown_packing,
)

_BLOCK = 1 << 20
#: 4 kB of zstd can hold 128 MB at most, which is what one step may need of memory.
_ZSTD_BLOCK = 4_096

#: A ZIP of exports has a handful of members.
_MOST_MEMBERS = 10_000
_LONGEST_NAME = 1_000

_IS_ENCRYPTED = 0x1 | 0x40 | 0x2000
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_WORKBOOK = "[Content_Types].xml"
_CONTROLS = {"Cc", "Cf", "Cs", "Zl", "Zp"}

#: What damaged archives make the standard library raise. `OSError` is a bad place to seek to,
#: or a disk that fails; blocks are read inside of it and written outside.
_DAMAGES = (
    EOFError,
    OSError,
    zlib.error,
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)


def unpack(kind: str, source: Path, target: Path, budget: Budget, shown: str) -> None:
    """Write the bytes that a gzip or zstd file holds to a file. Raises ``PackingError``."""
    blocks = _gzip_blocks(source) if kind == GZIP else _zstd_blocks(source, shown)
    _write(_checked(blocks, shown), target, budget)


def _write(blocks: Iterator[bytes], target: Path, budget: Budget) -> None:
    try:
        with target.open("wb") as file:
            for block in budget.metered(blocks):
                file.write(block)
    except (PackingError, OSError):
        target.unlink(missing_ok=True)
        raise


def _checked(blocks: Iterator[bytes], shown: str) -> Iterator[bytes]:
    """The blocks; what is wrong with the archive they come from becomes a problem."""
    try:
        yield from blocks
    except _DAMAGES as failure:
        raise PackingError(broken(_reason(failure), shown)) from failure


def _reason(failure: Exception) -> str:
    if isinstance(failure, EOFError):
        return "it ends too early, so it was cut off"
    text = " ".join(str(failure).split()) or type(failure).__name__
    return f"it is damaged ({text})" if text.isprintable() else "it is damaged"


def _gzip_blocks(source: Path) -> Iterator[bytes]:
    """The blocks of all members of a gzip file, one after the other."""
    with gzip.open(source, "rb") as file:
        while block := file.read(_BLOCK):
            yield block


def _zstd_blocks(source: Path, shown: str) -> Iterator[bytes]:
    """The blocks of all frames of a zstd file; a frame that does not end is cut off."""
    try:
        import zstandard
    except ImportError as failure:
        raise PackingError(_zstd_missing(shown)) from failure
    frame = None
    with source.open("rb") as file:
        while data := file.read(_ZSTD_BLOCK):
            while data:
                frame = frame or zstandard.ZstdDecompressor().decompressobj()
                try:
                    yield frame.decompress(data)
                except zstandard.ZstdError as failure:
                    raise PackingError(broken(_reason(failure), shown)) from failure
                data = frame.unused_data
                frame = None if frame.eof else frame
    if frame is not None:
        raise EOFError


def _zstd_missing(shown: str) -> Problem:
    message = "it is packed with zstd, and the package that unpacks it is not installed"
    help = "pip install 'tokenbooks[zstd]', or unpack the file yourself"
    return error("zstd-missing", message, help, Position(shown))


# -- ZIP -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a ZIP: its name as a path below the archive's, and where it is inside."""

    name: str
    info: zipfile.ZipInfo


class Archive:
    """An open ZIP. Names of members are told to people, and never are paths on disk."""

    def __init__(self, path: Path, shown: str) -> None:
        """Read the list of members. Raises ``PackingError``."""
        self.shown = shown
        try:
            self._zip = zipfile.ZipFile(path)
        except _DAMAGES as failure:
            raise PackingError(broken(_reason(failure), shown)) from failure

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    def members(self) -> tuple[list[Member], list[Problem]]:
        """The files inside, by name, and what is wrong with others.

        Folders, hidden files and what macOS adds are no files. Problems: ``packed-unknown``,
        ``packed-encrypted``, ``packed-name``, ``packed-empty``, ``packed-too-large``.
        """
        infos = self._zip.infolist()
        if any(info.filename == _WORKBOOK for info in infos):
            message = "it is an Excel workbook or another Office document, which is not read"
            return [], [unknown_packing(message, self.shown)]
        if len(infos) > _MOST_MEMBERS:
            message = f"it has {len(infos):,} members, more than any export"
            help = "unpack it yourself, and keep the exports only"
            return [], [error("packed-too-large", message, help, Position(self.shown))]
        members: dict[str, Member] = {}
        problems: list[Problem] = []
        for info in infos:
            name = info.filename.replace("\\", "/")
            if name.endswith("/") or _is_left_out(name):
                continue
            problem = self._wrong(info, name, members)
            if problem is not None:
                problems.append(problem)
            else:
                members[_plain_name(name)] = Member(_plain_name(name), info)
        if not members and not problems:
            help = "download it again, or take it out of the folder"
            problems = [error("packed-empty", "no file is in it", help, Position(self.shown))]
        return [members[name] for name in sorted(members)], problems

    def _wrong(self, info: zipfile.ZipInfo, name: str, before: dict[str, Member]) -> Problem | None:
        """Why a member is not unpacked; None if it can be."""
        help = "unpack it yourself, and lay the exports into the folder under other names"
        if _is_misleading(name):
            message = f"a member has a name that is no place in it: {ascii(name)[:80]}"
            return error("packed-name", message, help, Position(self.shown))
        if _plain_name(name) in before:
            message = f"two members have the name {_plain_name(name)}"
            return error("packed-name", message, help, Position(self.shown))
        place = f"{self.shown}/{_plain_name(name)}"
        if info.flag_bits & _IS_ENCRYPTED:
            help = "unpack it yourself with the password"
            return error("packed-encrypted", "it is encrypted", help, Position(place))
        if info.compress_type not in _METHODS:
            message = f"it is packed by method {info.compress_type} of ZIP, which is not read"
            return unknown_packing(message, place)
        return None

    def unpack(self, member: Member, target: Path, budget: Budget) -> None:
        """Write a member's bytes to a file. Raises ``PackingError``."""
        shown = f"{self.shown}/{member.name}"
        _write(_checked(self._blocks(member), shown), target, budget)

    def _blocks(self, member: Member) -> Iterator[bytes]:
        with self._zip.open(member.info) as file:
            while block := file.read(_BLOCK):
                yield block


def _is_left_out(name: str) -> bool:
    parts = name.split("/")
    hidden = any(part.startswith(".") and part not in {".", ".."} for part in parts)
    return parts[0] == "__MACOSX" or hidden


def _is_misleading(name: str) -> bool:
    """Whether a name leads out of the archive, or would not be shown as it is."""
    leads_out = name.startswith("/") or ".." in name.split("/") or name[1:2] == ":"
    unclear = any(unicodedata.category(character) in _CONTROLS for character in name)
    return leads_out or unclear or len(name) > _LONGEST_NAME or not _plain_name(name)


def _plain_name(name: str) -> str:
    return "/".join(part for part in name.split("/") if part not in {"", "."})
