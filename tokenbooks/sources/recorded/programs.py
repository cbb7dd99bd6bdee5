"""Runs the ledger programs: without a shell, with no settings of their user, with patience."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.files import shown

HLEDGER, LEDGER = "hledger", "ledger"

#: Seconds after which a program is stopped: hledger takes about 10 for 100,000 entries.
PATIENCE = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program said of a journal: its answer, or why there is none."""

    text: str = ""
    complaint: str = ""
    refused: bool = False
    stopped: bool = False


def is_installed(program: str) -> bool:
    """Whether a program can be run here."""
    return shutil.which(program) is not None


def ask(program: str, journal: Path, *arguments: str) -> Answer:
    """Ask an installed program about a journal; only its own answer counts as one."""
    found = shutil.which(program) or program
    settings = ("-n",) if _takes_no_settings(found) else ()
    own = ("--args-only",) if program == LEDGER else settings
    return _run(found, *own, "-f", os.path.abspath(journal), *arguments)


def program_missing(path: Path, *programs: str) -> Problem:
    """The problem of a journal for which no program is installed."""
    message = f"{shown(path)} is read by {' or '.join(programs)}, which is not installed"
    help = f"install {programs[0]}, or export the ledger as CSV and name that file instead"
    return error("recorded-program-missing", message, help, Position(shown(path)))


def program_slow(path: Path, program: str) -> Problem:
    """The problem of a program that was stopped."""
    message = f"{program} was stopped after {PATIENCE} seconds without an answer"
    help = "split the journal by years, or export the accounts that count as CSV"
    return error("recorded-program-slow", message, help, Position(shown(path)))


@cache
def _takes_no_settings(found: str) -> bool:
    """Whether a program knows the option that ignores settings; hledger has it since 1.40."""
    is_hledger = Path(found).stem == HLEDGER
    return is_hledger and not _run(found, "-n", "--version").refused


def _run(*command: str) -> Answer:
    # the programs read and write the encoding of the locale
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Answer(stopped=True)
    except OSError as failure:
        return Answer(complaint=failure.strerror or "the system refused", refused=True)
    return Answer(done.stdout, done.stderr, bool(done.returncode))
