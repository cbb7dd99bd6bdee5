"""The number that a browser puts behind the name of a file downloaded again."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBERED = re.compile(r"(?P<base>.+?)(?: \((?P<bracket>\d{1,4})\)|-(?P<dash>\d{1,4}))")
_ENDS_WITH_DATE = re.compile(r"(\d{4}-\d{2}-\d{2}|(^|\D)\d{4}-\d{2})$")


@dataclass(frozen=True, slots=True)
class Download:
    """A file name without its number; ``style`` is how that is written, '' for none."""

    base: str
    style: str = ""
    number: int = 0

    def is_after(self, other: Download) -> bool:
        """Whether the numbers say that this file was downloaded after the other one."""
        comparable = self.base == other.base and (not other.style or self.style == other.style)
        return comparable and self.number > other.number


def parse_download(shown: str) -> Download:
    """Read ``usage-2.csv`` and ``usage (1).csv``; the end of a date is no number."""
    name = re.split(r"[/\\]", shown)[-1]
    stem = re.sub(r"\.(csv|tsv|txt)$", "", name, flags=re.IGNORECASE)
    match = _NUMBERED.fullmatch(stem)
    if match is None:
        return Download(stem)
    if match["bracket"]:
        return Download(match["base"], "bracket", int(match["bracket"]))
    if _ENDS_WITH_DATE.search(stem):
        return Download(stem)
    return Download(match["base"], "dash", int(match["dash"]))
