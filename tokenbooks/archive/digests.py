"""Whether the files of a written month are those that were written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tokenbooks.archive.approval import APPROVAL, REOPENED
from tokenbooks.archive.manifest import file_digest
from tokenbooks.archive.month import MANIFEST, ClosedMonth

_BESIDE = frozenset({MANIFEST, APPROVAL, REOPENED})


@dataclass(frozen=True, slots=True)
class DifferingFile:
    """A file that is not as it was written."""

    name: str
    is_gone: bool

    @property
    def what(self) -> str:
        """What became of it, in words."""
        return "is gone" if self.is_gone else "was changed after it was written"


def files_of(month: ClosedMonth) -> dict[str, str]:
    """The digests of the files that closing and approving a month wrote, by name."""
    approved = month.approval.files if month.approval else {}
    return {**month.manifest.outputs, **approved}


def differing_files(folder: Path, digests: Mapping[str, str]) -> Iterator[DifferingFile]:
    """The files of a folder that are gone or have other bytes."""
    for name, digest in digests.items():
        path = folder / name
        if not path.is_file():
            yield DifferingFile(name, is_gone=True)
        elif file_digest(path) != digest:
            yield DifferingFile(name, is_gone=False)


def unknown_files(folder: Path, known: Mapping[str, str]) -> list[str]:
    """The files of a folder that nothing wrote there."""
    present = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    names = [path.relative_to(folder).as_posix() for path in present]
    return [name for name in names if name not in known and name not in _BESIDE]
