"""Closes a sample through the command line, file by file as they would have arrived."""

from __future__ import annotations

import re
import shutil
from itertools import pairwise
from pathlib import Path

from tokenbooks.periods import Period

SAMPLES = Path(__file__).parents[2] / "samples"
_DAY = re.compile(r"(20\d\d)[-_](\d\d)(?:[-_](\d\d))?")
TODAY = "2026-01-15"


def close_sample(
    tmp_path: Path,
    periods: list[str],
    name: str = "northwind",
    staged: bool = True,
    journal: str = "ledger",
) -> Path:
    """Write the closes of these periods; returns the folder ``close`` of a copy of the book.

    ``staged`` lays down each export only when its month is closed, so that a download
    of November that brings a late row of October finds October written. Without it all
    files are there from the beginning.
    """
    book = tmp_path / name
    shutil.copytree(SAMPLES / name, book)
    shutil.rmtree(book / "close", ignore_errors=True)
    settings = book / "tokenbooks.yaml"
    settings.write_text(settings.read_text().replace("journal: ledger", f"journal: {journal}"))
    waiting = {} if not staged else _take_away(book)
    for period in periods:
        for path in [path for path, month in waiting.items() if month <= period]:
            path.write_bytes((SAMPLES / name / path.relative_to(book)).read_bytes())
            del waiting[path]
        run("--book", str(book), "--today", TODAY, "close", "-p", period, "--write")
    return book / "close"


def run(*arguments: str) -> None:
    """Run the command line in this process; anything but exit 0 fails the test."""
    from tokenbooks.cli.main import main

    try:
        code = main(list(arguments))
    except SystemExit as stop:
        code = stop.code
    assert not code, f"tokenbooks {' '.join(arguments)}: exit {code}"


def _take_away(book: Path) -> dict[Path, str]:
    """Remove the exports; returns each one's month."""
    months = {}
    for folder in ("usage", "statements"):
        exports = sorted((book / folder).rglob("*.csv"))
        # the first of a folder stays: a source of which there is no file is an error
        for path in [b for a, b in pairwise(exports) if a.parent == b.parent]:
            months[path] = _month_of(path)
            path.unlink()
    return months


def _month_of(path: Path) -> str:
    """The last month that an export's name has: not that of a first day, to which it reaches."""
    year, month, day = _DAY.findall(path.name)[-1]
    period = Period.month(int(year), int(month))
    return str(period.previous() if day == "01" else period)
