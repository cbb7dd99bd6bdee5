"""Small ledgers to vary: a journal with an include, and what a book says of it."""

from __future__ import annotations

from pathlib import Path

from tests.sources.small_book import BOOK, write_book
from tokenbooks.documents import RecordedPosting
from tokenbooks.problems import Problem
from tokenbooks.sources.book import read_book
from tokenbooks.sources.recorded.reading import read_recorded

#: An entry of ours, one of the company's own with an elided amount, a virtual posting.
JOURNAL = """\
include october.journal

2025-11-30 * (INV-7) OpenAI
    ; November usage
    ; entry: usage-openai-2025-11
    ; service-period: 2025-11
    Expenses:AI:Research          12.34 USD
    ; class: rd
    Liabilities:Accrued:OpenAI   -12.34 USD

2025-12-01 ! Corner Shop
    Expenses:Coffee    3.10 EUR @ 1.10 USD
    (Budget:AI)        5.00 USD
    Assets:Bank
"""
OCTOBER = """\
2025-10-05 OpenAI
    Assets:Prepaid:OpenAI       1000.00 USD
    Assets:Bank
"""

BEANCOUNT = """\
option "operating_currency" "USD"
2025-10-01 open Assets:Bank
2025-10-01 open Expenses:AI:Research
2025-10-01 open Liabilities:Accrued:OpenAI

2025-11-30 * "OpenAI" "November usage"
  code: "INV-7"
  entry: "usage-openai-2025-11"
  service-period: "2025-11"
  Expenses:AI:Research          12.34 USD
    class: "rd"
  Liabilities:Accrued:OpenAI   -12.34 USD
"""


def write_ledger(folder: Path, recorded: str, **texts: str) -> Path:
    """A book with a key ``recorded`` and files of a folder ``ledger``, by their names.

    ``october_journal="..."`` writes ``ledger/october.journal``.
    """
    write_book(folder, book=f"{BOOK}recorded:\n{recorded}\n")
    (folder / "ledger").mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / "ledger" / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return folder


def read(folder: Path) -> tuple[list[RecordedPosting], list[Problem]]:
    """The postings of the ledger of a book that is itself without problems."""
    book, problems = read_book(folder)
    assert book is not None
    assert [str(problem) for problem in problems] == []
    postings, found = read_recorded(book, folder)
    return list(postings), found


def told(posting: RecordedPosting) -> tuple[str, str, str, str]:
    """What most tests look at: day, account, amount and currency as text."""
    day, amount = posting.day.isoformat(), str(posting.amount.normalize())
    return day, posting.account, amount, posting.currency
