"""Reads back the ledger text of a close: entries with their day, tags and amounts."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

_HEAD = re.compile(r"(\d{4}-\d{2}-\d{2}) [*!] (?:\([^)]*\) )?(.+)")
_TAG = re.compile(r"\s+; ([a-z_-]+): (.*)")
_POSTING = re.compile(r"\s+(\S+)\s+(-?[\d.]+) [A-Z]+(?: = (-?[\d.]+) [A-Z]+)?")


@dataclass
class WrittenEntry:
    """An entry as the journal has it; ``asserted`` are balances it claims."""

    day: date
    payee: str
    tags: dict[str, str] = field(default_factory=dict)
    postings: list[tuple[str, dict[str, str], Decimal]] = field(default_factory=list)
    asserted: dict[str, Decimal] = field(default_factory=dict)

    @property
    def amounts(self) -> dict[str, Decimal]:
        """The sum of each account."""
        totals: dict[str, Decimal] = defaultdict(Decimal)
        for account, _, amount in self.postings:
            totals[account] += amount
        return totals


def read_entries(journal: Path) -> list[WrittenEntry]:
    """The entries of a month file; a line that is none of the known kinds fails."""
    entries: list[WrittenEntry] = []
    in_entry = False
    for line in journal.read_text(encoding="utf-8").splitlines():
        if head := _HEAD.fullmatch(line):
            entries.append(WrittenEntry(date.fromisoformat(head[1]), head[2]))
            in_entry = True
        elif not line.strip() or line.startswith(";"):
            in_entry = False
        elif tag := _TAG.fullmatch(line):
            postings = entries[-1].postings
            tags = postings[-1][1] if postings else entries[-1].tags
            tags[tag[1]] = tag[2]
        elif posting := _POSTING.fullmatch(line):
            assert in_entry, line
            entries[-1].postings.append((posting[1], {}, Decimal(posting[2])))
            if posting[3]:
                entries[-1].asserted[posting[1]] = Decimal(posting[3])
        else:
            assert re.fullmatch(r"\s+; .*", line), f"{journal}: {line!r}"
    for entry in entries:
        assert sum(entry.amounts.values()) == 0, f"{journal}: {entry.day} does not balance"
    return entries


def balances(entries: list[WrittenEntry]) -> dict[str, Decimal]:
    """What each account sums to, without zeros."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for entry in entries:
        for account, amount in entry.amounts.items():
            totals[account] += amount
    return {account: amount for account, amount in totals.items() if amount}
