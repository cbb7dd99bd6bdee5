"""How a file is packed, told by its first bytes; and what unpacking refuses.

A name proves nothing: ``usage.csv`` may be gzip, and ``usage.csv.gz`` may be plain text
that a browser has unpacked already.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tokenbooks.problems import Position, Problem, error

GZIP = "gzip"
ZSTD = "zstd"
ZIP = "ZIP"

#: So many first bytes tell how a file is packed.
FIRST_BYTES = 262

#: However small the packed file is, it may hold so many bytes.
ALWAYS_ALLOWED = 256_000_000
#: Usage that says the same in every row packs 50 to 1; a bomb packs 1,000 to 1 and more.
LARGEST_RATIO = 200
#: What no export comes near.
LARGEST_UNPACKED = 50_000_000_000

_SIGNS = (
    (b"\x1f\x8b", GZIP),
    (b"\x28\xb5\x2f\xfd", ZSTD),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"PK\x07\x08", ZIP),
)
#: zstd may begin with a frame that is to be skipped, as parallel packers write it.
_SKIPPABLE = range(0x50, 0x60)

_NOT_READ = (
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x04\x22\x4d\x18", "LZ4"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook or another Office document"),
)
_BZIP2 = (b"BZh", b"1AY&SY")
_TAR = (257, b"ustar")


class PackingError(Exception):
    """A packed file that is not unpacked; the problem says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def first_bytes(path: Path) -> bytes:
    """The first bytes of a file; none where it cannot be read, which its reader tells."""
    try:
        with path.open("rb") as file:
            return file.read(FIRST_BYTES)
    except OSError:
        return b""


def packed_as(first: bytes, shown: str) -> str:
    """``gzip``, ``zstd``, ``ZIP``, or '' for a file that is not packed.

    Raises ``PackingError`` with ``packed-unknown`` for archives of other kinds.
    """
    for sign, kind in _SIGNS:
        if first.startswith(sign):
            return kind
    if first[1:4] == b"\x2a\x4d\x18" and first[0] in _SKIPPABLE:
        return ZSTD
    kinds = [kind for sign, kind in _NOT_READ if first.startswith(sign)]
    if first.startswith(_BZIP2[0]) and first[4:10] == _BZIP2[1]:
        kinds.append("bzip2")
    if first[_TAR[0] :].startswith(_TAR[1]):
        kinds.append("tar")
    if kinds:
        raise PackingError(unknown_packing(f"it is {kinds[0]}, which is not read", shown))
    return ""


def unknown_packing(message: str, shown: str) -> Problem:
    """The problem that a file is packed in a way that is not read."""
    help = (
        "unpack it yourself, or pack it as ZIP, gzip or zstd; of a workbook, save the sheet as CSV"
    )
    return error("packed-unknown", message, help, Position(shown))


def broken(reason: str, shown: str) -> Problem:
    """The problem that a packed file is cut off or damaged."""
    help = "download it again; if it is still being written, wait until it is complete"
    return error("packed-broken", f"it cannot be unpacked: {reason}", help, Position(shown))


class Budget:
    """How many bytes may still come out of one packed file, whatever is inside of what."""

    def __init__(self, packed: int, shown: str) -> None:
        """``packed`` is the size of the file on disk, in bytes."""
        self.limit = min(LARGEST_UNPACKED, max(ALWAYS_ALLOWED, LARGEST_RATIO * packed))
        self.left = self.limit
        self.shown = shown

    def metered(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """The same blocks. Raises ``PackingError`` (``packed-too-large``) where they are many."""
        for block in blocks:
            self.left -= len(block)
            if self.left < 0:
                raise PackingError(self._too_large())
            yield block

    def _too_large(self) -> Problem:
        size = f"{self.limit:,} bytes"
        message = f"unpacked it is larger than {size}, far more than exports of its size hold"
        help = "download it again; if it is what it should be, unpack it yourself"
        return error("packed-too-large", message, help, Position(self.shown))
