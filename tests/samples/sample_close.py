"""Closes a sample through the command line, file by file as they would have arrived."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

SAMPLES = Path(__file__).parents[2] / "samples"
_MONTH = re.compile(r"20\d\d[-_]\d\d")
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
    """Remove the exports; returns each one's month, the last that its name has."""
    months = {}
    for folder in ("usage", "statements"):
        for path in sorted((book / folder).rglob("*.csv")):
            months[path] = _MONTH.findall(path.name)[-1].replace("_", "-")
            path.unlink()
    return months
