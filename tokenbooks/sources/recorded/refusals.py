"""What a program says of a journal that it does not accept, as problems with their places."""

from __future__ import annotations

import re
from pathlib import Path

from tokenbooks.problems import Position, Problem, error, merged
from tokenbooks.sources.files import shown
from tokenbooks.sources.recorded.programs import HLEDGER, Answer, program_slow

#: How many complaints about one journal are told, and how much of each.
_TOLD = 5
_LONGEST = 300

_PLACE = r"(?P<file>[^\n]+?):(?P<line>\d+)(?:-\d+)?(?::(?P<column>\d+)(?:-\d+)?)?:[ \t]*$"
_HLEDGER = re.compile(rf"^hledger: (?:Error: )?{_PLACE}", re.MULTILINE)
#: hledger before 1.27, of all but mistakes in syntax.
_HLEDGER_OLD = re.compile(
    r'^hledger: (?P<what>[^"\n]*)"(?P<file>[^"\n]+)" '
    r"\(lines? (?P<line>\d+)(?:-\d+)?(?:, column (?P<column>\d+))?\)",
    re.MULTILINE,
)
_EXCERPT = re.compile(r"^\s*\d*\s*\|.*$", re.MULTILINE)
_LEDGER = re.compile(
    r'^While parsing file "(?P<file>[^\n]+)", line (?P<line>\d+):|^Error: (?P<error>.*)$',
    re.MULTILINE,
)


def refusal(program: str, path: Path, answer: Answer) -> list[Problem]:
    """Why a program gave no answer: ``journal-refused``, or that it was stopped."""
    if answer.stopped:
        return [program_slow(path, program)]
    if program == HLEDGER:
        return [_of_hledger(path, answer.complaint)]
    return merged(_of_ledger(path, answer.complaint), _TOLD)


def refused(program: str, message: str, position: Position) -> Problem:
    """The problem of a journal that a program does not accept, in the program's words."""
    plain = "".join(letter if letter.isprintable() else " " for letter in message)
    words = " ".join(plain.split()) or "it says no reason"
    told = words if len(words) <= _LONGEST else f"{words[:_LONGEST]}..."
    help = "correct the journal, or write `format:` if it is written for another program"
    return error("journal-refused", f"{program} refuses the journal: {told}", help, position)


def _of_hledger(path: Path, complaint: str) -> Problem:
    found = _HLEDGER.search(complaint) or _HLEDGER_OLD.search(complaint)
    if not found:
        said = complaint.removeprefix("hledger: ").removeprefix("Error: ")
        return refused(HLEDGER, said, Position(shown(path)))
    what = found.groupdict().get("what") or ""
    said = _EXCERPT.sub("", what + complaint[found.end() :])
    return refused(HLEDGER, said, _position(found))


def _of_ledger(path: Path, complaint: str) -> list[Problem]:
    """One problem for each error; its place is told before it."""
    problems = []
    position = Position(shown(path))
    for found in _LEDGER.finditer(complaint):
        if found["error"] is None:
            position = _position(found)
        else:
            problems.append(refused("ledger", found["error"], position))
    return problems or [refused("ledger", complaint, position)]


def _position(found: re.Match[str]) -> Position:
    column = found.groupdict().get("column")
    return Position(shown(Path(found["file"])), int(found["line"]), int(column or 0))
