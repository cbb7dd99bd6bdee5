"""Every sample, in both dialects, read by the real programs: clean, and with our balances."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from tests import peers
from tests.books import tokenbooks
from tests.samples.sample_close import SAMPLES, close_sample

PERIODS = {
    "northwind": ["2025-10", "2025-11", "2025-12"],
    "lumen": [f"2025-{month:02}" for month in range(7, 13)],
}
LAST = "2025-12"
NAMES = sorted(path.name for path in SAMPLES.iterdir() if (path / "tokenbooks.yaml").is_file())


@pytest.fixture(scope="module", params=NAMES)
def ledger_book(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample, closed month by month in the common dialect of hledger and ledger."""
    name = request.param
    return close_sample(tmp_path_factory.mktemp("ledger"), PERIODS[name], name).parent


@pytest.fixture(scope="module", params=NAMES)
def beancount_book(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The same in the dialect of beancount."""
    return close_sample(
        tmp_path_factory.mktemp("beancount"),
        PERIODS[request.param],
        request.param,
        journal="beancount",
    ).parent


def own_balances(book: Path) -> dict[str, Decimal]:
    """What tokenbooks itself has posted to date, by account.

    Lines are in the payer's view: those of contracts that sell stand the other way round.
    """
    last = book / "close" / LAST
    contracts = yaml.safe_load((book / "tokenbooks.yaml").read_text())["contracts"]
    accounts = json.loads((last / "manifest.json").read_text())["accounts"]
    balances: dict[str, Decimal] = defaultdict(Decimal)
    with (last / "state/posted.csv").open() as stream:
        for row in csv.DictReader(stream):
            account = accounts[f"{row['contract']}/{row['role']}"]
            sells = contracts[row["contract"]]["side"] == "sell"
            balances[account] += Decimal(row["amount"]) * (-1 if sells else 1)
    return {account: balance for account, balance in balances.items() if balance}


def test_hledger_finds_the_books_clean_with_our_balances(ledger_book: Path) -> None:
    peers.check_hledger(ledger_book / "books.ledger")
    assert peers.balances_hledger(ledger_book / "books.ledger") == own_balances(ledger_book)


def test_ledger_finds_the_books_clean_with_our_balances(ledger_book: Path) -> None:
    peers.check_ledger(ledger_book / "books.ledger")
    assert peers.balances_ledger(ledger_book / "books.ledger") == own_balances(ledger_book)


def test_beancount_finds_the_books_clean_with_our_balances(beancount_book: Path) -> None:
    peers.check_beancount(beancount_book / "books.beancount")
    found = peers.balances_beancount(beancount_book / "books.beancount")
    assert found == own_balances(beancount_book)


def test_the_replay_of_all_months_agrees(ledger_book: Path) -> None:
    """What is told beside it is what the company's own ledger has otherwise."""
    ran = tokenbooks(ledger_book, "check", "--replay")
    told = set(re.findall(r"(?:error|warning)\[([\w-]+)\]", ran.err))
    assert told <= {"difference-to-correct", "ledger-balance-differs", "statement-converted"}
