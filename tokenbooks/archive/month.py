"""A written close, as the next one finds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from tokenbooks.archive.approval import Approval
from tokenbooks.close.close_period import Before
from tokenbooks.periods import Period

CLOSE_FOLDER = "close"
MANIFEST = "manifest.json"
STATE = "state"


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A usage or statement file as a close read it. ``path`` is relative to the book.

    ``held`` is how many bad rows were held back on demand.
    """

    path: str
    contract: str
    kind: str
    size: int
    sha256: str
    rows: int
    first_day: date | None
    last_day: date | None
    held: int = 0


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a close was made from, and what it wrote.

    ``documents`` are digests of the files that people wrote, ``readings`` of how the files of
    each contract were read.
    """

    version: str
    book: str
    period: Period
    journal: str
    currency: str
    files: tuple[FileRecord, ...]
    rows: Mapping[str, tuple[str, ...]]
    daily: Mapping[str, bool]
    documents: Mapping[str, str]
    totals: Mapping[str, str]
    declares: Mapping[str, tuple[str, ...]]
    accounts: Mapping[str, str]
    unpriced: tuple[str, ...] = ()
    outputs: Mapping[str, str] = field(default_factory=dict)
    previous: str = ""
    readings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClosedMonth:
    """A written close: where it is, its manifest, and what it posted and knew.

    ``digest`` is that of its manifest. With an ``approval`` it is locked: it never changes.
    """

    folder: Path
    manifest: Manifest
    digest: str
    before: Before
    approval: Approval | None = None

    @property
    def period(self) -> Period:
        """The period that it closes."""
        return self.manifest.period


def close_folder(book: Path, period: Period) -> Path:
    """Where the close of a period is written."""
    return book / CLOSE_FOLDER / str(period)
