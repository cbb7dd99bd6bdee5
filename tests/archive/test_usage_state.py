"""The usage that a close hands on: exact in CSV and in Parquet."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.books import ARREARS, close, tokenbooks, write_book
from tokenbooks.archive import usage_tables

PLAN = (
    "plan: llm\ncurrency: USD\nrates:\n  - prices: {input_tokens: 1 per 1M, audio_seconds: 0.1}\n"
)
USAGE = "date,model,input_tokens,audio_seconds\n2025-10-05,m,9007199254740993,0.123456789\n"


@pytest.mark.parametrize("most_rows", [0, 100_000])
def test_quantities_beyond_what_a_double_holds_come_back_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most_rows: int
) -> None:
    monkeypatch.setattr(usage_tables, "MOST_CSV_ROWS", most_rows)
    book = write_book(tmp_path, {"usage/a.csv": USAGE, "plans/llm.yaml": PLAN}, ARREARS)
    # 9007199254740993 / 10^6 + 0.0123456789 = 9007199254.7533386789
    assert close(book, "2025-10")[0]["debit"] == "9007199254.75"
    kind = "csv" if most_rows else "parquet"
    assert (book / f"close/2025-10/state/usage.{kind}").exists()
    # November finds the state as it was: a lost digit would make October stale
    assert close(book, "2025-11") == []
    assert tokenbooks(book, "check", "--replay").code == 0
