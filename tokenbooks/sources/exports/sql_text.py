"""Pieces of SQL: text, names and lists that are safe wherever they come from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

_GLOB_SIGNS = {"[": "[[]", "*": "[*]", "?": "[?]"}


def quoted(text: str) -> str:
    """A text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def quoted_list(texts: Iterable[str]) -> str:
    """Texts as SQL strings between parentheses, for ``IN``."""
    return "(" + ", ".join(quoted(text) for text in texts) + ")"


def file_name(path: Path) -> str:
    """The name of a file as an SQL string, of no other file even if it looks like a glob."""
    name = str(path.absolute())
    return quoted("".join(_GLOB_SIGNS.get(character, character) for character in name))


def scan(
    path: Path, columns: int, delimiter: str, skipped: int = 0, nothing: Sequence[str] = ()
) -> str:
    """The relation of a CSV file's rows, all cells as text, in columns ``c0``, ``c1`` ...

    The header, below ``skipped`` lines, is skipped too, not believed; a row of another
    width, a misplaced quote or bytes that are not UTF-8 raise. An empty cell is NULL, and
    so is one of the texts that stand for ``nothing``.
    """
    types = ", ".join(f"'c{index}': 'VARCHAR'" for index in range(columns))
    above = f" skip = {skipped}," if skipped else ""
    nulls = f" nullstr = [{', '.join(map(quoted, ('', *nothing)))}]," if nothing else ""
    return (
        f"read_csv({file_name(path)}, header = true, auto_detect = false,{above}{nulls}"
        f" delim = {quoted(delimiter)}, quote = '\"', escape = '\"', strict_mode = true,"
        f" compression = 'none', columns = {{{types}}})"
    )


def literal_rows(rows: Iterable[Iterable[str]], columns: int) -> str:
    """The relation of rows given here, shaped like ``scan``; an empty cell is NULL."""
    lines = ["(" + ", ".join(map(_cell, row)) + ")" for row in rows]
    names = ", ".join(f"c{index}" for index in range(columns))
    return f"(VALUES {', '.join(lines)}) literal ({names})"


def _cell(text: str) -> str:
    return f"{quoted(text)}::VARCHAR" if text else "NULL::VARCHAR"
