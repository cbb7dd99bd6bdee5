"""The records of a close about the files of the book from which its usage comes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tokenbooks.archive.month import FileRecord
from tokenbooks.desk.changed_files import path_in_book
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.periods import Period
from tokenbooks.sources.exports.files import ExportFile
from tokenbooks.usage.accounting import FileAccount


def file_records(
    book: OpenBook,
    accounted: Iterable[tuple[FileAccount, ExportFile]],
    recorded: Mapping[str, FileRecord],
    files: Sequence[ExportFile],
    period: Period,
) -> tuple[FileRecord, ...]:
    """The files behind the usage to date; files of later days only are none of this close.

    ``accounted`` are the files read now, ``recorded`` those that earlier closes told of by
    their path, and ``files`` all that the book has.
    """
    present = {path_in_book(book, file) for file in files}
    records = {path: record for path, record in recorded.items() if path in present}
    for account, file in accounted:
        if file.kind != "usage" or account.first_day is None or account.first_day >= period.end:
            continue
        records[path_in_book(book, file)] = file_record(book, account, file)
    return tuple(records[path] for path in sorted(records))


def file_record(book: OpenBook, account: FileAccount, file: ExportFile) -> FileRecord:
    """The record of a file that was read."""
    return FileRecord(
        path_in_book(book, file),
        account.contract,
        file.kind,
        account.size,
        account.sha256,
        account.rows_read,
        account.first_day,
        account.last_day,
        account.rejected,
    )
