"""OpenMeter's credit ledger: grants say what was sold, transactions what became of it."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sources.exports.formats.offering import claims, json_text
from tests.sources.exports.reading import Read, export_file, read_files, read_text, write

GRANTS = "openmeter-credit-grants"
TRANSACTIONS = "openmeter-credit-transactions"


def page(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"data": list(elements), "meta": {"page": {"size": 100, "next": "https://x/next"}}}


def transaction(name: str, kind: str, amount: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "name": "Credit transaction",
        "labels": {},
        "created_at": "2026-08-04T00:00:01Z",
        "booked_at": "2026-08-03T23:59:59.5Z",
        "type": kind,
        "currency": "USD",
        "amount": amount,
        "available_balance": {"before": "0", "after": amount},
        "actor": {"type": "system"},
        **more,
    }


def grant(name: str, funding: str, amount: str, **more: Any) -> dict[str, Any]:
    paid = {
        "currency": "USD",
        "per_unit_cost_basis": "0.5",
        "amount": "50",
        "settlement_status": "settled",
    }
    return {
        "id": name,
        "name": "Credits",
        "created_at": "2026-08-01T08:00:00Z",
        "updated_at": "2026-08-01T08:00:00Z",
        "funding_method": funding,
        "currency": "USD",
        "amount": amount,
        "purchase": None if funding == "none" else paid,
        "priority": 10,
        "effective_at": "2026-08-01T08:00:00Z",
        "expires_at": "2027-08-01T08:00:00Z",
        "voided_at": None,
        "status": "active",
        **more,
    }


LEDGER = [
    transaction("t1", "funded", "100.00"),
    transaction("t2", "consumed", "-12.345"),
    transaction("t3", "consumed", "-0.655", booked_at="2026-08-04T00:00:00Z"),
    transaction("t4", "expired", "-7"),
    transaction("t5", "voided", "-3"),
    transaction("t6", "adjusted", "1.5"),  # usage that was taken back
]
GIVEN = [
    grant("g1", "invoice", "100.00"),
    grant("g2", "external", "40"),
    grant("g3", "none", "5"),  # promotional
    grant("g4", "invoice", "900", status="pending", effective_at="2026-09-01T08:00:00Z"),
    grant("g5", "none", "2", status="voided", voided_at="2026-08-03T08:00:00Z"),
]


def read_pages(folder: Path, *pages: Any, **options: Any) -> Read:
    return read_text(folder, json_text(*pages), name="credits.jsonl", kind="statement", **options)


def test_transactions(tmp_path: Path) -> None:
    read = read_pages(tmp_path, page(*LEDGER[:3]), page(*LEDGER[3:]))
    assert read.told == ""
    account = read.account
    assert (account.format, account.rows_read, account.used) == (TRANSACTIONS, 6, 5)
    assert account.skipped == {"funding: the grants say whether it was paid": 1}
    assert account.unknown_columns == ()
    # 12.345 + 0.655 were used, 1.5 taken back; 7 + 3 were forfeited
    assert account.amounts == {"owed": Decimal("11.5"), "expired": Decimal(10)}
    assert (account.stated, account.currency) == (Decimal("11.5"), "USD")
    assert [row[:2] for row in read.stated("movement")] == [
        ("adjusted", Decimal("-1.5")),
        ("consumed", Decimal(13)),
        ("expired", Decimal(7)),
        ("voided", Decimal(3)),
    ]


def test_transactions_belong_to_the_day_on_which_they_were_booked(tmp_path: Path) -> None:
    read = read_pages(tmp_path, page(*LEDGER))
    days = read.connection.execute(
        "SELECT \"at\", sum(amount) FROM stated_read WHERE meaning = 'owed' AND verdict = 0"
        " GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    assert days == [
        (datetime(2026, 8, 3), Decimal("10.845")),  # 12.345 - 1.5
        (datetime(2026, 8, 4), Decimal("0.655")),
    ]


def test_only_funded_grants_were_sold(tmp_path: Path) -> None:
    read = read_pages(tmp_path, page(*GIVEN))
    assert read.told == ""
    account = read.account
    assert (account.format, account.used) == (GRANTS, 4)
    assert account.skipped == {"not effective yet": 1}
    assert account.unknown_columns == ()
    assert account.amounts == {"purchase": Decimal(140), "granted": Decimal(7)}
    assert account.stated == Decimal(0)  # a grant is no usage


def test_both_lists_stand_beside_each_other(tmp_path: Path) -> None:
    files = [
        write(tmp_path, json.dumps(page(*LEDGER)), "transactions.json"),
        write(tmp_path, json.dumps(page(*GIVEN)), "grants.json"),
    ]
    read = read_files([export_file(file, kind="statement") for file in files])
    assert read.told == ""
    sums: dict[str, Decimal] = {}
    for account in read.result.accounts:
        for meaning, amount in account.amounts.items():
            sums[meaning] = sums.get(meaning, Decimal(0)) + amount
    assert sums == {
        "owed": Decimal("11.5"),
        "expired": Decimal(10),
        "purchase": Decimal(140),  # the funding of the ledger is not counted on top
        "granted": Decimal(7),
    }


def test_a_page_that_was_fetched_twice_counts_once(tmp_path: Path) -> None:
    read = read_pages(tmp_path, page(*LEDGER), page(*LEDGER[4:]))
    assert read.told == ""
    assert (read.account.rows_read, read.account.stated) == (8, Decimal("11.5"))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": "-1,5"}, "bad-amount"),
        ({"amount": None}, "bad-amount"),
        ({"currency": "CREDITS"}, "bad-currency"),  # units of one's own are no money
        ({"booked_at": "yesterday"}, "bad-time"),
        ({"booked_at": "2026-08-03T10:00:00"}, "time-without-zone"),
    ],
)
def test_malformed_rows_are_refused_with_their_line(
    tmp_path: Path, change: dict[str, Any], code: str
) -> None:
    read = read_pages(tmp_path, page(*LEDGER), page({**LEDGER[1], "id": "bad", **change}))
    assert [problem.code for problem in read.problems] == [code]
    assert read.problems[0].position.line == 2


def test_each_list_is_claimed_by_one_format(tmp_path: Path) -> None:
    assert claims(tmp_path, json_text(page(*LEDGER)), "a.json") == [TRANSACTIONS]
    assert claims(tmp_path, json_text(page(*GIVEN)), "a.json") == [GRANTS]
    free_only = page(GIVEN[2])
    assert claims(tmp_path, json_text(free_only), "a.json") == [GRANTS]
