"""JSON text into values, by the standard library; where objects begin, by a second look."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import NoReturn

from tokenbooks.sources.exports.sheets.json_values import (
    JsonObject,
    JsonRefused,
    JsonValue,
    NumberText,
    PlacedObject,
    nested_too_deeply,
)


def parse_values(text: str, line: int, placed: bool = False) -> Iterator[tuple[int, JsonValue]]:
    """The values that follow each other in a text, each with the line where it begins.

    ``line`` is the line of the file on which the text begins. With ``placed`` every
    object is a ``PlacedObject``. Raises ``JsonRefused`` for what is not JSON, a key
    that stands twice in an object, NaN and Infinity, and values nested too deeply.
    """
    text = without_half_characters(text)
    places = _Places(text, line)
    at = _end_of_blanks(text, 0)
    while at < len(text):
        value, end = _parse(text, at, places)
        if placed:
            value = _placed(text, at, places, value)
        yield places.of(at)[0] if at else line, value
        at = _end_of_blanks(text, end)


class _Unplaced(ValueError):  # noqa: N818 - as above
    """Something that the fast parser refuses without knowing where it stands."""


def _unique(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Unplaced
    return found


def _refuse_constant(text: str) -> NoReturn:
    raise _Unplaced(text)


_DECODER = json.JSONDecoder(
    parse_int=NumberText,
    parse_float=NumberText,
    parse_constant=_refuse_constant,
    object_pairs_hook=_unique,
)


def _parse(text: str, at: int, places: _Places) -> tuple[JsonValue, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as failure:
        line, column = places.of(failure.pos)
        if failure.msg.startswith("Unterminated") or not text[failure.pos :].strip():
            raise JsonRefused(line, column, "the JSON ends in the middle of a value") from None
        what = failure.msg[:1].lower() + failure.msg[1:]
        raise JsonRefused(line, column, f"this is not JSON: {what}") from None
    except RecursionError:
        raise nested_too_deeply(*places.of(at)) from None
    except _Unplaced:
        return _Placing(text, places).value(at)  # which refuses it too, at its place


def _placed(text: str, at: int, places: _Places, value: JsonValue) -> JsonValue:
    """The same value with places; without them where it is nested too deeply to look."""
    try:
        return _Placing(text, places).value(at)[0]
    except RecursionError:
        return value


class _Placing:
    """A second, slower parser for text that is known to be JSON: it notes where objects begin."""

    def __init__(self, text: str, places: _Places) -> None:
        self.text = text
        self.places = places

    def value(self, at: int) -> tuple[JsonValue, int]:
        """The value at an offset, and the offset after it."""
        opening = self.text[at]
        if opening == "{":
            return self._object(at)
        if opening == "[":
            return self._list(at)
        try:
            return _DECODER.raw_decode(self.text, at)
        except _Unplaced as constant:
            help = "write null where there is no number; NaN and Infinity are not JSON"
            message = f"{constant} is not a number"
            raise JsonRefused(*self.places.of(at), message, help) from None

    def _object(self, at: int) -> tuple[JsonValue, int]:
        found = PlacedObject(*self.places.of(at))
        at = _end_of_blanks(self.text, at + 1)
        while self.text[at] != "}":
            key, end = _DECODER.raw_decode(self.text, at)
            if key in found:
                message = f"the key '{key}' stands twice in one object: one value would be lost"
                help = "keep one of the two, or download the file again"
                raise JsonRefused(*self.places.of(at), message, help)
            colon = _end_of_blanks(self.text, end)
            found[key], end = self.value(_end_of_blanks(self.text, colon + 1))
            at = self._after_comma(end)
        return found, at + 1

    def _list(self, at: int) -> tuple[JsonValue, int]:
        found: list[JsonValue] = []
        at = _end_of_blanks(self.text, at + 1)
        while self.text[at] != "]":
            value, end = self.value(at)
            found.append(value)
            at = self._after_comma(end)
        return found, at + 1

    def _after_comma(self, at: int) -> int:
        at = _end_of_blanks(self.text, at)
        return _end_of_blanks(self.text, at + 1) if self.text[at] == "," else at


class _Places:
    """Lines and columns of the offsets in a text that begins on a given line."""

    def __init__(self, text: str, line: int) -> None:
        self.line = line
        self.text = text

    @cached_property
    def _ends(self) -> list[int]:
        return [found.start() for found in re.finditer("\n", self.text)]

    def of(self, at: int) -> tuple[int, int]:
        """The line and the column, in characters from 1."""
        before = bisect_right(self._ends, at - 1)
        return self.line + before, at - (self._ends[before - 1] if before else -1)


_BLANKS = re.compile(r"[ \t\r\n]*")


def _end_of_blanks(text: str, at: int) -> int:
    blanks = _BLANKS.match(text, at)
    return blanks.end() if blanks else at


#: Escaped backslashes and whole surrogate pairs are passed over; what is left is half a pair.
_HALVES = re.compile(
    r"\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u0000|\\u[dD][89a-fA-F]..",
)
_SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


def without_half_characters(text: str) -> str:
    r"""The JSON text with `\ufffd` for escapes of NUL and of half a surrogate pair.

    Logs that cut texts at a length have them; no database or terminal can hold them,
    and they only ever stand in texts.
    """
    if not _SUSPECT.search(text):
        return text
    return _HALVES.sub(lambda found: _replaced(found.group()), text)


def _replaced(escape: str) -> str:
    return r"\ufffd" if len(escape) == 6 else escape
