"""Which rows about credits are facts of a close: all events up to its end, no balance."""

from __future__ import annotations

import json
from pathlib import Path

from tests.books import PREPAID, close, tokenbooks, usage, write_book

CREDITS = """\
date,contract,event,credits,lot,paid,expires,memo
2025-10-01,llm,purchase,100,A,80,2025-12-31,
2025-10-10,llm,refund,20,A,,,
2025-10-11,llm,adjust,-5,A,,,counted twice
2025-10-12,llm,extend,,A,,2026-03-31,
2025-11-02,llm,void,10,A,,,
"""
FILES = {"credits.csv": CREDITS, "usage/a.csv": usage("2025-10-05,10")}


def manifest(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "close/2025-10/manifest.json").read_text())
    return found


def test_every_event_up_to_the_end_is_recorded_by_its_digest(tmp_path: Path) -> None:
    book = write_book(tmp_path, FILES, PREPAID)
    close(book, "2025-10")
    inputs = manifest(book)["inputs"]
    assert isinstance(inputs, dict)
    rows = inputs["rows"]
    assert len(rows["credits"]) == 4
    small = {"invoices", "opening", "adjustments", "estimates", "modifications"}
    assert set(rows) == {"credits", *small}


def test_an_event_that_a_close_saw_cannot_be_changed(tmp_path: Path) -> None:
    book = write_book(tmp_path, FILES, PREPAID)
    close(book, "2025-10")
    assert tokenbooks(book, "check").code == 0
    (book / "credits.csv").write_text(CREDITS.replace("refund,20", "refund,21"))
    ran = tokenbooks(book, "check")
    assert ran.code == 1
    assert "close-stale" in ran.err


def test_balances_are_evidence_and_change_no_byte(tmp_path: Path) -> None:
    shown = {"balances.csv": "date,contract,balance\n2025-10-31,llm,65\n"}
    plain = write_book(tmp_path / "plain", FILES, PREPAID)
    tied = write_book(tmp_path / "tied", FILES | shown, PREPAID)
    assert close(plain, "2025-10") == close(tied, "2025-10")
    plain_inputs, tied_inputs = (manifest(book).pop("inputs") for book in (plain, tied))
    assert isinstance(plain_inputs, dict)
    assert isinstance(tied_inputs, dict)
    # the manifest has a digest of the file, and nothing else is different
    assert tied_inputs["documents"].pop("balances.csv")
    assert plain_inputs == tied_inputs
    outputs = [manifest(book)["outputs"] for book in (plain, tied)]
    assert outputs[0] == outputs[1]
