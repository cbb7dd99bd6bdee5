"""Closes of small books, month after month, with the arithmetic beside the figures."""

from __future__ import annotations

from pathlib import Path

from tests.books import (
    ARREARS,
    CREDITS,
    INVOICES,
    PREPAID,
    close,
    lines,
    tokenbooks,
    usage,
    write_book,
)


def test_arrears_accrue_and_the_invoice_relieves_with_its_true_up(tmp_path: Path) -> None:
    book = write_book(
        tmp_path,
        {
            "usage/a.csv": usage("2025-10-05,1800", "2025-11-20,100"),
            "invoices.csv": INVOICES
            + "2025-11-03,llm,I-1,invoice,2025-10-01,2025-10-31,1850,,\n"
            + "2025-11-18,llm,I-1,receipt,,,1850,,\n",
        },
    )
    assert lines(close(book, "2025-10")) == [
        ("accrual-llm-2025-10", "2025-10-31", "ai_expense", "1800.00"),
        ("accrual-llm-2025-10", "2025-10-31", "accrued_expenses", "-1800.00"),
    ]
    assert lines(close(book, "2025-11")) == [
        ("invoice-llm-I-1", "2025-11-03", "accrued_expenses", "1800.00"),
        ("invoice-llm-I-1", "2025-11-03", "ai_expense", "50.00"),
        ("invoice-llm-I-1", "2025-11-03", "accounts_payable", "-1850.00"),
        ("receipt-llm-I-1-2025-11-18", "2025-11-18", "accounts_payable", "1850.00"),
        ("receipt-llm-I-1-2025-11-18", "2025-11-18", "cash", "-1850.00"),
        ("accrual-llm-2025-11", "2025-11-30", "ai_expense", "100.00"),
        ("accrual-llm-2025-11", "2025-11-30", "accrued_expenses", "-100.00"),
    ]


def test_auto_reverse_reverses_on_the_first_day_with_an_equal_result(tmp_path: Path) -> None:
    book = write_book(
        tmp_path,
        {
            "usage/a.csv": usage("2025-10-05,1800"),
            "invoices.csv": INVOICES + "2025-11-03,llm,I-1,invoice,2025-10-01,2025-10-31,1850,,\n",
        },
        ARREARS + "policies: {accrual_method: auto_reverse}\n",
    )
    close(book, "2025-10")
    assert lines(close(book, "2025-11")) == [
        ("reversal-llm-2025-10-in-2025-11", "2025-11-01", "accrued_expenses", "1800.00"),
        ("reversal-llm-2025-10-in-2025-11", "2025-11-01", "ai_expense", "-1800.00"),
        ("invoice-llm-I-1", "2025-11-03", "ai_expense", "1850.00"),
        ("invoice-llm-I-1", "2025-11-03", "accounts_payable", "-1850.00"),
    ]


def test_auto_reverse_accrues_again_what_is_still_not_invoiced(tmp_path: Path) -> None:
    book = write_book(
        tmp_path,
        {"usage/a.csv": usage("2025-10-05,1800")},
        ARREARS + "policies: {accrual_method: auto_reverse}\n",
    )
    close(book, "2025-10")
    assert [line[2:] for line in lines(close(book, "2025-11"))] == [
        ("accrued_expenses", "1800.00"),
        ("ai_expense", "-1800.00"),
        ("ai_expense", "1800.00"),
        ("accrued_expenses", "-1800.00"),
    ]


def test_an_invoice_cycle_that_straddles_two_months(tmp_path: Path) -> None:
    # 15 Oct to 14 Nov: 1,650 used in October, 1,450 to 14 November, invoice 3,100
    book = write_book(
        tmp_path,
        {
            "usage/a.csv": usage("2025-10-20,1650", "2025-11-10,1450", "2025-11-25,1600"),
            "invoices.csv": INVOICES + "2025-11-16,llm,I-1,invoice,2025-10-15,2025-11-14,3100,,\n",
        },
    )
    close(book, "2025-10")
    assert lines(close(book, "2025-11")) == [
        ("invoice-llm-I-1", "2025-11-16", "accrued_expenses", "1650.00"),
        ("invoice-llm-I-1", "2025-11-16", "ai_expense", "1450.00"),
        ("invoice-llm-I-1", "2025-11-16", "accounts_payable", "-3100.00"),
        ("accrual-llm-2025-11", "2025-11-30", "ai_expense", "1600.00"),
        ("accrual-llm-2025-11", "2025-11-30", "accrued_expenses", "-1600.00"),
    ]


def test_an_opening_accrual_is_relieved_by_its_invoice(tmp_path: Path) -> None:
    book = write_book(
        tmp_path,
        {
            "usage/a.csv": usage("2025-10-20,10"),
            "opening.csv": "role,contract,service_period,amount\n"
            "accrued_expenses,llm,2025-09,-300\n",
            "invoices.csv": INVOICES + "2025-10-04,llm,I-0,invoice,2025-09-01,2025-09-30,290,,\n",
        },
    )
    assert lines(close(book, "2025-10")) == [
        ("opening-llm-accrued_expenses-2025-09", "2025-10-01", "opening_equity", "300.00"),
        ("opening-llm-accrued_expenses-2025-09", "2025-10-01", "accrued_expenses", "-300.00"),
        ("invoice-llm-I-0", "2025-10-04", "accrued_expenses", "300.00"),
        ("invoice-llm-I-0", "2025-10-04", "accounts_payable", "-290.00"),
        ("invoice-llm-I-0", "2025-10-04", "ai_expense", "-10.00"),
        ("accrual-llm-2025-10", "2025-10-31", "ai_expense", "10.00"),
        ("accrual-llm-2025-10", "2025-10-31", "accrued_expenses", "-10.00"),
    ]


def test_what_prepaid_did_not_cover_is_accrued_and_settled_by_the_next_lot(tmp_path: Path) -> None:
    # October uses 130 of 100 credits; in November 100 credits are bought for 90.00
    book = write_book(
        tmp_path,
        {
            "usage/a.csv": usage("2025-10-20,130", "2025-11-10,20"),
            "credits.csv": CREDITS
            + "2025-10-01,llm,purchase,100,one,100,,,,,,,\n"
            + "2025-11-03,llm,purchase,100,two,90,,,,,,,\n",
        },
        PREPAID,
    )
    assert lines(close(book, "2025-10"))[2:] == [
        ("consumption-llm-2025-10", "2025-10-31", "ai_expense", "100.00"),
        ("consumption-llm-2025-10", "2025-10-31", "prepaid_credits", "-100.00"),
        ("accrual-llm-2025-10", "2025-10-31", "ai_expense", "30.00"),
        ("accrual-llm-2025-10", "2025-10-31", "accrued_expenses", "-30.00"),
    ]
    # the 30 are settled at 0.90 each: 27.00; expense falls by 3.00; then 20 x 0.90 = 18.00
    assert lines(close(book, "2025-11"))[2:] == [
        ("settlement-llm-2025-10-in-2025-11", "2025-11-03", "accrued_expenses", "30.00"),
        ("settlement-llm-2025-10-in-2025-11", "2025-11-03", "ai_expense", "-3.00"),
        ("settlement-llm-2025-10-in-2025-11", "2025-11-03", "prepaid_credits", "-27.00"),
        ("consumption-llm-2025-11", "2025-11-30", "ai_expense", "18.00"),
        ("consumption-llm-2025-11", "2025-11-30", "prepaid_credits", "-18.00"),
    ]


def test_free_credits_have_no_entry_and_are_still_tracked(tmp_path: Path) -> None:
    book = write_book(
        tmp_path,
        {
            "usage/a.csv": usage("2025-10-20,3"),
            "credits.csv": CREDITS + "2025-10-01,llm,grant,5,free,,,,2025-10-31,,,,\n",
        },
        PREPAID,
    )
    assert close(book, "2025-10") == []
    lots = (book / "close/2025-10/lots.csv").read_text().splitlines()
    assert lots[1] == "llm,free,promo,2025-10-31,0,5,3,2,0,0,0,0" + 8 * ",0.00"


def test_a_late_row_is_booked_in_the_open_month_with_its_service_period(tmp_path: Path) -> None:
    book = write_book(tmp_path, {"usage/a.csv": usage("2025-10-05,100")})
    close(book, "2025-10")
    write_book(book, {"usage/late.csv": usage("2025-10-31,7", "2025-11-02,1")})
    rows = close(book, "2025-11")
    assert lines(rows) == [
        ("accrual-llm-2025-10-in-2025-11", "2025-11-30", "ai_expense", "7.00"),
        ("accrual-llm-2025-10-in-2025-11", "2025-11-30", "accrued_expenses", "-7.00"),
        ("accrual-llm-2025-11", "2025-11-30", "ai_expense", "1.00"),
        ("accrual-llm-2025-11", "2025-11-30", "accrued_expenses", "-1.00"),
    ]
    assert rows[0]["service_period"] == "2025-10"
    assert "; corrects: accrual-llm-2025-10" in (book / "close/2025-11/journal.ledger").read_text()


def test_rows_appended_to_a_closed_file_are_late_usage(tmp_path: Path) -> None:
    book = write_book(tmp_path, {"usage/a.csv": usage("2025-10-05,100")})
    close(book, "2025-10")
    write_book(book, {"usage/a.csv": usage("2025-10-05,100", "2025-10-31,7", "2025-11-02,1")})
    assert [line[3] for line in lines(close(book, "2025-11"))] == ["7.00", "-7.00", "1.00", "-1.00"]
    assert tokenbooks(book, "check", "--replay").code == 0  # October from its first bytes only


def test_late_usage_after_its_invoice_adds_at_most_what_is_rated_beyond_it(tmp_path: Path) -> None:
    # invoiced 105 against 100 rated; 8 more arrive: rated 108, so 108 - 105 = 3 are owed
    book = write_book(
        tmp_path,
        {
            "usage/a.csv": usage("2025-10-05,100"),
            "invoices.csv": INVOICES + "2025-11-03,llm,I-1,invoice,2025-10-01,2025-10-31,105,,\n",
        },
    )
    close(book, "2025-10")
    close(book, "2025-11")
    write_book(book, {"usage/late.csv": usage("2025-10-31,8")})
    assert lines(close(book, "2025-12")) == [
        ("accrual-llm-2025-10-in-2025-12", "2025-12-31", "ai_expense", "3.00"),
        ("accrual-llm-2025-10-in-2025-12", "2025-12-31", "accrued_expenses", "-3.00"),
    ]


def test_usage_after_an_expiry_write_off_takes_back_the_loss(tmp_path: Path) -> None:
    book = write_book(
        tmp_path,
        {
            "usage/a.csv": usage("2025-10-05,600"),
            "credits.csv": CREDITS + "2025-10-01,llm,purchase,1000,a,1000,,,2025-11-12,,,,\n",
        },
        PREPAID,
    )
    close(book, "2025-10")
    assert lines(close(book, "2025-11")) == [
        ("expiry-llm-a", "2025-11-12", "expired_credits_loss", "400.00"),
        ("expiry-llm-a", "2025-11-12", "prepaid_credits", "-400.00"),
    ]
    write_book(book, {"usage/late.csv": usage("2025-11-11,25")}, PREPAID)
    assert sorted(line[2:] for line in lines(close(book, "2025-12"))) == [
        ("ai_expense", "25.00"),
        ("expired_credits_loss", "-25.00"),
        ("prepaid_credits", "-25.00"),
        ("prepaid_credits", "25.00"),
    ]


def test_posting_by_day_dates_each_days_consumption(tmp_path: Path) -> None:
    book = write_book(
        tmp_path,
        {"usage/a.csv": usage("2025-10-10,48", "2025-10-20,112", "2025-10-31,180")},
        ARREARS + "post_usage: day\n",
    )
    assert [line[1:] for line in lines(close(book, "2025-10"))] == [
        ("2025-10-10", "ai_expense", "48.00"),
        ("2025-10-10", "accrued_expenses", "-48.00"),
        ("2025-10-20", "ai_expense", "112.00"),
        ("2025-10-20", "accrued_expenses", "-112.00"),
        ("2025-10-31", "ai_expense", "180.00"),
        ("2025-10-31", "accrued_expenses", "-180.00"),
    ]


def test_the_total_is_rounded_first_then_shared(tmp_path: Path) -> None:
    # three projects of 10.005 each: 30.015 -> 30.02, by largest remainder 10.01, 10.01, 10.00
    rules = "".join(
        f"  - {{when: {{project: {name}}}, class: opex, cost_center: {name}}}\n" for name in "abc"
    )
    book = write_book(
        tmp_path,
        {"usage/a.csv": usage("2025-10-10,10.005,a", "2025-10-10,10.005,b", "2025-10-10,10.005,c")},
        f"{ARREARS}allocate:\n{rules}",
    )
    rows = close(book, "2025-10")
    assert [(row["cost_center"], row["debit"]) for row in rows[:3]] == [
        ("a", "10.01"),
        ("b", "10.01"),
        ("c", "10.00"),
    ]


def test_a_kind_left_out_of_post_is_not_posted_and_its_account_not_asserted(tmp_path: Path) -> None:
    book = write_book(
        tmp_path,
        {
            "usage/a.csv": usage("2025-10-10,40"),
            "credits.csv": CREDITS + "2025-10-01,llm,purchase,100,a,,,,,,,,\n",
        },
        PREPAID + "post: [consumption, expiry]\n",
    )
    rows = close(book, "2025-10")
    assert {row["kind"] for row in rows} == {"consumption"}
    assert "Balance assertions" not in (book / "close/2025-10/journal.ledger").read_text()


def test_unpriced_usage_stops_the_close_unless_it_is_allowed(tmp_path: Path) -> None:
    plan = "plan: llm\ncurrency: USD\nrates:\n  - for: {model: other}\n    prices: {credits: 1}\n"
    book = write_book(tmp_path, {"usage/a.csv": usage("2025-10-10,40"), "plans/llm.yaml": plan})
    refused = tokenbooks(book, "close", "-p", "2025-10", "--write")
    assert refused.code == 1
    assert "error[unpriced-usage]: contract llm: 40 credits of m" in refused.err
    assert not (book / "close/2025-10").exists()
    assert close(book, "2025-10", "--allow-unpriced") == []
    assert "40 credits of m" in (book / "close/2025-10/manifest.json").read_text()
