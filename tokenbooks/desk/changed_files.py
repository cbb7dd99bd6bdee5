"""Files that an earlier close read and that are not the same now.

Never by modification time: the same bytes are the same file on any machine. A file that
has only grown at its end is new from there on. What counts are the plain bytes: a file
that was packed anew is the same file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tokenbooks.archive.month import FileRecord
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.sources.exports.files import ExportFile
from tokenbooks.sources.exports.sheets.temporary import temporary_file

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """What became of a file since a close read it."""

    record: FileRecord
    what: str
    has_grown: bool = False
    is_gone: bool = False


def changed_files(
    book: OpenBook, files: Iterable[ExportFile], recorded: Mapping[str, FileRecord]
) -> list[ChangedFile]:
    """The recorded files that are gone, changed, or grown."""
    present = {path_in_book(book, file): file.path for file in files}
    changed = []
    for path, record in recorded.items():
        now = present.get(path)
        if now is None:
            changed.append(ChangedFile(record, "is gone", is_gone=True))
        elif prefix_digest(now, record.size) != record.sha256:
            changed.append(ChangedFile(record, "has changed"))
        elif now.stat().st_size != record.size:
            changed.append(ChangedFile(record, "has grown", has_grown=True))
    return changed


def path_in_book(book: OpenBook, file: ExportFile) -> str:
    """The path of a file, or of a member below its ZIP, relative to the book, for manifests."""
    return file.known_path.relative_to(book.folder).as_posix()


def file_as_it_was(file: ExportFile, size: int) -> ExportFile:
    """A file as a close read it: where it has grown since, a copy of its first bytes."""
    if file.path.stat().st_size <= size:
        return file
    copy = temporary_file(file.path.name)
    with file.path.open("rb") as source, copy.open("wb") as target:
        left = size
        while left and (block := source.read(min(_BLOCK, left))):
            target.write(block)
            left -= len(block)
    return replace(file, path=copy, origin=file.known_path)


def prefix_digest(path: Path, size: int) -> str:
    """SHA-256 of the first ``size`` bytes of a file."""
    digest = hashlib.sha256()
    left = size
    with path.open("rb") as stream:
        while left and (block := stream.read(min(_BLOCK, left))):
            digest.update(block)
            left -= len(block)
    return digest.hexdigest()
