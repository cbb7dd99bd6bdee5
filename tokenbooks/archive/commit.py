"""Writing a close atomically: all of its files or none, also when the run is killed.

A close is laid out in a staging folder beside the closes. Renaming the staging folder to
its committed name is the one instant at which the close happens; what follows (putting
the files in their places) is finished by the next run if this one is cut off, and a staging
folder that was never committed is dropped by it.

A month is approved and reopened in the same way: as a folder that replaces its own.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from tokenbooks.archive.approval import APPROVAL, SUPERSEDED
from tokenbooks.archive.month import CLOSE_FOLDER, close_folder
from tokenbooks.periods import Period

_LOCK = ".lock"
_STAGING = ".staging"
_COMMITTED = ".committed"
_OLD = ".old-"
_MONTH = "month"
_TOP = "top"

#: How the files begin that approving a month adds to its folder, beside the approval.
APPROVED_FILES = "approved-"


@contextmanager
def staged(book: Path, period: Period) -> Iterator[tuple[Path, Path]]:
    """Lay out a close: yields the folders for the month's files and for top files.

    Leaving the block normally commits and publishes; an exception drops all of it.
    Only one run may write at a time (``locked``).
    """
    with _staging(book) as staging:
        month, top = staging / _MONTH / str(period), staging / _TOP
        month.mkdir(parents=True)
        top.mkdir()
        yield month, top


@contextmanager
def reopened(book: Path, period: Period, name: str, approved: Collection[str]) -> Iterator[Path]:
    """Reopen a month: yields the folder, already filled, in which it is kept as it was.

    That is ``close/superseded/NAME``. Without the ``approved`` files and its approval the
    month is written and unapproved. As ``staged``, all of it happens or nothing.
    """
    folder = close_folder(book, period)
    with _staging(book) as staging:
        superseded = staging / SUPERSEDED / name
        shutil.copytree(folder, superseded)
        month = staging / _MONTH / str(period)
        without = shutil.ignore_patterns(APPROVAL, *approved)
        # the folder that is replaced gives its files up: only `superseded` needs bytes of its own
        shutil.copytree(folder, month, ignore=without, copy_function=_link)
        yield superseded


def approve(book: Path, period: Period, files: Mapping[str, str], approval: str) -> None:
    """Put an approval into a month's folder, with the files that belong to it.

    As ``staged``, all of it happens or nothing.
    """
    with _staging(book) as staging:
        month = staging / _MONTH / str(period)
        without = shutil.ignore_patterns(APPROVAL, f"{APPROVED_FILES}*")
        shutil.copytree(close_folder(book, period), month, ignore=without, copy_function=_link)
        for name, text in {**files, APPROVAL: approval}.items():
            (month / name).write_text(text, encoding="utf-8", newline="\n")


@contextmanager
def _staging(book: Path) -> Iterator[Path]:
    """A staging folder: leaving the block normally commits and publishes what is in it."""
    closes = book / CLOSE_FOLDER
    staging = closes / _STAGING
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        yield staging
        _sync(staging)
    except BaseException:  # whatever cuts the run off, Ctrl-C too, nothing may stay behind
        shutil.rmtree(staging, ignore_errors=True)
        raise
    staging.rename(closes / _COMMITTED)
    _sync_folder(closes)
    recover(book)


def recover(book: Path) -> None:
    """Finish a committed close that was cut off, and drop one that never committed."""
    closes = book / CLOSE_FOLDER
    committed = closes / _COMMITTED
    if committed.exists():
        for kept in sorted((committed / SUPERSEDED).glob("*")):
            (closes / SUPERSEDED).mkdir(exist_ok=True)
            _replace_folder(kept, closes / SUPERSEDED / kept.name)
        for month in sorted((committed / _MONTH).glob("*")):
            _replace_folder(month, closes / month.name)
        for file in sorted((committed / _TOP).glob("*")):
            file.replace(book / file.name)
        # what was put in its place must last before its record goes
        for folder in (closes / SUPERSEDED, closes, book):
            if folder.is_dir():
                _sync_folder(folder)
        shutil.rmtree(committed)
    for left_over in closes.glob(f"{_OLD}*"):
        shutil.rmtree(left_over, ignore_errors=True)
    if (closes / _STAGING).exists() and not (closes / _COMMITTED).exists():
        shutil.rmtree(closes / _STAGING, ignore_errors=True)


def needs_recovery(book: Path) -> bool:
    """Whether a close was committed but not all of its files are in their places."""
    return (book / CLOSE_FOLDER / _COMMITTED).exists()


@contextmanager
def locked(book: Path) -> Iterator[bool]:
    """Hold the book for writing; yields False where another run holds it.

    The lock's file is gone afterwards, where it can be removed.
    """
    closes = book / CLOSE_FOLDER
    closes.mkdir(exist_ok=True)
    path = closes / _LOCK
    handle = _held(path)
    if handle is None:
        yield False
        return
    with handle:
        try:
            yield True
        finally:
            # one that stays is in nobody's way, and what was written has been written
            with suppress(OSError):
                path.unlink()


def _held(path: Path) -> TextIO | None:
    """The lock's file, opened and locked; None where another run has locked it."""
    import fcntl

    while True:
        handle = path.open("w")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # a run that ended just now took the file away that was opened here
            if _is_at(handle, path):
                return handle
        except BlockingIOError:
            handle.close()
            return None
        handle.close()


def _is_at(handle: TextIO, path: Path) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(handle.fileno()), there)


def _link(source: str, target: str) -> None:
    """The same file under another name; a copy where the file system has no such thing."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _replace_folder(source: Path, target: Path) -> None:
    old = target.with_name(f"{_OLD}{target.name}")
    if target.exists() and source.exists():
        shutil.rmtree(old, ignore_errors=True)
        target.rename(old)
    if source.exists():
        source.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _sync(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as handle:
                os.fsync(handle.fileno())
        else:
            _sync_folder(path)
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
