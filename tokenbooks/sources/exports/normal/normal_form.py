"""How one file's rows are read in the words of tokenbooks, as SQL.

Reading has two layers. The *values* are the file's cells cast with a check (``v3`` is
the number in column ``c3``, ``t`` the time, ``e`` the end of the bucket); what several of
them need stands ``below``, and is computed once. On top of
them stand the dimensions, the meters, the step and the verdict of a row. Whatever reads
rows (the bulk reader, the search for bad rows, ``explain``) uses the same SQL, which
``normalising`` builds from a descriptor and a header.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tokenbooks.sources.exports.descriptors.descriptor import Descriptor
from tokenbooks.sources.exports.files import ExportFile
from tokenbooks.sources.exports.normal.expression import Expression
from tokenbooks.sources.exports.normal.normal_time import TimeForm
from tokenbooks.sources.exports.sheets.sheet import Header, Sheet
from tokenbooks.usage.accounting import USAGE
from tokenbooks.usage.layout import NOT_OWED, REJECTED, SKIPPED, USED

#: Why rows that state the sum of the others are not used.
TOTAL_ROW = "total of the file"

#: Why rows are not used that the book's source does not ask for with `only:`.
NOT_ASKED_FOR = "not asked for (only:)"

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
    """The stated amount of a row, the one before discount, the currency, what is billed.

    ``meaning`` is one of the descriptor's ``MEANINGS``; ``in_total`` is what adds up to the
    file's own total.
    """

    amount: str
    list_amount: str | None
    currency: Expression
    billed: str | None
    meaning: Expression
    in_total: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A quantity that counts where the condition on the meter holds; the last has none.

    ``quantity`` is that of a row. Of rows where ``is_short`` holds it is ``short`` too, a
    decimal of 18 digits in units of ``unit`` ('' for 1): cheap to sum, and the same sum.
    """

    condition: str
    quantity: str
    short: str = ""
    is_short: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class LongRows:
    """Rows that name their meter: the meter, the quantity, and the meters there are.

    ``choices`` are the quantity once more: the first counts whose condition holds. ``level``
    is the quantity, NULL where the cell is empty; ``measures`` are those that such rows have,
    with the meters that each sums.
    """

    meter: Expression
    quantity: str
    meters: tuple[str, ...]
    choices: tuple[Choice, ...]
    level: str = "NULL"
    measures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StatedCount:
    """What the rows of a statement count, where they say it: the meter, and how much of it.

    ``meter`` is NULL where a row does not say. Only where ``told`` holds does it say the
    quantity, which is that of ``rows``; both are None where the file has no quantities.
    ``is_paid`` tells rows that cost something from complimentary ones of the same key.
    """

    meter: Expression
    told: Expression | None = None
    rows: LongRows | None = None
    is_paid: Expression | None = None


@dataclass(frozen=True, slots=True)
class NormalForm:
    """One file as SQL. All texts but those of ``values`` are over the values' layer.

    Of rows that name their meter ``long`` reads usage, ``counted`` statements. ``raw`` are the
    columns that the upper layer needs as written, ``used`` all that the format reads,
    ``numbers`` those that hold numbers. ``sound`` are the conditions that a row must fulfil,
    ``checks`` tell which one it does not. ``measures`` are by name; those
    that come to nothing in this file are left out. ``not_owed`` says which usage is nobody's
    expense. With ``by_content`` equal rows of two files are one. Of rows with one id the one
    with the largest number in ``most_column`` counts, where there is one. ``below`` are what
    the values need, in layers: each is computed over those before it.
    """

    file: ExportFile
    sheet: Sheet
    descriptor: Descriptor
    time: TimeForm
    values: Mapping[str, Expression]
    raw: frozenset[int]
    used: tuple[int, ...]
    dimensions: Mapping[str, Expression]
    meters: Mapping[str, str]
    skips: tuple[tuple[str, Expression], ...]
    sound: tuple[Expression, ...]
    checks: tuple[Check, ...]
    amount: AmountForm | None = None
    long: LongRows | None = None
    counted: StatedCount | None = None
    id_column: int | None = None
    inside: Mapping[str, str] = field(default_factory=dict)
    informational: frozenset[str] = frozenset()
    unknown_columns: tuple[str, ...] = ()
    measures: Mapping[str, str] = field(default_factory=dict)
    not_owed: Expression | None = None
    by_content: bool = False
    most_column: int | None = None
    below: tuple[Mapping[str, str], ...] = ()
    numbers: frozenset[int] = frozenset()

    @property
    def header(self) -> Header:
        """The names of the file's columns."""
        return self.sheet.header

    @property
    def is_identified(self) -> bool:
        """Whether something tells a row that is read twice from two that are alike."""
        return self.id_column is not None or self.by_content

    @property
    def reads_usage(self) -> bool:
        """Whether quantities are read, not amounts only, and there can be some."""
        return self.file.kind == USAGE and not self.descriptor.is_empty

    @property
    def left_out_of_total(self) -> list[str]:
        """Conditions of rows that the file's own total does not count.

        Rows that are left out under one key of the contract, or on demand, do count.
        """
        ours = {NOT_ASKED_FOR, *(rule.reason for rule in self.descriptor.skip if rule.under)}
        return [skip.sql for reason, skip in self.skips if reason not in ours]

    @property
    def scan(self) -> str:
        """The relation of the file's rows as text, numbered where rows are events."""
        return self.numbered_scan if self.file.events else self.sheet.scan

    @property
    def numbered_scan(self) -> str:
        """The relation of the file's rows with their numbers ``n``, the first is 1."""
        return f"(SELECT *, row_number() OVER () AS {ROW_NUMBER} FROM {self.sheet.scan})"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of ``scan``."""
        numbers = (ROW_NUMBER,) if self.file.events else ()
        return (*(f"c{index}" for index in range(len(self.header.columns))), *numbers)

    def quantity_of(self, meter: str) -> str | None:
        """The quantity of a meter or a measure in a row; None where there is none."""
        return self.meters.get(meter) or self.measures.get(meter)

    def values_of(self, relation: str, carried: Iterable[str] = ()) -> str:
        """The values' layer over a relation of raw rows, with further columns of it."""
        if self.file.events:
            carried = [ROW_NUMBER, *carried]
        columns = list(dict.fromkeys([*carried, *(f"c{index}" for index in sorted(self.raw))]))
        columns += [f"{sql} AS {name}" for name, sql in self.values.items()]
        for layer in self.below:
            needed = ", ".join(f"{sql} AS {name}" for name, sql in layer.items())
            relation = f"(SELECT *, {needed} FROM {relation})"
        return f"(SELECT {', '.join(columns)} FROM {relation})"

    @property
    def verdict(self) -> str:
        """0 used, 1 skipped, 2 rejected, 4 not owed; a condition that is NULL rejects too."""
        return self.verdict_by_rule([SKIPPED] * len(self.skips))

    def verdict_by_rule(self, verdicts: Iterable[int]) -> str:
        """The same with a verdict of its own for each of the rules that skip rows."""
        rules = zip(self.skips, verdicts, strict=False)
        skipped = "".join(f"WHEN {sql} THEN {verdict} " for (_, sql), verdict in rules)
        sound = " AND ".join(map(str, self.sound)) or "true"
        used = str(USED)
        if self.not_owed:
            used = f"CASE WHEN {self.not_owed} THEN {NOT_OWED} ELSE {USED} END"
        return f"(CASE {skipped}WHEN {sound} THEN {used} ELSE {REJECTED} END)::TINYINT"
