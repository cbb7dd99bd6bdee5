"""A seller's books against the ledger of the company: revenue, and what is deferred."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.books import close, tokenbooks, usage, write_book
from tests.entries.sell.test_promotions import BOOK, CREDITS

SALE = "2025-11-03,packs,sale,1000,1000,one,,,\n"
#: 1,000 are sold and 250 of them used.
FILES = {"credits.csv": CREDITS + SALE, "usage/november.csv": usage("2025-11-20,250")}
DEFERRED = "Liabilities:Deferred-Revenue:Customers"
HEADER = "date,account,debit,credit,entry\n"


def reconciled(folder: Path, *without: str) -> dict[str, Any]:
    """What is told where the ledger has all entries but some."""
    posted = close(write_book(folder, FILES, BOOK), "2025-11")
    columns = ("date", "account", "debit", "credit", "entry")
    rows = [[row[c] for c in columns] for row in posted if row["entry"] not in without]
    text = HEADER + "".join(",".join(row) + "\n" for row in rows if row[1])
    (folder / "gl.csv").write_text(text)
    (folder / "tokenbooks.yaml").write_text(BOOK + "recorded: gl.csv\n")
    ran = tokenbooks(folder, "reconcile", "-p", "2025-11", "--format", "json")
    return dict(json.loads(ran.out))


def test_a_ledger_that_has_all_entries_agrees(tmp_path: Path) -> None:
    found = reconciled(tmp_path)
    (row,) = found["reconciliation"]["rows"]
    assert (row["booked"], row["recorded"], row["standing"]) == ("250.00", "250.00", "agrees")
    told = {(b["account"], b["item"], b["amount"]) for b in found["balances"]["rows"]}
    assert told == {
        (DEFERRED, "by the subledger", "-750.00"),
        (DEFERRED, "in the ledger", "-750.00"),
    }


#: What the ledger lacks -> revenue in it, and what is deferred there.
LACKS = {
    "consumption-packs-2025-11": ("0.00", "-1000.00"),
    "sale-packs-one": ("250.00", "250.00"),
}


@pytest.mark.parametrize("entry", LACKS)
def test_what_the_ledger_lacks_is_told_and_proposed(tmp_path: Path, entry: str) -> None:
    recorded, deferred = LACKS[entry]
    found = reconciled(tmp_path, entry)
    (row,) = found["reconciliation"]["rows"]
    assert (row["booked"], row["recorded"]) == ("250.00", recorded)
    assert found["balances"]["rows"][-1]["amount"] == deferred
    assert {row["entry"] for row in found["proposals"]["rows"]} == {entry}
