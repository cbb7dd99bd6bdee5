"""Every problem that a book's files can have, each provoked by a small book.

A folder of ``tests/errors`` is named after the code it provokes (``CODE`` or
``CODE.WHAT``) and holds only the files needed and ``expected.txt``, the problems as a
user sees them. A folder with a file ``command`` is run through the command line with
these arguments instead; ``expected.txt`` is what it says on stderr.
To write the expected texts anew after a change of wording: ``python -m tests.test_errors``.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from pathlib import Path

import pytest

from tokenbooks.cli.main import main
from tokenbooks.sources.book_files import read_facts

ROOT = Path(__file__).resolve().parent.parent
ERRORS = ROOT / "tests" / "errors"
PACKAGE = ROOT / "tokenbooks"
CASES = sorted(path for path in ERRORS.iterdir() if path.is_dir())

HEAD = re.compile(r"^(?:(\S.*?): )?(error|warning)\[([a-z][a-z0-9-]*)\]: .+$")
#: Where a code is given: in a problem, or in a check of rows that becomes one.
RAISED = re.compile(r'\b(?:error|warning|Check|_require\w*|check_people)\(\s*"([a-z][a-z0-9-]*)"')
DOCUMENTED = re.compile(r"^\| `([a-z0-9-]+)` \|", re.MULTILINE)


def code_of(case: Path) -> str:
    return case.name.split(".")[0]


def problems_of(folder: Path) -> str:
    """The problems of a book's own files, as they are shown in its folder."""
    here = Path.cwd()
    os.chdir(folder)
    try:
        facts, problems = read_facts(Path())
    finally:
        os.chdir(here)
    assert (facts is None) == any(problem.is_error for problem in problems)
    return "".join(f"{problem}\n" for problem in problems)


def said_by_command(folder: Path) -> tuple[int, str]:
    """The exit code and what is said on stderr by the command of a folder, run in it."""
    arguments = shlex.split((folder / "command").read_text())
    here, said = Path.cwd(), io.StringIO()
    os.chdir(folder)
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            code = main(arguments)
    finally:
        os.chdir(here)
    return code, said.getvalue()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_problem_is_told_with_its_place_and_remedy(
    case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = (case / "expected.txt").read_text()
    assert f"[{code_of(case)}]" in expected
    if not (case / "command").exists():
        assert problems_of(case) == expected
        return
    monkeypatch.delenv("TOKENBOOKS_BOOK", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    code, said = said_by_command(case)
    assert said == expected
    assert code == 1


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_problem_has_a_position_and_a_remedy(case: Path) -> None:
    lines = (case / "expected.txt").read_text().splitlines()
    heads = [line for line in lines if HEAD.match(line)]
    helps = [line for line in lines if line.startswith("  help: ") and len(line) > len("  help: x")]
    assert len(heads) == len(helps) == len(lines) / 2
    assert all(HEAD.match(line)[1] for line in heads)


def raised_codes() -> dict[str, str]:
    """Every code that the package gives, with a file that gives it."""
    return {
        code: str(path.relative_to(ROOT))
        for path in sorted(PACKAGE.rglob("*.py"))
        for code in RAISED.findall(path.read_text())
    }


def documented_codes() -> list[str]:
    return DOCUMENTED.findall((ROOT / "docs/problems.md").read_text())


def codes_tested_elsewhere() -> dict[str, str]:
    """``elsewhere.txt``: codes that no folder provokes, with the test that does, or why none."""
    lines = (ERRORS / "elsewhere.txt").read_text().splitlines()
    pairs = (line.split(maxsplit=1) for line in lines if line.strip() and line[0] != "#")
    return {line[0]: line[1] for line in pairs}


def test_every_code_is_documented() -> None:
    assert sorted(raised_codes().keys() - set(documented_codes())) == []


def test_no_code_is_documented_that_nothing_gives() -> None:
    package = "".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    assert [code for code in documented_codes() if f'"{code}"' not in package] == []


def test_codes_are_documented_once_and_in_order() -> None:
    assert documented_codes() == sorted(set(documented_codes()))


def test_every_code_is_provoked_by_a_folder_or_by_a_named_test() -> None:
    provoked = {code_of(case) for case in CASES}
    elsewhere = codes_tested_elsewhere()
    assert sorted(raised_codes().keys() - provoked - elsewhere.keys()) == []
    for code, test in elsewhere.items():
        assert code not in provoked, f"{code} has a folder: take it out of elsewhere.txt"
        if test.startswith("- "):
            continue
        assert code in (ROOT / test).read_text(), f"{test} does not provoke {code}"


def test_folders_and_exceptions_are_of_codes_that_exist() -> None:
    named = {code_of(case) for case in CASES} | codes_tested_elsewhere().keys()
    assert sorted(named - set(documented_codes())) == []


def write_expected_texts() -> None:
    for case in CASES:
        is_command = (case / "command").exists()
        text = said_by_command(case)[1] if is_command else problems_of(case)
        (case / "expected.txt").write_text(text)


if __name__ == "__main__":
    write_expected_texts()
