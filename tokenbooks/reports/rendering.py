"""Tables in the format that a command was asked for."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

from tokenbooks.reports.csv_text import render_csv
from tokenbooks.reports.json_text import render_json
from tokenbooks.reports.markdown import render_markdown
from tokenbooks.reports.table import Table
from tokenbooks.reports.text import render_text

FORMATS = ("text", "csv", "json", "md")


def render(tables: Sequence[Table], format: str, width: int | None = None) -> str:
    """Tables as text that ends with a line feed; ``format`` is one of ``FORMATS``.

    ``width`` is the terminal's for ``text``, None to cut nothing. JSON is one document
    for all tables. In the other formats tables are parted by one blank line.
    """
    if format == "json":
        return render_json(tables)
    return "\n".join(_render_one(table, format, width) for table in tables)


def terminal_width() -> int | None:
    """The width of the terminal, or None where output goes to a file or a pipe."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _render_one(table: Table, format: str, width: int | None) -> str:
    if format == "text":
        return render_text(table, width)
    if format == "csv":
        return render_csv(table)
    if format == "md":
        return render_markdown(table)
    raise ValueError(format)
