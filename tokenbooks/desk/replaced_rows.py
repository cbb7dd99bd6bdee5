"""Rows that do not count because another one does: later downloads, ids, equal rows."""

from __future__ import annotations

from itertools import islice

from tokenbooks.desk.gather import Gathered
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.problems import Position
from tokenbooks.sources.exports.files import ExportFile, find_export_files
from tokenbooks.sources.exports.normal.normal_form import NormalForm
from tokenbooks.sources.exports.reader import open_export
from tokenbooks.sources.exports.rows import ExplainedRow
from tokenbooks.sources.exports.same_rows import content_group, plain_text, shared_columns
from tokenbooks.sources.exports.sheets.sheet import Record
from tokenbooks.usage.layout import REPLACED, USED


def replacing_files(gathered: Gathered, file: ExportFile, row: ExplainedRow) -> list[str]:
    """The later downloads that count instead of the row's bucket; none where it counts."""
    known = [other.known_path for other in gathered.files]
    index = known.index(file.known_path) if file.known_path in known else None
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
    """The row that counts instead of this one: of the same id, or of another file and equal.

    Of an id it is the first row, in this file or one before it. None if this one counts.
    """
    if form.by_content:
        return _equal_row(_group(book, file, form), form, line)
    if form.id_column is None:
        return None
    identity = _record_at(form, line).cells[form.id_column]
    if form.most_column is not None:
        return _larger_row(_group(book, file, form), form, line, identity)
    for own in _group(book, file, form) if identity else []:
        for record in own.sheet.records():
            if own is form and record.line >= line:
                return None
            if own.id_column is not None and record.cells[own.id_column] == identity:
                return Position(own.file.shown, record.line)
    return None


def _larger_row(
    group: list[NormalForm], form: NormalForm, line: int, identity: str
) -> Position | None:
    """The row of an id that counts because it has most of something; None if this one does."""
    best: tuple[int, Position] | None = None
    for own in group:
        for record in own.sheet.records():
            if own.id_column is None or record.cells[own.id_column] != identity:
                continue
            text = record.cells[own.most_column] if own.most_column is not None else ""
            number = int(text) if text.isdecimal() else 0
            if best is None or number > best[0]:
                best = (number, Position(own.file.shown, record.line))
    here = Position(form.file.shown, line)
    return best[1] if best and best[1] != here else None


def _group(book: OpenBook, file: ExportFile, form: NormalForm) -> list[NormalForm]:
    """The files among which a row counts once, in their order, with the given one's own form."""
    contract = book.facts.book.contracts[file.contract]
    files, _ = find_export_files(book.folder, contract, file.zone, (file.kind,))
    group = []
    for other in files:
        own = form
        if other.known_path != file.known_path:
            found, _ = open_export(other, book.descriptors)
            if found is None or content_group(found) != content_group(form):
                continue
            own = found
        group.append(own)
    return group


def _equal_row(group: list[NormalForm], form: NormalForm, line: int) -> Position | None:
    """The row of an earlier file that says the same, and the same number of times so far."""
    names = shared_columns(group)
    said = _said(form, _record_at(form, line), names)
    times = sum(
        1
        for record in form.sheet.records()
        if record.line <= line and _said(form, record, names) == said
    )
    for own in group:
        if own is form:
            return None
        equal = (record for record in own.sheet.records() if _said(own, record, names) == said)
        if record := next(islice(equal, times - 1, None), None):
            return Position(own.file.shown, record.line)
    return None


def _record_at(form: NormalForm, line: int) -> Record:
    return next(record for record in form.sheet.records() if record.line == line)


def _said(form: NormalForm, record: Record, names: tuple[str, ...]) -> list[str]:
    cells = dict(zip(form.header.columns, record.cells, strict=False))
    return [plain_text(cells[name]) for name in names]
