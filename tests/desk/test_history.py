"""What a later close checks of earlier ones: files, rows, prices and names that changed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.books import ARREARS, INVOICES, PLAN, close, run, tokenbooks, usage, write_book

FILES = {"usage/a.csv": usage("2025-10-05,100"), "usage/b.csv": usage("2025-11-05,50")}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book whose October is written."""
    write_book(tmp_path, FILES)
    close(tmp_path, "2025-10")
    return tmp_path


def refused(book: Path, period: str = "2025-11") -> str:
    """The problems for which a close is refused; nothing may be written."""
    before = sorted(path.name for path in (book / "close").iterdir())
    ran = tokenbooks(book, "close", "-p", period, "--write")
    assert ran.code == 1
    assert ran.out == ""
    assert sorted(path.name for path in (book / "close").iterdir()) == before
    return ran.err


def test_a_price_changed_under_a_written_month_makes_it_stale(book: Path) -> None:
    write_book(book, {"plans/llm.yaml": PLAN.replace("credits: 1", "credits: 2")})
    said = refused(book)
    assert "close/2025-10/manifest.json: error[close-stale]: 2025-10 is written, but" in said
    assert "tokenbooks close -p 2025-10 --write" in said


def test_writing_the_month_again_mends_it(book: Path) -> None:
    write_book(book, {"plans/llm.yaml": PLAN.replace("credits: 1", "credits: 2")})
    assert close(book, "2025-10")[0]["debit"] == "200.00"
    assert close(book, "2025-11")[0]["debit"] == "100.00"


def test_a_month_is_stale_when_the_one_before_was_written_again(book: Path) -> None:
    close(book, "2025-11")
    write_book(book, {"usage/late.csv": usage("2025-10-31,7")})
    close(book, "2025-10")
    assert "2025-11 was closed before 2025-10 was written again" in refused(book, "2025-12")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("usage/a.csv", usage("2025-10-05,99")),
        ("usage/a.csv", None),
    ],
)
def test_a_changed_or_missing_file_that_moves_closed_figures_is_refused(
    book: Path, name: str, text: str | None
) -> None:
    (book / name).unlink()
    if text:
        (book / name).write_text(text)
    what = "has changed" if text else "is gone"
    assert f"error[closed-input-changed]: {name} {what} since a close was made" in refused(book)


def test_a_file_saved_under_another_name_moves_nothing(book: Path) -> None:
    (book / "usage/a.csv").rename(book / "usage/october.csv")
    assert [row["debit"] for row in close(book, "2025-11")][:1] == ["50.00"]


def test_a_removed_invoice_row_makes_its_month_stale(book: Path) -> None:
    row = "2025-11-03,llm,I-1,invoice,2025-10-01,2025-10-31,105,,\n"
    write_book(book, {"invoices.csv": INVOICES + row})
    close(book, "2025-11")
    write_book(book, {"invoices.csv": INVOICES})
    assert "error[close-stale]: 2025-11" in refused(book, "2025-12")


def test_an_invoice_row_that_comes_late_is_booked_on_the_first_day(book: Path) -> None:
    close(book, "2025-11")
    row = "2025-11-03,llm,I-1,invoice,2025-10-01,2025-10-31,105,,\n"
    write_book(book, {"invoices.csv": INVOICES + row})
    rows = close(book, "2025-12")
    assert {(r["entry"], r["date"]) for r in rows} == {("invoice-llm-I-1-in-2025-12", "2025-12-01")}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (ARREARS + "accounts: {ai_expense: Expenses:Other}\n", "closed-account-changed"),
        (ARREARS.replace("journal: ledger", "journal: beancount"), "closed-setting-changed"),
        (ARREARS.replace("  llm:", "  other:"), "closed-contract-gone"),
    ],
)
def test_names_that_written_months_rely_on_cannot_change(book: Path, text: str, code: str) -> None:
    write_book(book, {}, text)
    assert f"error[{code}]" in refused(book)


def test_periods_are_closed_in_order(book: Path) -> None:
    said = refused(book, "2025-12")
    assert "error[earlier-period-open]: 2025-11 must be written before 2025-12" in said


def test_a_period_before_the_start_is_refused(book: Path) -> None:
    assert "error[period-before-start]" in refused(book, "2025-09")


def test_a_period_that_has_not_ended_prints_but_is_not_written(book: Path) -> None:
    printed = tokenbooks(book, "--today", "2025-11-15", "close", "-p", "2025-11")
    assert printed.code == 0
    written = tokenbooks(book, "--today", "2025-11-15", "close", "-p", "2025-11", "--write")
    assert written.code == 2
    assert "has not ended" in written.err


def test_a_rerun_gives_the_same_bytes_and_the_replay_agrees(book: Path) -> None:
    close(book, "2025-11")
    first = {p: p.read_bytes() for p in sorted((book / "close").rglob("*")) if p.is_file()}
    close(book, "2025-11")
    assert {p: p.read_bytes() for p in first} == first
    assert tokenbooks(book, "check", "--replay").code == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda f: (f / "close/2025-10/charges.csv").write_text("x"), "output-changed"),
        (lambda f: (f / "close/2025-10/lots.csv").unlink(), "output-missing"),
        (lambda f: (f / "close/2025-10/more.csv").write_text("x"), "output-unknown"),
        (lambda f: (f / "books.ledger").unlink(), "books-missing"),
        (lambda f: (f / "books.ledger").write_text(""), "books-incomplete"),
        (lambda f: (f / "close/2025-10/manifest.json").write_text("{"), "close-unreadable"),
        (lambda f: (f / "close/2025-10/state/usage.csv").write_text(""), "close-unreadable"),
        (lambda f: (f / "close/2025-10/state/usage.csv").unlink(), "close-unreadable"),
    ],
)
def test_check_finds_what_was_done_to_a_written_close(
    book: Path, change: object, code: str
) -> None:
    change(book)
    ran = tokenbooks(book, "check")
    assert ran.code == 1
    assert f"error[{code}]" in ran.err


def test_a_close_whose_folder_is_gone_is_missed(book: Path) -> None:
    """The last one too, which no later manifest names."""
    close(book, "2025-11")
    shutil.rmtree(book / "close/2025-11")
    ran = tokenbooks(book, "check")
    assert ran.code == 1
    assert (
        "error[close-missing]: books.ledger includes 2025-11, but close/2025-11 is not" in ran.err
    )
    assert re.search(r"books.ledger:\d+: error", ran.err)
    close(book, "2025-11")
    assert tokenbooks(book, "check").code == 0


def test_the_only_close_is_missed_too(book: Path) -> None:
    shutil.rmtree(book / "close/2025-10")
    assert "error[close-missing]: books.ledger includes 2025-10" in tokenbooks(book, "check").err


def test_a_close_under_the_name_of_another_month_is_refused(book: Path) -> None:
    (book / "close/2025-10").rename(book / "close/2025-11")
    ran = tokenbooks(book, "check")
    assert ran.code == 1
    assert (
        "error[close-unreadable]: the written close of 2025-11 cannot be read: it is the close"
        in (ran.err)
    )


def test_a_renamed_file_is_told_by_check_and_stops_the_replay(book: Path) -> None:
    (book / "usage/a.csv").rename(book / "usage/october.csv")
    said = "2025-10 was made from usage/a.csv, which is not there any more; usage/october.csv has"
    checked = tokenbooks(book, "check")
    assert checked.code == 1
    assert f"usage/a.csv: warning[closed-file-missing]: {said} the same bytes" in checked.err
    replayed = tokenbooks(book, "check", "--replay")
    assert replayed.code == 1
    assert f"usage/a.csv: error[closed-file-missing]: {said} the same bytes" in replayed.err
    assert "replay-differs" not in replayed.err
    close(book, "2025-10")
    assert tokenbooks(book, "check", "--replay").code == 0


def test_a_renamed_file_that_has_grown_is_known_by_its_beginning(book: Path) -> None:
    text = (book / "usage/a.csv").read_text()
    (book / "usage/a.csv").unlink()
    write_book(book, {"usage/october.csv": f"{text}2025-11-06,m,,3\n"})
    assert "usage/october.csv has the same bytes" in tokenbooks(book, "check").err


def test_a_lost_file_that_moves_figures_is_told_once(book: Path) -> None:
    (book / "usage/a.csv").unlink()
    said = tokenbooks(book, "check").err
    assert "error[closed-input-changed]: usage/a.csv is gone" in said
    assert "closed-file-missing" not in said


def test_usage_outside_the_contracts_time_is_refused(book: Path) -> None:
    write_book(book, {}, ARREARS + "    until: 2025-11-05\n")
    assert "error[usage-outside-contract]" in refused(book)


def test_usage_before_the_start_is_left_out_with_a_warning(tmp_path: Path) -> None:
    book = write_book(tmp_path, {"usage/a.csv": usage("2025-09-05,9", "2025-10-05,100")})
    assert close(book, "2025-10")[0]["debit"] == "100.00"
    assert "warning[usage-before-start]: contract llm: 1 rows" in tokenbooks(book, "check").err


def test_the_replay_finds_tables_that_no_longer_follow(book: Path) -> None:
    """The price written in another way moves no figure, but the table that shows it."""
    write_book(book, {"plans/llm.yaml": PLAN.replace("credits: 1", "credits: 10 per 10")})
    assert tokenbooks(book, "check").code == 0
    ran = tokenbooks(book, "check", "--replay")
    assert ran.code == 1
    assert "error[replay-differs]: 2025-10 computed again gives other figures in" in ran.err


def test_a_comment_in_the_plan_changes_nothing(book: Path) -> None:
    write_book(book, {"plans/llm.yaml": "# read again on 3 December\n" + PLAN})
    assert tokenbooks(book, "check", "--replay").code == 0


def test_a_close_from_inside_a_folder_of_the_book_gives_the_same_bytes(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = (book / "close/2025-10/manifest.json").read_bytes()
    monkeypatch.chdir(book / "usage")
    assert run("--today", "2026-06-30", "close", "-p", "2025-10", "--write").code == 0
    assert (book / "close/2025-10/manifest.json").read_bytes() == first
