"""Rows of ``credits.csv`` as tests write them: the cells that say something, by name."""

from __future__ import annotations

import csv
import io

_FIRST = ("date", "contract", "event", "credits")

Row = dict[str, str]


def row(day: str, event: str, quantity: str = "", contract: str = "llm", **cells: str) -> Row:
    """One row; ``cells`` are its further columns."""
    return {"date": day, "contract": contract, "event": event, "credits": quantity, **cells}


def credits_file(*rows: Row) -> str:
    """The rows as a file, with the columns that they use."""
    stream = io.StringIO()
    columns = dict.fromkeys([*_FIRST, *(name for each in rows for name in each)])
    writer = csv.DictWriter(stream, list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()
