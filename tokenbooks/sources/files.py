"""Finding and reading the text files of a book, and naming them as the user knows them."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

from tokenbooks.problems import Position, Problem, error

#: Files that people write by hand are far smaller; more is a mistake or an attack.
LARGEST_FILE = 8_000_000

#: No blank in it, and the ending of a file's name.
_PATH = re.compile(r"\S+\.[A-Za-z][A-Za-z0-9]{1,4}")


def shown(path: Path) -> str:
    """The path as the user can open it: relative inside the current directory, else as given."""
    absolute = Path(os.path.abspath(path))
    here = Path.cwd()
    return absolute.relative_to(here).as_posix() if absolute.is_relative_to(here) else str(path)


def read_text(path: Path, largest: int | None = None) -> tuple[str | None, list[Problem]]:
    """The text of a UTF-8 file, a byte order mark taken off; ``largest`` is in bytes.

    Problems: ``file-missing``, ``file-unreadable``, ``file-too-large``,
    ``file-encoding`` (not UTF-8) and ``file-nul``, the last two with the place.
    """
    name = shown(path)
    largest = largest or LARGEST_FILE
    try:
        with path.open("rb") as file:
            data = file.read(largest + 1)
    except FileNotFoundError:
        help = "create the file, or correct the name that leads to it"
        return None, [error("file-missing", f"there is no file {name}", help, Position(name))]
    except OSError as failure:
        reason = failure.strerror or "the system refused"
        help = "make it a file that you may read"
        message = f"cannot read {name}: {reason}"
        return None, [error("file-unreadable", message, help, Position(name))]
    if len(data) > largest:
        help = "is it a usage export? those belong under usage: of a contract"
        message = f"{name} is larger than {largest // 1_000_000} MB"
        return None, [error("file-too-large", message, help, Position(name))]
    return decode_text(data, name)


def decode_text(data: bytes, name: str) -> tuple[str | None, list[Problem]]:
    """Bytes as UTF-8 text, a byte order mark taken off; ``file-encoding`` and ``file-nul``."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        before = data[: failure.start].decode("utf-8-sig", "replace")
        message = f"byte 0x{data[failure.start]:02x} is not UTF-8 text"
        help = "save the file as UTF-8 (in Excel: CSV UTF-8)"
        return None, [error("file-encoding", message, help, place_of(before, name))]
    if "\0" in text:
        before = text[: text.index("\0")]
        help = "save it again as UTF-8 text; it may be UTF-16 or cut off"
        message = "the file holds a NUL byte, so it is not plain text"
        return None, [error("file-nul", message, help, place_of(before, name))]
    return text, []


def place_of(before: str, name: str) -> Position:
    """The place in a file that comes right after the given text."""
    return Position(name, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


def is_outside(pattern: str) -> bool:
    """Whether a path or glob of a book leads, or could lead, out of the book's folder."""
    path = PurePosixPath(pattern.replace("\\", "/"))
    drive = len(pattern) > 1 and pattern[1] == ":"
    return path.is_absolute() or drive or ".." in path.parts


def names_file(text: str) -> bool:
    """Whether a text, such as evidence or a definition, is the path of a file and not words."""
    return _PATH.fullmatch(text) is not None


def matching_files(directory: Path, pattern: str) -> list[Path]:
    """The files of the book that a path or glob matches, by name; none outside the book.

    A link that leads out of the book is not followed, and hidden files are not
    matched by ``*``.
    """
    root = directory.resolve()
    found = _matching(directory, pattern)
    return [path for path in found if path.resolve().is_relative_to(root)]


def links_outside(directory: Path, pattern: str) -> list[Path]:
    """What ``matching_files`` would find too if it followed links out of the book."""
    root = directory.resolve()
    found = _matching(directory, pattern)
    return [path for path in found if not path.resolve().is_relative_to(root)]


def _matching(directory: Path, pattern: str) -> list[Path]:
    if is_outside(pattern) or not pattern.strip():
        return []
    found = [directory / pattern] if (directory / pattern).is_file() else _glob(directory, pattern)
    files = [path for path in found if path.is_file()]
    return sorted(files, key=lambda path: path.relative_to(directory).as_posix())


def _glob(directory: Path, pattern: str) -> list[Path]:
    try:
        found = list(directory.glob(pattern))
    except (ValueError, NotImplementedError):
        return []
    return [path for path in found if not path.name.startswith(".")]
