"""Renderers repair nothing: what would be read otherwise than it is meant is refused."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.journals.example import ASSERTIONS, TOP_UP, USAGE, month_of, posting
from tokenbooks.entries.entry import Entry
from tokenbooks.journals.dialects import DIALECTS
from tokenbooks.journals.month import Declarations

WRONG_ENTRIES = {
    "out of balance by 0.01": replace(
        TOP_UP,
        postings=(posting("Assets:Cash", "1.01"), posting("Assets:Bank", "-1.00")),
    ),
    "not an amount of 2 places": replace(
        TOP_UP,
        postings=(posting("Assets:Cash", "1.005"), posting("Assets:Bank", "-1.005")),
    ),
    "is not in 2025-11": replace(TOP_UP, day=date(2025, 12, 1)),
    "kind 'guess'": replace(TOP_UP, kind="guess"),
    "payee 'Open; AI'": replace(TOP_UP, payee="Open; AI"),
    "payee 'Open\\\\tAI'": replace(TOP_UP, payee="Open\tAI"),
    "narration 'top-up: 100'": replace(TOP_UP, narration="top-up: 100"),
    "narration 'two\\\\nlines'": replace(TOP_UP, narration="two\nlines"),
    r"code '\(1\)'": replace(TOP_UP, code="(1)"),
    "tag 'Plan'": replace(TOP_UP, tags=(("Plan", "a"),)),
    "tag 'date'": replace(TOP_UP, tags=(("date", "2025-11-01"),)),
    "tag 'entry'": replace(TOP_UP, tags=(("entry", "a"),)),
    "tags: lot more than once": replace(TOP_UP, tags=(("lot", "a"), ("lot", "b"))),
    "value 'a, b' of the tag lot": replace(TOP_UP, tags=(("lot", "a, b"),)),
    "value '' of the tag lot": replace(TOP_UP, tags=(("lot", ""),)),
    "account 'Assets:Prepaid:Open AI'": replace(
        TOP_UP,
        postings=(posting("Assets:Prepaid:Open AI", "1"), posting("Assets:Cash", "-1")),
    ),
}


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
@pytest.mark.parametrize(("reason", "entry"), WRONG_ENTRIES.items(), ids=WRONG_ENTRIES)
def test_a_wrong_entry_is_refused(reason: str, entry: Entry, dialect) -> None:
    with pytest.raises(ValueError, match=reason):
        dialect.render_month(month_of([USAGE, entry]))


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_an_id_stands_once(dialect) -> None:
    with pytest.raises(ValueError, match="purchase-openai-2025-11-05 more than once"):
        dialect.render_month(month_of([TOP_UP, TOP_UP]))


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"day": date(2025, 12, 1)}, "not in 2025-11"),
        ({"account": "Revenue:Sales"}, "account 'Revenue:Sales'"),
        ({"balance": Decimal("0.001")}, "not an amount of 2 places"),
        ({"account": ASSERTIONS[1].account}, "more than once"),
    ],
)
def test_a_wrong_assertion_is_refused(change, reason: str, dialect) -> None:
    wrong = replace(ASSERTIONS[0], **change)
    with pytest.raises(ValueError, match=reason):
        dialect.render_month(month_of([TOP_UP], [wrong, ASSERTIONS[1]]))


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_a_title_of_two_lines_is_refused(dialect) -> None:
    title = "Northwind\nLabs"
    with pytest.raises(ValueError, match="title"):
        dialect.render_month(replace(month_of([TOP_UP]), title=title))
    with pytest.raises(ValueError, match="title"):
        dialect.render_books(Declarations(title, "USD", 2, TOP_UP.day, (), (), (), ()))
