"""Verifying approvals: each fits its month and the one before, by two people; and what is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from tokenbooks.archive.approval import APPROVAL, REOPENED, SUPERSEDED, Signature
from tokenbooks.archive.digests import differing_files, unknown_files
from tokenbooks.archive.manifest import parse_manifest
from tokenbooks.archive.month import CLOSE_FOLDER, MANIFEST, ClosedMonth
from tokenbooks.desk.approvals import read_approval, read_reopening
from tokenbooks.desk.locked import last_period, reopen_command
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.periods import Period
from tokenbooks.problems import Position, Problem, error


def approval_problems(book: OpenBook, months: Sequence[ClosedMonth]) -> Iterator[Problem]:
    """What is wrong with the approvals of the first months of those that are written."""
    before: ClosedMonth | None = None
    for month in months:
        if month.approval is not None:
            yield from _wrong_approval(book, month, before)
        before = month


def _wrong_approval(
    book: OpenBook, month: ClosedMonth, before: ClosedMonth | None
) -> Iterator[Problem]:
    approval = month.approval
    if approval is None:
        return
    period = month.period
    place = Position(book.place(f"{CLOSE_FOLDER}/{period}/{APPROVAL}"))
    restore = f"restore the folder {CLOSE_FOLDER}/{period} as it was approved; or reopen it and" + (
        f" approve it anew: {reopen_command(last_period(book))}"
    )
    if approval.manifest != month.digest:
        message = (
            f"the approval of {period} is not of the close that is there: its manifest differs"
        )
        yield error("approval-broken", message, restore, place)
    if before is not None and before.approval is None:
        yield error(
            "approval-gap",
            f"{period} is approved, but {before.period} before it is not",
            f"restore the approval of {before.period}, or reopen the months after it, the latest"
            f" first: {reopen_command(last_period(book))}",
            place,
        )
    elif approval.previous != (before.approval.digest if before and before.approval else ""):
        which = f"that of {before.period}" if before else "none: it is the first month"
        message = f"the approval of {period} follows another one than {which}"
        yield error("approval-chain", message, restore, place)
    yield from of_one_person(book, period, approval.signature, place)


def of_one_person(
    book: OpenBook, period: Period, signature: Signature, place: Position
) -> Iterator[Problem]:
    """The error that one person prepared and approved a month, where no policy allows it."""
    if signature.is_of_one and not allows_single(book, period):
        yield error(
            "approval-single",
            f"{signature.approved} prepared and approved {period}",
            "have somebody else approve it; or let one person do both, if nobody else is there:"
            " policies: {approval: single}",
            place,
        )


def allows_single(book: OpenBook, period: Period) -> bool:
    """Whether the policy on the last day of a month lets one person prepare and approve it."""
    return book.facts.book.policy("approval", period.last_day) == "single"


def superseded_folders(book: OpenBook) -> list[Path]:
    """The folders of closes that were superseded when their months were reopened."""
    root = book.folder / CLOSE_FOLDER / SUPERSEDED
    return [path for path in sorted(root.glob("*")) if path.is_dir()]


def superseded_problems(book: OpenBook) -> Iterator[Problem]:
    """Superseded closes that are not as they were when their months were reopened."""
    for folder in superseded_folders(book):
        shown = f"{CLOSE_FOLDER}/{SUPERSEDED}/{folder.name}"
        for name, what in _changes(folder):
            yield error(
                "superseded-changed",
                f"{name} of the superseded close {folder.name} {what}",
                "restore it from a copy of the book's folder: it is the evidence of what was"
                " approved before the month was reopened",
                Position(book.place(f"{shown}/{name}")),
            )


def _changes(folder: Path) -> Iterator[tuple[str, str]]:
    """The files of a superseded close that are not as they were, and what became of them."""
    reopening, problems = read_reopening(folder)
    if reopening is None:
        yield REOPENED, f"cannot be read: {problems[0].message}"
        return
    known = {APPROVAL: reopening.approval}
    if wrong := list(differing_files(folder, known)):
        yield APPROVAL, wrong[0].what
        return
    approval, problems = read_approval(folder / APPROVAL, folder.name)
    if approval is None:
        yield APPROVAL, f"cannot be read: {problems[0].message}"
        return
    known = {MANIFEST: approval.manifest}
    if wrong := list(differing_files(folder, known)):
        yield MANIFEST, wrong[0].what
        return
    manifest = parse_manifest((folder / MANIFEST).read_text(encoding="utf-8"))
    files = {**manifest.outputs, **approval.files}
    yield from ((file.name, file.what) for file in differing_files(folder, files))
    yield from ((name, "does not belong to it") for name in unknown_files(folder, files))
