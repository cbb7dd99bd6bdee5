"""balances.csv: the balances that a provider displays."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.small_book import BOOK, PLAN, codes, write_book
from tokenbooks.documents import DisplayedBalance
from tokenbooks.problems import Problem
from tokenbooks.sources.book_files import read_facts

SEATS = BOOK + "  seats: {side: buy, party: Cursor, plan: api, settle: prepaid, each: user}\n"


def read(
    folder: Path, *rows: str, book: str = SEATS, plan: str = PLAN, columns: str = ",party,currency"
) -> tuple[tuple[DisplayedBalance, ...], list[Problem]]:
    text = "\n".join([f"date,contract,balance{columns}", *rows, ""])
    facts, problems = read_facts(write_book(folder, book, plan, balances=text))
    return facts.balances if facts else (), problems


def test_rows(tmp_path: Path) -> None:
    (first, second), problems = read(
        tmp_path, "2025-10-31,openai,-4.50,,USD", "2025-10-31,seats,10,jane,"
    )
    assert problems == []
    assert first == DisplayedBalance(
        day=date(2025, 10, 31),
        contract="openai",
        balance=Decimal("-4.50"),
        currency="USD",
        position=first.position,
        digest=first.digest,
    )
    assert (second.party, second.balance, second.position.line) == ("jane", 10, 3)


def test_balances_in_credits_are_taken_at_their_worth(tmp_path: Path) -> None:
    """120 credits at 0.01 are 1.20; with a currency the balance is money already."""
    plan = PLAN + "credits: {unit: credit, worth: 0.01}\n"
    balances, problems = read(
        tmp_path, "2025-10-30,openai,120,,", "2025-10-31,openai,1.20,,USD", plan=plan
    )
    assert problems == []
    assert [balance.balance for balance in balances] == [Decimal("1.20")] * 2


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (["2025-10-31,openai,,,"], ["cell-missing"]),
        (["2025-10-32,openai,5,,"], ["cell-invalid"]),
        (["2025-10-31,openai,$5,,"], ["cell-invalid"]),
        (["2025-10-31,open,5,,"], ["contract-unknown"]),
        (["2025-10-31,anthropic,5,,"], ["credits-arrears"]),
        (["2025-10-31,openai,5,,EUR"], ["balance-currency"]),
        (["2025-10-31,openai,5,jane,"], ["party-unneeded"]),
        (["2025-10-31,seats,5,,"], ["cell-missing"]),
        (["2025-10-31,openai,5,,"] * 2, ["balance-duplicate"]),
        (["2025-10-31,seats,5,jane,", "2025-10-31,seats,5,john,"], []),
    ],
)
def test_mistakes(tmp_path: Path, rows: list[str], found: list[str]) -> None:
    assert codes(read(tmp_path, *rows)[1]) == found


def test_the_book_names_its_files(tmp_path: Path) -> None:
    (tmp_path / "shown").mkdir()
    (tmp_path / "shown/1.csv").write_text("date,contract,balance\n2025-10-31,openai,5\n")
    book = SEATS + "balances: shown/*.csv\n"
    facts, problems = read_facts(write_book(tmp_path, book))
    assert problems == []
    assert facts
    assert [balance.balance for balance in facts.balances] == [5]
