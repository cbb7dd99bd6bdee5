"""Reads the tables of cases: one JSON document per kind of figure, in a neutral schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Case = dict[str, Any]

TABLES = ("accounting", "rating", "prices")


@dataclass(frozen=True)
class Listed:
    """A case of a table, and the kind under which it is run or skipped.

    ``reason`` says why a case of a known kind is not run.
    """

    table: str
    case: Case
    kind: str
    known: bool
    reason: str = ""

    @property
    def id(self) -> str:
        return f"{self.table}-{self.case['id']}"


def read_tables(folder: Path) -> Iterator[tuple[str, Case]]:
    """Every case of every table that the folder has."""
    for table in TABLES:
        path = folder / f"{table}.json"
        if path.is_file():
            for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
                yield table, case
