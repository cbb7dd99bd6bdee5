"""Reads one export file as a close does, and says how long that took.

Run as ``python -m bench.read_once ORDER``, an order in JSON: ``file``, ``small`` (a file of
a few such rows, read before so that everything is loaded), ``kind`` (usage or statement).
The time goes from the path to tables, accounts and problems: the format is recognised, every
cell is checked, the digest of the file is taken.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tokenbooks.book import KEPT_BY_DEFAULT, UsageSource
from tokenbooks.problems import Severity
from tokenbooks.sources.exports.connection import connect
from tokenbooks.sources.exports.descriptors.reading import shipped_descriptors
from tokenbooks.sources.exports.files import ExportFile, content_file
from tokenbooks.sources.exports.reader import open_export, read_exports
from tokenbooks.sources.exports.sheets.contents import read_contents


def export_file(path: Path, kind: str) -> ExportFile:
    """The file as it stands in a book."""
    (content,), _ = read_contents(path)
    return content_file(content, "acme", UsageSource(""), kind, "UTC")


@dataclass(frozen=True, slots=True)
class ColumnsRead:
    """Of the columns of a file those that are read, that of the day, and those summed by."""

    used: tuple[str, ...]
    day: str
    keys: tuple[str, ...]


def columns_read(path: Path, kind: str) -> ColumnsRead:
    """What is read of a file, by the names of its columns."""
    form, problems = open_export(export_file(path, kind), shipped_descriptors())
    if form is None:
        raise SystemExit("\n".join(map(str, problems)))
    keys = [form.dimensions[name] for name in KEPT_BY_DEFAULT if name in form.dimensions]
    keys += [form.long.meter] if form.long else []
    named = dict.fromkeys(index for key in keys for index in sorted(key.texts or ()))
    names, width = form.header.columns, form.header.width
    used = (names[index] for index in form.used if index < width)
    return ColumnsRead(
        tuple(used), names[form.time.columns[0]], tuple(names[n] for n in named if n < width)
    )


def read_once(path: Path, kind: str) -> tuple[float, float, int]:
    """Seconds of wall clock and of processors, and how many rows were read.

    Stops the benchmark with the problems that are errors.
    """
    connection, descriptors = connect(), shipped_descriptors()
    wall, busy = time.perf_counter(), time.process_time()
    result = read_exports(connection, [export_file(path, kind)], KEPT_BY_DEFAULT, descriptors)
    wall, busy = time.perf_counter() - wall, time.process_time() - busy
    errors = [problem for problem in result.problems if problem.severity is Severity.ERROR]
    if errors:
        raise SystemExit("\n".join(map(str, errors)))
    (account,) = result.accounts
    return wall, busy, account.rows_read


def main() -> None:
    order = json.loads(sys.argv[1])
    read_once(Path(order["small"]), order["kind"])
    wall, busy, rows = read_once(Path(order["file"]), order["kind"])
    sys.stdout.write(f"{wall} {busy} {rows}\n")


if __name__ == "__main__":
    main()
