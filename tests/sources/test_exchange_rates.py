from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.small_book import BOOK, codes, write_book
from tokenbooks.documents import ExchangeRate
from tokenbooks.problems import Problem
from tokenbooks.sources.book import read_book
from tokenbooks.sources.book_files import read_facts
from tokenbooks.sources.exchange_rates import read_rates

HEADER = "date,from,to,rate,source\n"


def read(folder: Path, *lines: str) -> tuple[tuple[ExchangeRate, ...], list[Problem]]:
    book, problems = read_book(write_book(folder, rates=HEADER + "\n".join(lines) + "\n"))
    assert book is not None
    assert problems == []
    return read_rates(book, folder)


def test_a_rate(tmp_path: Path) -> None:
    [rate], problems = read(tmp_path, "2025-10-31,EUR,USD,1.0840,ECB")
    assert problems == []
    assert rate == ExchangeRate(
        day=date(2025, 10, 31),
        currency="EUR",
        into="USD",
        rate=Decimal("1.0840"),
        source="ECB",
        position=rate.position,
        digest=rate.digest,
    )


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["2025-10-31,EUR,USD,0,"], ["exchange-rate-zero"]),
        (["2025-10-31,EUR,USD,0.0,"], ["exchange-rate-zero"]),
        (["2025-10-31,EUR,USD,-1.08,"], ["cell-negative"]),
        (["2025-10-31,EUR,USD,1.08 USD,"], ["cell-invalid"]),
        (["2025-10-31,EUR,USD,,"], ["cell-missing"]),
        (["2025-10-31,EUR,EUR,1,"], ["exchange-rate-same"]),
        (["31/10/2025,EUR,USD,1.08,"], ["cell-invalid"]),
        (["2025-10-31,EURO,USD,1.08,"], ["cell-invalid"]),
        # the same rate twice is one rate; another one of the same day contradicts it
        (["2025-10-31,EUR,USD,1.08,", "2025-10-31,EUR,USD,1.080,"], []),
        (["2025-10-31,EUR,USD,1.08,", "2025-10-31,EUR,USD,1.09,"], ["exchange-rate-duplicate"]),
        (["2025-10-31,EUR,USD,1.08,", "2025-10-30,EUR,USD,1.09,"], []),
        (["2025-10-31,EUR,USD,1.08,", "2025-10-31,USD,EUR,0.90,"], []),
        # pairs without the book's currency may stand there, and serve nothing
        (["2025-10-31,EUR,GBP,0.87,"], []),
    ],
)
def test_rows(tmp_path: Path, lines: list[str], found: list[str]) -> None:
    assert codes(read(tmp_path, *lines)[1]) == found


def test_the_book_may_name_another_file(tmp_path: Path) -> None:
    write_book(tmp_path, BOOK + "rates: ecb-*.csv\n")
    (tmp_path / "ecb-2025.csv").write_text(HEADER + "2025-10-31,EUR,USD,1.08,ECB\n")
    (tmp_path / "rates.csv").write_text(HEADER + "2025-10-31,EUR,USD,9,not named\n")
    facts, problems = read_facts(tmp_path)
    assert problems == []
    assert facts is not None
    assert [rate.rate for rate in facts.rates] == [Decimal("1.08")]
