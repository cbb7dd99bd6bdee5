"""Tables as plain text, for terminals, mail from cron, and pipes.

There is no colour to switch off, and nothing is cut unless a width is given: then
the widest texts are shortened, never a figure.
"""

from __future__ import annotations

import textwrap

from tokenbooks.reports.cells import printable, shown_text, totals
from tokenbooks.reports.columns import aligned, display_width, fitted, padded, shortened
from tokenbooks.reports.table import Cell, Table

_GAP = "  "
_NARROWEST_TEXT = 8


def render_text(table: Table, width: int | None) -> str:
    """A table as text; ``width`` is the terminal's, None where nothing may be cut."""
    last = totals(table)
    rows = table.rows if last is None else (*table.rows, last)
    columns = [_column_texts(table, index, rows) for index in range(len(table.columns))]
    widths = _widths(table, columns, width)
    headings, *lines = _lines(table, columns, widths)
    rule = _GAP.join("-" * column_width for column_width in widths)
    if last is not None:
        lines.insert(-1, rule)
    body = [headings, rule, *(lines or ["(none)"])]
    return "\n".join([*_title_lines(table), *body, *_note_lines(table, width)]) + "\n"


def _title_lines(table: Table) -> list[str]:
    return [printable(table.title), ""] if table.title else []


def _note_lines(table: Table, width: int | None) -> list[str]:
    notes = [printable(note) for note in table.notes]
    if width is not None:
        notes = [textwrap.fill(note, width, break_on_hyphens=False) for note in notes]
    return ["", *notes] if notes else []


def _column_texts(table: Table, index: int, rows: tuple[tuple[Cell, ...], ...]) -> list[str]:
    """The heading of a column and its cells."""
    column = table.columns[index]
    cells = [shown_text(row[index], column) for row in rows]
    return [column.heading, *(aligned(cells) if column.number else cells)]


def _widths(table: Table, columns: list[list[str]], width: int | None) -> list[int]:
    natural = [max(map(display_width, texts)) for texts in columns]
    if width is None:
        return natural
    may_shrink = [not column.number for column in table.columns]
    room = width - len(_GAP) * (len(columns) - 1)
    return fitted(natural, may_shrink, room, _NARROWEST_TEXT)


def _lines(table: Table, columns: list[list[str]], widths: list[int]) -> list[str]:
    """The heading and the rows as lines, without spaces at their ends."""
    filled = [
        [padded(shortened(text, width), width, column.number) for text in texts]
        for column, texts, width in zip(table.columns, columns, widths, strict=True)
    ]
    return [_GAP.join(cells).rstrip() for cells in zip(*filled, strict=True)]
