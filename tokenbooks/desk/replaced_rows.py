"""Rows that do not count because another one does: later downloads and repeated ids."""

from __future__ import annotations

from tokenbooks.desk.gather import Gathered
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.problems import Position
from tokenbooks.sources.exports.files import ExportFile, find_export_files
from tokenbooks.sources.exports.normal_form import NormalForm
from tokenbooks.sources.exports.reader import open_export
from tokenbooks.sources.exports.records import read_records
from tokenbooks.sources.exports.rows import ExplainedRow
from tokenbooks.usage.layout import REPLACED, USED


def replacing_files(gathered: Gathered, file: ExportFile, row: ExplainedRow) -> list[str]:
    """The later downloads that count instead of the row's bucket; none where it counts."""
    index = next((i for i, f in enumerate(gathered.files) if f.path == file.path), None)
    if index is None or row.bucket is None:
        return []
    connection = gathered.connection
    counts = connection.execute(
        "SELECT count(*) FILTER (verdict = ?), count(*) FILTER (verdict = ?)"
        " FROM usage_read WHERE file = ? AND bucket = ?",
        [USED, REPLACED, index, row.bucket],
    ).fetchall()[0]
    if counts[0] or not counts[1]:
        return []
    formats = {account.file: account.format for account in gathered.accounts}
    rows = connection.execute(
        "SELECT DISTINCT file FROM usage_read WHERE bucket = ? AND verdict = ? ORDER BY file",
        [row.bucket, USED],
    ).fetchall()
    return [
        gathered.files[other].shown
        for (other,) in rows
        if gathered.files[other].contract == file.contract
        and formats[other] == formats[index]
        and gathered.files[other].source.scope == file.source.scope
    ]


def earlier_row(book: OpenBook, file: ExportFile, form: NormalForm, line: int) -> Position | None:
    """The first row with the same id, in this file or one before it; None if this is it."""
    if form.id_column is None:
        return None
    identity = _id_at(form, line)
    if not identity:
        return None
    contract = book.facts.book.contracts[file.contract]
    files, _ = find_export_files(book.folder, contract, file.zone, (file.kind,))
    for other in files:
        own = form if other.path == file.path else open_export(other, book.descriptors)[0]
        same_group = own is not None and own.descriptor.id == form.descriptor.id
        if own is None or not same_group or other.source.scope != file.source.scope:
            continue
        for record in read_records(other.path, own.header.delimiter):
            if other.path == file.path and record.line >= line:
                return None
            if own.id_column is not None and record.cells[own.id_column] == identity:
                return Position(other.shown, record.line)
    return None


def _id_at(form: NormalForm, line: int) -> str:
    for record in read_records(form.file.path, form.header.delimiter):
        if record.line == line:
            return record.cells[form.id_column or 0]
    return ""
