"""The files of the reading benchmark: read without problems, and counted alike on both sides."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from bench.measure import ROOT, python
from bench.read_once import read_once
from bench.reading import orders, write_export
from bench.shapes import SHAPES

ROWS = 500


@pytest.mark.parametrize("name", SHAPES)
def test_both_sides_count_the_same_rows(tmp_path: Path, name: str) -> None:
    shape = SHAPES[name]
    file = tmp_path / "rows.csv"
    write_export(file, shape, ROWS)
    _, _, counted = read_once(file, shape.kind)
    _, scan = orders(shape, file, file)
    assert json.loads(scan)["used"], "the scan touches what the reader reads"
    bare = subprocess.run(
        python(str(ROOT / "bench" / "scan.py"), scan), capture_output=True, text=True, check=True
    )
    assert counted == int(bare.stdout.split()[-1]) == ROWS


def test_the_same_call_writes_the_same_file(tmp_path: Path) -> None:
    shape = next(iter(SHAPES.values()))
    for name in ("a.csv", "b.csv"):
        write_export(tmp_path / name, shape, ROWS)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
