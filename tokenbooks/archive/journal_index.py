"""Where the entries of a written close stand in its journal: ids, lines and tags.

Reads what the renderers of ``journals`` write, in both dialects, and nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tokenbooks.archive.month import ClosedMonth
from tokenbooks.journals.dialects import DIALECTS

_HEAD = re.compile(r"\d{4}-\d{2}-\d{2} [*!] ")
_TAG = re.compile(r'\s+(?:; )?(?P<key>[a-z][a-z0-9-]+): (?P<value>"(?:[^"\\]|\\.)*"|\S.*)')
_POSTING = re.compile(r"\s+(?P<account>[A-Z][A-Za-z0-9-]*(?::[A-Za-z0-9-]+)+)\s")


@dataclass(slots=True)
class WrittenEntry:
    """An entry as a journal holds it: its lines, its tags, and those of its postings."""

    id: str
    file: str
    line: int
    last_line: int
    tags: dict[str, str] = field(default_factory=dict)
    postings: list[tuple[int, dict[str, str]]] = field(default_factory=list)

    @property
    def lots(self) -> set[str]:
        """The lots that its postings name."""
        return {tags["lot"] for _, tags in self.postings if "lot" in tags}


def written_entries(month: ClosedMonth) -> list[WrittenEntry]:
    """The entries in the journal of a written close; raises OSError or UnicodeDecodeError."""
    name = DIALECTS[month.manifest.journal].month_file
    text = (month.folder / name).read_text(encoding="utf-8")
    return [*_entries(text, f"close/{month.period}/{name}")]


def _entries(text: str, file: str) -> list[WrittenEntry]:
    found: list[WrittenEntry] = []
    current: WrittenEntry | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if _HEAD.match(line):
            current = WrittenEntry("", file, number, number)
            found.append(current)
        elif not line.strip() or not line[0].isspace():
            current = None
        elif current is not None:
            current.last_line = number
            _read_line(current, number, line)
    return [entry for entry in found if entry.id]


def _read_line(entry: WrittenEntry, number: int, line: str) -> None:
    if tag := _TAG.fullmatch(line.rstrip()):
        value = tag["value"]
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        if tag["key"] == "entry":
            entry.id = value
        tags = entry.postings[-1][1] if entry.postings else entry.tags
        tags[tag["key"]] = value
    elif _POSTING.match(line):
        entry.postings.append((number, {}))
