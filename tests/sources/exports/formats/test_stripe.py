"""Stripe's billing credits: paid and promotional grants, and what became of them."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sources.exports.formats.offering import claims, json_text
from tests.sources.exports.reading import Read, export_file, read_files, read_text, write

#: 2026-08-03 23:59:59 and 2026-08-04 00:00:00 UTC.
MONDAY, TUESDAY = 1_785_801_599, 1_785_801_600


def page(*elements: dict[str, Any], url: str = "credit_grants") -> dict[str, Any]:
    return {
        "object": "list",
        "data": list(elements),
        "has_more": False,
        "url": f"/v1/billing/{url}",
    }


def money(value: object, currency: str) -> dict[str, Any]:
    return {"monetary": {"currency": currency, "value": value}, "type": "monetary"}


def grant(name: str, category: str, cents: object, currency: str = "usd") -> dict[str, Any]:
    return {
        "id": f"credgr_{name}",
        "object": "billing.credit_grant",
        "amount": money(cents, currency),
        "applicability_config": {"scope": {"price_type": "metered"}},
        "category": category,
        "created": MONDAY - 100,
        "customer": f"cus_{name}",
        "customer_account": None,
        "effective_at": MONDAY,
        "expires_at": TUESDAY + 86_400 * 365,
        "livemode": True,
        "metadata": {"order": "7"},
        "name": "Credits",
        "priority": 50,
        "test_clock": None,
        "updated": MONDAY,
        "voided_at": None,
    }


def movement(name: str, side: str, kind: str, cents: int, at: int = MONDAY) -> dict[str, Any]:
    details: dict[str, Any] = {"amount": money(cents, "usd"), "type": kind}
    if kind == "credits_applied":
        details["credits_applied"] = {"invoice": "in_1", "invoice_line_item": "il_1"}
    return {
        "id": f"cbtxn_{name}",
        "object": "billing.credit_balance_transaction",
        "created": at,
        "credit": details if side == "credit" else None,
        "credit_grant": "credgr_a",
        "debit": details if side == "debit" else None,
        "effective_at": at,
        "livemode": True,
        "test_clock": None,
        "type": side,
    }


GRANTS = [
    grant("a", "paid", 100_00),
    grant("b", "paid", 40_05),
    grant("c", "promotional", 5_00),
]
MOVEMENTS = [
    movement("1", "credit", "credits_granted", 100_00),
    movement("2", "debit", "credits_applied", 12_34),
    movement("3", "debit", "credits_applied", 50, TUESDAY),
    movement("4", "debit", "credits_expired", 7_00, TUESDAY),
    movement("5", "debit", "credits_voided", 3_00, TUESDAY),
    # the invoice of the second was voided: its credits came back
    movement("6", "credit", "credits_application_invoice_voided", 50, TUESDAY),
]


def read_lists(folder: Path, *pages: Any, **options: Any) -> Read:
    return read_text(folder, json_text(*pages), name="credits.jsonl", kind="statement", **options)


def test_paid_grants_were_sold_promotional_ones_given(tmp_path: Path) -> None:
    read = read_lists(tmp_path, page(*GRANTS))
    assert read.told == ""
    account = read.account
    assert (account.format, account.rows_read, account.used) == ("stripe-credits", 3, 3)
    assert account.unknown_columns == ()
    assert account.amounts == {"purchase": Decimal("140.05"), "granted": Decimal(5)}
    assert (account.stated, account.currency) == (Decimal(0), "USD")
    assert [row[:2] for row in read.stated("customer")] == [
        ("cus_a", Decimal(100)),
        ("cus_b", Decimal("40.05")),
        ("cus_c", Decimal(5)),
    ]


def test_what_became_of_the_credits(tmp_path: Path) -> None:
    read = read_lists(tmp_path, page(*MOVEMENTS, url="credit_balance_transactions"))
    assert read.told == ""
    account = read.account
    assert (account.rows_read, account.used) == (6, 5)
    assert account.skipped == {"the grant once more": 1}
    assert account.unknown_columns == ()
    # used: 12.34 + 0.50 - 0.50; lost: 7 + 3
    assert account.amounts == {"owed": Decimal("12.34"), "expired": Decimal(10)}
    assert account.stated == Decimal("12.34")


def test_times_are_instants_of_the_contracts_days(tmp_path: Path) -> None:
    def days(zone: str) -> list[tuple[datetime, Decimal]]:
        read = read_lists(tmp_path, page(*MOVEMENTS), zone=zone)
        return read.connection.execute(
            "SELECT \"at\", sum(amount) FROM stated_read WHERE meaning = 'owed' AND verdict = 0"
            " GROUP BY ALL ORDER BY ALL"
        ).fetchall()

    assert days("UTC") == [
        (datetime(2026, 8, 3), Decimal("12.34")),
        (datetime(2026, 8, 4), Decimal(0)),
    ]
    assert days("Asia/Tokyo") == [(datetime(2026, 8, 4), Decimal("12.34"))]


def test_both_lists_stand_beside_each_other(tmp_path: Path) -> None:
    files = [
        write(tmp_path, json.dumps(page(*GRANTS)), "grants.json"),
        write(tmp_path, json_text(*MOVEMENTS), "transactions.jsonl"),  # one object a line
    ]
    read = read_files([export_file(file, kind="statement") for file in files])
    assert read.told == ""
    assert [dict(account.amounts) for account in read.result.accounts] == [
        {"purchase": Decimal("140.05"), "granted": Decimal(5)},
        {"owed": Decimal("12.34"), "expired": Decimal(10)},
    ]


def test_pages_that_overlap_count_once(tmp_path: Path) -> None:
    read = read_lists(tmp_path, page(*GRANTS[:2]), page(*GRANTS[1:]))
    assert (read.told, read.account.rows_read) == ("", 4)
    assert read.account.amounts == {"purchase": Decimal("140.05"), "granted": Decimal(5)}


@pytest.mark.parametrize(
    ("currency", "amount"), [("jpy", "10000"), ("kwd", "10"), ("eur", "100"), ("usd", "100")]
)
def test_the_smallest_unit_of_the_currency(tmp_path: Path, currency: str, amount: str) -> None:
    read = read_lists(tmp_path, page(grant("a", "paid", 10_000, currency)))
    assert read.account.amounts == {"purchase": Decimal(amount)}
    assert read.account.currency == currency.upper()


def test_an_empty_list(tmp_path: Path) -> None:
    read = read_lists(tmp_path, page())
    assert (read.told, read.account.used) == ("", 0)
    assert read.account.skipped == {"page without any": 1}


UNITS = {"type": "custom_pricing_unit", "custom_pricing_unit": {"id": "cpu_1", "value": "5"}}


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"amount": money("much", "usd")}, ["bad-amount"]),
        ({"amount": money(5, "")}, ["bad-currency"]),
        ({"amount": UNITS}, ["bad-amount", "bad-currency"]),  # units of one's own are no money
        ({"effective_at": 1_785_801_599_000}, ["bad-time"]),
    ],
)
def test_malformed_grants_are_refused_with_their_line(
    tmp_path: Path, change: dict[str, Any], codes: list[str]
) -> None:
    bad = {**grant("z", "paid", 100), **change}
    read = read_lists(tmp_path, page(*GRANTS), page(bad))
    assert sorted(problem.code for problem in read.problems) == codes
    assert {problem.position.line for problem in read.problems} == {2}


def test_two_currencies_are_no_total(tmp_path: Path) -> None:
    read = read_lists(tmp_path, page(grant("a", "paid", 1), grant("b", "paid", 1, "eur")))
    assert [problem.code for problem in read.problems] == ["currencies-mixed"]


def test_exactly_one_format_claims_each_list(tmp_path: Path) -> None:
    for text in (json_text(page(*GRANTS)), json_text(*MOVEMENTS), json_text(page())):
        assert claims(tmp_path, text, "credits.json") == ["stripe-credits"]
