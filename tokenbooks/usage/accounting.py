"""The accounting of files: every row that was read is used, replaced, skipped or rejected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

#: Value of ``kind`` for files of quantities, of amounts, and without any data.
USAGE, STATEMENT, EMPTY = "usage", "statement", "empty"


@dataclass(frozen=True, slots=True)
class FileAccount:
    """What became of the rows of one export file.

    ``file`` is the index in ``usage_read`` and ``stated_read``. ``first_day`` and
    ``last_day`` are those of used rows, None without any. ``skipped`` maps a reason to a
    count. ``stated`` is the sum of a statement's used rows, and ``tolerance`` by how much
    that sum may be off because the source rounds its rows. ``day_zone`` names the zone
    whose days daily buckets are, where that is not the contract's: a standing cut-off
    difference. ``daily`` says that usage is known by days only. ``scope`` is what the
    book declares the download to be filtered to, ``replaces`` whether downloads of this
    format replace each other by buckets.
    """

    file: int
    shown: str
    contract: str
    format: str
    kind: str
    rows_read: int
    used: int
    rejected: int
    replaced: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    first_day: date | None = None
    last_day: date | None = None
    size: int = 0
    sha256: str = ""
    stated: Decimal | None = None
    currency: str | None = None
    tolerance: Decimal = Decimal(0)
    unknown_columns: tuple[str, ...] = ()
    scope: tuple[tuple[str, str], ...] = ()
    day_zone: str | None = None
    daily: bool = True
    replaces: bool = False

    @property
    def skipped_rows(self) -> int:
        """Rows skipped by any rule."""
        return sum(self.skipped.values())

    @property
    def is_balanced(self) -> bool:
        """Whether read = used + replaced + skipped + rejected."""
        accounted = self.used + self.replaced + self.skipped_rows + self.rejected
        return self.rows_read == accounted
