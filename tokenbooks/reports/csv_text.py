"""Tables as CSV: one header of keys, every value in full.

A text that a spreadsheet would run as a formula gets an apostrophe before it.
"""

from __future__ import annotations

import csv
import io

from tokenbooks.amounts import parse_number
from tokenbooks.reports.cells import full_text
from tokenbooks.reports.table import Table

#: How texts begin that a spreadsheet would run.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def render_csv(table: Table) -> str:
    """A table as CSV with a header; lines end with a line feed alone.

    Title, notes and totals stay out: every line is a row.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([neutralised(column.key) for column in table.columns])
    for row in table.rows:
        cells = zip(row, table.columns, strict=True)
        writer.writerow([neutralised(full_text(cell, column)) for cell, column in cells])
    return out.getvalue()


def neutralised(text: str) -> str:
    """A text that no spreadsheet runs: numbers as they are, formulas behind an apostrophe."""
    if not text.startswith(FORMULA_SIGNS) or _is_number(text):
        return text
    return f"'{text}"


def _is_number(text: str) -> bool:
    try:
        parse_number(text)
    except ValueError:
        return False
    return text == text.strip()
