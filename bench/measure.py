"""Running programs and taking their time and memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

#: The kernel tells the highest memory in KB, that of a Mac in bytes.
UNITS_PER_MB = 1024 if sys.platform != "darwin" else 1024 * 1024

#: An installed package has its bytecode, so the runs here may keep theirs.
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
}

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Run:
    """One run of a program: seconds of wall clock and of processors, MB of memory, output."""

    seconds: float
    busy: float
    peak: float
    out: str


def python(*arguments: str) -> list[str]:
    """The command that runs this interpreter."""
    return [sys.executable, *arguments]


def run(command: Sequence[str]) -> Run:
    """Run a program to its end; stops the benchmark with what it said if it fails."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        began = time.perf_counter()
        child = subprocess.Popen(
            command, cwd=ROOT, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if child.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{err.read()}")
        return Run(
            seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / UNITS_PER_MB, out.read()
        )
