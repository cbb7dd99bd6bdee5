"""Problems: findings with a code, a severity, a position, a message and a remedy.

A stage returns its problems beside its result and never raises them; all problems
of a run are shown together, and nothing is written if any is an error.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Severity(Enum):
    """Errors stop everything; warnings fail only commands that check."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file: path as the user knows it; line and column from 1, 0 unknown."""

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        parts = [self.file] if self.file else []
        if self.line:
            parts.append(str(self.line))
            if self.column:
                parts.append(str(self.column))
        return ":".join(parts)


NOWHERE = Position()


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. ``count`` says for how many places like this one it stands."""

    code: str
    message: str
    help: str
    position: Position = NOWHERE
    severity: Severity = Severity.ERROR
    count: int = 1

    def __str__(self) -> str:
        place = f"{self.position}: " if self.position.file else ""
        more = f" ({self.count} such)" if self.count > 1 else ""
        head = f"{place}{self.severity.value}[{self.code}]: {self.message}{more}"
        return f"{head}\n  help: {self.help}" if self.help else head

    @property
    def is_error(self) -> bool:
        """Whether this finding stops the run."""
        return self.severity is Severity.ERROR


def error(code: str, message: str, help: str, position: Position = NOWHERE) -> Problem:
    """A finding that stops the run: exit 1, nothing written."""
    return Problem(code, message, help, position)


def warning(code: str, message: str, help: str, position: Position = NOWHERE) -> Problem:
    """A finding that fails only the commands that check."""
    return Problem(code, message, help, position, Severity.WARNING)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems by position, errors first at each place, each said only once."""
    unique = dict.fromkeys(problems)
    return sorted(unique, key=lambda p: (p.position, p.severity.value, p.code, p.message))


def merged(problems: list[Problem], keep: int) -> list[Problem]:
    """The first ``keep`` problems of one kind, the last of them standing for the rest."""
    if len(problems) <= keep:
        return problems
    return [*problems[: keep - 1], replace(problems[keep - 1], count=len(problems) - keep + 1)]


def any_error(problems: Iterable[Problem]) -> bool:
    """Whether any of the problems stops the run."""
    return any(problem.is_error for problem in problems)
