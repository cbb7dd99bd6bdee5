"""Closing a month against the bare aggregation of the same file, in turns."""

from __future__ import annotations

import csv
import statistics
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from bench.books import VARIANTS, Variant, prepare_book, reopen_book
from bench.measure import ROOT, Run, python, run
from bench.results import Result
from bench.usage import METERS, PERIOD
from tokenbooks.amounts import number_text

BARE = str(ROOT / "bench" / "bare.py")

#: Targets for one million rows or more; a month of fewer is told for comparison only.
TARGET_ROWS = 10_000_000


def measure_closes(sizes: Mapping[str, int], rounds: int) -> list[Result]:
    """All closes, for every size without and with tiers; then how they grow."""
    results: list[Result] = []
    seconds: dict[tuple[str, str], float] = {}
    for variant in VARIANTS:
        for label, rows in sizes.items():
            pairs = _pairs(label, rows, variant, rounds)
            results += _results(label, rows, variant, pairs)
            seconds[label, variant.name] = statistics.median(close.seconds for close, _ in pairs)
        results += _growth(sizes, seconds, variant)
    return results


def _pairs(label: str, rows: int, variant: Variant, rounds: int) -> list[tuple[Run, Run]]:
    """A close and a bare aggregation in every round, one right after the other."""
    folder = prepare_book(label, rows, variant)
    file = str(folder / "usage" / f"{PERIOD}.csv")
    run(python(BARE, file))  # the file is in the system's cache from here on
    pairs = []
    for _ in range(rounds):
        reopen_book(folder)
        close = run(python(*_close(folder)))
        bare = run(python(BARE, file))
        _check_totals(folder, bare)
        pairs.append((close, bare))
    return pairs


def _close(folder: Path) -> list[str]:
    return ["-m", "tokenbooks", "--book", str(folder), "close", "-p", PERIOD, "--write", "-q"]


def _check_totals(folder: Path, bare: Run) -> None:
    """Both must have counted the same tokens, or the comparison says nothing."""
    totals = dict.fromkeys(METERS, Decimal(0))
    with (folder / "close" / PERIOD / "charges.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["meter"] in totals:
                totals[row["meter"]] += Decimal(row["quantity"])
    # a split of 60/40 leaves tenths of tokens, which add up to whole ones again
    counted = " ".join(number_text(totals[meter]) for meter in METERS)
    if not bare.out.startswith(f"{counted} "):
        raise SystemExit(f"{folder}: the close counted {counted}, DuckDB {bare.out}")


def _results(
    label: str, rows: int, variant: Variant, pairs: Sequence[tuple[Run, Run]]
) -> list[Result]:
    what = f"close of {label} rows{variant.what}"
    ratio = statistics.median(close.seconds / bare.seconds for close, bare in pairs)
    busy = statistics.median(close.busy / bare.busy for close, bare in pairs)
    peak = max(close.peak for close, _ in pairs)
    bare_peak = max(bare.peak for _, bare in pairs)
    aimed = rows >= TARGET_ROWS
    target, aim = ("2.5", "1.8") if variant.tiered else ("2.0", "1.3")
    return [
        Result(
            f"{what} / bare aggregation",
            f"{ratio:.2f}x",
            f"{target}x (aim {aim}x)" if aimed else "",
            ratio <= float(target) if aimed else None,
        ),
        Result("processor time of it", f"{busy:.2f}x"),
        Result(
            f"memory of it (bare: {bare_peak:,.0f} MB)",
            f"{peak:,.0f} MB",
            "2,000 MB (aim 1,000)" if aimed else "",
            peak <= 2_000 if aimed else None,
        ),
    ]


def _growth(
    sizes: Mapping[str, int], seconds: Mapping[tuple[str, str], float], variant: Variant
) -> list[Result]:
    """How time grows from each size to the next; linear growth is 1.0 per row."""
    ordered = sorted(sizes, key=lambda label: sizes[label])
    results = []
    for small, large in pairwise(ordered):
        times = seconds[large, variant.name] / seconds[small, variant.name]
        rows = sizes[large] / sizes[small]
        what = f"growth from {small} to {large}{variant.what}"
        results.append(Result(what, f"{times:.1f}x for {rows:.0f}x rows", "linear", times <= rows))
    return results
