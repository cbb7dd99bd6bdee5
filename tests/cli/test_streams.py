"""Where output goes: pipes that end, streams that are closed or full, locales, odd signs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.books import CREDITS, PREPAID, run, tokenbooks, usage, write_book

PROGRAM = [sys.executable, "-m", "tokenbooks", "--today", "2026-06-30"]
NEEDS_FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    files = {
        "usage/a.csv": usage("2025-10-05,30,Müller 研究"),
        "credits.csv": CREDITS + "2025-10-01,llm,purchase,100,one,90,,,2026-10-01,,,,\n",
    }
    return write_book(tmp_path, files, PREPAID)


def shell(book: Path, command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in a book; ``tokenbooks`` is the program."""
    line = f'set -o pipefail; tokenbooks() {{ {" ".join(PROGRAM)} "$@"; }}; {command}'
    given = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).parents[2]), **environment}
    return subprocess.run(
        ["bash", "-c", line],
        cwd=book,
        env=given,
        capture_output=True,
        check=False,
        encoding="utf-8",
    )


@pytest.mark.parametrize("command", ["usage", "credits", "formats list", "close -p 2025-10"])
def test_a_reader_that_reads_nothing_is_no_failure(book: Path, command: str) -> None:
    ran = shell(book, f"tokenbooks -q {command} | true")
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_close_is_written_though_its_reader_stops(book: Path) -> None:
    ran = shell(book, "tokenbooks -q close -p 2025-10 --write | true")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (book / "close/2025-10/manifest.json").exists()


@NEEDS_FULL
def test_a_close_that_cannot_be_printed_is_not_written(book: Path) -> None:
    ran = shell(book, "tokenbooks -q close -p 2025-10 --write > /dev/full")
    assert ran.returncode == 1
    assert (
        "error[system-refused]: the system refused: No space left on device\n  help: " in ran.stderr
    )
    assert not (book / "close").exists()


@pytest.mark.parametrize("command", ["usage", "close -p 2025-10", "check", "--help"])
def test_closed_streams_are_no_failure(book: Path, command: str) -> None:
    assert shell(book, f"tokenbooks {command} >&- 2>&-").returncode == 0


def test_output_is_utf_8_whatever_the_locale(book: Path) -> None:
    ran = shell(book, "tokenbooks usage --by project", LC_ALL="C", PYTHONIOENCODING="ascii")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Müller 研究" in ran.stdout


def test_signs_in_a_file_do_not_reach_the_terminal(tmp_path: Path) -> None:
    row = "2025-10-05,\x1b[31m\x07,,5\n"
    book = write_book(tmp_path, {"usage/a.csv": f"date,model,project,input_tokens\n{row}"})
    ran = tokenbooks(book, "check")
    assert ran.code == 1
    assert "\x1b" not in ran.err
    assert r"\x1b[31m\x07" in ran.err


def test_book_before_the_command_goes_before_the_environment(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKENBOOKS_BOOK", str(book / "nowhere"))
    assert run("--book", str(book), "usage").code == 0
    assert run("usage", "--book", str(book)).code == 0
    assert run("usage").code == 1
    monkeypatch.setenv("TOKENBOOKS_BOOK", str(book))
    assert run("usage").code == 0


def test_a_party_too_long_for_names_of_files_is_wrong_use(tmp_path: Path) -> None:
    ran = run("init", str(tmp_path / "new"), "--party", "x" * 300)
    assert ran.code == 2
    assert "longer than" in ran.err
    assert not (tmp_path / "new").exists()
