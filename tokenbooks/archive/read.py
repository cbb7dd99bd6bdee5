"""Reading the written closes of a book."""

from __future__ import annotations

from pathlib import Path

from tokenbooks.archive.approval import APPROVAL
from tokenbooks.archive.derived import DERIVED
from tokenbooks.archive.manifest import digest_of, file_digest, parse_manifest
from tokenbooks.archive.month import CLOSE_FOLDER, MANIFEST, STATE, ClosedMonth
from tokenbooks.archive.state import read_before
from tokenbooks.periods import Period
from tokenbooks.problems import Position, Problem, error


def read_months(book: Path, shown: str) -> tuple[list[ClosedMonth], list[Problem]]:
    """The written closes of a book, in the order of time. ``shown`` names the book's folder."""
    months: list[ClosedMonth] = []
    problems: list[Problem] = []
    for folder in _folders(book / CLOSE_FOLDER):
        try:
            month = read_month(folder)
            if str(month.period) != folder.name:
                raise ValueError(f"it is the close of {month.period}, under another name")
            months.append(month)
        except (OSError, ValueError, KeyError, TypeError) as reason:
            problems.append(_unreadable(folder, shown, reason))
    return months, problems


def digests_of_months(book: Path) -> dict[str, tuple[str, str]]:
    """The digests of the manifest and of the approval of each written month, '' where it has none.

    Raises OSError.
    """
    return {
        folder.name: (_digest_at(folder / MANIFEST), _digest_at(folder / APPROVAL))
        for folder in _folders(book / CLOSE_FOLDER)
    }


def _digest_at(path: Path) -> str:
    return file_digest(path) if path.is_file() else ""


def read_month(folder: Path) -> ClosedMonth:
    """One written close; raises OSError, ValueError, KeyError or TypeError."""
    data = (folder / MANIFEST).read_bytes()
    manifest = parse_manifest(data.decode("utf-8"))
    for name, digest in manifest.outputs.items():
        # these are read later on, where a damaged file could not be told so plainly
        later = name.startswith(f"{STATE}/usage.") or name == f"{STATE}/{DERIVED}"
        if later and file_digest(folder / name) != digest:
            raise ValueError(f"{name} was changed after it was written")
    return ClosedMonth(folder, manifest, digest_of(data), read_before(folder / STATE))


def _folders(closes: Path) -> list[Path]:
    found = []
    for folder in sorted(closes.glob("*")):
        try:
            Period.parse(folder.name)
        except ValueError:
            continue
        found.append(folder)
    return found


def _unreadable(folder: Path, shown: str, reason: Exception) -> Problem:
    again = f"restore the folder, or delete it and run: tokenbooks close -p {folder.name} --write"
    if (folder / APPROVAL).exists():
        again = "restore the folder from a copy: the month is approved, and is not written again"
    return error(
        "close-unreadable",
        f"the written close of {folder.name} cannot be read: {reason}",
        again,
        Position(f"{shown}/{CLOSE_FOLDER}/{folder.name}/{MANIFEST}"),
    )
