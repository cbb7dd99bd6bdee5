"""The complete sample books that ship with the package."""

from __future__ import annotations

from pathlib import Path

import tokenbooks
from tokenbooks.problems import Problem
from tokenbooks.sources.book import BOOK_FILE
from tokenbooks.sources.files import read_text

_PACKAGE = Path(tokenbooks.__file__).parent


def samples_folder() -> Path:
    """Where the samples are: in an installed package, or beside it in a checkout."""
    installed = _PACKAGE / "samples"
    return installed if installed.is_dir() else _PACKAGE.parent / "samples"


def sample_names() -> list[str]:
    """The names of the samples, in order."""
    folder = samples_folder()
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(path.name for path in found if (path / BOOK_FILE).is_file())


def sample_files(name: str) -> tuple[dict[str, str], list[Problem]]:
    """The files of a sample by path, without what a close of it may have written."""
    folder = samples_folder() / name
    files: dict[str, str] = {}
    problems: list[Problem] = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if not path.is_file() or _is_written(parts):
            continue
        text, found = read_text(path)
        problems += found
        if text is not None:
            files["/".join(parts)] = text
    return files, problems


def _is_written(parts: tuple[str, ...]) -> bool:
    """Whether a close wrote the file, or it is hidden or compiled."""
    head = parts[0]
    hidden = any(part.startswith((".", "__")) for part in parts)
    return hidden or head == "close" or head.startswith("books.")
