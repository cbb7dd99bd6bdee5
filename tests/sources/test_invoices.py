from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.small_book import BOOK, codes, write_book
from tokenbooks.documents import ExchangeRate, Invoice, OpeningBalance
from tokenbooks.problems import Problem
from tokenbooks.sources.book import read_book
from tokenbooks.sources.credits.reading import read_credits
from tokenbooks.sources.invoices import read_invoices
from tokenbooks.sources.opening import read_opening

HEADER = "date,contract,invoice,amount,period_start,period_end,kind,tax,due,pay\n"
CREDITS = """\
date,contract,event,credits,document,pay
2025-10-02,openai,purchase,100,CARD-1,
2025-10-02,openai,purchase,100,ACCOUNT-1,account
2025-10-02,openai,purchase,100,CASH-1,cash
"""


def read(folder: Path, *lines: str, opening: str = "") -> tuple[tuple[Invoice, ...], list[Problem]]:
    files = {"invoices": HEADER + "\n".join(lines) + "\n", "credits": CREDITS}
    if opening:
        files["opening"] = "role,contract,amount,document\n" + opening
    write_book(folder, BOOK, **files)
    book, problems = read_book(folder)
    assert book is not None
    assert problems == []
    events, _ = read_credits(book, folder, {})
    balances, _ = read_opening(book, folder)
    return read_invoices(book, folder, events, balances)


A10 = "2025-11-03,anthropic,A-10,120.50,2025-10-01,2025-10-31,,24.10,2025-12-03,"


def test_an_invoice(tmp_path: Path) -> None:
    [invoice], problems = read(tmp_path, A10)
    assert problems == []
    assert invoice == Invoice(
        day=date(2025, 11, 3),
        contract="anthropic",
        invoice="A-10",
        amount=Decimal("120.50"),
        first_day=date(2025, 10, 1),
        last_day=date(2025, 10, 31),
        tax=Decimal("24.10"),
        due=date(2025, 12, 3),
        position=invoice.position,
        digest=invoice.digest,
    )


def test_an_invoice_of_a_purchase_is_that_purchase(tmp_path: Path) -> None:
    purchase = "2025-10-02,openai,ACCOUNT-1,100,,,,,,"
    receipt = "2025-10-20,openai,ACCOUNT-1,100,,,receipt,,,"
    [kept], problems = read(tmp_path, purchase, receipt)
    assert (kept.kind, problems) == ("receipt", [])


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["2025-11-03,anthropic,A-10,120,,,,,,"], ["cell-missing", "cell-missing"]),
        (["2025-11-03,anthropic,A-10,120,,,credit_note,,,"], ["cell-missing", "cell-missing"]),
        (["2025-11-03,anthropic,A-10,-120,2025-10-01,2025-10-31,,,,"], ["cell-negative"]),
        (["2025-11-03,anthropic,A-10,120,2025-10-31,2025-10-01,,,,"], ["dates-order"]),
        (["2025-11-03,anthropic,A-10,120,2025-10-31,2025-10-31,,,,"], []),
        (["2025-11-03,anthropic,A-10,120,2025-11-01,2025-11-30,,,,"], []),
        (["2025-11-03,anthropic,A-10,120,2025-11-01,2025-12-01,,,,"], ["invoice-ahead"]),
        (["2025-09-30,anthropic,A-10,120,2025-09-01,2025-09-30,,,,"], ["before-start"]),
        (["2025-11-03,anthropic,A-10,1,,,write_off,,,"], ["side-mismatch", "receipt-unmatched"]),
        ([A10, A10], ["invoice-duplicate"]),
        ([A10, A10.replace(",,24", ",credit_note,24")], []),
        ([A10, A10.replace("A-10", "A-11")], ["invoice-overlap"]),
        ([A10, A10.replace("A-10", "A-11").replace("anthropic", "openai")], []),
        ([A10, "2025-12-03,anthropic,A-11,9,2025-11-01,2025-11-30,,,,"], []),
        ([A10, "2025-12-03,anthropic,A-11,9,2025-10-31,2025-11-30,,,,"], ["invoice-overlap"]),
        ([A10, "2025-12-03,anthropic,A-10,120.50,,,receipt,,,card"], []),
        (["2025-12-03,anthropic,A-10,120.50,,,receipt,,,"], ["receipt-unmatched"]),
        (["2025-12-03,openai,CARD-1,100,,,receipt,,,"], []),
        (["2025-12-03,openai,CASH-1,100,,,receipt,,,"], ["receipt-unmatched"]),
        (["2025-12-03,anthropic,CARD-1,100,,,receipt,,,"], ["receipt-unmatched"]),
    ],
)
def test_rows(tmp_path: Path, lines: list[str], found: list[str]) -> None:
    assert codes(read(tmp_path, *lines)[1]) == found


def test_a_receipt_may_come_in_parts_but_not_twice_the_same(tmp_path: Path) -> None:
    part = "2025-12-03,anthropic,A-10,60.25,,,receipt,,,"
    assert codes(read(tmp_path, A10, part, part.replace("12-03", "12-10"))[1]) == []
    assert codes(read(tmp_path, A10, part, part)[1]) == ["invoice-duplicate"]


def test_a_receipt_may_pay_what_was_owed_at_the_start(tmp_path: Path) -> None:
    receipt = "2025-10-09,anthropic,A-09,80,,,receipt,,,"
    assert codes(read(tmp_path, receipt)[1]) == ["receipt-unmatched"]
    opening = "accounts_payable,anthropic,-80,A-09\n"
    assert codes(read(tmp_path, receipt, opening=opening)[1]) == []


FOREIGN_HEADER = "date,contract,invoice,amount,period_start,period_end,kind,currency,fx_rate,pay\n"
A10_EUR = "2025-11-03,anthropic,A-10,100,2025-10-01,2025-10-31,,EUR,1.08,"
PAID_EUR = "2025-11-12,anthropic,A-10,100,,,receipt,EUR,1.10,"


@pytest.mark.parametrize(
    ("lines", "rates", "found"),
    [
        ([A10_EUR, PAID_EUR], [], []),
        # without a rate of its own the row of that day holds, or an earlier one
        ([A10_EUR.replace("1.08", "")], [("2025-11-03", "EUR", "USD", "1.08")], []),
        ([A10_EUR.replace("1.08", "")], [("2025-10-31", "USD", "EUR", "0.92")], []),
        (
            [A10_EUR.replace("1.08", "")],
            [("2025-11-04", "EUR", "USD", "1.08")],
            ["exchange-rate-missing"],
        ),
        ([A10_EUR.replace("1.08", "0")], [], ["exchange-rate-zero"]),
        ([A10_EUR.replace("1.08", "-1")], [], ["cell-negative"]),
        ([A10_EUR.replace("EUR", "USD")], [], ["fx-rate-unneeded"]),
        ([A10_EUR.replace("EUR", "")], [], ["fx-rate-unneeded"]),
        ([A10_EUR.replace("EUR", "EURO")], [], ["cell-invalid", "fx-rate-unneeded"]),
        # a payment is in the currency that is owed
        ([A10_EUR, PAID_EUR.replace("EUR,1.10", ",")], [], ["receipt-currency"]),
        ([A10_EUR.replace("EUR,1.08", ","), PAID_EUR], [], ["receipt-currency"]),
        # a card's issuer converts on the day of the charge
        ([A10_EUR + "card", PAID_EUR], [], ["receipt-currency"]),
        ([A10_EUR + "card", PAID_EUR.replace("EUR,1.10", ",")], [], []),
    ],
)
def test_foreign_currencies(
    tmp_path: Path, lines: list[str], rates: list[tuple[str, ...]], found: list[str]
) -> None:
    write_book(tmp_path, invoices=FOREIGN_HEADER + "\n".join(lines) + "\n")
    book, _ = read_book(tmp_path)
    assert book is not None
    known = [
        ExchangeRate(date.fromisoformat(day), currency, into, Decimal(rate))
        for day, currency, into, rate in rates
    ]
    assert codes(read_invoices(book, tmp_path, rates=known)[1]) == found


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("accrued_expenses,anthropic,-90.00,2025-09,", []),
        ("accrued_expenses,anthropic,90.00,2025-09,", ["opening-sign"]),
        ("accrued_expenses,anthropic,-90.00,,", ["cell-missing"]),
        ("accrued_expenses,anthropic,-90.00,2025-10,", ["opening-late"]),
        ("accrued_expenses,anthropic,-90.00,09/2025,", ["cell-invalid"]),
        ("accrued_expenses,antropic,-90.00,2025-09,", ["contract-unknown"]),
        ("accounts_payable,anthropic,-90.00,,EUR", ["cell-missing"]),
        ("accrued_expenses,anthropic,-90.00,2025-09,EUR", []),
        ("cash,anthropic,-90.00,,EUR", ["currency-foreign"]),
        ("accounts_payable,anthropic,-90.00,,USD", []),
        ("accounts_payable,anthropic,,,", ["cell-missing"]),
        ("prepaid_credits,openai,90.00,,", ["opening-prepaid"]),
        ("prepaid,openai,90.00,,", ["role-unknown"]),
    ],
)
def test_opening_balances(tmp_path: Path, row: str, found: list[str]) -> None:
    text = f"role,contract,amount,service_period,currency\n{row}\n"
    book, _ = read_book(write_book(tmp_path, opening=text))
    assert book is not None
    balances, problems = read_opening(book, tmp_path)
    assert codes(problems) == found
    if not found:
        role, contract, amount, period, currency = row.split(",")
        [balance] = balances
        assert balance == OpeningBalance(
            role,
            contract,
            Decimal(amount),
            service_period=period,
            currency=currency or None,
            position=balance.position,
            digest=balance.digest,
        )
