"""The JSON values of an export: one document, or JSON lines with a value on each line.

JSON lines are read a line at a time, so a log of any size needs little memory.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.exports.sheets.json_parsing import parse_values
from tokenbooks.sources.exports.sheets.json_values import JsonRefused, JsonValue

__all__ = ["Item", "JsonItems", "JsonRefused", "is_json", "json_broken", "read_items"]

#: The most bytes of one JSON document, and characters of one line: it is in memory whole.
LARGEST_DOCUMENT = 512_000_000

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Item(NamedTuple):
    """A JSON value of a content, and the line of the file on which it begins, from 1."""

    line: int
    value: JsonValue


class JsonItems:
    """The items of a content, which can be gone through again and again."""

    def __init__(self, path: Path, placed: bool = False) -> None:
        self.path = path
        self.placed = placed

    def __iter__(self) -> Iterator[Item]:
        return read_items(self.path, self.placed)


def is_json(first_bytes: bytes) -> bool:
    """Whether a content that begins like this is JSON: an object or a list comes first."""
    text = first_bytes.removeprefix(codecs.BOM_UTF8)
    if text.startswith(_UTF_16):
        text = first_bytes.decode("utf-16", "ignore").encode()
    return text.lstrip(b" \t\r\n")[:1] in (b"{", b"[")


def read_items(path: Path, placed: bool = False) -> Iterator[Item]:
    """The JSON values of a content: plain bytes in UTF-8, or UTF-16 with a byte order mark.

    Where the first line that is not blank holds whole values, each line does (JSON
    lines; blank lines are passed over); else the file is one document, or documents
    one after another. With ``placed`` every object knows its place in the file
    (``PlacedObject``), which takes several times as long.

    Raises ``JsonRefused`` while it is gone through: what is not JSON or not text, is
    cut off, larger than ``LARGEST_DOCUMENT``, or would lose data.
    """
    begun = False
    for number, text in _lines(path):
        if not text.strip():
            continue
        try:
            for line, value in parse_values(text, number, placed):
                begun = True
                yield Item(line, value)
        except JsonRefused:
            if begun:
                raise
            yield from _document(path, placed)
            return


def _document(path: Path, placed: bool) -> Iterator[Item]:
    if path.stat().st_size > LARGEST_DOCUMENT:
        raise _too_large(1)
    text = "".join(text for _, text in _lines(path))
    for line, value in parse_values(text, 1, placed):
        yield Item(line, value)


def _too_large(line: int) -> JsonRefused:
    size = f"{LARGEST_DOCUMENT // 1_000_000} MB"
    help = "export shorter periods, or JSON lines (one value a line), which have no limit"
    return JsonRefused(line, 1, f"a JSON value of more than {size} cannot be read", help)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open("rb") as file:
        start = file.peek(3)[:3]
        lines = _wide_lines(file) if start.startswith(_UTF_16) else _utf8_lines(file)
        for number, text in lines:
            yield number, text.removeprefix("\ufeff") if number == 1 else text


def _utf8_lines(file: BinaryIO) -> Iterator[tuple[int, str]]:
    number = 0
    while data := file.readline(LARGEST_DOCUMENT + 1):
        number += 1
        if len(data) > LARGEST_DOCUMENT:
            raise _too_large(number)
        try:
            text = data.decode()
        except UnicodeDecodeError as failure:
            column = len(data[: failure.start].decode()) + 1
            raise _not_text(number, column, data[failure.start]) from None
        yield number, text


def _wide_lines(file: BinaryIO) -> Iterator[tuple[int, str]]:
    """The lines of a UTF-16 file, as Windows tools save it; none are changed."""
    lines = io.TextIOWrapper(file, "utf-16", newline="\n")
    number = 0
    try:
        while text := lines.readline(LARGEST_DOCUMENT + 1):
            number += 1
            if len(text) > LARGEST_DOCUMENT:
                raise _too_large(number)
            yield number, text
    except UnicodeDecodeError as failure:
        raise _not_text(number + 1, 0, failure.object[failure.start]) from None


def _not_text(line: int, column: int, byte: int) -> JsonRefused:
    help = "save the file as UTF-8, or download it again"
    return JsonRefused(line, column, f"byte 0x{byte:02x} is not text", help)


def json_broken(refused: JsonRefused, shown: str) -> Problem:
    """The problem ``json-broken``: what stands at a place of a JSON export, and the remedy."""
    place = Position(shown, refused.line, refused.column)
    return error("json-broken", refused.message, refused.help, place)
