"""Tables as plain text, for terminals, mail from cron, and pipes.

There is no colour to switch off, and nothing is ever cut. Where a width is given,
headings and the widest texts go on in the next line, figures never do.
"""

from __future__ import annotations

import textwrap
from itertools import zip_longest

from tokenbooks.reports.cells import printable, shown_text, totals
from tokenbooks.reports.columns import aligned, display_width, fitted, folded, padded
from tokenbooks.reports.table import Cell, Column, Table

_GAP = "  "
_INDENT = "  "
_NARROWEST_TEXT = 8
#: So many rows on average share a text that stands above them where lines are too long.
_SHARED_BY = 3


def render_text(table: Table, width: int | None) -> str:
    """A table as text; ``width`` is the terminal's, None where lines may be of any length.

    Where the lines would be too long, the first texts of rows stand above them, once for
    all the rows that share them.
    """
    last = totals(table)
    rows = table.rows if last is None else (*table.rows, last)
    columns = [_column_texts(table, index, rows) for index in range(len(table.columns))]
    above = _columns_above(table, columns, width)
    groups = list(zip(*(texts[1:] for texts in columns[:above]), strict=True))
    if above and last is not None:
        columns[above][-1] = columns[above][-1] or columns[0][-1]
        groups[-1] = ("",) * above
    kept = list(table.columns[above:])
    indent = _INDENT if above else ""
    room = None if width is None else width - len(indent)
    widths = _widths(kept, columns[above:], room)
    headings, *lines = _rows(kept, columns[above:], widths)
    rule = _GAP.join("-" * column_width for column_width in widths)
    if last is not None:
        lines[-1].insert(0, rule)
    lines = _with_groups(lines, groups, indent, width) if above else lines
    told = [line for row in lines for line in row] or ["(none)"]
    shared = _GAP.join(column.heading for column in table.columns[:above])
    body = [*([shared] if above else []), *(indent + line for line in [*headings, rule]), *told]
    return "\n".join([*_title_lines(table), *body, *_note_lines(table, width)]) + "\n"


def _columns_above(table: Table, columns: list[list[str]], width: int | None) -> int:
    """How many of the first columns stand above their rows, so that lines are not too long."""
    natural = _folded_headings(columns)
    texts = [n for n, column in enumerate(table.columns) if not column.number]
    # the first texts may go, but one stays before the figures
    most = next((n for n in range(len(texts)) if texts[n] != n), len(texts)) - 1
    for above in range(max(0, most) + 1):
        taken = sum(natural[above:]) + len(_GAP) * (len(columns) - above - 1)
        if width is None or taken + (len(_INDENT) if above else 0) <= width:
            return above
    # nothing fits: what many rows share is at least not folded in each of them
    shared = most > 0 and len(set(columns[0][1:])) * _SHARED_BY <= len(columns[0]) - 1
    return 1 if shared else 0


def _with_groups(
    lines: list[list[str]], groups: list[tuple[str, ...]], indent: str, width: int | None
) -> list[list[str]]:
    """The rows below the texts that they share."""
    result = []
    before: tuple[str, ...] | None = None
    for row, group in zip(lines, groups, strict=True):
        shared = _GAP.join(text for text in group if text)
        told = folded(shared, width or len(shared)) if group != before and shared else []
        result.append([*told, *(indent + line for line in row)])
        before = group
    return result


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


def _widths(kept: list[Column], columns: list[list[str]], width: int | None) -> list[int]:
    natural = [max(map(display_width, texts)) for texts in columns]
    if width is None:
        return natural
    room = width - len(_GAP) * (len(columns) - 1)
    if sum(natural) > room:
        natural = _folded_headings(columns)
    may_shrink = [not column.number for column in kept]
    return fitted(natural, may_shrink, room, _NARROWEST_TEXT)


def _folded_headings(columns: list[list[str]]) -> list[int]:
    """The widths of columns whose headings go on in the next line after a word."""
    return [max(map(display_width, [*cells, *heading.split()])) for heading, *cells in columns]


def _rows(kept: list[Column], columns: list[list[str]], widths: list[int]) -> list[list[str]]:
    """The heading and the rows, each as its lines, without spaces at their ends."""
    cells = [
        [folded(text, width) for text in texts]
        for texts, width in zip(columns, widths, strict=True)
    ]
    return [_row_lines(kept, list(row), widths) for row in zip(*cells, strict=True)]


def _row_lines(kept: list[Column], cells: list[list[str]], widths: list[int]) -> list[str]:
    lines = zip_longest(*cells, fillvalue="")
    return [
        _GAP.join(
            padded(text, width, column.number)
            for text, width, column in zip(line, widths, kept, strict=True)
        ).rstrip()
        for line in lines
    ]
