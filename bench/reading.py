"""Reading an export of every CSV format against a bare typed scan of the same file, in turns."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from bench import books
from bench.measure import ROOT, python, run
from bench.read_once import columns_read
from bench.results import Result
from bench.shapes import SHAPES, Shape

TARGET = 1.3

#: How many rows are read before the clock starts, so that everything is loaded.
SMALL = 100


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds of the clock and of processors for a reading, and for the scans beside it.

    ``scan`` is of the columns that the reading uses, ``whole`` of all columns of the file;
    ``sums`` are those of the columns used by day and keys.
    """

    reading: tuple[float, float]
    scan: tuple[float, float]
    whole: tuple[float, float]
    sums: tuple[float, float]

    def ratios(self) -> tuple[float, ...]:
        """Reading over scanning by the clock; by processors over each of the scans."""
        scans = (self.scan, self.whole, self.sums)
        return (self.reading[0] / self.scan[0], *(self.reading[1] / busy for _, busy in scans))


def measure_reading(label: str, rows: int, rounds: int, only: str = "") -> list[Result]:
    """The ratios of all formats, or of those whose name begins with ``only``."""
    results = []
    for name, shape in SHAPES.items():
        if not name.startswith(only):
            continue
        large, small = (export_path(name, size) for size in (label, str(SMALL)))
        for path, size in ((large, rows), (small, SMALL)):
            if not path.is_file():
                write_export(path, shape, size)
        results += _results(f"{name}: {label} rows", _rounds(shape, large, small, rounds))
    return results


def export_path(name: str, label: str) -> Path:
    """Where the generated file of a format is kept."""
    return books.DATA / "reading" / f"{name.replace(', ', '-')}-{label}.csv"


def write_export(path: Path, shape: Shape, rows: int) -> None:
    """Write a file of a format with so many rows, always the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = ", ".join(
        f"{cell.text(10 * number, rows)} AS c{number}"
        for number, cell in enumerate(shape.columns.values(), 1)
    )
    body, unfinished = path.with_suffix(".body"), path.with_suffix(".unfinished")
    options = "HEADER false, DELIMITER ','" + (", FORCE_QUOTE *" if shape.quoted else "")
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        query = f"SELECT {cells} FROM range({rows}) AS numbers(i)"
        connection.execute(f"COPY ({query}) TO '{body.as_posix()}' ({options})")
    with unfinished.open("wb") as whole, body.open("rb") as part:
        header = ",".join(f'"{name}"' if "," in name else name for name in shape.columns)
        whole.write(f"{shape.preamble}{header}\n".encode())
        while block := part.read(1 << 20):
            whole.write(block)
    body.unlink()
    unfinished.replace(path)


def orders(shape: Shape, large: Path, small: Path) -> tuple[str, str]:
    """What the reader is told to read, and the bare scan to scan."""
    files = {"file": str(large), "small": str(small)}
    read = columns_read(small, shape.kind)
    options = f", skip = {lines}" if (lines := shape.preamble.count("\n")) else ""
    columns = {name: cell.type for name, cell in shape.columns.items()}
    scan = {**files, "columns": columns, "options": options + shape.options, **asdict(read)}
    return json.dumps({**files, "kind": shape.kind}), json.dumps(scan)


def _rounds(shape: Shape, large: Path, small: Path, rounds: int) -> Iterator[Round]:
    """A reading and the scans in every round, in processes of their own."""
    read, scan = orders(shape, large, small)
    reader = python("-m", "bench.read_once", read)
    bare = python(str(ROOT / "bench" / "scan.py"), scan)
    run(bare)  # the file is in the system's cache from here on
    for _ in range(rounds):
        *mine, counted = run(reader).out.split()
        *theirs, rows = run(bare).out.split()
        if counted != rows:
            raise SystemExit(f"{large}: {counted} rows were read, DuckDB counted {rows}")
        seconds = list(map(float, [*mine, *theirs]))
        yield Round(*((wall, busy) for wall, busy in zip(seconds[::2], seconds[1::2], strict=True)))


def _results(what: str, rounds: Iterable[Round]) -> list[Result]:
    ratios = zip(*(one.ratios() for one in rounds), strict=True)
    wall, busy, whole, sums = map(statistics.median, ratios)
    return [
        Result(f"{what} / typed scan", f"{wall:.2f}x", f"{TARGET}x (aim 1.2x)", wall <= TARGET),
        Result("processor time of it", f"{busy:.2f}x"),
        Result("processor time / typed scan of all columns", f"{whole:.2f}x"),
        Result("processor time / typed sums by day and keys", f"{sums:.2f}x"),
    ]
