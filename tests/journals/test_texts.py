"""The exact text of a month and of the top file, in both dialects."""

from datetime import date

from tests.journals.example import ASSERTIONS, ENTRIES, TOP_UP, month_of
from tokenbooks.journals import beancount, ledger
from tokenbooks.journals.dialects import DIALECTS
from tokenbooks.journals.month import Declarations, declared

LEDGER_MONTH = """\
; tokenbooks 2025-11, Northwind Labs

2025-11-05 * (INV-1001) OpenAI
    ; Credit top-up
    ; entry: purchase-openai-2025-11-05
    ; source: credits.csv:4
    Assets:Prepaid:OpenAI              100.00 USD
    ; lot: openai-2025-11-05
    ; expires: 2026-11-05
    Assets:Cash                       -100.00 USD

2025-11-30 * OpenAI
    ; Credits used
    ; entry: consumption-openai-2025-11
    ; period: 2025-11
    Expenses:AI:Research                30.25 USD
    ; cost-center: research
    Expenses:AI:Operations              12.12 USD
    Assets:Prepaid:OpenAI              -42.37 USD
    ; lot: openai-2025-11-05

2025-11-30 ! Anthropic
    ; Accrued usage
    ; entry: accrual-anthropic-2025-11
    Expenses:AI:Research                 8.10 USD
    Liabilities:Accrued:Anthropic       -8.10 USD

2025-11-30 * Balance assertions
    ; entry: assertions-2025-11
    Assets:Prepaid:OpenAI                0.00 USD = 57.63 USD
    Liabilities:Accrued:Anthropic        0.00 USD = -8.10 USD
"""

BEANCOUNT_MONTH = """\
; tokenbooks 2025-11, Northwind Labs

2025-11-05 * "OpenAI" "Credit top-up"
  code: "INV-1001"
  entry: "purchase-openai-2025-11-05"
  source: "credits.csv:4"
  Assets:Prepaid:OpenAI              100.00 USD
    lot: "openai-2025-11-05"
    expires: 2026-11-05
  Assets:Cash                       -100.00 USD

2025-11-30 * "OpenAI" "Credits used"
  entry: "consumption-openai-2025-11"
  period: "2025-11"
  Expenses:AI:Research                30.25 USD
    cost-center: "research"
  Expenses:AI:Operations              12.12 USD
  Assets:Prepaid:OpenAI              -42.37 USD
    lot: "openai-2025-11-05"

2025-11-30 ! "Anthropic" "Accrued usage"
  entry: "accrual-anthropic-2025-11"
  Expenses:AI:Research                 8.10 USD
  Liabilities:Accrued:Anthropic       -8.10 USD

2025-12-01 balance Assets:Prepaid:OpenAI               57.63 ~ 0 USD
2025-12-01 balance Liabilities:Accrued:Anthropic       -8.10 ~ 0 USD
"""

LEDGER_BOOKS = """\
; Northwind Labs, written by tokenbooks

commodity USD
    format 1000.00 USD

account Assets:Cash
account Assets:Prepaid:OpenAI

payee OpenAI

tag entry
tag expires
tag lot
tag source

include close/2025-10/journal.ledger
include close/2025-11/journal.ledger
"""

BEANCOUNT_BOOKS = """\
; Northwind Labs, written by tokenbooks

option "title" "Northwind Labs"
option "operating_currency" "USD"

2025-10-01 commodity USD

2025-10-01 open Assets:Cash           USD
2025-10-01 open Assets:Prepaid:OpenAI USD

include "close/2025-10/journal.beancount"
include "close/2025-11/journal.beancount"
"""


def books(extension: str, currency: str = "USD", places: int = 2) -> Declarations:
    months = tuple(f"close/2025-{month}/journal.{extension}" for month in (10, 11))
    names = declared([TOP_UP], [])
    return Declarations("Northwind Labs", currency, places, date(2025, 10, 1), *names, months)


def test_a_month_for_hledger_and_ledger() -> None:
    assert ledger.render_month(month_of(ENTRIES, ASSERTIONS)) == LEDGER_MONTH


def test_a_month_for_beancount() -> None:
    assert beancount.render_month(month_of(ENTRIES, ASSERTIONS)) == BEANCOUNT_MONTH


def test_the_top_file_for_hledger_and_ledger() -> None:
    assert ledger.render_books(books("ledger")) == LEDGER_BOOKS


def test_the_top_file_for_beancount() -> None:
    assert beancount.render_books(books("beancount")) == BEANCOUNT_BOOKS


def test_a_currency_without_decimals_has_no_format() -> None:
    text = ledger.render_books(books("ledger", "JPY", 0))
    assert "\ncommodity JPY\n\naccount" in text


def test_the_order_in_which_entries_are_given_changes_nothing() -> None:
    backwards = month_of(reversed(ENTRIES), reversed(ASSERTIONS))
    for dialect in DIALECTS.values():
        assert dialect.render_month(backwards) == dialect.render_month(
            month_of(ENTRIES, ASSERTIONS)
        )


def test_an_empty_month_is_a_comment() -> None:
    for dialect in DIALECTS.values():
        assert dialect.render_month(month_of([])) == "; tokenbooks 2025-11, Northwind Labs\n"


def test_files_are_named_by_dialect() -> None:
    names = [(dialect.month_file, dialect.books_file) for dialect in DIALECTS.values()]
    assert names == [
        ("journal.ledger", "books.ledger"),
        ("journal.beancount", "books.beancount"),
    ]


def test_what_must_be_declared() -> None:
    accounts, payees, tags = declared(ENTRIES, ASSERTIONS)
    assert accounts == (
        "Assets:Cash",
        "Assets:Prepaid:OpenAI",
        "Expenses:AI:Operations",
        "Expenses:AI:Research",
        "Liabilities:Accrued:Anthropic",
    )
    assert payees == ("Anthropic", "Balance assertions", "OpenAI")
    assert tags == ("cost-center", "entry", "expires", "lot", "period", "source")


def test_a_free_grant_declares_nothing() -> None:
    grant = [entry for entry in ENTRIES if not entry.postings]
    assert declared(grant, []) == ((), (), ())
