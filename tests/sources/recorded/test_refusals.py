"""The complaints of the programs' versions, of which only one is installed where this runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.small_book import codes
from tokenbooks.sources.recorded.programs import Answer
from tokenbooks.sources.recorded.refusals import refusal

HLEDGER_152 = """\
hledger: Error: /books/main.journal:3-4:
3 | 2025-11-30 x
  |     a               1

This transaction is unbalanced.
The real postings' sum should be 0 but is: 1
"""
HLEDGER_152_COLUMN = """\
hledger: Error: /books/main.journal:4:8:
  | 2025-11-30 x
4 |     a               0 = 1
  |                       ^^^

Balance assertion failed in a
"""
HLEDGER_125 = """\
hledger: balance assertion: "/books/main.journal" (line 6, column 12)
transaction:
2025-12-02 x
    B               0 = 4 USD
"""
HLEDGER_ELSEWHERE = "hledger: Error: could not read\n"


@pytest.mark.parametrize(
    ("complaint", "place", "said"),
    [
        (
            HLEDGER_152,
            "/books/main.journal:3",
            "This transaction is unbalanced. The real postings' sum should be 0 but is: 1",
        ),
        (HLEDGER_152_COLUMN, "/books/main.journal:4:8", "Balance assertion failed in a"),
        (
            HLEDGER_125,
            "/books/main.journal:6:12",
            "balance assertion: transaction: 2025-12-02 x B 0 = 4 USD",
        ),
        (HLEDGER_ELSEWHERE, "/books/top.journal", "could not read"),
        ("", "/books/top.journal", "it says no reason"),
    ],
    ids=["1.52", "1.52-column", "1.25", "no-place", "nothing"],
)
def test_hledger(complaint: str, place: str, said: str) -> None:
    answer = Answer(complaint=complaint, refused=True)
    [problem] = refusal("hledger", Path("/books/top.journal"), answer)
    assert str(problem.position) == place
    assert problem.message == f"hledger refuses the journal: {said}"


def test_ledger_tells_every_error_with_its_place() -> None:
    complaint = """\
While parsing file "/books/main.journal", line 3:
While balancing transaction from "/books/main.journal", lines 1-3:
> 2025-11-30 x
Error: Transaction does not balance
While parsing file "/books/main.journal", line 9:
Error: Invalid date: 2025-11-31
"""
    problems = refusal("ledger", Path("/books/top.journal"), Answer("", complaint, refused=True))
    assert codes(problems) == ["journal-refused"] * 2
    assert [str(problem.position) for problem in problems] == [
        "/books/main.journal:3",
        "/books/main.journal:9",
    ]
    assert problems[1].message.endswith(": Invalid date: 2025-11-31")


def test_many_errors_are_a_few() -> None:
    complaint = "Error: Transaction does not balance\n" * 40
    problems = refusal("ledger", Path("/books/top.journal"), Answer("", complaint, refused=True))
    assert [problem.count for problem in problems] == [1, 1, 1, 1, 36]


def test_a_long_complaint_is_cut() -> None:
    answer = Answer(complaint="hledger: Error: " + "word " * 1000, refused=True)
    [problem] = refusal("hledger", Path("/books/top.journal"), answer)
    assert len(problem.message) < 400
