"""From usage at list value to the expense of our entries, with the arithmetic beside it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from tests.books import ARREARS, CREDITS, INVOICES, PLAN, PREPAID, usage, write_book
from tests.reconcile.booked_books import Books, closed_books
from tokenbooks.amounts import exact_text
from tokenbooks.close import plain_parties
from tokenbooks.reconcile.causes import Leg

EURO = ARREARS.replace("currency: USD", "currency: EUR")
RATES = "date,from,to,rate\n2025-10-31,USD,EUR,0.92\n2025-11-30,USD,EUR,0.95\n"


def closed(folder: Path, files: dict[str, str], text: str, last: str = "2025-11") -> Books:
    return closed_books(write_book(folder, files, text), "2025-10", last)


def told(leg: Leg) -> tuple[str, list[tuple[str, str]], str]:
    """Usage, the causes in their order, and what is booked."""
    causes = [(cause.name, text(cause.amount)) for cause in leg.causes]
    return text(leg.first_amount), causes, text(leg.second_amount)


def text(amount: Fraction) -> str:
    return exact_text(amount, 4)


def test_usage_in_arrears_is_accrued_at_its_list_value(tmp_path: Path) -> None:
    books = closed(tmp_path, {"usage/a.csv": usage("2025-10-03,100.004")}, ARREARS, "2025-10")
    # 100.004 is accrued as 100.00
    assert told(books.leg("2025-10")) == ("100.004", [("rounding", "0.004")], "100")


def test_an_invoice_and_a_credit_note_of_the_month_after(tmp_path: Path) -> None:
    bills = (
        "2025-11-02,llm,I-1,invoice,2025-10-01,2025-10-31,98.50,,\n"
        "2025-11-20,llm,C-1,credit_note,2025-10-01,2025-10-31,3,,\n"
    )
    files = {
        "usage/a.csv": usage("2025-10-03,100", "2025-11-04,50"),
        "invoices.csv": INVOICES + bills,
    }
    books = closed(tmp_path, files, ARREARS)
    # October booked its accrual of 100.00; what the documents took off is booked in November
    october = books.leg("2025-10")
    assert told(october) == (
        "100",
        [("invoice", "3"), ("invoice", "1.5"), ("another period", "-4.5")],
        "100",
    )
    # November: 50.00 accrued, less 1.50 and 3.00 of October
    november = books.leg("2025-11")
    assert told(november) == ("50", [("another period", "4.5")], "45.5")
    assert november.causes[0].words == "usage of 2025-10 booked in 2025-11"
    assert november.causes[0].evidence == ("invoice-llm-I-1", "invoice-llm-credit_note-C-1")


def test_an_invoice_that_straddles_months(tmp_path: Path) -> None:
    """Days 16 October to 15 November, 60 of 100 rated: shared 40 to 60, and 102.00 invoiced."""
    bill = "2025-11-20,llm,I-1,invoice,2025-10-16,2025-11-15,102,,\n"
    rows = usage("2025-10-05,10", "2025-10-20,40", "2025-11-10,60", "2025-11-25,5")
    books = closed(tmp_path, {"usage/a.csv": rows, "invoices.csv": INVOICES + bill}, ARREARS)
    # October: 40.80 for its 40, and 0.80 of it booked in November
    assert told(books.leg("2025-10")) == (
        "50",
        [("invoice", "-0.8"), ("another period", "0.8")],
        "50",
    )
    # November: 61.20 for its 60, 5.00 accrued, and the 0.80 of October
    assert told(books.leg("2025-11")) == (
        "65",
        [("invoice", "-1.2"), ("another period", "-0.8")],
        "67",
    )


def test_tax_that_cannot_be_recovered_is_part_of_the_cost(tmp_path: Path) -> None:
    bill = "2025-10-31,llm,I-1,invoice,2025-10-01,2025-10-31,100,19,\n"
    files = {"usage/a.csv": usage("2025-10-03,99"), "invoices.csv": INVOICES + bill}
    books = closed(tmp_path, files, ARREARS, "2025-10")
    # invoiced 100 + 19 = 119.00; rated 99
    assert told(books.leg("2025-10")) == ("99", [("tax", "-19"), ("invoice", "-1")], "119")


def test_what_was_accrued_before_the_book(tmp_path: Path) -> None:
    opening = "role,contract,service_period,amount\naccrued_expenses,llm,2025-09,-500\n"
    bill = "2025-10-03,llm,I-1,invoice,2025-09-01,2025-09-30,510,,\n"
    files = {
        "usage/a.csv": usage("2025-10-03,100"),
        "opening.csv": opening,
        "invoices.csv": INVOICES + bill,
    }
    books = closed(tmp_path, files, ARREARS, "2025-10")
    # the invoice of September is 10.00 dearer than its accrual: booked in October
    assert told(books.leg("2025-10")) == ("100", [("another period", "-10")], "110")


def test_free_discounted_and_dear_credits(tmp_path: Path) -> None:
    bought = (
        "2025-10-01,llm,grant,20,L0,,,,,promo,,,\n"
        "2025-10-01,llm,purchase,60,L1,54,,,,,,,\n"
        "2025-10-02,llm,purchase,100,L2,110,,,,,,,\n"
    )
    files = {"usage/a.csv": usage("2025-10-03,90.005"), "credits.csv": CREDITS + bought}
    books = closed(tmp_path, files, PREPAID, "2025-10")
    # 20 free; 60 at 0.90 = 54.00; 10.005 at 1.10 = 11.0055, posted 11.01
    leg = books.leg("2025-10")
    assert told(leg) == (
        "90.005",
        [
            ("credits applied", "20"),
            ("credits applied", "6"),
            ("credits applied", "-1.0005"),
            ("rounding", "-0.0045"),
        ],
        "65.01",
    )
    assert [cause.evidence for cause in leg.causes] == [("L0",), ("L1",), ("L2",), ()]


def test_usage_that_a_later_lot_settles(tmp_path: Path) -> None:
    bought = "2025-11-05,llm,purchase,100,L1,80,,,,,,,\n"
    files = {"usage/a.csv": usage("2025-10-03,50"), "credits.csv": CREDITS + bought}
    books = closed(tmp_path, files, PREPAID)
    # accrued at 50.00 in October; the lot of November settles it at 0.80 each: 40.00
    assert told(books.leg("2025-10")) == (
        "50",
        [("credits applied", "10"), ("another period", "-10")],
        "50",
    )
    assert told(books.leg("2025-11")) == ("0", [("another period", "10")], "-10")


def test_usage_priced_in_a_foreign_currency(tmp_path: Path) -> None:
    bill = (
        "date,contract,invoice,kind,period_start,period_end,amount,currency,fx_rate\n"
        "2025-10-20,llm,I-1,invoice,2025-10-01,2025-10-20,100,USD,0.90\n"
    )
    files = {
        "usage/a.csv": usage("2025-10-03,100", "2025-10-25,50"),
        "invoices.csv": bill,
        "rates.csv": RATES,
    }
    books = closed(tmp_path, files, EURO, "2025-10")
    # 150 x 0.92 = 138; invoiced within the month at its own rate, 100 x 0.90; 50 x 0.92 accrued
    assert told(books.leg("2025-10")) == ("138", [("currency", "2")], "136")


def test_credits_bought_at_another_rate_than_the_months(tmp_path: Path) -> None:
    bought = (
        "date,contract,event,credits,lot,paid,currency,fx_rate,tax\n"
        "2025-10-01,llm,purchase,100,L1,90,USD,0.90,9\n"
    )
    files = {"usage/a.csv": usage("2025-10-03,50"), "credits.csv": bought, "rates.csv": RATES}
    books = closed(tmp_path, files, PREPAID.replace("currency: USD", "currency: EUR"), "2025-10")
    # list value 50 x 0.92 = 46, at the rate of the purchase 45 (currency 1); the credits cost
    # 90 x 0.90 = 81.00, for 50 of 100: 40.50 (discount 4.50); and of the tax 9 x 0.90 half: 4.05
    assert told(books.leg("2025-10")) == (
        "46",
        [("credits applied", "4.5"), ("tax", "-4.05"), ("currency", "1")],
        "44.55",
    )


def test_fees_and_discounts_are_on_both_sides(tmp_path: Path) -> None:
    plan = PLAN + "fees: [{name: seat, price: 31, every: month}]\ndiscounts: [{percent: 10}]\n"
    files = {"plans/llm.yaml": plan, "usage/a.csv": usage("2025-10-03,100")}
    books = closed(tmp_path, files, ARREARS, "2025-10")
    # 100 less 10 % and a fee of 31: rated and accrued at the same amount
    assert told(books.leg("2025-10"))[1] == []


def test_late_usage_of_a_written_month(tmp_path: Path) -> None:
    """Case C075: 75.00 of October become known after October was closed."""
    folder = write_book(tmp_path, {"usage/a.csv": usage("2025-10-03,100")}, ARREARS)
    closed_books(folder, "2025-10", "2025-11")
    (folder / "usage/late.csv").write_text(usage("2025-10-30,75"), encoding="utf-8")
    books = closed_books(folder, "2025-11", "2025-11")
    assert told(books.leg("2025-11")) == ("0", [("another period", "-75")], "75")


def test_credits_for_an_outage_that_reduce_the_expense(tmp_path: Path) -> None:
    bought = "2025-10-20,llm,grant,10,S1,,,,,sla,,,\n2025-10-01,llm,purchase,99,L1,99,,,,,,,\n"
    settings = PREPAID + "policies: {sla_credit: reduce_expense}\n"
    files = {"usage/a.csv": usage("2025-10-03,40"), "credits.csv": CREDITS + bought}
    books = closed(tmp_path, files, settings, "2025-10")
    # 40.00 used at cost, less the 10.00 that the provider gave back as credits
    assert told(books.leg("2025-10")) == ("40", [("credits applied", "10")], "30")


@pytest.mark.parametrize("tables", [True, False])
def test_many_parties_come_to_the_same_in_tables(
    tmp_path: Path, tables: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two parties with lots of their own, and one that has none."""
    if tables:
        monkeypatch.setattr(plain_parties, "MANY_PARTIES", 0)
    bought = (
        "date,contract,party,event,credits,lot,paid\n"
        "2025-10-01,llm,a,purchase,100,A1,90\n2025-10-01,llm,b,purchase,100,B1,120\n"
    )
    rows = usage("2025-10-03,50.01,a", "2025-10-03,30,b", "2025-10-04,7.004,c")
    settings = PREPAID.replace("plan: llm\n", "plan: llm\n    each: project\n")
    books = closed(tmp_path, {"usage/a.csv": rows, "credits.csv": bought}, settings, "2025-10")
    leg = books.leg("2025-10")
    # a: 50.01 at 0.90 = 45.009, posted 45.01; b: 30 at 1.20 = 36.00; c: 7.004 accrued as 7.00
    assert (text(leg.first_amount), text(leg.second_amount)) == ("87.014", "88.01")
    assert sum(c.amount for c in leg.causes if c.name == "credits applied") == Fraction("-0.999")
    assert sum(c.amount for c in leg.causes if c.name == "rounding") == Fraction("0.003")
    assert not leg.unexplained
