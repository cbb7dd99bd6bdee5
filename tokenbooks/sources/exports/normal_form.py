"""How one file's rows are read in the words of tokenbooks, as SQL.

Reading has two layers. The *values* are the file's cells cast with a check (``v3`` is
the number in column ``c3``, ``t`` the time, ``e`` the end of the bucket). On top of
them stand the dimensions, the meters, the step and the verdict of a row. Whatever reads
rows (the bulk reader, the search for bad rows, ``explain``) uses the same SQL, which
``normalising`` builds from a descriptor and a header.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tokenbooks.sources.exports.descriptor import Descriptor
from tokenbooks.sources.exports.files import ExportFile
from tokenbooks.sources.exports.header import Header
from tokenbooks.sources.exports.normal_time import TimeForm
from tokenbooks.sources.exports.sql_text import scan
from tokenbooks.usage.layout import REJECTED, SKIPPED, USED

#: The column of a row's number in its file.
ROW_NUMBER = "n"


@dataclass(frozen=True, slots=True)
class Check:
    """What can be wrong with a cell. ``bad`` is SQL over the values: true where it is.

    ``parts`` are the columns that a part-and-whole check compares ``column`` with.
    """

    code: str
    column: int
    bad: str
    parts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class AmountForm:
    """The stated amount of a row, the one before discount, and the currency."""

    amount: str
    list_amount: str | None
    currency: str


@dataclass(frozen=True, slots=True)
class LongRows:
    """Rows that name their meter: the meter, the quantity, and the meters there are.

    ``level`` is the quantity, NULL where the cell is empty; ``measures`` are those that such
    rows have, with the meters that each sums.
    """

    meter: str
    quantity: str
    meters: tuple[str, ...]
    level: str = "NULL"
    measures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NormalForm:
    """One file as SQL. All texts but those of ``values`` are over the values' layer.

    ``raw`` are the columns that the upper layer needs as written, ``used`` all that the
    format reads. ``sound`` are the
    conditions that a row must fulfil, ``checks`` tell which one it does not. ``measures``
    are by name; those that come to nothing in this file are left out.
    """

    file: ExportFile
    header: Header
    descriptor: Descriptor
    time: TimeForm
    values: Mapping[str, str]
    raw: frozenset[int]
    used: tuple[int, ...]
    dimensions: Mapping[str, str]
    meters: Mapping[str, str]
    skips: tuple[tuple[str, str], ...]
    sound: tuple[str, ...]
    checks: tuple[Check, ...]
    amount: AmountForm | None = None
    long: LongRows | None = None
    id_column: int | None = None
    inside: Mapping[str, str] = field(default_factory=dict)
    informational: frozenset[str] = frozenset()
    unknown_columns: tuple[str, ...] = ()
    measures: Mapping[str, str] = field(default_factory=dict)

    @property
    def scan(self) -> str:
        """The relation of the file's rows as text, numbered where rows are events."""
        return self.numbered_scan if self.file.events else self._scan

    @property
    def numbered_scan(self) -> str:
        """The relation of the file's rows with their numbers ``n``, the first is 1."""
        return f"(SELECT *, row_number() OVER () AS {ROW_NUMBER} FROM {self._scan})"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of ``scan``."""
        numbers = (ROW_NUMBER,) if self.file.events else ()
        return (*(f"c{index}" for index in range(len(self.header.columns))), *numbers)

    @property
    def _scan(self) -> str:
        return scan(self.file.path, len(self.header.columns), self.header.delimiter)

    def quantity_of(self, meter: str) -> str | None:
        """The quantity of a meter or a measure in a row; None where there is none."""
        return self.meters.get(meter) or self.measures.get(meter)

    def values_of(self, relation: str, carried: Iterable[str] = ()) -> str:
        """The values' layer over a relation of raw rows, with further columns of it."""
        if self.file.events:
            carried = dict.fromkeys([ROW_NUMBER, *carried])
        columns = [*carried, *(f"c{index}" for index in sorted(self.raw))]
        columns += [f"{sql} AS {name}" for name, sql in self.values.items()]
        return f"(SELECT {', '.join(columns)} FROM {relation})"

    @property
    def verdict(self) -> str:
        """0 used, 1 skipped, 2 rejected: a condition that is NULL rejects like a false one."""
        skipped = "".join(f"WHEN {sql} THEN {SKIPPED} " for _, sql in self.skips)
        sound = " AND ".join(self.sound) or "true"
        return f"(CASE {skipped}WHEN {sound} THEN {USED} ELSE {REJECTED} END)::TINYINT"
