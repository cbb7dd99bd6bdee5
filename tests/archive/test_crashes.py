"""A book is never left half written: runs killed at every step, full disks, two runs at once.

After each the next command finishes what was begun or drops it, and the book is byte for
byte as it was before the run or as it is after one that nothing disturbed.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from bisect import bisect
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.archive.cut_off import cut_off, disk_is_full, folder_is_read_only, in_a_child
from tests.books import close, tokenbooks, usage, write_book
from tokenbooks.archive import commit
from tokenbooks.archive.approval import Signature
from tokenbooks.desk import approve as approving
from tokenbooks.desk.approve import approve_month
from tokenbooks.desk.close import prepare_close
from tokenbooks.desk.open_book import OpenBook, open_book
from tokenbooks.desk.reopen import reopen_month
from tokenbooks.desk.write_close import write_close
from tokenbooks.periods import Period, parse_day
from tokenbooks.problems import Problem

OCTOBER, NOVEMBER = Period.month(2025, 10), Period.month(2025, 11)

#: How many runs are killed at random moments, beside one at each step.
KILLS = int(os.environ.get("TOKENBOOKS_KILLS", "30"))

#: All files of a book, by path.
State = dict[str, bytes]
Action = Callable[[], list[Problem]]


def state(book: Path) -> State:
    """All files of the closes and the books, without what a cut-off run has staged."""
    files = [book / "books.ledger", *sorted((book / "close").rglob("*"))]
    return {
        path.relative_to(book).as_posix(): path.read_bytes()
        for path in files
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(book).parts)
    }


def opened(book: Path) -> OpenBook:
    found, problems = open_book(book)
    assert found is not None, problems
    return found


# -- what is cut off ----------------------------------------------------------------------


def first_close(book: Path) -> Action:
    """The first close of a book."""
    write_book(book, {"usage/a.csv": usage("2025-10-05,100", "2025-11-05,50")})
    return closing(book, OCTOBER)


def next_close(book: Path) -> Action:
    """The close of a further month."""
    first_close(book)
    close(book, "2025-10")
    return closing(book, NOVEMBER)


def close_again(book: Path) -> Action:
    """A close that replaces one whose usage has grown since."""
    next_close(book)
    close(book, "2025-11")
    write_book(book, {"usage/b.csv": usage("2025-11-06,7")})
    return closing(book, NOVEMBER)


def approval(book: Path) -> Action:
    """The approval of a month, with a file that belongs to it."""
    next_close(book)
    signed = Signature("A. Clerk", "B. Controller", parse_day("2025-11-03"), "")
    found = opened(book)

    def action() -> list[Problem]:
        # what approving looks at beforehand takes its time, and writes nothing
        with (
            patch.object(approving, "_whole", return_value=[]),
            patch.object(approving, "_left_out", return_value=[]),
        ):
            return approve_month(found, OCTOBER, signed, {"approved-notes.csv": "a,b\n"})

    return action


def reopening(book: Path) -> Action:
    """The reopening of an approved month."""
    assert approval(book)() == []
    found = opened(book)
    return lambda: reopen_month(found, OCTOBER, "C. Chief", parse_day("2025-11-04"), "a price")[1]


def closing(book: Path, period: Period) -> Action:
    """Writing a close that is computed: its tables are written by one thread, for forks' sake."""
    prepared, problems = prepare_close(opened(book), period)
    assert prepared is not None, problems
    prepared.gathered.connection.execute("SET threads = 1")
    return lambda: write_close(prepared)


ACTIONS = (first_close, next_close, close_again, approval, reopening)


class Harness:
    """A book before an action, what it is after it, and how to get back."""

    def __init__(self, folder: Path, begin: Callable[[Path], Action]) -> None:
        self.book = folder / "book"
        self.book.mkdir()
        self.action = begin(self.book)
        self.kept = folder / "kept"
        shutil.copytree(self.book, self.kept)
        self.old = state(self.book)
        assert in_a_child(partial(self.run, say=True)).is_whole
        self.new = state(self.book)
        assert self.new != self.old
        self.restore()

    def restore(self) -> None:
        shutil.rmtree(self.book)
        shutil.copytree(self.kept, self.book)

    def run(self, *, say: bool = False) -> None:
        problems = self.action()
        if say:
            assert problems == []

    def recovered(self) -> State:
        """What any command finds, and leaves."""
        opened(self.book)
        assert not commit.needs_recovery(self.book)
        return state(self.book)

    def check(self, told: object) -> bool:
        """That the book is as before or as after; gives whether it is as after."""
        found = self.recovered()
        assert found in (self.old, self.new), told
        is_new = found == self.new
        self.restore()
        return is_new


def apart(test: Callable[[Path, Callable[[Path], Action]], None], *arguments: object) -> None:
    """Run a test in a process of its own, from which children can be forked safely."""
    process = multiprocessing.get_context("spawn").Process(target=test, args=arguments)
    process.start()
    process.join()
    assert process.exitcode == 0


# -- killed -------------------------------------------------------------------------------


@pytest.mark.parametrize("begin", ACTIONS)
def test_killed_at_every_step(tmp_path: Path, begin: Callable[[Path], Action]) -> None:
    apart(kill_at_every_step, tmp_path, begin)


def kill_at_every_step(folder: Path, begin: Callable[[Path], Action]) -> None:
    harness = Harness(folder, begin)
    outcomes = []
    for step in range(1, 1000):
        ended = cut_off(harness.run, step)
        outcomes.append(harness.check(step))
        if ended.is_whole:
            break
        assert ended.signal == signal.SIGKILL
    # once it has happened it has happened: old up to one step, new from then on
    assert outcomes == sorted(outcomes)
    assert outcomes[0] is False
    assert outcomes[-2] is True
    assert len(outcomes) > 10


@pytest.mark.parametrize("begin", [close_again, reopening])
def test_killed_while_it_recovers(tmp_path: Path, begin: Callable[[Path], Action]) -> None:
    apart(kill_while_it_recovers, tmp_path, begin)


def kill_while_it_recovers(folder: Path, begin: Callable[[Path], Action]) -> None:
    """Killed right after the commit, and then at every step of the command that recovers."""
    harness = Harness(folder, begin)
    committed = bisect(range(1000), x=False, key=partial(happens, harness))
    for step in range(1, 1000):
        cut_off(harness.run, committed)
        ended = cut_off(partial(opened, harness.book), step)
        assert harness.check(step), step
        if ended.is_whole:
            return


def happens(harness: Harness, step: int) -> bool:
    """Whether a run that is killed at a step has happened."""
    cut_off(harness.run, step)
    return harness.check(step)


def test_killed_at_random_moments(tmp_path: Path) -> None:
    """Between the steps too: in the middle of a table that is written."""
    apart(kill_at_random_moments, tmp_path, close_again)


def kill_at_random_moments(folder: Path, begin: Callable[[Path], Action]) -> None:
    harness = Harness(folder, begin)
    before = time.monotonic()
    assert in_a_child(harness.run).is_whole
    takes = time.monotonic() - before
    harness.restore()
    chance = random.Random(11)
    for number in range(KILLS):
        in_a_child(harness.run, killed_after=chance.uniform(0, takes))
        harness.check(number)


def test_the_program_killed_at_random_moments(tmp_path: Path) -> None:
    """As a user starts it, with all that it does before it writes."""
    next_close(tmp_path)
    old = state(tmp_path)
    command = [
        *(sys.executable, "-m", "tokenbooks", "--book", str(tmp_path), "--today", "2026-06-30"),
        *("close", "-p", "2025-11", "--write", "-q"),
    ]
    before = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    takes = time.monotonic() - before
    new = state(tmp_path)
    chance = random.Random(11)
    for _ in range(max(2, KILLS // 10)):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(takes / 2, takes))
        process.send_signal(signal.SIGKILL)
        process.wait()
        opened(tmp_path)
        assert state(tmp_path) in (old, new)


# -- refused ------------------------------------------------------------------------------


@pytest.mark.parametrize("refuse", [disk_is_full, folder_is_read_only])
@pytest.mark.parametrize("begin", [close_again, approval, reopening])
def test_refused_from_every_step_on(
    tmp_path: Path, begin: Callable[[Path], Action], refuse: Callable[[str], None]
) -> None:
    apart(refuse_from_every_step_on, tmp_path, begin, refuse)


def refuse_from_every_step_on(
    folder: Path, begin: Callable[[Path], Action], refuse: Callable[[str], None]
) -> None:
    harness = Harness(folder, begin)
    told = folder / "told"

    def run() -> None:
        problems = harness.action()
        descriptor.write(" ".join(problem.code for problem in problems))
        descriptor.flush()

    for step in range(1, 1000):
        # opened beforehand, for this is no step of the run
        with told.open("w") as descriptor:
            assert cut_off(run, step, refuse).is_whole  # no traceback
        said = told.read_text()
        unfinished = commit.needs_recovery(harness.book)
        assert said in {"", "close-unfinished"} if unfinished else {"", "cannot-write"}
        is_new = harness.check(step)
        # what is said to be dropped is dropped, and the rest is done
        assert is_new == (said != "cannot-write"), (step, said)
        if not said:
            return


@pytest.mark.parametrize("size", [0, 400])
def test_a_disk_that_is_full_in_the_middle_of_a_file(tmp_path: Path, size: int) -> None:
    apart(fill_the_disk, tmp_path, size)


def fill_the_disk(folder: Path, size: int) -> None:
    """No file may grow beyond a size, those that DuckDB writes neither."""
    harness = Harness(folder, close_again)

    def run() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        assert [problem.code for problem in harness.action()] == ["cannot-write"]

    assert in_a_child(run).is_whole
    assert not harness.check(size)


# -- left behind --------------------------------------------------------------------------


def test_what_killed_runs_left_behind_is_in_nobodys_way(tmp_path: Path) -> None:
    next_close(tmp_path)
    (tmp_path / "close/.lock").write_bytes(b"\0torn")
    (tmp_path / "close/.staging/month/2025-11/state").mkdir(parents=True)
    (tmp_path / "close/.staging/month/2025-11/manifest.json").write_text('{"torn')
    (tmp_path / "close/.old-2025-10/state").mkdir(parents=True)
    close(tmp_path, "2025-11")
    left = sorted(path.name for path in (tmp_path / "close").iterdir())
    assert left == ["2025-10", "2025-11"]


# -- at once ------------------------------------------------------------------------------


def test_two_closes_at_once_are_one(tmp_path: Path) -> None:
    next_close(tmp_path)
    old, command = tmp_path / "close", ("close", "-p", "2025-11", "--write", "-q")
    assert tokenbooks(tmp_path, *command).code == 0
    one = state(tmp_path)
    shutil.rmtree(old / "2025-11")
    program = (sys.executable, "-m", "tokenbooks", "--book", str(tmp_path))
    runs = [
        subprocess.Popen(
            [*program, "--today", "2026-06-30", *command], stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    said = [(run.communicate()[1], run.returncode) for run in runs]
    assert 0 in {code for _, code in said}
    assert all(code == 0 or "error[book-busy]" in text for text, code in said), said
    assert state(tmp_path) == one


def test_a_close_of_a_book_that_another_run_has_changed_since_is_not_written(
    tmp_path: Path,
) -> None:
    """Else the journal of all months would lose the month that came in between."""
    again = first_close(tmp_path)
    close(tmp_path, "2025-10")
    october = closing(tmp_path, OCTOBER)
    close(tmp_path, "2025-11")
    both = state(tmp_path)
    for action in (again, october):
        problems = action()
        assert [problem.code for problem in problems] == ["book-busy"]
        assert "another run has written, approved or reopened" in problems[0].message
    assert state(tmp_path) == both
    # one that starts from what is there writes
    assert closing(tmp_path, OCTOBER)() == []


def test_a_month_is_not_approved_after_one_that_was_reopened_meanwhile(tmp_path: Path) -> None:
    """Else the approved months would not be the first ones any more."""
    assert approval(tmp_path)() == []
    close(tmp_path, "2025-11")
    reopen = partial(reopen_month, opened(tmp_path), OCTOBER, "C", parse_day("2025-12-03"), "why")
    signed = Signature("A. Clerk", "B. Controller", parse_day("2025-12-03"), "")
    found = opened(tmp_path)
    # after it has looked at all months, and before it writes
    with patch.object(approving, "_left_out", side_effect=lambda *_: reopen()[1]):
        problems = approve_month(found, NOVEMBER, signed)
    assert [problem.code for problem in problems if problem.is_error] == ["book-busy"]
    assert not (tmp_path / "close/2025-10/approval.yaml").exists()
    assert not (tmp_path / "close/2025-11/approval.yaml").exists()


def test_a_command_waits_while_another_run_puts_a_close_into_its_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_close(tmp_path)
    committed = tmp_path / "close/.committed"
    waited = []

    def finish(seconds: int) -> None:
        waited.append(seconds)
        if len(waited) == 2:
            committed.rmdir()

    monkeypatch.setattr("tokenbooks.desk.open_book.sleep", finish)
    with commit.locked(tmp_path) as free:
        assert free
        committed.mkdir()
        assert opened(tmp_path).months
        assert len(waited) == 2
        committed.mkdir()
        monkeypatch.setattr("tokenbooks.desk.open_book.sleep", lambda _: None)
        found, problems = open_book(tmp_path)
    assert found is None
    assert [problem.code for problem in problems] == ["book-busy"]


def test_a_read_only_folder_is_a_problem(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere; see test_refused_from_every_step_on")
    next_close(tmp_path)
    old = state(tmp_path)
    (tmp_path / "close").chmod(0o500)
    try:
        ran = tokenbooks(tmp_path, "close", "-p", "2025-11", "--write")
    finally:
        (tmp_path / "close").chmod(0o700)
    assert ran.code == 1
    assert "error[cannot-write]" in ran.err
    assert state(tmp_path) == old
