"""Separated text as this reader wants it: UTF-8, every cell quoted at most once.

Spreadsheets save "Unicode text" as UTF-16; a spreadsheet or a mail gateway can put a
whole row into one quoted cell, with every quote in it doubled. Both are written anew to a
temporary file, line for line, so that lines keep their numbers.
"""

from __future__ import annotations

import csv
from pathlib import Path

from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.exports.sheets.csv_sheet import DELIMITERS, LONGEST_HEADER
from tokenbooks.sources.exports.sheets.temporary import temporary_file

_UTF16_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_BLOCK = 1 << 20


def plain_text(path: Path, shown: str) -> tuple[Path | None, list[Problem]]:
    """A file with the same lines in UTF-8, unpacked where rows were quoted as a whole.

    The file itself where nothing is to be done. Problem: ``file-encoding``.
    """
    with path.open("rb") as file:
        mark = file.read(2)
    if mark in _UTF16_MARKS:
        written, problems = _as_utf8(path, shown, _UTF16_MARKS[mark])
        if written is None:
            return None, problems
        path = written
    return (_unquoted(path) if _is_quoted_whole(path) else path), []


def _as_utf8(path: Path, shown: str, encoding: str) -> tuple[Path | None, list[Problem]]:
    target = temporary_file("text.csv")
    try:
        with (
            path.open(encoding=encoding, newline="") as source,
            target.open("w", encoding="utf-8", newline="") as written,
        ):
            source.read(1)  # the byte order mark
            while block := source.read(_BLOCK):
                written.write(block)
    except UnicodeDecodeError:
        message = "the file begins as UTF-16, but is cut off or damaged"
        help = "download the file again, or save it as UTF-8 (in Excel: CSV UTF-8)"
        return None, [error("file-encoding", message, help, Position(shown))]
    return target, []


def _is_quoted_whole(path: Path) -> bool:
    """Whether the header is one quoted cell, which is a row with several cells of its own."""
    with path.open("rb") as file:
        line = file.readline(LONGEST_HEADER).decode("utf-8-sig", errors="replace").strip()
    if not (line.startswith('"') and line.endswith('"')):
        return False
    return any(_is_row_in_cell(line, delimiter) for delimiter in DELIMITERS)


def _is_row_in_cell(line: str, delimiter: str) -> bool:
    try:
        cells = next(csv.reader([line], delimiter=delimiter), [])
        return len(cells) == 1 and len(next(csv.reader(cells, delimiter=delimiter), [])) > 1
    except csv.Error:  # a lone carriage return, or more than fits in a cell
        return False


def _unquoted(path: Path) -> Path:
    """The rows without the quotes around them; a line that is not such a row stays."""
    target = temporary_file("text.csv")
    with (
        path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as source,
        target.open("w", encoding="utf-8", errors="surrogateescape", newline="") as written,
    ):
        for line in source:
            text = line.rstrip("\r\n")
            end = line[len(text) :]
            whole = len(text) > 1 and text[0] == text[-1] == '"'
            written.write((text[1:-1].replace('""', '"') if whole else text) + end)
    return target
