"""`tokenbooks explain` of rows of credits: the entry of each, and the rows behind an entry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.books import PLAN, PREPAID, close, tokenbooks, usage, write_book
from tests.credit_rows import Row, credits_file, row

ONE = row("2025-10-01", "purchase", "100", lot="one", paid="90", expires="2025-10-31")
Tables = Mapping[str, Any]


def explained(book: Path, what: str) -> Tables:
    ran = tokenbooks(book, "explain", what, "--format", "json")
    assert ran.code == 0, ran.err
    tables: Tables = json.loads(ran.out)
    return tables


def entry_of(told: Tables) -> str | None:
    """The entry that is told, or None for a row that makes none."""
    rows = told["entry"]["rows"] if "entry" in told else []
    return next((r["value"] for r in rows if r["what"] == "entry"), None)


def documents(told: Tables) -> list[tuple[int, str, str, str]]:
    """The rows that are named: line, day, event and lot."""
    return [(r["line"], r["date"], r["event"], r["name"]) for r in told["documents"]["rows"]]


def closed(
    folder: Path, *rows: Row, months: tuple[str, ...], terms: str = "", yaml: str = PREPAID
) -> Path:
    files = {
        "credits.csv": credits_file(*rows),
        "usage/a.csv": usage("2025-10-05,20"),
        "plans/llm.yaml": PLAN + terms,
    }
    book = write_book(folder, files, yaml)
    for month in months:
        close(book, month)
    return book


# -- from a row to its entry ------------------------------------------------------------


@pytest.mark.parametrize(
    ("added", "entry"),
    [
        (row("2025-10-10", "refund", "5", lot="one"), "refund-llm-one-refund-2025-10-10"),
        (row("2025-10-10", "chargeback", "5", lot="one"), "refund-llm-one-chargeback-2025-10-10"),
        (row("2025-10-10", "void", lot="one"), "adjustment-llm-one-void-2025-10-10"),
        (
            row("2025-10-10", "adjust", "-5", lot="one", memo="twice"),
            "adjustment-llm-one-adjust-2025-10-10",
        ),
        (
            row("2025-10-10", "adjust", "5", lot="one", paid="2", memo="forgotten"),
            "purchase-llm-one-adjust-2025-10-10",
        ),
        (
            row("2025-10-10", "transfer", "5", lot="one", to="entity:Sister"),
            "transfer-llm-one-transfer-2025-10-10",
        ),
        (row("2025-10-10", "transfer", "5", lot="uk", paid="4"), "transfer-llm-uk"),
    ],
)
@pytest.mark.parametrize("months", [(), ("2025-10",), ("2025-10", "2025-11")])
def test_a_row_leads_to_its_entry_which_names_the_row(
    tmp_path: Path, added: Row, entry: str, months: tuple[str, ...]
) -> None:
    told = explained(closed(tmp_path, ONE, added, months=months), "credits.csv:3")
    assert entry_of(told) == entry
    assert [line for line, *_ in documents(told)] == [3]
    assert told["rollforward"]["rows"]


@pytest.mark.parametrize("months", [("2025-10",), ("2025-10", "2025-11")])
def test_a_row_that_came_late_leads_to_the_entry_that_booked_it(
    tmp_path: Path, months: tuple[str, ...]
) -> None:
    book = closed(tmp_path, ONE, months=months[:1])
    late = row("2025-10-10", "refund", "5", lot="one")
    (book / "credits.csv").write_text(credits_file(ONE, late))
    for month in months[1:]:
        close(book, month)
    told = explained(book, "credits.csv:3")
    assert entry_of(told) == "refund-llm-one-refund-2025-10-10-in-2025-11"
    assert documents(told) == [(3, "2025-10-10", "refund", "one")]


def test_a_transfer_that_arrives_has_its_row_and_its_roll_forward(tmp_path: Path) -> None:
    arrived = row("2025-10-10", "transfer", "40", lot="uk", paid="30", expires="2025-12-31")
    told = explained(closed(tmp_path, ONE, arrived, months=("2025-10",)), "transfer-llm-uk")
    assert documents(told) == [(3, "2025-10-10", "transfer", "uk")]
    assert {r["lot"] for r in told["rollforward"]["rows"]} == {"uk"}


# -- a later end ------------------------------------------------------------------------

EXTENDED = row("2025-11-10", "extend", lot="one", expires="2025-12-31")


def test_a_later_end_makes_no_entry_but_is_listed(tmp_path: Path) -> None:
    told = explained(closed(tmp_path, ONE, EXTENDED, months=("2025-10",)), "credits.csv:3")
    assert entry_of(told) is None
    (listed,) = told["documents"]["rows"]
    assert (listed["event"], listed["name"], listed["about"]) == ("extend", "one", "to 2025-12-31")
    assert listed["credits"] is None
    assert told["documents"]["notes"] == ["A new end of a lot makes no entry."]
    assert "expiry-llm-one-in-2025-11" in {r["entry"] for r in told["entries"]["rows"]}


def test_a_write_off_that_is_taken_back_names_the_row_with_the_later_end(tmp_path: Path) -> None:
    book = closed(tmp_path, ONE, EXTENDED, months=("2025-10", "2025-11"))
    # October did not know of it
    assert documents(explained(book, "expiry-llm-one")) == [(2, "2025-10-01", "purchase", "one")]
    assert documents(explained(book, "expiry-llm-one-in-2025-11")) == [
        (2, "2025-10-01", "purchase", "one"),
        (3, "2025-11-10", "extend", "one"),
    ]


# -- what moves by a rule ---------------------------------------------------------------


def test_what_rolls_over_by_a_rule_names_the_row_of_its_lot(tmp_path: Path) -> None:
    terms = "credits: {rollover: {share: 50, expires: 1 month, again: true}}\n"
    book = closed(tmp_path, ONE, months=("2025-10", "2025-11", "2025-12"), terms=terms)
    first = "one-rollover-2025-11-01"
    for entry in (
        f"rollover-llm-{first}",
        f"rollover-llm-{first}-rollover-2025-12-01",
        f"expiry-llm-{first}",
    ):
        assert documents(explained(book, entry)) == [(2, "2025-10-01", "purchase", "one")], entry
    # the lots that came from it are no part of the purchase
    lots = explained(book, "purchase-llm-one")["rollforward"]["rows"]
    assert {r["lot"] for r in lots} == {"one"}


def test_what_a_row_rolls_over_names_that_row(tmp_path: Path) -> None:
    rolled = row("2025-11-01", "rollover", "30", parent="one", expires="2025-11-30")
    book = closed(tmp_path, ONE, rolled, months=("2025-10", "2025-11"))
    (document,) = documents(explained(book, "rollover-llm-one-rollover-2025-11-01"))
    assert document == (3, "2025-11-01", "rollover", "one-rollover-2025-11-01")


def test_what_is_pooled_names_the_rows_of_both_lots(tmp_path: Path) -> None:
    rows = [
        row("2025-10-01", "purchase", "100", lot="one", paid="90"),
        row("2025-10-10", "purchase", "100", lot="two", paid="70"),
    ]
    yaml = PREPAID.replace("    settle:", "    lot_order: average\n    settle:")
    book = closed(tmp_path, *rows, months=("2025-10",), yaml=yaml)
    assert documents(explained(book, "transfer-llm-one-pooled-two")) == [
        (2, "2025-10-01", "purchase", "one"),
        (3, "2025-10-10", "purchase", "two"),
    ]
