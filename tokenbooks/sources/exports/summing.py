"""What the rows of a file are summed by, and what is summed: the order that SQL is made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tokenbooks.sources.exports.normal.expression import Expression
from tokenbooks.sources.exports.normal.normal_form import Choice, NormalForm
from tokenbooks.usage.layout import NOT_OWED, REPLACED, USED

#: Column of a relation that says whether another row replaces this one.
REPLACED_COLUMN = "replaced"

#: Verdict of a row that the first rule skips; of the next rules it is more. ``file_accounts``
#: counts them by rule, and makes them ``SKIPPED``.
FIRST_RULE = 10

#: The list of the rows' ids, beside other sums.
LIST_OF_IDS = ", list(id) FILTER (id IS NOT NULL) AS ids"


@dataclass(frozen=True, slots=True)
class Summing:
    """What the rows of a file are summed by, and what is summed.

    With ``replacements`` the rows have a column ``replaced``. Of ``levels``, which are some
    of ``sums``, it is the last value, and when it was said. With ``id``, a number of each row,
    there is a list of them, without those that are NULL. ``choices`` are those of the sum
    ``quantity`` of rows that name their meter.
    """

    form: NormalForm
    keys: Mapping[str, Expression]
    sums: Mapping[str, str]
    replacements: bool = False
    levels: Sequence[str] = ()
    id: Expression | None = None
    choices: Sequence[Choice] = ()

    @property
    def all_keys(self) -> dict[str, Expression]:
        """The keys with the times."""
        time = self.form.time
        times = {"step": time.over(time.step_key)}
        if time.bucket and time.bucket_end:
            times |= {"bucket": time.over(time.bucket), "bucket_end": time.over(time.bucket_end)}
        return {**times, **self.keys}

    @property
    def grouping(self) -> str:
        """The columns to group by."""
        return ", ".join([*time_keys(self.form), *self.keys])

    def carried(self, columns: Iterable[int] = ()) -> list[str]:
        """The columns that are needed beside the values of a row, with further raw ones."""
        raw = {*columns, *((self.id.texts or ()) if self.id else ())}
        marks = [REPLACED_COLUMN] if self.replacements else []
        return [*(f"c{index}" for index in sorted(raw)), *marks]

    def replaced(self, verdict: str) -> str:
        """A verdict, or that another row replaces a row which would count."""
        if not self.replacements:
            return verdict
        kept = f"{REPLACED_COLUMN} AND {verdict} IN ({USED}, {NOT_OWED})"
        return f"CASE WHEN {kept} THEN {REPLACED}::TINYINT ELSE {verdict} END"


def time_keys(form: NormalForm) -> list[str]:
    """The columns of a row's time and verdict by which rows are summed."""
    return ["step", "verdict", *(["bucket", "bucket_end"] if form.time.bucket else [])]


def listed(columns: Mapping[str, object]) -> str:
    """Named expressions for ``SELECT``."""
    return ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
