"""The values of JSON: numbers keep their exact text, and objects can know their place.

A number stays the text it was written in, since a binary float would change it
(`0.1`, 39 digits, `0E-6176`), and an amount is made of that text later.
"""

from __future__ import annotations

from typing import TypeAlias


class NumberText(str):
    """A JSON number as it was written; a type of its own, so that 5 and "5" stay different."""

    __slots__ = ()


JsonObject: TypeAlias = "dict[str, JsonValue]"
JsonValue: TypeAlias = "JsonObject | list[JsonValue] | str | bool | None"


class PlacedObject(dict[str, JsonValue]):
    """A JSON object that knows the line and column of the file where it begins, from 1."""

    def __init__(self, line: int, column: int) -> None:
        super().__init__()
        self.line = line
        self.column = column


class JsonRefused(Exception):  # noqa: N818 - a finding about a file, not a fault
    """A content that is not JSON, or that would lose data if it were read.

    ``line`` and ``column`` count from 1, 0 is unknown; ``help`` is the remedy.
    """

    def __init__(self, line: int, column: int, message: str, help: str = "") -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.message = message
        self.help = help or "download or write the file again; it may be cut off or edited"


def nested_too_deeply(line: int, column: int) -> JsonRefused:
    """The refusal of a value that no real export can hold."""
    help = "no export is nested like that; download the file again"
    return JsonRefused(line, column, "the values are nested too deeply to be read", help)
