"""Our entries against the company's own ledger: what is missing, misplaced, or not ours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.books import ARREARS, CREDITS, INVOICES, PREPAID, usage, write_book
from tests.reconcile.booked_books import Books, closed_books
from tokenbooks.book import RecordedSource
from tokenbooks.documents import RecordedPosting
from tokenbooks.entries.entry import Entry
from tokenbooks.periods import Period
from tokenbooks.reconcile.causes import Leg
from tokenbooks.reconcile.ledger.ledger_balances import ledger_balances
from tokenbooks.reconcile.ledger.recorded import recorded_legs
from tokenbooks.reconcile.ledger.recorded_matching import Matching, match_recorded

OCTOBER, NOVEMBER = Period.parse("2025-10"), Period.parse("2025-11")
EXPENSE, PREPAID_ACCOUNT, ACCRUED = (
    "Expenses:AI:Services",
    "Assets:Prepaid:LLM",
    "Liabilities:Accrued:LLM",
)
BANK = "Assets:Bank:Checking"

#: October: usage of 100.00, accrued. November: usage of 50.00; the invoice of October says
#: 98.00, so that 2.00 of the accrual goes back.
IN_ARREARS = {
    "usage/a.csv": usage("2025-10-03,100", "2025-11-04,50"),
    "invoices.csv": INVOICES + "2025-11-02,llm,I-1,invoice,2025-10-01,2025-10-31,98,9.80,\n",
}
#: 500 credits bought for 500.00 in October; 120.00 used in October, 80.00 in November.
FROM_CREDITS = {
    "usage/a.csv": usage("2025-10-03,120", "2025-11-04,80"),
    "credits.csv": CREDITS + "2025-10-01,llm,purchase,500,L1,500,,,,,,,R-1\n",
}
TAXED = ARREARS.replace("plan: llm\n", "plan: llm\n    tax: {kind: recoverable}\n")


def recording(books: Books, *accounts: str) -> Books:
    """The same, of a company whose ledger is compared: these accounts, or all of them."""
    book = replace(books.facts.book, recorded=(RecordedSource("ledger.journal", accounts),))
    return replace(books, facts=replace(books.facts, book=book))


@cache
def books_of(kind: str) -> Books:
    """A small book of a kind, October written and November computed."""
    text, files = {
        "arrears": (TAXED, IN_ARREARS),
        "credits": (PREPAID, FROM_CREDITS),
        "bank": (PREPAID + "post: [invoices, consumption, accrual, expiry]\n", FROM_CREDITS),
    }[kind]
    books = closed_books(write_book(Path(mkdtemp()), files, text), "2025-10", "2025-11")
    return recording(books)


def as_recorded(
    entries: Iterable[Entry], *, first: int = 0, ids: bool = False, days: int = 0
) -> list[RecordedPosting]:
    """Entries of ours as somebody typed them into the ledger, without our ids."""
    return [
        RecordedPosting(
            entry.day + timedelta(days=days),
            posting.account,
            posting.amount,
            "USD",
            first + number,
            payee=entry.payee,
            document=entry.code,
            entry=entry.id if ids else "",
            tags=entry.tags if ids else (),
        )
        for number, entry in enumerate(entries)
        for posting in entry.postings
    ]


def typed(
    number: int, day: str, payee: str, *amounts: tuple[str, str], document: str = ""
) -> list[RecordedPosting]:
    """An entry of the ledger, as amounts by account."""
    return [
        RecordedPosting(
            date.fromisoformat(day),
            account,
            Decimal(amount),
            "USD",
            number,
            payee,
            document=document,
        )
        for account, amount in amounts
    ]


def matched(books: Books, recorded: Sequence[RecordedPosting]) -> Matching:
    return match_recorded(books.facts, books.entries, recorded)


def told(leg: Leg) -> list[tuple[str, str]]:
    """The causes, as (name, amount)."""
    assert leg.difference == sum((cause.amount for cause in leg.causes), Fraction(0))
    return [(cause.name, str(cause.amount)) for cause in leg.causes]


def everything(books: Books) -> list[Entry]:
    return [entry for month in sorted(books.entries) for entry in books.entries[month]]


# -- what agrees ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["arrears", "credits", "bank"])
@pytest.mark.parametrize("ids", [True, False])
@pytest.mark.parametrize("days", [0, 3, -3])
def test_a_ledger_that_has_all_our_entries_agrees(kind: str, ids: bool, days: int) -> None:
    books = books_of(kind)
    if days:
        # a few days are nothing, as long as they do not lead to another month
        shifted = [e for e in everything(books) if 4 <= e.day.day <= 26]
        rest = [e for e in everything(books) if e not in shifted]
        recorded = as_recorded(shifted, days=days, ids=ids)
        recorded += as_recorded(rest, first=len(shifted), ids=ids)
    else:
        recorded = as_recorded(everything(books), ids=ids)
    matching = matched(books, recorded)
    for month in (OCTOBER, NOVEMBER):
        legs = recorded_legs(books.facts, matching, month)
        assert {contract: told(leg) for contract, leg in legs.items()} == {"llm": []}
        for balance in ledger_balances(books.facts, matching, month, books.posted[month]):
            assert told(balance.leg) == []
            assert balance.leg.first_amount


# -- each cause -------------------------------------------------------------------------


def without(books: Books, *ids: str) -> list[RecordedPosting]:
    return as_recorded([entry for entry in everything(books) if entry.id not in ids])


def moved(
    recorded: Sequence[RecordedPosting], account: str, to: str, number: int
) -> list[RecordedPosting]:
    """The ledger with an account of one of its entries mistaken."""
    return [
        replace(p, account=to) if (p.account, p.transaction) == (account, number) else p
        for p in recorded
    ]


def number_of(books: Books, entry: str) -> int:
    return [e.id for e in everything(books)].index(entry)


def legs(
    books: Books, recorded: Sequence[RecordedPosting], month: Period = OCTOBER
) -> dict[str, list[tuple[str, str]]]:
    """The causes of a month by contract; contracts without any are left out."""
    found = recorded_legs(books.facts, matched(books, recorded), month)
    return {contract: told(leg) for contract, leg in found.items() if leg.causes}


def words(books: Books, recorded: Sequence[RecordedPosting], month: Period = OCTOBER) -> list[str]:
    found = recorded_legs(books.facts, matched(books, recorded), month)
    return [cause.words for leg in found.values() for cause in leg.causes]


def balances(
    books: Books, recorded: Sequence[RecordedPosting], month: Period = OCTOBER
) -> dict[str, list[tuple[str, str]]]:
    found = ledger_balances(books.facts, matched(books, recorded), month, books.posted[month])
    return {balance.account: told(balance.leg) for balance in found if balance.leg.causes}


def test_an_accrual_that_nobody_recorded() -> None:
    books = books_of("arrears")
    recorded = without(books, "accrual-llm-2025-10")
    assert legs(books, recorded) == {"llm": [("unrecorded", "100")]}
    assert legs(books, recorded, NOVEMBER) == {}
    assert words(books, recorded) == ["Usage not yet invoiced of 2025-10-31 is not in the ledger"]
    # and the liability that it would be: the accrual is a credit
    assert balances(books, recorded) == {ACCRUED: [("unrecorded", "-100")]}


def test_what_is_recorded_in_the_next_month() -> None:
    books = books_of("arrears")
    late = as_recorded(books.entries[OCTOBER], first=90, days=9)
    recorded = [*as_recorded(books.entries[NOVEMBER]), *late]
    # ours is of October, the ledger's of 9 November: +100 there, -100 here
    assert legs(books, recorded) == {"llm": [("wrong period", "100")]}
    assert legs(books, recorded, NOVEMBER) == {"llm": [("wrong period", "-100")]}
    assert balances(books, recorded) == {ACCRUED: [("wrong period", "-100")]}
    assert balances(books, recorded, NOVEMBER) == {}


@pytest.mark.parametrize(
    ("account", "causes"),
    [
        # an account of the ledger that is none of ours
        ("Expenses:Software", [("wrong account", "100")]),
        # another account of usage: the sum is right, both accounts are not
        ("Expenses:AI:Research", [("wrong account", "100"), ("wrong account", "-100")]),
    ],
)
def test_another_account(account: str, causes: list[tuple[str, str]]) -> None:
    books = books_of("arrears")
    number = number_of(books, "accrual-llm-2025-10")
    recorded = moved(as_recorded(everything(books)), EXPENSE, account, number)
    assert legs(books, recorded) == {"llm": causes}
    assert balances(books, recorded) == {}


def test_recorded_twice() -> None:
    books = books_of("arrears")
    again = as_recorded(books.entries[OCTOBER], first=90, days=-1)
    assert legs(books, [*as_recorded(everything(books)), *again]) == {
        "llm": [("recorded twice", "-100")]
    }
    # the same id once more, however late
    with_ids = as_recorded(everything(books), ids=True)
    again = as_recorded(books.entries[OCTOBER], first=90, ids=True, days=20)
    assert legs(books, [*with_ids, *again], NOVEMBER) == {"llm": [("recorded twice", "-100")]}


def test_another_amount() -> None:
    books = books_of("arrears")
    recorded = without(books, "accrual-llm-2025-10")
    recorded += typed(90, "2025-10-30", "LLM", (EXPENSE, "95.37"), (ACCRUED, "-95.37"))
    assert legs(books, recorded) == {"llm": [("amount", "463/100")]}
    assert words(books, recorded) == ["ours 100, the ledger's 95.37"]


def test_an_invoice_that_is_expensed_as_a_whole() -> None:
    """It relieves an accrual: ours expenses only the true-up of -2.00."""
    books = books_of("arrears")
    recorded = without(books, "invoice-llm-I-1")
    recorded += typed(90, "2025-11-02", "LLM", (EXPENSE, "98"), (BANK, "-98"), document="I-1")
    assert legs(books, recorded, NOVEMBER) == {"llm": [("amount", "-100")]}
    assert words(books, recorded, NOVEMBER) == [
        "ours -2, the ledger's 98: it expenses the whole document, which relieves an accrual"
    ]


def test_recoverable_tax_in_the_expense() -> None:
    books = books_of("arrears")
    recorded = without(books, "invoice-llm-I-1")
    # the true-up of -2.00 with the tax of the invoice, 9.80
    recorded += typed(
        90,
        "2025-11-02",
        "LLM",
        (EXPENSE, "7.80"),
        (ACCRUED, "100"),
        (BANK, "-107.80"),
        document="I-1",
    )
    assert legs(books, recorded, NOVEMBER) == {"llm": [("tax", "-49/5")]}


def test_a_purchase_that_was_expensed() -> None:
    """The common mistake: prepaid credits expensed when they are paid."""
    books = books_of("credits")
    number = number_of(books, "purchase-llm-L1")
    recorded = moved(as_recorded(everything(books)), PREPAID_ACCOUNT, EXPENSE, number)
    assert legs(books, recorded) == {"llm": [("wrong account", "-500")]}
    (told_so,) = words(books, recorded)
    assert told_so.startswith("a purchase of credits, expensed when it was paid: it is prepaid")
    assert balances(books, recorded) == {PREPAID_ACCOUNT: [("wrong account", "500")]}


def test_a_purchase_that_was_expensed_beside_being_recorded() -> None:
    books = books_of("credits")
    recorded = as_recorded(everything(books), ids=True)
    recorded += typed(90, "2025-10-02", "LLM", (EXPENSE, "500"), (BANK, "-500"))
    assert legs(books, recorded) == {"llm": [("only in the ledger", "-500")]}
    assert "credits bought, which the ledger has as prepaid too" in words(books, recorded)[0]


def test_what_is_none_of_ours() -> None:
    books = books_of("arrears")
    recorded = as_recorded(everything(books))
    recorded += typed(90, "2025-10-20", "Somebody else", (EXPENSE, "12.50"), (BANK, "-12.50"))
    # the book has one contract, and the account is its own
    assert legs(books, recorded) == {"llm": [("only in the ledger", "-25/2")]}


def test_what_comes_in_several_entries() -> None:
    """Somebody enters the usage by weeks: 30 + 45 + 25 is our 100."""
    books = books_of("arrears")
    recorded = without(books, "accrual-llm-2025-10")
    for number, (day, amount) in enumerate([("10-08", "30"), ("10-17", "45"), ("10-31", "25")]):
        recorded += typed(
            90 + number, f"2025-{day}", "LLM", (EXPENSE, amount), (ACCRUED, f"-{amount}")
        )
    assert legs(books, recorded) == {}
    assert balances(books, recorded) == {}


# -- what the book leaves to the ledger -----------------------------------------------------


def test_a_purchase_that_the_book_leaves_to_the_ledger_is_looked_for() -> None:
    books = books_of("bank")
    assert [e.id for e in books.entries[OCTOBER]] == ["purchase-llm-L1", "consumption-llm-2025-10"]
    own = without(books, "purchase-llm-L1")
    bank = typed(90, "2025-10-02", "LLM", (PREPAID_ACCOUNT, "500"), (BANK, "-500"), document="R-1")
    assert balances(books, [*own, *bank]) == {}
    assert balances(books, own) == {PREPAID_ACCOUNT: [("unrecorded", "500")]}
    found = ledger_balances(books.facts, matched(books, own), OCTOBER, books.posted[OCTOBER])
    assert (
        "the book leaves entries of the kind purchase to the ledger" in found[0].leg.causes[0].words
    )


def test_what_the_ledger_brought_forward() -> None:
    """The ledger's own history before the book began is the opening balance."""
    files = {
        "usage/a.csv": usage("2025-10-03,20"),
        "credits.csv": CREDITS + "2025-08-01,llm,opening,500,L1,500,400,,,,,,\n",
    }
    books = closed_books(write_book(Path(mkdtemp()), files, PREPAID), "2025-10", "2025-10")
    books = recording(books)
    history = typed(1, "2025-08-01", "LLM", (PREPAID_ACCOUNT, "500"), (BANK, "-500"))
    history += typed(2, "2025-09-30", "LLM", (EXPENSE, "400"), (PREPAID_ACCOUNT, "-400"))
    own = as_recorded([e for e in books.entries[OCTOBER] if e.kind != "opening"], first=10)
    assert balances(books, [*history, *own]) == {}
    # a cent more than the opening says
    more = [
        *history,
        *own,
        *typed(3, "2025-09-30", "LLM", (PREPAID_ACCOUNT, "0.01"), (EXPENSE, "-0.01")),
    ]
    assert balances(books, more) == {PREPAID_ACCOUNT: [("amount", "-1/100")]}


def test_only_accounts_that_count_are_compared() -> None:
    books = books_of("credits")
    books = recording(books, "Expenses:AI*")
    recorded = [p for p in as_recorded(everything(books)) if p.account.startswith("Expenses:AI")]
    assert balances(books, recorded) == {}
    assert legs(books, recorded) == {}


# -- whose it is ------------------------------------------------------------------------

#: Two contracts that share the account of expenses, and nothing else.
TWO = (
    ARREARS
    + """\
  other:
    side: buy
    party: OtherAI
    plan: llm
    settle: arrears
    usage: other/*.csv
"""
)


@pytest.mark.parametrize(
    ("payee", "account", "tags", "contract"),
    [
        ("OtherAI", BANK, (), "other"),
        ("otherai", BANK, (), "other"),
        # nobody that the book knows
        ("Somebody", BANK, (), ""),
        # the other side is an account of one contract only
        ("Somebody", "Liabilities:Accrued:OtherAI", (), "other"),
        ("OtherAI", BANK, (("contract", "llm"),), "llm"),
        ("OtherAI", BANK, (("contract", "unknown"),), "other"),
    ],
)
def test_whose_an_entry_of_the_ledger_is(
    payee: str, account: str, tags: tuple[tuple[str, str], ...], contract: str
) -> None:
    books = two_contracts()
    recorded = as_recorded(everything(books))
    more = typed(90, "2025-10-20", payee, (EXPENSE, "7"), (account, "-7"))
    recorded += [replace(posting, tags=tags) for posting in more]
    assert legs(books, recorded) == {contract: [("only in the ledger", "-7")]}


@cache
def two_contracts() -> Books:
    files = {"usage/a.csv": usage("2025-10-03,100"), "other/a.csv": usage("2025-10-03,60")}
    return recording(closed_books(write_book(Path(mkdtemp()), files, TWO), "2025-10", "2025-10"))


# -- errors at random -------------------------------------------------------------------

#: Three months of usage of 100, 50 and 75.25, invoiced a month later.
IN_QUARTER = {
    "usage/a.csv": usage("2025-10-03,100", "2025-11-04,50", "2025-12-09,75.25"),
    "invoices.csv": INVOICES
    + "2025-11-12,llm,I-1,invoice,2025-10-01,2025-10-31,98,,\n"
    + "2025-12-12,llm,I-2,invoice,2025-11-01,2025-11-30,53.10,,\n",
}


@cache
def quarter() -> Books:
    folder = write_book(Path(mkdtemp()), IN_QUARTER, TAXED)
    books = closed_books(folder, "2025-10", "2025-12")
    return recording(books)


def injected(entry: Entry, error: str, number: int, ids: bool) -> list[RecordedPosting]:
    """An entry of ours as the ledger has it, with an error."""
    own = as_recorded([entry], first=number, ids=ids)
    if error == "unrecorded":
        return []
    if error == "wrong period":
        return [replace(p, day=p.day + timedelta(days=25)) for p in own]
    if error == "wrong account":
        return [replace(p, account="Expenses:Other") if p.account == EXPENSE else p for p in own]
    if error == "recorded twice":
        return [*own, *as_recorded([entry], first=number + 50, ids=ids)]
    if error == "amount":
        shift = {EXPENSE: Decimal("0.07"), ACCRUED: Decimal("-0.07")}
        return [replace(p, amount=p.amount + shift.get(p.account, 0)) for p in own]
    return own


ERRORS = ("", "", "unrecorded", "wrong period", "wrong account", "recorded twice", "amount")


@given(st.lists(st.sampled_from(ERRORS), min_size=5, max_size=5), st.booleans())
def test_the_errors_that_are_found_are_those_that_were_made(errors: list[str], ids: bool) -> None:
    books = quarter()
    entries = everything(books)
    assert len(entries) == len(errors)
    recorded = [
        posting
        for number, (entry, error) in enumerate(zip(entries, errors, strict=True))
        for posting in injected(entry, error, number, ids)
    ]
    found = set()
    matching = matched(books, recorded)
    for month in (*books.entries, Period.parse("2026-01")):
        for contract, leg in recorded_legs(books.facts, matching, month).items():
            assert contract == "llm"
            assert leg.second_amount == sum(
                (Fraction(p.amount) for p in recorded if p.account == EXPENSE and p.day in month),
                Fraction(0),
            )
            assert not leg.unexplained
            found |= {name for name, _ in told(leg)}
    assert found == {error for error in errors if error}
    for month, posted in books.posted.items():
        for balance in ledger_balances(books.facts, matching, month, posted):
            assert not balance.leg.unexplained
            assert balance.leg.difference == sum(c.amount for c in balance.leg.causes)
