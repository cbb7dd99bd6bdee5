"""The figures of samples/lumen: recomputed from its files with plain arithmetic.

Nothing of the package is used for what is expected: prices and quantities are multiplied here.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from tests.conformance.ledger_text import read_entries
from tests.samples.sample_close import SAMPLES, close_sample

MONTHS = [f"2025-{month:02}" for month in range(7, 13)]
LUMEN = SAMPLES / "lumen"
MILLION = 1_000_000

#: Price of a million input and output tokens.
PACKS = {"gpt-5-mini": ("2.00", "8.00"), "claude-haiku-4-5": ("4.00", "18.00")}
HELIOS = ("1.60", "6.40")
TICKET = Decimal("0.99")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def tokens_value(row: dict[str, str], prices: tuple[str, str]) -> Decimal:
    parts = (
        Decimal(row["input_tokens"]) * Decimal(prices[0]),
        Decimal(row["output_tokens"]) * Decimal(prices[1]),
    )
    return sum(parts, Decimal(0)) / MILLION


@pytest.fixture(scope="module")
def closes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return close_sample(tmp_path_factory.mktemp("lumen"), MONTHS, "lumen")


def movements(closes: Path) -> Iterator[tuple[str, str, Decimal]]:
    """Month, account and amount of every posting."""
    for month in MONTHS:
        for entry in read_entries(closes / month / "journal.ledger"):
            for account, _, amount in entry.postings:
                yield month, account, amount


@pytest.fixture(scope="module")
def by_month(closes: Path) -> dict[tuple[str, str], Decimal]:
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for month, account, amount in movements(closes):
        sums[month, account] += amount
    return sums


def test_tickets_earn_their_price_once_each_unless_they_were_taken_back(
    by_month: dict[tuple[str, str], Decimal], closes: Path
) -> None:
    for month in MONTHS:
        counted = sum(
            int(row["tickets_resolved"])
            for row in rows(LUMEN / f"usage/support/tickets_{month}.csv")
        )
        earned = revenue_of(closes, month, "tickets")
        assert earned == cents(counted * TICKET)


def test_helios_pays_what_the_amendment_says(closes: Path) -> None:
    """Used at 1.00 until October 15; then 13,882.86 are shared by 14,782.86 credits."""
    used = [
        (row["date"], tokens_value(row, HELIOS))
        for month in MONTHS
        for row in rows(LUMEN / f"usage/enterprise/helios_{month}.csv")
    ]
    before = sum((value for day, value in used if day < "2025-10-16"), Decimal(0))
    after = sum((value for day, value in used if day >= "2025-10-16"), Decimal(0))
    left = 24_000 - cents(before)
    # the commitment of 24,000 is drawn before the 6,000 that were added to it
    total, quantity = left + 5_100, 24_000 - before + 6_000
    earned = sum(
        (revenue_of(closes, month, "helios", "Income:AI:Usage") for month in MONTHS), Decimal(0)
    )
    expected = cents(before) + after * total / quantity
    assert abs(earned - expected) < Decimal("0.02")
    memo = (closes / "2025-10/memos/modification-helios-2025-10.md").read_text()
    assert f"{cents(total)} for" in memo
    assert "**Prospective**" in memo


def test_the_fee_is_earned_by_the_day(closes: Path) -> None:
    """1,500 a month; of October 15/31 of it and 16/31 of 2,500; then 2,500."""
    october = cents(Decimal(1500) * 15 / 31 + Decimal(2500) * 16 / 31)
    fees = [1500, 1500, 1500, october, 2500, 2500]
    for month, fee in zip(MONTHS, fees, strict=True):
        assert revenue_of(closes, month, "helios", "Income:AI:Subscriptions") == fee


def revenue_of(
    closes: Path, month: str, contract: str, account: str = "Income:AI:Usage"
) -> Decimal:
    return -sum(
        (
            amount
            for entry in read_entries(closes / month / "journal.ledger")
            if entry.tags.get("contract") == contract
            for name, _, amount in entry.postings
            if name == account
        ),
        Decimal(0),
    )


def test_every_pack_is_used_or_expires_or_is_still_deferred(closes: Path) -> None:
    """Paid = revenue + breakage + paid back + deferred, cohort by cohort and in all."""
    for month in MONTHS:
        for row in rows(closes / month / "deferred.csv"):
            gone = sum(
                (Decimal(row[name]) for name in ("taken", "earned", "breakage", "escheated")),
                Decimal(0),
            )
            assert Decimal(row["sold"]) - gone + Decimal(row["other"]) == Decimal(row["closing"])
            assert Decimal(row["closing"]) >= 0


def test_what_is_deferred_is_what_the_accounts_hold(
    closes: Path, by_month: dict[tuple[str, str], Decimal]
) -> None:
    held: dict[str, Decimal] = defaultdict(Decimal)
    for month in MONTHS:
        for contract, account in (("packs", "Packs"), ("helios", "Helios")):
            held[contract] -= by_month[month, f"Liabilities:Deferred-Revenue:{account}"]
        told: dict[str, Decimal] = defaultdict(Decimal)
        for row in rows(closes / month / "deferred.csv"):
            told[row["contract"]] += Decimal(row["closing"])
        assert {name: told[name] for name in held} == held


def test_the_season_pack_ends_with_what_was_never_used(closes: Path) -> None:
    """300 credits for 240.00: what is left on October 31 is breakage."""
    (season,) = [
        row for row in rows(closes / "2025-10/breakage.csv") if row["cohort"] == "packs-2025-08-2m"
    ]
    assert Decimal(season["sold"]) == 480
    assert Decimal(season["expired"]) == 480 - Decimal(season["used"])
    assert Decimal(season["expired"]) > 0
    assert Decimal(season["deferred"]) == 0


def test_cost_of_revenue_is_what_the_providers_charge(
    by_month: dict[tuple[str, str], Decimal],
) -> None:
    """Each provider's tokens at its prices; Anthropic's September invoice was 4.12 higher."""
    prices = {"gpt-5-mini": ("0.30", "2.40"), "claude-haiku-4-5": ("1.10", "5.40")}
    value: dict[str, Decimal] = defaultdict(Decimal)
    for month in MONTHS:
        for row in rows(LUMEN / f"usage/product/usage_{month}.csv"):
            value[row["model"]] += tokens_value(row, prices[row["model"]])
        for row in rows(LUMEN / f"usage/enterprise/helios_{month}.csv"):
            value[row["model"]] += tokens_value(row, prices[row["model"]])
    booked = sum(
        (by_month[month, "Expenses:Cost-Of-Revenue:Models"] for month in MONTHS), Decimal(0)
    )
    expected = sum(value.values(), Decimal("4.12"))
    assert abs(booked - expected) < Decimal("0.06")


def test_one_bill_is_out_of_its_pattern(closes: Path) -> None:
    from tests.books import tokenbooks

    ran = tokenbooks(closes.parent, "report", "dunning", "-p", "2025-12", "--format", "csv")
    told = list(csv.DictReader(ran.out.splitlines()))
    (odd,) = [row for row in told if row["document"] == "LUM-S-11-reed"]
    assert Decimal(odd["ratio"]) >= 3
    assert odd["next"] == "talk to reed before retrying"
