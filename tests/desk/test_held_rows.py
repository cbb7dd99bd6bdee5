"""Bad rows that a close held back, their correction in the next month, and the replay of both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.books import ARREARS, PLAN, close, tokenbooks, write_book

HEAD = "timestamp,id,model,credits\n"


def row(day: str, identity: str, credits: str) -> str:
    return f"2025-{day}T10:00:00Z,{identity},m,{credits}\n"


def expense(rows: list[dict[str, Any]]) -> dict[str, str]:
    """The expense by service period."""
    return {r["service_period"]: r["debit"] for r in rows if r["role"] == "ai_expense"}


def test_corrected_rows_are_late_usage_and_both_closes_replay(tmp_path: Path) -> None:
    book = ARREARS.replace("usage: usage/*.csv", "usage: {files: usage/*.csv, meters: [credits]}")
    files = {"plans/llm.yaml": PLAN, "usage/oct.csv": HEAD + row("10-05", "1", "5")}
    files["usage/oct.csv"] += row("10-06", "2", "x")
    write_book(tmp_path, files, book)
    assert tokenbooks(tmp_path, "close", "-p", "2025-10", "--write").code == 1
    assert expense(close(tmp_path, "2025-10", "--hold-bad-rows")) == {"2025-10": "5.00"}
    manifest = json.loads((tmp_path / "close/2025-10/manifest.json").read_text())
    assert '"held": 1' in json.dumps(manifest)

    # 5 was booked; the corrected row (its id is that of the held one) is 7 of October
    write_book(tmp_path, {"usage/oct-2.csv": HEAD + row("10-06", "2", "7")}, book)
    write_book(tmp_path, {"usage/nov.csv": HEAD + row("11-06", "3", "9")}, book)
    assert expense(close(tmp_path, "2025-11")) == {"2025-10": "7.00", "2025-11": "9.00"}

    told = tokenbooks(tmp_path, "check", "--replay")
    assert "error[" not in told.err
    assert "warning[rows-held]" in told.err
