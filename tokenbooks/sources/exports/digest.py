"""Digests of files, taken beside the scans: hashing releases the interpreter's lock."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Digest:
    """What one pass over a file's bytes tells."""

    sha256: str
    size: int
    has_quote: bool
    has_nul: bool


def digest_file(path: Path) -> Digest:
    """SHA-256, size, and whether there is a quote, or a NUL byte, which DuckDB lets pass."""
    sha = hashlib.sha256()
    size = 0
    has_quote = has_nul = False
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            sha.update(block)
            size += len(block)
            has_quote = has_quote or b'"' in block
            has_nul = has_nul or b"\0" in block
    return Digest(sha.hexdigest(), size, has_quote, has_nul)


def count_lines(path: Path) -> int:
    """The lines of a file, the last one too where it has no line end."""
    lines, last = 0, b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            lines += block.count(b"\n")
            last = block[-1:]
    return lines + (0 if last in (b"\n", b"") else 1)


class Digests:
    """Digests of several files, taken one after the other in a background thread."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="digest")
        self._futures: dict[Path, Future[Digest]] = {
            path: self._pool.submit(digest_file, path) for path in dict.fromkeys(paths)
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def of(self, path: Path) -> Digest:
        """The digest of a file, waiting for it if it is not taken yet."""
        return self._futures[path].result()
