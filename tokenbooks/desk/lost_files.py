"""Files that written closes were made from and that are not in the book any more.

A file that is gone or has another name may move no figure, but the close that was made from
it can neither be computed again nor explained.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from tokenbooks.archive.month import FileRecord
from tokenbooks.desk.changed_files import path_in_book, prefix_digest
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.periods import Period
from tokenbooks.problems import Position, Problem, warning
from tokenbooks.sources.exports.files import ExportFile, find_export_files


def lost_files(book: OpenBook) -> list[Problem]:
    """A warning ``closed-file-missing`` for each, with the file that has its bytes if one has."""
    files: list[ExportFile] = []
    told: list[Problem] = []
    for contract in book.facts.book.contracts.values():
        found, problems = find_export_files(book.folder, contract, book.facts.zone_of(contract))
        files += found
        told += problems
    present = {path_in_book(book, file) for file in files}
    broken = {problem.position.file for problem in told}
    lost: dict[str, tuple[FileRecord, Period]] = {}
    for month in book.months:
        for record in month.manifest.files:
            if record.path not in present and not _is_in(book, record, broken):
                lost.setdefault(record.path, (record, month.period))
    return [_lost(book, record, period, files) for record, period in lost.values()]


def _is_in(book: OpenBook, record: FileRecord, broken: Collection[str]) -> bool:
    """Whether a file is there but cannot be unpacked, or was in one of which that is told."""
    place = PurePosixPath(book.place(record.path))
    return any(str(path) in broken for path in (place, *place.parents))


def _lost(
    book: OpenBook, record: FileRecord, period: Period, files: Iterable[ExportFile]
) -> Problem:
    message = f"{period} was made from {record.path}, which is not there any more"
    help = f"restore it, or write the period again: tokenbooks close -p {period} --write"
    if twin := _same_bytes(book, record, files):
        message += f"; {twin} has the same bytes"
        help = f"give {twin} its old name back, or write the period again: " + (
            f"tokenbooks close -p {period} --write"
        )
    return warning("closed-file-missing", message, help, Position(book.place(record.path)))


def _same_bytes(book: OpenBook, record: FileRecord, files: Iterable[ExportFile]) -> str:
    """The file that begins with the bytes of a recorded one; '' if there is none."""
    for file in files:
        is_long = file.contract == record.contract and file.path.stat().st_size >= record.size
        if is_long and prefix_digest(file.path, record.size) == record.sha256:
            return path_in_book(book, file)
    return ""
