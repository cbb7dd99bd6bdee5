"""A close is written whole or not at all, wherever the run is cut off."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.books import close, tokenbooks, usage, write_book
from tokenbooks.archive import commit
from tokenbooks.desk import write_close
from tokenbooks.desk.close import Prepared
from tokenbooks.periods import Period

OCTOBER = Period.month(2025, 10)


def test_an_exception_while_laying_out_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "close").mkdir()
    with pytest.raises(ZeroDivisionError), commit.staged(tmp_path, OCTOBER) as (month, _):  # noqa: PT012 - the block is what fails
        (month / "journal.ledger").write_text("half")
        raise ZeroDivisionError
    assert list((tmp_path / "close").iterdir()) == []


def test_a_committed_close_that_was_cut_off_is_finished_by_the_next_run(tmp_path: Path) -> None:
    book = write_book(tmp_path, {"usage/a.csv": usage("2025-10-05,100")})
    close(book, "2025-10")
    whole = {p: p.read_bytes() for p in book.rglob("*") if p.is_file()}
    committed = book / "close/.committed"
    (committed / "month").mkdir(parents=True)
    (committed / "top").mkdir()
    (book / "close/2025-10").rename(committed / "month/2025-10")
    (book / "books.ledger").rename(committed / "top/books.ledger")
    assert tokenbooks(book, "check").code == 0
    assert {p: p.read_bytes() for p in book.rglob("*") if p.is_file()} == whole


def test_an_uncommitted_staging_folder_is_dropped(tmp_path: Path) -> None:
    book = write_book(tmp_path, {"usage/a.csv": usage("2025-10-05,100")})
    (book / "close/.staging/month/2025-10").mkdir(parents=True)
    close(book, "2025-10")
    assert not (book / "close/.staging").exists()


def test_a_second_run_that_writes_at_the_same_time_fails_clearly(tmp_path: Path) -> None:
    book = write_book(tmp_path, {"usage/a.csv": usage("2025-10-05,100")})
    with commit.locked(book) as free:
        assert free
        ran = tokenbooks(book, "close", "-p", "2025-10", "--write")
    assert ran.code == 1
    assert "error[book-busy]" in ran.err


def test_a_close_leaves_no_lock_behind(tmp_path: Path) -> None:
    book = write_book(tmp_path, {"usage/a.csv": usage("2025-10-05,100")})
    close(book, "2025-10")
    assert [path.name for path in (book / "close").iterdir()] == ["2025-10"]


def test_a_lock_that_was_taken_away_while_it_was_opened_is_opened_again(tmp_path: Path) -> None:
    """Else two runs could hold two locks: one without a name, and its successor."""
    (tmp_path / "close").mkdir()
    inside = []
    stop = threading.Event()

    def hold_again_and_again() -> None:
        while not stop.is_set():
            with commit.locked(tmp_path) as free:
                if free:
                    inside.append(1)
                    assert sum(inside) == 1
                    inside.append(-1)

    with ThreadPoolExecutor(max_workers=4) as pool:
        runs = [pool.submit(hold_again_and_again) for _ in range(4)]
        time.sleep(0.3)
        stop.set()
    for done in runs:
        assert done.exception() is None
    assert len(inside) > 2


def test_a_folder_in_the_place_of_the_top_journal_stops_the_close(tmp_path: Path) -> None:
    book = write_book(tmp_path, {"usage/a.csv": usage("2025-10-05,100")})
    (book / "books.ledger").mkdir()
    ran = tokenbooks(book, "close", "-p", "2025-10", "--write")
    assert ran.code == 1
    assert "books.ledger: error[cannot-write]: the close could not be written: books.ledger is" in (
        ran.err
    )
    assert not (book / "close").exists()


def test_a_committed_close_that_cannot_be_put_in_place_is_not_said_to_be_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder appears between the check and the renaming; the next run finishes."""
    book = write_book(tmp_path, {"usage/a.csv": usage("2025-10-05,100")})
    render = write_close._books_text

    def render_and_get_in_the_way(prepared: Prepared) -> str:
        (book / "books.ledger").mkdir()
        return render(prepared)

    monkeypatch.setattr(write_close, "_books_text", render_and_get_in_the_way)
    ran = tokenbooks(book, "close", "-p", "2025-10", "--write")
    assert ran.code == 1
    assert "books.ledger: error[close-unfinished]: a close was cut off and cannot be" in ran.err
    assert "nothing of this close was kept" not in ran.err
    monkeypatch.undo()
    (book / "books.ledger").rmdir()
    assert tokenbooks(book, "check").code == 0
    assert (book / "books.ledger").is_file()


def test_a_folder_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    book = write_book(tmp_path, {"usage/a.csv": usage("2025-10-05,100"), "close": "in the way"})
    ran = tokenbooks(book, "close", "-p", "2025-10", "--write")
    assert ran.code == 1
    assert "error[cannot-write]" in ran.err
