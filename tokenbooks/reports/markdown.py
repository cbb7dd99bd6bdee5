"""Tables as Markdown, for memos and reviews."""

from __future__ import annotations

import re

from tokenbooks.reports.cells import printable, shown_text, totals
from tokenbooks.reports.table import Column, Table

#: Signs by which a name could become a cell border, markup or HTML.
_MARKUP = re.compile(r"([\\|*`\[\]<>&])")


def render_markdown(table: Table) -> str:
    """A table as Markdown: heading, rows, totals, notes."""
    last = totals(table)
    rows = table.rows if last is None else (*table.rows, last)
    lines = [
        _line([_escaped(column.heading) for column in table.columns]),
        _line([_alignment(column) for column in table.columns]),
    ]
    for row in rows:
        cells = zip(row, table.columns, strict=True)
        lines.append(_line([_escaped(shown_text(cell, column)) for cell, column in cells]))
    title = [f"### {_escaped(printable(table.title))}"] if table.title else []
    notes = [_escaped(printable(note)) for note in table.notes]
    return "\n\n".join([*title, "\n".join(lines), *notes]) + "\n"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _alignment(column: Column) -> str:
    return "---:" if column.number else "---"


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)
