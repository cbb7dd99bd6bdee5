"""Writing small exports and reading them the way a close does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from tokenbooks.book import UsageSource
from tokenbooks.problems import Position, Problem
from tokenbooks.sources.exports.connection import connect
from tokenbooks.sources.exports.descriptors.descriptor import Descriptor
from tokenbooks.sources.exports.descriptors.reading import shipped_descriptors
from tokenbooks.sources.exports.files import ExportFile
from tokenbooks.sources.exports.reader import ReadResult, read_exports
from tokenbooks.usage.accounting import FileAccount
from tokenbooks.usage.layout import dimension_column, meter_column

SOURCE = UsageSource("usage/*", position=Position("tokenbooks.yaml", 7, 12))
DIMENSIONS = ("model", "project", "api_key", "customer", "batch", "service_tier", "context")
DIMENSIONS += ("region", "speed", "workspace", "user")


@dataclass(frozen=True)
class Read:
    """What reading some files gave."""

    connection: duckdb.DuckDBPyConnection
    result: ReadResult

    @property
    def account(self) -> FileAccount:
        """The account of the only file."""
        (account,) = self.result.accounts
        return account

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self.result.problems

    @property
    def told(self) -> str:
        """The problems as a user sees them."""
        return "".join(f"{problem}\n" for problem in self.result.problems)

    def totals(self, table: str = "usage_read") -> dict[str, int | Decimal]:
        """Used quantities by meter; meters that come to nothing are left out."""
        sums = {}
        for meter in self.result.layout.meters:
            (total,) = self.connection.execute(
                f"SELECT sum({meter_column(meter)}) FROM {table}"
                + (" WHERE verdict = 0" if table == "usage_read" else "")
            ).fetchall()[0]
            if total:
                sums[meter] = total
        return sums

    def by(self, dimension: str, meter: str) -> dict[Any, int | Decimal]:
        """Used quantities of a meter by a dimension's values, or by ``party`` or ``at``."""
        column = f'"{dimension}"' if dimension in {"at", "party"} else dimension_column(dimension)
        return dict(
            self.connection.execute(
                f"SELECT {column}, sum({meter_column(meter)}) FROM usage_read WHERE verdict = 0"
                f" GROUP BY ALL HAVING sum({meter_column(meter)}) <> 0 ORDER BY ALL"
            ).fetchall()
        )

    def stated(self, *columns: str) -> list[tuple[Any, ...]]:
        """Used rows of the statements: the columns, then amount and list amount."""
        keys = "".join(f"{dimension_column(name)}, " for name in columns)
        return self.connection.execute(
            f"SELECT {keys}sum(amount), sum(list_amount) FROM stated_read WHERE verdict = 0"
            " GROUP BY ALL ORDER BY ALL"
        ).fetchall()

    def counted(self, *columns: str) -> list[tuple[Any, ...]]:
        """What the statements count: the columns, then meaning, meter, quantity and amount.

        Rows that tell no quantity stand apart; theirs is None.
        """
        keys = "".join(f"{dimension_column(name)}, " for name in columns)
        return self.connection.execute(
            f"SELECT {keys}meaning, meter, sum(quantity), sum(amount) FROM stated_read"
            f" WHERE verdict = 0 GROUP BY {keys}meaning, meter, quantity IS NULL ORDER BY ALL"
        ).fetchall()


def export_file(
    path: Path,
    kind: str = "usage",
    zone: str = "UTC",
    contract: str = "acme",
    source: UsageSource = SOURCE,
    each: str | None = None,
    cuts: Sequence[datetime] = (),
    **needs: Any,
) -> ExportFile:
    """An export file; ``needs`` are what a plan needs of its rows."""
    return ExportFile(path, path.name, contract, source, kind, zone, each, tuple(cuts), **needs)


def write(folder: Path, text: str | bytes, name: str = "usage.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def read_files(
    files: Sequence[ExportFile],
    kept: Sequence[str] = DIMENSIONS,
    descriptors: Sequence[Descriptor] | None = None,
) -> Read:
    connection = connect()
    known = shipped_descriptors() if descriptors is None else descriptors
    return Read(connection, read_exports(connection, files, kept, known))


def read_text(folder: Path, text: str | bytes, **options: Any) -> Read:
    """Read one export given as text."""
    kept = options.pop("kept", DIMENSIONS)
    descriptors = options.pop("descriptors", None)
    name = options.pop("name", "usage.csv")
    file = export_file(write(folder, text, name), **options)
    return read_files([file], kept, descriptors)


def csv_text(header: str, rows: Sequence[Mapping[str, str]]) -> str:
    """A CSV text with the cells given by column; the others are empty."""
    names = header.split(",")
    unknown = {name for row in rows for name in row}.difference(names)
    assert not unknown, unknown
    lines = [",".join(row.get(name, "") for name in names) for row in rows]
    return "\n".join([header, *lines, ""])
