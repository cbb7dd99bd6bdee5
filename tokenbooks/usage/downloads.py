"""The number that a browser puts behind the name of a file downloaded again."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_PACKED = re.compile(r"\.(gz|gzip|zst|zstd|zip)$", re.IGNORECASE)
_KIND = re.compile(r"\.(csv|tsv|txt|json|jsonl|ndjson|parquet)$", re.IGNORECASE)
_ARCHIVE = re.compile(r"\.zip$", re.IGNORECASE)
_NUMBERED = re.compile(r"(?P<base>.+?)(?: \((?P<bracket>\d{1,4})\)|-(?P<dash>\d{1,4}))")
_ENDS_WITH_DATE = re.compile(r"(\d{4}-\d{2}-\d{2}|(^|\D)(\d{4}-\d{2}|20\d\d-[1-9]))$")


@dataclass(frozen=True, slots=True)
class Download:
    """A file name without its number; ``style`` is how that is written, '' for none.

    ``archive`` is the same of the ZIP that the file is in, None where it is in none.
    """

    base: str
    style: str = ""
    number: int = 0
    archive: Download | None = None

    @property
    def rank(self) -> tuple[int, int]:
        """The numbers of the ZIP and of the file."""
        return (self.archive.number if self.archive else 0, self.number)

    def is_after(self, other: Download) -> bool:
        """Whether the numbers say that this file was downloaded after the other one."""
        if self.archive and other.archive and self.archive != other.archive:
            same = replace(self, archive=None) == replace(other, archive=None)
            return same and self.archive.is_after(other.archive)
        comparable = self.base == other.base and (not other.style or self.style == other.style)
        return comparable and self.number > other.number


def parse_download(shown: str) -> Download:
    """Read ``usage-2.csv``, ``usage (1).csv.gz`` and ``usage (1).zip/usage.csv``.

    The end of a date is no number.
    """
    *folders, name = re.split(r"[/\\]", shown)
    download = _numbered(name)
    if folders and _ARCHIVE.search(folders[-1]):
        return replace(download, archive=_numbered(folders[-1]))
    return download


def _numbered(name: str) -> Download:
    """A name without what says how the file is packed and what it holds, and its number."""
    packed = _PACKED.sub("", name)
    match = _NUMBERED.fullmatch(packed)
    if match is None or not match["bracket"]:
        packed = _KIND.sub("", packed)
        match = _NUMBERED.fullmatch(packed)
    if match is None:
        return Download(packed)
    base = _KIND.sub("", match["base"])
    if match["bracket"]:
        return Download(base, "bracket", int(match["bracket"]))
    if _ENDS_WITH_DATE.search(packed):
        return Download(packed)
    return Download(base, "dash", int(match["dash"]))
