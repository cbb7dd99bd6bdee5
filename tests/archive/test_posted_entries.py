"""The entries of a written close are read back from its journal as they were posted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.books import CREDITS, INVOICES, PREPAID, close, usage, write_book
from tokenbooks.archive.posted_entries import posted_entries
from tokenbooks.archive.read import read_months
from tokenbooks.desk.find_entry import prepare_again
from tokenbooks.desk.open_book import open_book

FILES = {
    "usage/a.csv": usage("2025-10-05,100", "2025-10-20,30", "2025-11-05,50"),
    "credits.csv": CREDITS
    + "2025-10-02,llm,purchase,120,p1,110.00,,,2025-11-20,,,,order-7\n"
    + "2025-10-03,llm,grant,5,g1,,,,2025-10-04,,,,\n",
    "invoices.csv": INVOICES
    + "2025-11-06,llm,I-1,invoice,2025-10-01,2025-10-31,6.25,,\n"
    + "2025-11-12,llm,I-1,receipt,,,6.25,,\n",
}


@pytest.mark.parametrize("journal", ["ledger", "beancount"])
def test_what_is_read_back_is_what_was_posted(tmp_path: Path, journal: str) -> None:
    settings = PREPAID.replace("journal: ledger", f"journal: {journal}")
    folder = write_book(tmp_path, FILES, settings)
    close(folder, "2025-10")
    close(folder, "2025-11")
    book, _ = open_book(folder)
    assert book is not None
    for month in book.months:
        prepared, _ = prepare_again(book, month)
        assert prepared is not None
        assert prepared.close.entries
        assert posted_entries(month) == prepared.close.entries


def test_a_journal_that_is_not_as_it_was_written_is_refused(tmp_path: Path) -> None:
    folder = write_book(tmp_path, FILES, PREPAID)
    close(folder, "2025-10")
    journal = folder / "close/2025-10/journal.ledger"
    journal.write_text(journal.read_text().replace("-110.00 USD", "-110.00"))
    (month,), _ = read_months(folder, ".")
    with pytest.raises(ValueError, match=r"line \d+ is no posting"):
        posted_entries(month)
