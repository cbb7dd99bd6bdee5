"""Files that written closes were made from and that are not in the book any more.

A file that is gone or has another name may move no figure, but the close that was made from
it can neither be computed again nor explained.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from tokenbooks.archive.month import ClosedMonth, FileRecord
from tokenbooks.desk.changed_files import changed_files, path_in_book, prefix_digest
from tokenbooks.desk.locked import write_again
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.problems import Position, Problem, warning
from tokenbooks.sources.exports.files import ExportFile, find_export_files
from tokenbooks.usage.accounting import STATEMENT


def lost_files(book: OpenBook) -> list[Problem]:
    """A warning ``closed-file-missing`` for each, with the file that has its bytes if one has."""
    files: list[ExportFile] = []
    unpacking: list[Problem] = []
    for contract in book.facts.book.contracts.values():
        found, problems = find_export_files(book.folder, contract, book.facts.zone_of(contract))
        files += found
        unpacking += problems
    present = {path_in_book(book, file) for file in files}
    broken = {problem.position.file for problem in unpacking}
    lost: dict[str, tuple[FileRecord, ClosedMonth]] = {}
    for month in book.months:
        for record in month.manifest.files:
            if record.path not in present and not _is_in(book, record, broken):
                lost.setdefault(record.path, (record, month))
    told = [_lost(book, record, month, files) for record, month in lost.values()]
    return told + _changed_statements(book, files)


def _changed_statements(book: OpenBook, files: Iterable[ExportFile]) -> list[Problem]:
    """A warning ``closed-statement-changed`` for each statement that is not as it was.

    Closes book nothing from statements: only their reconciliation is another one now.
    """
    last = {record.path: month for month in book.months for record in month.manifest.files}
    recorded = {
        record.path: record
        for month in book.months
        for record in month.manifest.files
        if record.kind == STATEMENT
    }
    statements = [file for file in files if file.kind == STATEMENT]
    changed = {
        change.record.path
        for change in changed_files(book, statements, recorded)
        if not change.is_gone and not change.has_grown
    }
    return [
        warning(
            "closed-statement-changed",
            f"{last[path].period} was reconciled with {path}, which has changed since then",
            "restore it and lay the new download beside it under its own name;"
            " `tokenbooks reconcile` shows what it says now",
            Position(book.place(path)),
        )
        for path in sorted(changed)
    ]


def _is_in(book: OpenBook, record: FileRecord, broken: Collection[str]) -> bool:
    """Whether a file is there but cannot be unpacked, or was in one of which that is told."""
    place = PurePosixPath(book.place(record.path))
    return any(str(path) in broken for path in (place, *place.parents))


def _lost(
    book: OpenBook, record: FileRecord, month: ClosedMonth, files: Iterable[ExportFile]
) -> Problem:
    message = f"{month.period} was made from {record.path}, which is not there any more"
    help = write_again(book, month)
    if twin := _same_bytes(book, record, files):
        message += f"; {twin} has the same bytes"
        help = help.replace("restore it", f"give {twin} its old name back", 1)
    return warning("closed-file-missing", message, help, Position(book.place(record.path)))


def _same_bytes(book: OpenBook, record: FileRecord, files: Iterable[ExportFile]) -> str:
    """The file that begins with the bytes of a recorded one; '' if there is none."""
    for file in files:
        is_long = file.contract == record.contract and file.path.stat().st_size >= record.size
        if is_long and prefix_digest(file.path, record.size) == record.sha256:
            return path_in_book(book, file)
    return ""
