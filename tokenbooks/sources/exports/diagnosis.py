"""Why DuckDB refuses a file: found by a pass in Python, with lines, on errors only."""

from __future__ import annotations

import csv
from pathlib import Path

from tokenbooks.problems import Position, Problem, error, merged
from tokenbooks.sources.exports.bad_rows import SHOWN_AT_MOST
from tokenbooks.sources.exports.normal.normal_form import NormalForm
from tokenbooks.sources.exports.sheets.csv_sheet import CsvSheet

_AGAIN = "download the file again; it was cut off or changed on the way"


def diagnose_refusal(form: NormalForm, refusal: str) -> list[Problem]:
    """Why a file cannot be read as the CSV file that its header announces.

    Problems: ``file-nul``, ``file-encoding``, ``row-truncated``, ``row-too-wide``,
    ``quote-unclosed``, ``mixed-line-ends``; ``file-unreadable`` with DuckDB's own words
    where none of these explains it.
    """
    shown = form.file.shown
    if not isinstance(form.sheet, CsvSheet):
        return [_unexplained(shown, refusal)]
    path = form.sheet.path  # UTF-16 was written anew
    return (
        find_bad_bytes(path, shown)
        or _find_bad_widths(form)
        or _find_mixed_line_ends(path, shown)
        or [_unexplained(shown, refusal)]
    )


def find_bad_bytes(path: Path, shown: str) -> list[Problem]:
    """NUL bytes and bytes that are not UTF-8, each line once."""
    nuls, others = [], []
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if b"\0" in line:
                position = Position(shown, number, line.index(b"\0") + 1)
                nuls.append(error("file-nul", "the line holds a NUL byte", _AGAIN, position))
                continue
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as failure:
                column = len(line[: failure.start].decode("utf-8")) + 1
                message = f"byte 0x{line[failure.start]:02x} is not UTF-8 text"
                help = "save the file as UTF-8 (in Excel: CSV UTF-8)"
                position = Position(shown, number, column)
                others.append(error("file-encoding", message, help, position))
    return merged(nuls, SHOWN_AT_MOST) + merged(others, SHOWN_AT_MOST)


def _find_bad_widths(form: NormalForm) -> list[Problem]:
    """Rows with too few or too many cells, or a quote that does not close."""
    width = form.header.width
    shown = form.file.shown
    short, wide = [], []
    line = 1
    try:
        for record in form.sheet.records(strict=True):
            line = record.last_line
            cells = len(record.cells) - form.header.constants
            if cells < width:
                message = f"the row has {cells} of {width} cells"
                position = Position(shown, record.line)
                short.append(error("row-truncated", message, _AGAIN, position))
            elif cells > width:
                message = f"the row has {cells} cells, the header {width}"
                help = "put quotes around cells that hold a separator, or download the file again"
                wide.append(error("row-too-wide", message, help, Position(shown, record.line)))
    except csv.Error:
        message = "a quote is not closed, or a text follows it, from here on"
        help = "write a quote inside a quoted cell twice, or download the file again"
        return [error("quote-unclosed", message, help, Position(shown, line + 1))]
    return merged(short, SHOWN_AT_MOST) + merged(wide, SHOWN_AT_MOST)


def _find_mixed_line_ends(path: Path, shown: str) -> list[Problem]:
    with path.open("rb") as file:
        first = file.readline()
        windows = first.endswith(b"\r\n")
        for number, line in enumerate(file, 2):
            ended = line.endswith(b"\n")
            if (ended and line.endswith(b"\r\n") != windows) or b"\r" in line.rstrip(b"\r\n"):
                message = "this line ends in another way than the first one"
                help = "give all lines the same ends (LF or CRLF); an editor can convert them"
                return [error("mixed-line-ends", message, help, Position(shown, number))]
    return []


def _unexplained(shown: str, refusal: str) -> Problem:
    first = refusal.splitlines()[0] if refusal else "no reason given"
    help = "download the file again, or save it as plain CSV in UTF-8"
    return error("file-unreadable", f"cannot be read as CSV: {first}", help, Position(shown))
