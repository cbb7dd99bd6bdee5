"""The entries of a written close, read back from its journal as the values they were.

Reads what the renderers of ``journals`` write, in both dialects, and nothing else; which
role an account has is told by the manifest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from tokenbooks.archive.journal_index import WrittenEntry, written_entries
from tokenbooks.archive.month import ClosedMonth
from tokenbooks.entries.entry import KIND_ORDER, Entry, Posting
from tokenbooks.journals.dialects import DIALECTS

_LEDGER_HEAD = re.compile(r"(\S{10}) ([*!]) (?:\(([^)]*)\) )?(.*)")
_BEANCOUNT_HEAD = re.compile(r'(\S{10}) ([*!]) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"')
_POSTING = re.compile(r"\s+(\S+)\s+(-?\d+(?:\.\d+)?) \S+")


def posted_entries(month: ClosedMonth) -> tuple[Entry, ...]:
    """The entries of a written close, without those that only assert balances.

    Raises OSError, UnicodeDecodeError or ValueError where the journal is not as it was written.
    """
    name = DIALECTS[month.manifest.journal].month_file
    lines = (month.folder / name).read_text(encoding="utf-8").splitlines()
    roles = _roles(month.manifest.accounts)
    found = []
    for written in written_entries(month):
        if written.id.startswith(tuple(f"{kind}-" for kind in KIND_ORDER)):
            own = lines[written.line - 1 : written.last_line]
            found.append(_entry(written, own, roles, month.manifest.journal))
    return tuple(found)


def _roles(accounts: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """The role of each contract's accounts, as the close used them."""
    roles: dict[tuple[str, str], str] = {}
    for key, account in accounts.items():
        contract, _, role = key.partition("/")
        roles.setdefault((contract, account), role)
    return roles


def _entry(
    written: WrittenEntry,
    lines: Sequence[str],
    roles: Mapping[tuple[str, str], str],
    journal: str,
) -> Entry:
    tags = dict(written.tags)
    contract = tags.get("contract", "")
    day, flag, code, payee, narration = _head(lines, tags, journal)
    first = written.line
    postings = []
    for line, own in written.postings:
        match = _POSTING.match(lines[line - first])
        if match is None:
            raise ValueError(f"line {line} is no posting")
        account = match[1]
        role = roles.get((contract, account), "")
        postings.append(Posting(role, account, Decimal(match[2]), tuple(own.items())))
    tags.pop("entry", None)
    tags.pop("code", None)
    kind = next(kind for kind in KIND_ORDER if written.id.startswith(f"{kind}-"))
    return Entry(
        id=written.id,
        kind=kind,
        day=date.fromisoformat(day),
        payee=payee,
        narration=narration,
        postings=tuple(postings),
        tags=tuple(tags.items()),
        code=code,
        pending=flag == "!",
    )


def _head(
    lines: Sequence[str], tags: Mapping[str, str], journal: str
) -> tuple[str, str, str, str, str]:
    """Day, flag, code, payee and narration of an entry."""
    pattern = _BEANCOUNT_HEAD if journal == "beancount" else _LEDGER_HEAD
    match = pattern.match(lines[0])
    if match is None:
        raise ValueError(f"'{lines[0]}' heads no entry")
    if journal == "beancount":
        payee, narration = (re.sub(r"\\(.)", r"\1", text) for text in match.groups()[2:])
        return match[1], match[2], tags.get("code", ""), payee, narration
    comment = lines[1].strip().removeprefix("; ")
    narration = "" if comment.startswith("entry: ") else comment
    return match[1], match[2], match[3] or "", match[4], narration
