"""Closes with foreign currencies, month after month, with the arithmetic beside the figures.

What is owed is remeasured, credits are not (ACCOUNTING 2.7 and 3.1; cases C039 and C041).
"""

from __future__ import annotations

import csv
import json
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from tests import peers
from tests.books import ARREARS, PLAN, PREPAID, close, lines, tokenbooks, usage, write_book

CREDITS = "date,contract,event,credits,lot,paid,currency,fx_rate,pay,document\n"
INVOICES = "date,contract,invoice,kind,period_start,period_end,amount,currency,fx_rate\n"
RATES = "date,from,to,rate\n"

#: A book in euro with a plan in dollars: what most buyers outside of America have.
EURO = ARREARS.replace("currency: USD", "currency: EUR")
DOLLARS = RATES + "2025-10-31,USD,EUR,0.92\n2025-11-30,USD,EUR,0.93\n2025-12-31,USD,EUR,0.91\n"


def posted(folder: Path, period: str) -> list[tuple[str, str, str]]:
    """Postings as (date, role, amount)."""
    return [line[1:] for line in lines(close(folder, period))]


def accruals(folder: Path, period: str) -> list[dict[str, str]]:
    with (folder / "close" / period / "accruals.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


# -- payables ---------------------------------------------------------------------------


def test_a_purchase_on_account_is_remeasured_and_its_credits_are_not(tmp_path: Path) -> None:
    book = write_book(
        tmp_path,
        {
            "plans/llm.yaml": PLAN.replace("USD", "EUR"),
            "usage/a.csv": usage("2025-11-20,400"),
            "credits.csv": CREDITS + "2025-10-10,llm,purchase,1000,one,1000,EUR,1.08,account,D-1\n",
            "invoices.csv": INVOICES + "2025-11-10,llm,D-1,receipt,,,1000,EUR,1.10\n",
            "rates.csv": RATES + "2025-10-31,EUR,USD,1.09\n",
        },
        PREPAID,
    )
    # 1,000 x 1.08 = 1,080.00, at the month's end x 1.09 = 1,090.00: a loss of 10.00
    assert posted(book, "2025-10") == [
        ("2025-10-10", "prepaid_credits", "1080.00"),
        ("2025-10-10", "accounts_payable", "-1080.00"),
        ("2025-10-31", "fx_loss", "10.00"),
        ("2025-10-31", "accounts_payable", "-10.00"),
    ]
    # paid at 1.10: 1,100.00, which is 10.00 more; 400 credits are used at their own 1.08
    assert posted(book, "2025-11") == [
        ("2025-11-10", "accounts_payable", "1100.00"),
        ("2025-11-10", "cash", "-1100.00"),
        ("2025-11-10", "fx_loss", "10.00"),
        ("2025-11-10", "accounts_payable", "-10.00"),
        ("2025-11-30", "ai_expense", "432.00"),
        ("2025-11-30", "prepaid_credits", "-432.00"),
    ]
    assert tokenbooks(book, "check", "--replay").code == 0


def test_an_invoice_paid_in_parts(tmp_path: Path) -> None:
    """A book and a plan in dollars, and invoices in euro: only the payable is foreign."""
    book = write_book(
        tmp_path,
        {
            "usage/a.csv": usage("2025-10-05,1080"),
            "invoices.csv": INVOICES
            + "2025-11-03,llm,I-1,invoice,2025-10-01,2025-10-31,1000,EUR,1.09\n"
            + "2025-11-20,llm,I-1,receipt,,,400,EUR,1.12\n"
            + "2025-12-10,llm,I-1,receipt,,,600,EUR,1.05\n",
            "rates.csv": RATES + "2025-11-30,EUR,USD,1.11\n",
        },
    )
    close(book, "2025-10")
    assert posted(book, "2025-11") == [
        # the accrual is in dollars: what the euro cost is part of the true-up
        ("2025-11-03", "accrued_expenses", "1080.00"),
        ("2025-11-03", "ai_expense", "10.00"),
        ("2025-11-03", "accounts_payable", "-1090.00"),
        # 400 x 1.12 = 448.00, carried at 400 x 1.09 = 436.00
        ("2025-11-20", "accounts_payable", "448.00"),
        ("2025-11-20", "cash", "-448.00"),
        ("2025-11-20", "fx_loss", "12.00"),
        ("2025-11-20", "accounts_payable", "-12.00"),
        # 600 x 1.11 = 666.00, carried at 654.00
        ("2025-11-30", "fx_loss", "12.00"),
        ("2025-11-30", "accounts_payable", "-12.00"),
    ]
    # 600 x 1.05 = 630.00, carried at 666.00: a gain of 36.00
    assert posted(book, "2025-12") == [
        ("2025-12-10", "accounts_payable", "630.00"),
        ("2025-12-10", "cash", "-630.00"),
        ("2025-12-10", "accounts_payable", "36.00"),
        ("2025-12-10", "fx_gain", "-36.00"),
    ]


def test_a_credit_note_of_an_invoice_takes_its_payable_back(tmp_path: Path) -> None:
    book = write_book(
        tmp_path,
        {
            "usage/a.csv": usage("2025-10-05,1000"),
            "invoices.csv": INVOICES
            + "2025-10-31,llm,I-1,invoice,2025-10-01,2025-10-31,1000,USD,0.92\n"
            + "2025-11-10,llm,I-1,credit_note,2025-10-01,2025-10-31,1000,USD,0.95\n",
            "rates.csv": DOLLARS,
        },
        EURO,
    )
    assert posted(book, "2025-10") == [
        ("2025-10-31", "ai_expense", "920.00"),
        ("2025-10-31", "accounts_payable", "-920.00"),
    ]
    # 950.00 off the payable, 920.00 of expense taken back; nothing is owed, so that the 30.00
    # of the later rate come and go
    assert posted(book, "2025-11") == [
        ("2025-11-10", "accounts_payable", "950.00"),
        ("2025-11-10", "ai_expense", "-920.00"),
        ("2025-11-10", "fx_gain", "-30.00"),
        ("2025-11-10", "fx_loss", "30.00"),
        ("2025-11-10", "accounts_payable", "-30.00"),
    ]


@pytest.mark.parametrize("number", ["I-1", "C-1"])
def test_a_credit_note_of_its_days_settles_what_it_takes_back(tmp_path: Path, number: str) -> None:
    """Of its number or another: 200 of 1,000 are taken back at 0.95, carried at 0.92."""
    book = write_book(
        tmp_path,
        {
            "usage/a.csv": usage("2025-10-05,1000"),
            "invoices.csv": INVOICES
            + "2025-10-31,llm,I-1,invoice,2025-10-01,2025-10-31,1000,USD,0.92\n"
            + f"2025-11-10,llm,{number},credit_note,2025-10-01,2025-10-31,200,USD,0.95\n"
            + "2025-11-12,llm,I-1,receipt,,,800,USD,0.92\n",
            "rates.csv": DOLLARS,
        },
        EURO,
    )
    close(book, "2025-10")
    assert posted(book, "2025-11") == [
        ("2025-11-10", "accounts_payable", "190.00"),
        ("2025-11-10", "ai_expense", "-184.00"),
        ("2025-11-10", "fx_gain", "-6.00"),
        ("2025-11-10", "fx_loss", "6.00"),
        ("2025-11-10", "accounts_payable", "-6.00"),
        ("2025-11-12", "accounts_payable", "736.00"),
        ("2025-11-12", "cash", "-736.00"),
    ]
    assert posted(book, "2025-12") == []


def test_a_refund_on_account_settles_its_purchase(tmp_path: Path) -> None:
    book = write_book(
        tmp_path,
        {
            "usage/a.csv": usage("2025-10-05,0"),
            "credits.csv": CREDITS
            + "2025-10-01,llm,purchase,1000,one,1000,EUR,1.08,account,D-1\n"
            + "2025-10-20,llm,refund,200,one,200,EUR,1.10,account,\n",
            "rates.csv": RATES + "2025-10-31,EUR,USD,1.09\n",
        },
        PREPAID,
    )
    # 200 of credits cost 216.00; 220.00 come off the payable, where they were carried at 216.00
    assert posted(book, "2025-10")[2:] == [
        ("2025-10-20", "accounts_payable", "220.00"),
        ("2025-10-20", "loss_on_refund", "-4.00"),
        ("2025-10-20", "prepaid_credits", "-216.00"),
        ("2025-10-20", "fx_loss", "4.00"),
        ("2025-10-20", "accounts_payable", "-4.00"),
        # 800 x (1.09 - 1.08)
        ("2025-10-31", "fx_loss", "8.00"),
        ("2025-10-31", "accounts_payable", "-8.00"),
    ]


def test_a_card_is_charged_in_the_books_currency(tmp_path: Path) -> None:
    book = write_book(
        tmp_path,
        {
            "usage/a.csv": usage("2025-11-20,1"),
            "credits.csv": CREDITS + "2025-10-10,llm,purchase,1000,one,1000,EUR,1.08,card,D-1\n",
            "invoices.csv": INVOICES + "2025-11-10,llm,D-1,receipt,,,1080,,\n",
        },
        PREPAID,
    )
    close(book, "2025-10")
    assert posted(book, "2025-11")[:2] == [
        ("2025-11-10", "credit_card_payable", "1080.00"),
        ("2025-11-10", "cash", "-1080.00"),
    ]


# -- accruals ---------------------------------------------------------------------------


@pytest.fixture
def euro(tmp_path: Path) -> Path:
    """1,000 dollars used in October, invoiced in December as 1,050, paid in January."""
    return write_book(
        tmp_path,
        {
            "usage/a.csv": usage("2025-10-05,1000"),
            "invoices.csv": INVOICES
            + "2025-12-03,llm,I-1,invoice,2025-10-01,2025-10-31,1050,USD,0.94\n"
            + "2026-01-05,llm,I-1,receipt,,,1050,USD,0.90\n",
            "rates.csv": DOLLARS,
        },
        EURO,
    )


def test_an_accrual_is_remeasured_until_its_invoice(euro: Path) -> None:
    assert posted(euro, "2025-10") == [
        ("2025-10-31", "ai_expense", "920.00"),
        ("2025-10-31", "accrued_expenses", "-920.00"),
    ]
    # 1,000 x (0.93 - 0.92)
    assert posted(euro, "2025-11") == [
        ("2025-11-30", "fx_loss", "10.00"),
        ("2025-11-30", "accrued_expenses", "-10.00"),
    ]
    assert posted(euro, "2025-12") == [
        # carried at 930.00; 50 dollars more at October's 0.92 = 46.00; 1,050 x 0.94 = 987.00.
        # The rest is exchange: 1,050 x (0.94 - 0.92) = 21.00, of which 10.00 are booked
        ("2025-12-03", "accrued_expenses", "930.00"),
        ("2025-12-03", "ai_expense", "46.00"),
        ("2025-12-03", "fx_loss", "11.00"),
        ("2025-12-03", "accounts_payable", "-987.00"),
        # 1,050 x (0.91 - 0.94) = -31.50
        ("2025-12-31", "accounts_payable", "31.50"),
        ("2025-12-31", "fx_gain", "-31.50"),
    ]
    # 1,050 x (0.90 - 0.91) = -10.50
    assert posted(euro, "2026-01") == [
        ("2026-01-05", "accounts_payable", "945.00"),
        ("2026-01-05", "cash", "-945.00"),
        ("2026-01-05", "accounts_payable", "10.50"),
        ("2026-01-05", "fx_gain", "-10.50"),
    ]
    told = tokenbooks(euro, "check", "--replay").err
    assert "error[" not in told
    # the invoice bills 50 dollars more than was rated: 50 x 0.92 at the rate of October
    assert "warning[difference-unexplained]: llm, 2025-10: 46 between invoiced and usage" in told


def test_an_invoice_of_a_part_takes_its_part_of_what_was_remeasured(tmp_path: Path) -> None:
    book = write_book(
        tmp_path,
        {
            "usage/a.csv": usage("2025-10-05,100", "2025-10-25,300"),
            "invoices.csv": INVOICES
            + "2025-12-03,llm,I-1,invoice,2025-10-01,2025-10-15,100,USD,0.94\n",
            "rates.csv": DOLLARS,
        },
        EURO,
    )
    close(book, "2025-10")
    # 400 x (0.93 - 0.92)
    assert posted(book, "2025-11")[0] == ("2025-11-30", "fx_loss", "4.00")
    assert posted(book, "2025-12") == [
        # a quarter of the 368.00 and of the 4.00: 93.00; 100 x 0.94 = 94.00
        ("2025-12-03", "accrued_expenses", "93.00"),
        ("2025-12-03", "fx_loss", "1.00"),
        ("2025-12-03", "accounts_payable", "-94.00"),
        # 300 at 0.91 = 273.00, carried at 279.00
        ("2025-12-31", "accrued_expenses", "6.00"),
        ("2025-12-31", "fx_gain", "-6.00"),
        # 100 x (0.91 - 0.94)
        ("2025-12-31", "accounts_payable", "3.00"),
        ("2025-12-31", "fx_gain", "-3.00"),
    ]


def test_the_roll_forward_shows_exchange_apart(euro: Path) -> None:
    for period in ("2025-10", "2025-11", "2025-12"):
        close(euro, period)
    assert [accruals(euro, period) for period in ("2025-11", "2025-12")] == [
        [
            {"contract": "llm", "party": "", "service_period": "2025-10", "opening": "920.00"}
            | {"accrued": "0.00", "relieved": "0.00", "exchange": "10.00"}
            | {"closing": "930.00", "invoiced": "0.00"}
        ],
        [
            {"contract": "llm", "party": "", "service_period": "2025-10", "opening": "930.00"}
            | {"accrued": "0.00", "relieved": "930.00", "exchange": "0.00"}
            | {"closing": "0.00", "invoiced": "966.00"}
        ],
    ]


def test_reversed_accruals_come_to_the_same(euro: Path) -> None:
    """Policy `auto_reverse` moves the accrual at October's rate; exchange is the same."""
    text = (euro / "tokenbooks.yaml").read_text()
    (euro / "tokenbooks.yaml").write_text(text + "policies: {accrual_method: auto_reverse}\n")
    balances: dict[str, Decimal] = {}
    for period in ("2025-10", "2025-11", "2025-12", "2026-01"):
        for _, role, amount in posted(euro, period):
            balances[role] = balances.get(role, Decimal(0)) + Decimal(amount)
    # 1,050 at 0.92 are expense; the 945.00 paid are 21.00 less
    assert {role: amount for role, amount in balances.items() if amount} == {
        "ai_expense": Decimal("966.00"),
        "fx_loss": Decimal("21.00"),
        "fx_gain": Decimal("-42.00"),
        "cash": Decimal("-945.00"),
    }


def test_an_invoice_of_its_own_month_is_expensed_at_its_own_rate(tmp_path: Path) -> None:
    """Its usage was never accrued: 100 x 0.95. The rest of the month is: 50 x 0.92."""
    book = write_book(
        tmp_path,
        {
            "usage/a.csv": usage("2025-10-05,100", "2025-10-25,50"),
            "invoices.csv": INVOICES
            + "2025-10-16,llm,I-1,invoice,2025-10-01,2025-10-15,100,USD,0.95\n",
            "rates.csv": DOLLARS,
        },
        EURO,
    )
    assert posted(book, "2025-10") == [
        ("2025-10-16", "ai_expense", "95.00"),
        ("2025-10-16", "accounts_payable", "-95.00"),
        ("2025-10-31", "ai_expense", "46.00"),
        ("2025-10-31", "accrued_expenses", "-46.00"),
        ("2025-10-31", "accounts_payable", "3.00"),
        ("2025-10-31", "fx_gain", "-3.00"),
    ]


def test_a_later_lot_settles_a_foreign_accrual_at_its_own_cost(tmp_path: Path) -> None:
    # 130 of 100 credits used; the 30 are accrued at 0.92 and carried at 0.93 when a lot
    # comes that cost 90 x 0.95 = 85.50 for 100: they cost 25.65
    book = write_book(
        tmp_path,
        {
            "usage/a.csv": usage("2025-10-20,130"),
            "credits.csv": CREDITS
            + "2025-10-01,llm,purchase,100,one,100,USD,0.90,,\n"
            + "2025-12-03,llm,purchase,100,two,90,USD,0.95,,\n",
            "rates.csv": DOLLARS,
        },
        EURO.replace("settle: arrears", "settle: prepaid"),
    )
    assert posted(book, "2025-10")[2:] == [
        ("2025-10-31", "ai_expense", "90.00"),
        ("2025-10-31", "prepaid_credits", "-90.00"),
        ("2025-10-31", "ai_expense", "27.60"),
        ("2025-10-31", "accrued_expenses", "-27.60"),
    ]
    assert posted(book, "2025-11") == [
        ("2025-11-30", "fx_loss", "0.30"),
        ("2025-11-30", "accrued_expenses", "-0.30"),
    ]
    assert posted(book, "2025-12")[2:] == [
        ("2025-12-03", "accrued_expenses", "27.60"),
        ("2025-12-03", "ai_expense", "-1.95"),
        ("2025-12-03", "prepaid_credits", "-25.65"),
        ("2025-12-31", "accrued_expenses", "0.30"),
        ("2025-12-31", "fx_gain", "-0.30"),
    ]


def test_what_is_owed_at_the_start_may_be_foreign(tmp_path: Path) -> None:
    book = write_book(
        tmp_path,
        {
            "usage/a.csv": usage("2025-10-05,0"),
            "opening.csv": "role,contract,service_period,amount,currency,document\n"
            "accrued_expenses,llm,2025-09,-300,USD,\n"
            "accounts_payable,llm,,-50,USD,OLD\n",
            "invoices.csv": INVOICES
            + "2025-10-04,llm,I-0,invoice,2025-09-01,2025-09-30,290,USD,0.91\n"
            + "2025-10-06,llm,OLD,receipt,,,50,USD,0.91\n"
            + "2025-10-07,llm,I-0,receipt,,,290,USD,0.91\n",
            "rates.csv": RATES + "2025-09-30,USD,EUR,0.90\n",
        },
        EURO,
    )
    # at 0.90: 300 are 270.00, 50 are 45.00. The invoice is 10 dollars less (-9.00 of expense)
    # and costs 290 x (0.91 - 0.90) = 2.90 more
    assert posted(book, "2025-10") == [
        ("2025-10-01", "opening_equity", "45.00"),
        ("2025-10-01", "accounts_payable", "-45.00"),
        ("2025-10-01", "opening_equity", "270.00"),
        ("2025-10-01", "accrued_expenses", "-270.00"),
        ("2025-10-04", "accrued_expenses", "270.00"),
        ("2025-10-04", "fx_loss", "2.90"),
        ("2025-10-04", "accounts_payable", "-263.90"),
        ("2025-10-04", "ai_expense", "-9.00"),
        ("2025-10-06", "accounts_payable", "45.50"),
        ("2025-10-06", "cash", "-45.50"),
        ("2025-10-06", "fx_loss", "0.50"),
        ("2025-10-06", "accounts_payable", "-0.50"),
        ("2025-10-07", "accounts_payable", "263.90"),
        ("2025-10-07", "cash", "-263.90"),
    ]


def test_an_opening_accrual_is_remeasured_until_its_invoice(tmp_path: Path) -> None:
    book = write_book(
        tmp_path,
        {
            "usage/a.csv": usage("2025-10-05,0"),
            "opening.csv": "role,contract,service_period,amount,currency\n"
            "accrued_expenses,llm,2025-08,-300,USD\n",
            "invoices.csv": INVOICES
            + "2025-11-04,llm,I-0,invoice,2025-08-01,2025-08-31,300,USD,0.95\n",
            "rates.csv": RATES + "2025-09-30,USD,EUR,0.90\n" + DOLLARS.removeprefix(RATES),
        },
        EURO,
    )
    # it comes at the rate of the day before the book: 300 x 0.90, then 0.92
    assert posted(book, "2025-10") == [
        ("2025-10-01", "opening_equity", "270.00"),
        ("2025-10-01", "accrued_expenses", "-270.00"),
        ("2025-10-31", "fx_loss", "6.00"),
        ("2025-10-31", "accrued_expenses", "-6.00"),
    ]
    # 300 x 0.95 = 285.00
    assert posted(book, "2025-11")[:3] == [
        ("2025-11-04", "accrued_expenses", "276.00"),
        ("2025-11-04", "fx_loss", "9.00"),
        ("2025-11-04", "accounts_payable", "-285.00"),
    ]


def test_late_usage_of_a_foreign_month_brings_its_exchange_with_it(tmp_path: Path) -> None:
    book = write_book(
        tmp_path,
        {"usage/a.csv": usage("2025-10-05,1000"), "rates.csv": DOLLARS},
        EURO,
    )
    close(book, "2025-10")
    close(book, "2025-11")
    (book / "usage/b.csv").write_text(usage("2025-10-06,100"))
    found = lines(close(book, "2025-12"))
    # 100 x 0.92 are expense of October, 100 x 0.01 a loss of November; then all 1,100 x -0.02
    assert found == [
        ("accrual-llm-2025-10-in-2025-12", "2025-12-31", "ai_expense", "92.00"),
        ("accrual-llm-2025-10-in-2025-12", "2025-12-31", "accrued_expenses", "-92.00"),
        (
            *("exchange-llm-accrual-2025-10-2025-11-30-in-2025-12", "2025-12-31"),
            *("fx_loss", "1.00"),
        ),
        (
            *("exchange-llm-accrual-2025-10-2025-11-30-in-2025-12", "2025-12-31"),
            *("accrued_expenses", "-1.00"),
        ),
        (
            *("exchange-llm-accrual-2025-10-2025-12-31", "2025-12-31"),
            *("accrued_expenses", "22.00"),
        ),
        ("exchange-llm-accrual-2025-10-2025-12-31", "2025-12-31", "fx_gain", "-22.00"),
    ]


def test_parties_of_a_contract_share_the_entry_of_a_day(tmp_path: Path) -> None:
    """Each is a party with its own accrual; one of them is invoiced."""
    book = write_book(
        tmp_path,
        {
            "usage/a.csv": usage("2025-10-05,100,a", "2025-10-05,200,b"),
            "invoices.csv": INVOICES.replace("contract,", "contract,party,")
            + "2025-12-03,llm,a,I-1,invoice,2025-10-01,2025-10-31,105,USD,0.94\n",
            "rates.csv": DOLLARS,
        },
        EURO.replace("    usage:", "    each: project\n    usage:"),
    )
    close(book, "2025-10")
    # 300 x (0.93 - 0.92)
    assert posted(book, "2025-11") == [
        ("2025-11-30", "fx_loss", "3.00"),
        ("2025-11-30", "accrued_expenses", "-3.00"),
    ]
    assert posted(book, "2025-12") == [
        # 100 are carried at 93.00; 5 more at 0.92; 105 x 0.94 = 98.70
        ("2025-12-03", "accrued_expenses", "93.00"),
        ("2025-12-03", "ai_expense", "4.60"),
        ("2025-12-03", "fx_loss", "1.10"),
        ("2025-12-03", "accounts_payable", "-98.70"),
        # 200 x (0.91 - 0.93), 105 x (0.91 - 0.94)
        ("2025-12-31", "accrued_expenses", "4.00"),
        ("2025-12-31", "fx_gain", "-4.00"),
        ("2025-12-31", "accounts_payable", "3.15"),
        ("2025-12-31", "fx_gain", "-3.15"),
    ]


# -- what is shown ----------------------------------------------------------------------


def test_charges_cost_what_the_books_take(euro: Path) -> None:
    close(euro, "2025-10")
    with (euro / "close/2025-10/charges.csv").open(encoding="utf-8") as file:
        [charge] = csv.DictReader(file)
    assert (charge["list_value"], charge["cost"]) == ("1000", "920")


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        ("accrual-llm-2025-10", ["920.000000"]),
        ("exchange-llm-accrual-2025-10-2025-11-30", ["USD in EUR", "accrual-llm-2025-10"]),
        ("invoice-llm-I-1", ["exchange 11.00", "966.00"]),
        ("exchange-llm-payable-I-1-2025-12-31", ["invoice", "USD in EUR", "0.91"]),
    ],
)
def test_every_entry_is_explained(euro: Path, entry: str, named: list[str]) -> None:
    for period in ("2025-10", "2025-11", "2025-12"):
        close(euro, period)
    told = tokenbooks(euro, "explain", entry)
    assert told.code == 0
    assert [text for text in named if text not in told.out] == []


def test_unallocated_usage_is_told_in_the_books_currency(euro: Path) -> None:
    text = (euro / "tokenbooks.yaml").read_text()
    rule = "allocate: [{when: {project: other}, role: ai_expense_rd}]\n"
    (euro / "tokenbooks.yaml").write_text(text + rule)
    told = tokenbooks(euro, "close", "-p", "2025-10")
    assert "usage of 920.00 EUR matches no rule" in told.err


def test_a_rate_that_is_missing_is_asked_for_by_its_day(euro: Path) -> None:
    (euro / "rates.csv").write_text(RATES + "2025-10-31,USD,EUR,0.92\n")
    close(euro, "2025-10")
    told = tokenbooks(euro, "close", "-p", "2025-11")
    assert told.code == 0
    assert "2025-11-30,USD,EUR,RATE,SOURCE" in told.err
    (euro / "rates.csv").unlink()
    told = tokenbooks(euro, "close", "-p", "2025-10")
    assert (told.code, told.out) == (1, "")
    assert "error[exchange-rate-missing]" in told.err


def test_the_month_end_rate_is_not_missed_before_the_month_is_over(euro: Path) -> None:
    for period in ("2025-10", "2025-11"):
        close(euro, period)
    (euro / "rates.csv").write_text(DOLLARS.replace("2025-12-31,USD,EUR,0.91\n", ""))
    for today, is_over in (("2025-12-30", False), ("2026-01-01", True)):
        told = tokenbooks(euro, "check", "--today", today).err
        assert ("exchange-rate-old" in told) == is_over


def test_an_edited_rate_makes_the_close_stale(euro: Path) -> None:
    close(euro, "2025-10")
    (euro / "rates.csv").write_text(DOLLARS.replace("0.92", "0.90"))
    told = tokenbooks(euro, "check")
    assert told.code == 1
    assert "error[close-stale]" in told.err


def test_the_real_programs_take_the_books(euro: Path, tmp_path: Path) -> None:
    beans = tmp_path / "beans"
    shutil.copytree(euro, beans, ignore=shutil.ignore_patterns("beans"))
    text = (beans / "tokenbooks.yaml").read_text()
    (beans / "tokenbooks.yaml").write_text(text.replace("journal: ledger", "journal: beancount"))
    for book in (euro, beans):
        for period in ("2025-10", "2025-11", "2025-12", "2026-01"):
            close(book, period)
    # 1,050 at 0.92 of October; paid with 945.00
    assert peers.check_peers(euro / "books.ledger", beans / "books.beancount") == {
        "Assets:Cash": Decimal("-945.00"),
        "Expenses:AI:Services": Decimal("966.00"),
        "Expenses:Exchange-Loss": Decimal("21.00"),
        "Income:Exchange-Gain": Decimal("-42.00"),
    }


def test_totals_hold_in_json(euro: Path) -> None:
    close(euro, "2025-10")
    close(euro, "2025-11")
    manifest = json.loads((euro / "close/2025-11/manifest.json").read_text())
    assert manifest["totals"]["accrued_expenses"] == "-930.00"
