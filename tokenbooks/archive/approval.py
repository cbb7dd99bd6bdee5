"""Who prepared and approved a month, and the certificate of it beside its files.

``close/P/approval.yaml`` locks a month: it holds the digest of the month's manifest, which
holds those of all its files, and the digest of the approval of the month before. A month
that is reopened is kept as it was under ``close/superseded/P-N/``, with ``reopened.yaml``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

APPROVAL = "approval.yaml"
REOPENED = "reopened.yaml"
SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Signature:
    """Who prepared a month and who approved it, on which day.

    ``single`` says that the book's policy lets one person do both.
    """

    prepared: str
    approved: str
    day: date
    note: str = ""
    single: bool = False

    @property
    def is_of_one(self) -> bool:
        """Whether one person prepared and approved; case and spaces do not count."""
        return _folded(self.prepared) == _folded(self.approved)


@dataclass(frozen=True, slots=True)
class Approval:
    """What ``approval.yaml`` says; ``digest`` is that of its own bytes.

    ``files`` are those that approving wrote, with their digests; ``open_points`` the
    warnings that stood open.
    """

    signature: Signature
    manifest: str
    previous: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    open_points: tuple[str, ...] = ()
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Reopening:
    """What ``reopened.yaml`` says: who reopened a month, when and why, and its approval."""

    by: str
    day: date
    reason: str
    approval: str


def approval_text(approval: Approval) -> str:
    """The text of ``approval.yaml``."""
    signed = approval.signature
    lines = [
        f"prepared: {_quoted(signed.prepared)}",
        f"approved: {_quoted(signed.approved)}",
        f"on: {signed.day}",
        *([f"note: {_quoted(signed.note)}"] if signed.note else []),
        *(["single: true"] if signed.single else []),
        f"manifest: {approval.manifest}",
        *([f"previous: {approval.previous}"] if approval.previous else []),
        *_listed("files", (f"{_quoted(n)}: {d}" for n, d in sorted(approval.files.items()))),
        *_listed("open_points", (f"- {_quoted(point)}" for point in approval.open_points)),
    ]
    return "".join(f"{line}\n" for line in lines)


def reopening_text(reopening: Reopening) -> str:
    """The text of ``reopened.yaml``."""
    return (
        f"by: {_quoted(reopening.by)}\n"
        f"on: {reopening.day}\n"
        f"reason: {_quoted(reopening.reason)}\n"
        f"approval: {reopening.approval}\n"
    )


def _listed(key: str, entries: Iterable[str]) -> list[str]:
    found = [f"  {entry}" for entry in entries]
    return [f"{key}:", *found] if found else []


def _quoted(text: str) -> str:
    """A line of text as a YAML scalar."""
    return json.dumps(one_line(text), ensure_ascii=False)


def one_line(text: str) -> str:
    """A text as one line of signs that print: others are left out, spaces are single."""
    spaced = " ".join(text.split())
    return "".join(sign for sign in spaced if sign.isprintable())


def _folded(name: str) -> str:
    return one_line(name).casefold()
