"""The benchmark's usage and books: always the same, skewed, and closed by the real commands."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pytest

from bench import books, close
from bench.usage import CUSTOMERS, KEYS, MODELS, PROJECTS, write_usage


@pytest.fixture(scope="module")
def usage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("usage") / "usage.csv"
    write_usage(path, 20_000)
    return path


def test_the_same_call_writes_the_same_file(usage: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.csv"
    write_usage(again, 20_000)
    assert (
        hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(usage.read_bytes()).digest()
    )


def test_usage_has_the_shape_of_a_busy_month(usage: Path) -> None:
    names = ("customer", "project", "api_key", "model", "timestamp::DATE")
    counts = ", ".join(f"count(DISTINCT {name})" for name in names)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE rows AS FROM read_csv('{usage}')")
        (found,) = connection.execute(f"SELECT count(*), {counts} FROM rows").fetchall()
        (largest,) = connection.execute(
            "SELECT count(*) FROM rows GROUP BY customer ORDER BY count(*) DESC LIMIT 1"
        ).fetchall()
    assert found == (20_000, CUSTOMERS, PROJECTS, KEYS, MODELS, 31)
    # one customer of 500 has an eighth of it: (1/500) ** (1/3) = 0.126
    assert 20_000 * 0.11 < largest[0] < 20_000 * 0.14


def test_a_round_closes_the_books_and_counts_the_same_tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books, "DATA", tmp_path)
    results = close.measure_closes({"2k": 2_000}, rounds=1)
    assert [result.what.split(" /")[0] for result in results[::3]] == [
        "close of 2k rows",
        "close of 2k rows, tiers",
        "close of 2k rows, customer tiers",
        "close of 2k rows, 100k customer tiers",
    ]
    for book in ("2k", "2k-tiers", "2k-customer-tiers", "2k-100k-customer-tiers"):
        assert (tmp_path / book / "close/2025-10/manifest.json").is_file()
