"""`check` asks a real ledger program what it makes of the journal, where one is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.books import ARREARS, close, tokenbooks, usage, write_book
from tests.peers import missing
from tokenbooks.sources.recorded import journals

#: 7.00 more in the accrual, after the assertion of the day.
LEDGER_ENTRY = """
2025-10-31 * LLM
    Liabilities:Accrued:LLM    7.00 USD
    Expenses:AI:Services      -7.00 USD
"""
BEANCOUNT_ENTRY = """
2025-11-01 * "LLM" "Too much"
  Liabilities:Accrued:LLM   7.00 USD
  Expenses:AI:Services     -7.00 USD
"""


def written(folder: Path, journal: str) -> Path:
    """A book whose October and November are written; 100.00 and 50.00 are accrued."""
    files = {"usage/a.csv": usage("2025-10-05,100", "2025-11-05,50")}
    write_book(folder, files, ARREARS.replace("journal: ledger", f"journal: {journal}"))
    if journals.program_of(journal) is None:
        missing(journal)
    close(folder, "2025-10")
    close(folder, "2025-11")
    return folder


@pytest.mark.parametrize("journal", ["ledger", "beancount"])
def test_a_journal_as_it_was_written_agrees(tmp_path: Path, journal: str) -> None:
    ran = tokenbooks(written(tmp_path, journal), "check")
    assert ran.code == 0, ran.err


def test_another_balance_in_the_journal_is_told_once_an_account(tmp_path: Path) -> None:
    book = written(tmp_path, "ledger")
    top = book / "books.ledger"
    include = "include close/2025-11/journal.ledger\n"
    text = top.read_text().replace(include, "") + LEDGER_ENTRY
    top.write_text(text)
    # without November only October is compared: -100.00 + 7.00
    for path in sorted((book / "close/2025-11").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (book / "close/2025-11").rmdir()
    said = tokenbooks(book, "check").err
    assert said.count("error[journal-differs]") == 1
    assert "Liabilities:Accrued:LLM is -93.00 in " in said
    assert "at the end of 2025-10, but -100.00 in the subledger" in said


@pytest.mark.parametrize(
    ("journal", "entry"), [("ledger", LEDGER_ENTRY), ("beancount", BEANCOUNT_ENTRY)]
)
def test_what_breaks_an_assertion_later_is_refused_by_the_program(
    tmp_path: Path, journal: str, entry: str
) -> None:
    book = written(tmp_path, journal)
    top = book / f"books.{journal}"
    top.write_text(top.read_text() + entry)
    said = tokenbooks(book, "check").err
    assert "error[journal-" in said


def test_without_a_program_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = written(tmp_path, "ledger")
    top = book / "books.ledger"
    top.write_text(top.read_text() + LEDGER_ENTRY)
    monkeypatch.setattr(journals, "is_installed", lambda program: False)
    assert tokenbooks(book, "check").code == 0
