"""Since when closes hold what plans derive from single rows, as a small CSV table.

``state/derived.csv`` has the names of measures and of derived dimensions (hours, events) of
each contract: ``state/usage`` of this close and those before it holds them for all usage of
the contract from that day on. There is no such file where plans derive nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from tokenbooks.archive.state import csv_text

DERIVED = "derived.csv"

#: The first day by contract and name.
DerivedSince = Mapping[str, Mapping[str, date]]


def derived_tables(since: DerivedSince) -> dict[str, str]:
    """The table by its file name; none where nothing is derived."""
    rows = [
        (contract, name, day.isoformat())
        for contract, names in sorted(since.items())
        for name, day in sorted(names.items())
    ]
    return {DERIVED: csv_text(["contract", "name", "since"], rows)} if rows else {}


def read_derived(folder: Path) -> DerivedSince:
    """What the state in a folder says; raises ValueError or KeyError where it is damaged."""
    path = folder / DERIVED
    found: dict[str, dict[str, date]] = {}
    if path.exists():
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                names = found.setdefault(row["contract"], {})
                names[row["name"]] = date.fromisoformat(row["since"])
    return found
