"""One line of the charges of a written close, as its values were before they were written."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from tokenbooks.reports.csv_text import neutralised

CHARGES = "charges.csv"


def written_charge(path: Path, line: int) -> Mapping[str, str] | None:
    """The charge that stands at a line, by columns; None where none begins there."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream)
        header = [_value(name) for name in next(rows, [])]
        before = rows.line_num
        for cells in rows:
            if before + 1 == line:
                return dict(zip(header, map(_value, cells), strict=True))
            before = rows.line_num
    return None


def _value(cell: str) -> str:
    """A cell without the apostrophe that keeps spreadsheets from running it."""
    return cell[1:] if cell[:1] == "'" and neutralised(cell[1:]) == cell else cell
