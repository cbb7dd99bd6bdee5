"""How long small commands take beyond an interpreter that does nothing."""

from __future__ import annotations

import shutil
import statistics
import tempfile
from pathlib import Path

from bench.measure import ROOT, python, run
from bench.results import Result

ROUNDS = 15

#: A close is too slow for many rounds and steady enough for fewer.
CLOSE_ROUNDS = 7

VERSION_MS, HELP_MS, CLOSE_MS = 40, 150, 600


def measure_startup() -> list[Result]:
    """`--version`, `--help` and the second close of the sample against `python -c pass`."""
    with tempfile.TemporaryDirectory() as folder:
        book = str(Path(folder) / "northwind")
        shutil.copytree(ROOT / "samples/northwind", book)
        tokenbooks = python("-m", "tokenbooks")
        run([*tokenbooks, "--book", book, "close", "-p", "2025-10", "--write", "-q"])
        nothing = python("-c", "pass")
        version = _compared([*tokenbooks, "--version"], nothing, ROUNDS)
        help = _compared([*tokenbooks, "--help"], nothing, ROUNDS)
        close = _compared([*tokenbooks, "--book", book, "close"], nothing, CLOSE_ROUNDS)
    return [
        _result("--version - python -c pass", version, VERSION_MS),
        _result("--help - python -c pass", help, HELP_MS),
        _close_result(close),
    ]


def _compared(command: list[str], nothing: list[str], rounds: int) -> list[tuple[float, float]]:
    """Milliseconds of the command and of nothing, in turns, after one run that is not counted."""
    run(command)
    return [(run(command).seconds * 1000, run(nothing).seconds * 1000) for _ in range(rounds)]


def _result(what: str, pairs: list[tuple[float, float]], target: int) -> Result:
    more = statistics.median(command - nothing for command, nothing in pairs)
    times = statistics.median(command / nothing for command, nothing in pairs)
    return Result(what, f"+{more:.0f} ms ({times:.1f}x)", f"+{target} ms", more <= target)


def _close_result(pairs: list[tuple[float, float]]) -> Result:
    took = statistics.median(command for command, _ in pairs)
    times = statistics.median(command / nothing for command, nothing in pairs)
    what = "close of the sample's next month, whole"
    return Result(what, f"{took:.0f} ms ({times:.1f}x)", f"{CLOSE_MS} ms", took <= CLOSE_MS)
