"""``python -m bench``: prints the ratios of one run beside their targets."""

from __future__ import annotations

import argparse
import re
import sys

from bench.close import measure_closes
from bench.customers import measure_customers
from bench.parties import measure_parties
from bench.reading import measure_reading
from bench.reconcile import measure_reconciling
from bench.results import table_text
from bench.startup import measure_startup

SUFFIXES = {"": 1, "k": 1_000, "M": 1_000_000}


def sizes_of(text: str) -> dict[str, int]:
    """Numbers of rows by their labels: ``1M,10M``."""
    sizes = {}
    for label in text.split(","):
        match = re.fullmatch(r"(\d+)([kM]?)", label)
        if not match or not int(match[1]):
            raise argparse.ArgumentTypeError(f"'{label}' is not a number of rows such as 10M")
        sizes[label] = int(match[1]) * SUFFIXES[match[2]]
    return sizes


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rows", type=sizes_of, default=sizes_of("1M,10M"), help="1M,10M")
    parser.add_argument(
        "--parties", type=sizes_of, default=sizes_of("10k,100k,1M"), help="10k,100k,1M"
    )
    parser.add_argument(
        "--customers", type=sizes_of, default=sizes_of("1k,10k,100k"), help="1k,10k,100k"
    )
    parser.add_argument("--rounds", type=int, default=3, help="runs of each, in turns")
    parser.add_argument(
        "--only",
        choices=["startup", "reading", "close", "parties", "customers", "reconcile"],
        help="one part",
    )
    parser.add_argument("--format", default="", help="reading: formats whose name begins so")
    given = parser.parse_args()
    results = []
    if given.only in (None, "startup"):
        results += measure_startup()
    if given.only in (None, "reading"):
        label, rows = min(given.rows.items(), key=lambda size: size[1])
        results += measure_reading(label, rows, given.rounds, given.format)
    if given.only in (None, "close"):
        results += measure_closes(given.rows, given.rounds)
    if given.only in (None, "parties"):
        results += measure_parties(given.parties, given.rounds)
    if given.only in (None, "customers"):
        results += measure_customers(given.customers, given.rounds)
    if given.only in (None, "reconcile"):
        label, rows = min(given.rows.items(), key=lambda size: size[1])
        results += measure_reconciling({label: rows}, given.rounds)
    sys.stdout.write(table_text(results))


main()
