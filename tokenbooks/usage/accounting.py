"""The accounting of files: every row that was read is used, replaced, skipped or rejected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

#: Value of ``kind`` for files of quantities, of amounts, and without any data.
USAGE, STATEMENT, EMPTY = "usage", "statement", "empty"

#: What a stated amount means that is to be paid, and one that takes off what is: a credit,
#: a refund, a discount. What is owed is the sum of both.
OWED, CREDIT = "owed", "credit"
OWED_MEANINGS = (OWED, CREDIT)

#: Why usage that is nobody's expense is not used; its quantities and value are kept.
NOT_OWED_ROWS = "not owed"


@dataclass(frozen=True, slots=True)
class FileAccount:
    """What became of the rows of one export file.

    ``file`` is the index in ``usage_read`` and ``stated_read``. ``first_day`` and
    ``last_day`` are those of used rows, None without any. ``skipped`` maps a reason to a
    count. ``stated`` is what the file itself says is owed for its rows, after credits, None
    where it states no amounts; ``amounts`` are its amounts by what they mean (owed, credit,
    list, included, granted, purchase, expired, tax); ``tolerance`` is by how much ``stated``
    may be off because the source rounds its rows. ``day_zone`` names the zone whose days
    daily buckets are, where that is not the contract's: a standing cut-off difference.
    ``daily`` says that usage is known by days only. ``scope`` is what the book declares the
    download to be filtered to, ``replaces`` whether downloads of this format replace each
    other by buckets; with ``adds_up`` nothing tells a row that is read twice from two that are
    alike. ``provisional`` is how many of the newest days may still change.
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
    adds_up: bool = False
    amounts: Mapping[str, Decimal] = field(default_factory=dict)
    provisional: int = 0

    @property
    def provisional_from(self) -> date | None:
        """The first day whose figures may still change; None where none may."""
        if not self.provisional or self.last_day is None:
            return None
        return self.last_day - timedelta(days=self.provisional - 1)

    @property
    def skipped_rows(self) -> int:
        """Rows skipped by any rule."""
        return sum(self.skipped.values())

    @property
    def is_balanced(self) -> bool:
        """Whether read = used + replaced + skipped + rejected."""
        accounted = self.used + self.replaced + self.skipped_rows + self.rejected
        return self.rows_read == accounted
