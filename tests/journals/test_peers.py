"""What hledger, ledger and beancount themselves say of rendered books."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import peers
from tests.journals.example import (
    ASSERTIONS,
    ENTRIES,
    NOVEMBER,
    TOP_UP,
    balances,
    month_of,
    posting,
    two_sided,
    write_books,
)
from tokenbooks import names
from tokenbooks.entries.entry import KIND_ORDER, Assertion, Entry


def test_a_month_is_accepted_and_its_balances_agree(tmp_path: Path) -> None:
    tops = write_books(tmp_path, month_of(ENTRIES, ASSERTIONS))
    # prepaid 100.00 - 42.37 = 57.63; research 30.25 + 8.10 = 38.35
    assert peers.check_peers(*tops) == {
        "Assets:Cash": Decimal("-100.00"),
        "Assets:Prepaid:OpenAI": Decimal("57.63"),
        "Expenses:AI:Operations": Decimal("12.12"),
        "Expenses:AI:Research": Decimal("38.35"),
        "Liabilities:Accrued:Anthropic": Decimal("-8.10"),
    }


def test_an_empty_month_and_an_empty_book_are_accepted(tmp_path: Path) -> None:
    october = replace(month_of([]), period=NOVEMBER.previous())
    tops = write_books(tmp_path, october, month_of([]))
    assert peers.check_peers(*tops) == {}


@pytest.mark.parametrize(
    ("currency", "places", "amount"),
    [("USD", 2, "1234567.89"), ("JPY", 0, "1500"), ("BHD", 3, "0.005")],
)
def test_currencies_of_other_places_are_accepted(
    tmp_path: Path, currency: str, places: int, amount: str
) -> None:
    entry = two_sided("purchase", "p-1", 3, "Assets:Prepaid:OpenAI", "Assets:Cash", amount)
    held = Assertion(date(2025, 11, 30), "Assets:Prepaid:OpenAI", Decimal(amount))
    tops = write_books(tmp_path, month_of([entry], [held], currency, places))
    assert peers.check_peers(*tops) == balances([entry])


def test_a_balance_that_is_a_cent_off_is_refused_by_all_three(tmp_path: Path) -> None:
    """The assertions mean something: no tolerance lets a cent pass."""
    wrong = replace(ASSERTIONS[1], balance=Decimal("57.62"))
    ledger_file, beancount_file = write_books(tmp_path, month_of(ENTRIES, [wrong]))
    with pytest.raises(AssertionError, match="hledger"):
        peers.check_hledger(ledger_file)
    with pytest.raises(AssertionError, match="ledger"):
        peers.check_ledger(ledger_file)
    with pytest.raises(AssertionError, match="Balance failed"):
        peers.check_beancount(beancount_file)


def test_an_assertion_holds_at_the_end_of_its_day(tmp_path: Path) -> None:
    """Entries of the same day come before it, those of the next after."""
    later = replace(two_sided("purchase", "later", 6, "Assets:Cash", "Equity:Opening", "1.00"))
    held = Assertion(TOP_UP.day, "Assets:Cash", Decimal("-100.00"))
    tops = write_books(tmp_path, month_of([later, TOP_UP], [held]))
    assert peers.check_peers(*tops)["Assets:Cash"] == Decimal("-99.00")


def texts(check) -> st.SearchStrategy[str]:
    """Texts of any signs that a check lets pass, many of them signs that mean something."""
    signs = st.sampled_from(list("aZ09 -_.,;:'\"\\|/()[]{}<>=*!@#~^&%$+?`é–漢€"))
    return st.text(signs | st.characters(codec="utf-8"), min_size=1, max_size=12).filter(check)


ACCOUNTS = st.builds(
    lambda root, parts: ":".join([root, *parts]),
    st.sampled_from(names.ACCOUNT_ROOTS),
    st.lists(st.from_regex(r"[A-Z0-9][A-Za-z0-9-]{0,8}", fullmatch=True), min_size=1, max_size=3),
)
KEYS = st.from_regex(r"[a-z][a-z0-9-]{1,8}", fullmatch=True).filter(
    lambda key: names.is_tag_key(key) and key not in {"entry", "code"}
)
DATES = st.dates(date(1990, 1, 1), date(2090, 1, 1)).map(str)
TAGS = st.dictionaries(KEYS, texts(names.is_tag_value) | DATES, max_size=3).map(
    lambda tags: tuple(tags.items())
)
CENTS = st.integers(-(10**12), 10**12).map(lambda cents: Decimal(cents).scaleb(-2))


@st.composite
def entries(draw) -> Entry:
    accounts = draw(st.lists(ACCOUNTS, min_size=1, max_size=4))
    amounts = draw(st.lists(CENTS, min_size=len(accounts), max_size=len(accounts)))
    lines = [
        posting(account, str(amount), *draw(TAGS))
        for account, amount in zip(accounts, amounts, strict=True)
    ]
    lines.append(posting(draw(ACCOUNTS), str(-sum(amounts)), *draw(TAGS)))
    return Entry(
        id="replaced",
        kind=draw(st.sampled_from(KIND_ORDER)),
        day=NOVEMBER.start + timedelta(days=draw(st.integers(0, 29))),
        payee=draw(texts(names.is_payee)),
        narration=draw(st.just("") | texts(names.is_narration)),
        postings=tuple(lines),
        tags=draw(TAGS),
        code=draw(st.just("") | texts(names.is_code)),
        pending=draw(st.booleans()),
    )


@settings(max_examples=settings.default.max_examples // 10, suppress_health_check=list(HealthCheck))
@given(st.lists(entries(), min_size=20, max_size=40))
def test_any_valid_entries_are_accepted_by_all_three(tmp_path_factory, drawn) -> None:
    """Whatever the vocabulary lets pass: names, codes, narrations, tags, amounts."""
    numbered = [replace(entry, id=f"e-{number}") for number, entry in enumerate(drawn)]
    held = [
        Assertion(NOVEMBER.last_day, account, total)
        for account, total in balances(numbered).items()
    ]
    tops = write_books(tmp_path_factory.mktemp("books"), month_of(numbered, held))
    assert peers.check_peers(*tops) == balances(numbered)
