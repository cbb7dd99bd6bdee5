"""Proposed corrections: what they post, and that they correct what they are for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from tests.books import ARREARS, usage, write_book
from tests.reconcile.booked_books import Books, closed_books
from tests.reconcile.test_recorded import (
    ACCRUED,
    BANK,
    EXPENSE,
    NOVEMBER,
    OCTOBER,
    PREPAID_ACCOUNT,
    as_recorded,
    books_of,
    everything,
    matched,
    moved,
    number_of,
    typed,
    without,
)
from tokenbooks.book import PolicyValue
from tokenbooks.documents import RecordedPosting
from tokenbooks.entries.entry import Entry
from tokenbooks.names import is_narration
from tokenbooks.reconcile.causes import (
    CUT_OFF,
    FREE,
    MISSING_USAGE,
    RATE,
    ROUNDING,
    STATEMENT,
    UNRECORDED,
    USAGE,
    Cause,
    leg,
)
from tokenbooks.reconcile.ledger.ledger_balances import ledger_balances
from tokenbooks.reconcile.ledger.ledger_proposals import ledger_proposals
from tokenbooks.reconcile.ledger.proposals import (
    ADJUSTMENTS,
    CREDITS_FILE,
    LEDGER,
    adjustment_proposals,
)
from tokenbooks.reconcile.ledger.recorded import recorded_legs


def posted(entry: Entry) -> list[tuple[str, str]]:
    """The postings of an entry, which balance, as (account, amount)."""
    assert not sum((posting.amount for posting in entry.postings), Decimal(0))
    assert is_narration(entry.narration)
    assert entry.pending
    return [(posting.account, str(posting.amount)) for posting in entry.postings]


def with_threshold(books: Books, amount: str) -> Books:
    policies = {"posting_threshold": (PolicyValue(amount),)}
    return replace(
        books, facts=replace(books.facts, book=replace(books.facts.book, policies=policies))
    )


# -- between the statement and the usage --------------------------------------------------

#: Case X001: 10,000.00 says the provider, 9,840.00 the books.
X001 = tuple(
    Cause(name, Fraction(amount), "case X001")
    for name, amount in [
        (CUT_OFF, "120"),
        (RATE, "-75"),
        (MISSING_USAGE, "90"),
        (FREE, "20"),
        (UNRECORDED, "4.63"),
        (ROUNDING, "0.37"),
    ]
)
HEADER = "date,contract,party,service_period,amount,role,cost_center"
HEADER += ",cause,document,memo,prepared,approved"


def book_of_x001(folder: Path, more: dict[str, str]) -> Books:
    files = {"usage/a.csv": usage("2025-11-03,9840"), **more}
    book = write_book(folder, files, ARREARS.replace("2025-10", "2025-11"))
    return closed_books(book, "2025-11", "2025-11")


def test_only_what_is_wrong_is_posted_by_cause(tmp_path: Path) -> None:
    """Case X001: rate -75.00, missing usage 90.00, unrecorded 4.63 make one entry of 19.63."""
    books = book_of_x001(tmp_path, {})
    statement = leg(STATEMENT, USAGE, (Fraction(10000), Fraction(9840)), X001)
    assert statement.difference == 160
    assert not statement.unexplained
    (proposal,) = adjustment_proposals(books.facts, books.computed, NOVEMBER, {"llm": X001})
    assert posted(proposal.entry) == [(EXPENSE, "19.63"), (ACCRUED, "-19.63")]
    assert proposal.entry.id == "proposal-adjustment-llm-2025-11"
    assert proposal.where == ADJUSTMENTS
    assert proposal.header == HEADER
    cause = "rate and missing usage and unrecorded"
    memo = "rate -75; missing usage 90; unrecorded 4.63"
    assert proposal.row == f"2025-11-30,llm,,2025-11,19.63,,,{cause},,{memo},,"


def test_after_posting_only_reconciling_items_are_left(tmp_path: Path) -> None:
    """Case X001: provider - books = 140.37, and nothing is proposed again."""
    books = book_of_x001(tmp_path / "before", {})
    (proposal,) = adjustment_proposals(books.facts, books.computed, NOVEMBER, {"llm": X001})
    row = f"{proposal.row.removesuffix(',,')},A. Clerk,B. Controller"
    books = book_of_x001(tmp_path / "after", {"adjustments.csv": f"{proposal.header}\n{row}\n"})
    booked = books.leg("2025-11")
    assert [(cause.name, str(cause.amount)) for cause in booked.causes] == [
        ("approved accrual", "-1963/100")
    ]
    assert Fraction(10000) - booked.second_amount == Fraction("140.37")
    assert not adjustment_proposals(books.facts, books.computed, NOVEMBER, {"llm": X001})


def test_what_is_accrued_is_taken_back_once_the_usage_tells_it(tmp_path: Path) -> None:
    """19.63 were accrued, and nothing differs any more: a row of -19.63, of whatever day."""
    rows = f"{HEADER}\n2025-11-30,llm,,2025-11,19.63,,,,,Batch jobs,A. Clerk,B. Controller\n"
    books = book_of_x001(tmp_path / "before", {"adjustments.csv": rows})
    (proposal,) = adjustment_proposals(books.facts, books.computed, NOVEMBER, {"llm": ()})
    assert posted(proposal.entry) == [(ACCRUED, "19.63"), (EXPENSE, "-19.63")]
    memo = "what was accrued is rated usage now"
    assert proposal.row == f"2025-11-30,llm,,2025-11,-19.63,,,,,{memo},,"
    rows += "2025-12-09,llm,,2025-11,-19.63,,,,,They are in the export,A. Clerk,B. Controller\n"
    books = book_of_x001(tmp_path / "after", {"adjustments.csv": rows})
    assert not adjustment_proposals(books.facts, books.computed, NOVEMBER, {"llm": ()})


def test_usage_that_was_never_tracked_is_accrued_as_one(tmp_path: Path) -> None:
    """Case C089: tracked 10,000, billed 15,000 with retries, retrieval, context, embeddings."""
    books = book_of_x001(tmp_path, {})
    amounts = ["2000", "1500", "1000", "500"]
    causes = {"llm": tuple(Cause(MISSING_USAGE, Fraction(amount), "") for amount in amounts)}
    (proposal,) = adjustment_proposals(books.facts, books.computed, NOVEMBER, causes)
    assert posted(proposal.entry) == [(EXPENSE, "5000.00"), (ACCRUED, "-5000.00")]


@pytest.mark.parametrize(("threshold", "proposed"), [("3.09", 1), ("3.10", 0), ("5.00", 0)])
def test_differences_up_to_the_threshold_are_passed(threshold: str, proposed: int) -> None:
    """Case C077: a difference of 3.10 under a threshold of 5.00 posts nothing."""
    books = with_threshold(books_of("arrears"), threshold)
    causes = {"llm": (Cause(RATE, Fraction("3.10"), ""),)}
    found = adjustment_proposals(books.facts, books.computed, NOVEMBER, causes)
    assert len(found) == proposed


def test_an_invoice_has_booked_what_it_bills() -> None:
    books = books_of("arrears")
    causes = {"llm": (Cause(RATE, Fraction(-2), ""),)}
    # October is invoiced: its true-up of -2.00 is in the books already
    assert not adjustment_proposals(books.facts, books.computed, OCTOBER, causes)
    assert adjustment_proposals(books.facts, books.computed, NOVEMBER, causes)


# -- for the company's ledger -------------------------------------------------------------


def late(books: Books) -> list[RecordedPosting]:
    recorded = as_recorded(books.entries[NOVEMBER])
    return [*recorded, *as_recorded(books.entries[OCTOBER], first=90, days=9)]


def misplaced(books: Books) -> list[RecordedPosting]:
    number = number_of(books, "accrual-llm-2025-10")
    return moved(as_recorded(everything(books)), EXPENSE, "Expenses:Software", number)


def doubled(books: Books) -> list[RecordedPosting]:
    again = as_recorded(books.entries[OCTOBER], first=90, days=-1)
    return [*as_recorded(everything(books)), *again]


def too_low(books: Books) -> list[RecordedPosting]:
    return [
        *without(books, "accrual-llm-2025-10"),
        *typed(90, "2025-10-30", "LLM", (EXPENSE, "95.37"), (ACCRUED, "-95.37")),
    ]


def whole_invoice(books: Books) -> list[RecordedPosting]:
    return [
        *without(books, "invoice-llm-I-1"),
        *typed(90, "2025-11-02", "LLM", (EXPENSE, "98"), (BANK, "-98"), document="I-1"),
    ]


def expensed_purchase(books: Books) -> list[RecordedPosting]:
    number = number_of(books, "purchase-llm-L1")
    return moved(as_recorded(everything(books)), PREPAID_ACCOUNT, EXPENSE, number)


@pytest.mark.parametrize(
    ("kind", "recorded", "proposed"),
    [
        (
            "arrears",
            lambda books: without(books, "accrual-llm-2025-10"),
            {"accrual-llm-2025-10": [(EXPENSE, "100.00"), (ACCRUED, "-100.00")]},
        ),
        (
            "arrears",
            late,
            {
                "proposal-period-out-llm-2025-10-accrual-llm-2025-10": [
                    (ACCRUED, "100.00"),
                    (EXPENSE, "-100.00"),
                ],
                "proposal-period-in-llm-2025-10-accrual-llm-2025-10": [
                    (EXPENSE, "100.00"),
                    (ACCRUED, "-100.00"),
                ],
            },
        ),
        (
            "arrears",
            misplaced,
            {
                "proposal-difference-llm-2025-10-accrual-llm-2025-10": [
                    (EXPENSE, "100.00"),
                    ("Expenses:Software", "-100.00"),
                ]
            },
        ),
        (
            "arrears",
            doubled,
            {
                "proposal-reversal-llm-2025-10-2025-10-30-90": [
                    (ACCRUED, "100.00"),
                    (EXPENSE, "-100.00"),
                ]
            },
        ),
        (
            "arrears",
            too_low,
            {
                "proposal-difference-llm-2025-10-accrual-llm-2025-10": [
                    (EXPENSE, "4.63"),
                    (ACCRUED, "-4.63"),
                ]
            },
        ),
        (
            "arrears",
            whole_invoice,
            {
                "proposal-difference-llm-2025-11-invoice-llm-I-1": [
                    (ACCRUED, "100.00"),
                    (EXPENSE, "-100.00"),
                ]
            },
        ),
        (
            "credits",
            expensed_purchase,
            {
                "proposal-difference-llm-2025-10-purchase-llm-L1": [
                    (PREPAID_ACCOUNT, "500.00"),
                    (EXPENSE, "-500.00"),
                ]
            },
        ),
    ],
    ids=["missing", "late", "misplaced", "doubled", "too-low", "whole-invoice", "expensed"],
)
@pytest.mark.parametrize("has_tags", [True, False], ids=["journal", "extract"])
def test_what_the_ledger_has_wrong_is_corrected(
    kind: str,
    recorded: Callable[[Books], list[RecordedPosting]],
    proposed: dict[str, list[tuple[str, str]]],
    has_tags: bool,
) -> None:
    books = books_of(kind)
    ledger = recorded(books)
    matching = matched(books, ledger)
    found = {
        proposal.entry.id: proposal
        for month in (OCTOBER, NOVEMBER)
        for proposal in ledger_proposals(books.facts, matching, month)
    }
    assert {name: posted(proposal.entry) for name, proposal in found.items()} == proposed
    assert {proposal.where for proposal in found.values()} == {LEDGER}
    # with the proposed entries in the ledger, its figures are ours
    entered = as_recorded([p.entry for p in found.values()], first=200, ids=True)
    if not has_tags:
        entered = [replace(posting, tags=()) for posting in entered]
    matching = matched(books, [*ledger, *entered])
    for month in (OCTOBER, NOVEMBER):
        for own in recorded_legs(books.facts, matching, month).values():
            assert not own.difference
            assert not own.causes
        for balance in ledger_balances(books.facts, matching, month, books.posted[month]):
            assert not balance.leg.difference
            assert not balance.leg.causes
        assert not ledger_proposals(books.facts, matching, month)


def test_nothing_is_proposed_for_what_agrees_or_is_small() -> None:
    books = books_of("arrears")
    matching = matched(books, as_recorded(everything(books)))
    assert not ledger_proposals(books.facts, matching, OCTOBER)
    books = with_threshold(books, "4.63")
    assert not ledger_proposals(books.facts, matched(books, too_low(books)), OCTOBER)


def test_a_purchase_that_only_the_ledger_has_is_a_row_of_credits() -> None:
    books = books_of("credits")
    bank = typed(90, "2025-10-20", "LLM", (PREPAID_ACCOUNT, "250"), (BANK, "-250"), document="R-9")
    matching = matched(books, [*as_recorded(everything(books)), *bank])
    (proposal,) = ledger_proposals(books.facts, matching, OCTOBER)
    assert proposal.where == CREDITS_FILE
    assert proposal.header == "date,contract,event,credits,paid,document"
    assert proposal.row == "2025-10-20,llm,purchase,250.00,250.00,R-9"
    assert posted(proposal.entry) == [(PREPAID_ACCOUNT, "250.00"), (BANK, "-250.00")]
