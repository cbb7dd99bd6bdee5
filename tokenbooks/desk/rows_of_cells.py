"""The rows of files behind a few cells that differ, so that causes can name them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

from tokenbooks.desk.gather import Gathered
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.problems import Position
from tokenbooks.reconcile.statements.compare import StatementFacts
from tokenbooks.reconcile.statements.compare_names import common_names
from tokenbooks.reconcile.statements.compare_rows import Source
from tokenbooks.reconcile.statements.rows_of_files import FileRow, with_rows
from tokenbooks.sources.exports.row_figures import RowFigure, row_figures
from tokenbooks.sources.exports.used_rows import form_of
from tokenbooks.usage.accounting import OWED, USAGE, FileAccount

#: Rows are told apart while no more cells differ, while no more rows of files must be gone
#: through for it, and while no more of them are behind the cells.
MOST_CELLS = 400
MOST_ROWS_READ = 200_000
MOST_ROWS = 5_000


def with_rows_of_files(
    book: OpenBook, gathered: Gathered, source: Source, facts: StatementFacts
) -> StatementFacts:
    """What a statement says, with a piece for each row of a file behind a few differing cells.

    Where cells or rows are many, rows stay together.
    """
    compared = facts.compared
    days = {day for own in (compared.usage_pieces, compared.statement_pieces) for day, _ in own}
    stating = {item.file for item in source.files}
    own = [a for a in gathered.accounts if a.contract == facts.contract and _has_any(a, days)]
    usage = [account for account in own if account.kind == USAGE]
    stated = [account for account in own if account.file in stating]
    sides = [side for cell in compared.cells for side in (cell.usage, cell.statement) if side]
    if len(compared.cells) > MOST_CELLS or sum(side.rows for side in sides) > MOST_ROWS:
        return facts
    if not days or sum(account.rows_read for account in own) > MOST_ROWS_READ:
        return facts
    used, owed = (_rows(book, gathered, accounts, days) for accounts in (usage, stated))
    if used is None or owed is None:
        return facts
    contract = book.facts.book.contracts[facts.contract]
    names = common_names(book.facts, contract, compared.period.last_day)
    rows = with_rows(
        compared,
        [_file_row(place, row) for place, row in used],
        [_file_row(place, row) for place, row in owed if row.meaning == OWED],
        names,
    )
    return replace(facts, compared=rows)


def _has_any(account: FileAccount, days: Collection[date]) -> bool:
    """Whether a file may have rows that count on any of some days."""
    first, last = account.first_day, account.last_day
    return first is not None and last is not None and any(first <= day <= last for day in days)


def _rows(
    book: OpenBook, gathered: Gathered, accounts: Sequence[FileAccount], days: Collection[date]
) -> list[tuple[str, RowFigure]] | None:
    """The rows of files on some days, each with its place; None where they are too many."""
    descriptors = {descriptor.id: descriptor for descriptor in book.descriptors}
    found: list[tuple[str, RowFigure]] = []
    for account in accounts:
        file = gathered.files[account.file]
        form = form_of(file, descriptors[account.format])
        if form is None:
            return None
        left = MOST_ROWS - len(found)
        rows = row_figures(gathered.connection, form, account.file, days, left)
        if rows is None:
            return None
        found += [(str(Position(file.name, row.line)), row) for row in rows]
    return found


def _file_row(place: str, row: RowFigure) -> FileRow:
    return FileRow(place, row.day, row.values, row.meter, row.quantity, row.amount)
