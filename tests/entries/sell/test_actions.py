"""Actions by the piece: what is taken back is no revenue; what may still be is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.books import tokenbooks
from tests.entries.sell.sell_books import ARREARS, write_seller
from tests.entries.sell.test_promotions import posted

BOOK = ARREARS.replace(
    "    usage: usage/*.csv\n",
    "    usage: {files: usage/actions.csv, meters: [resolved]}\n",
)


def plan(reversal: str | None = "7 days") -> dict[str, Any]:
    action = {"definition": "answered without a person"}
    action |= {"reversal": reversal} if reversal else {}
    rates = [{"prices": {"resolved": 0.99}}]
    return {"rates": rates, "actions": {"resolved": action}}


def write(folder: Path, terms: dict[str, Any], *rows: str, book: str = BOOK) -> Path:
    files = {"usage/actions.csv": "id,date,reverses,resolved\n" + "".join(f"{r}\n" for r in rows)}
    return write_seller(folder, terms, [], book=book, files=files)


def test_what_was_taken_back_is_no_revenue(tmp_path: Path) -> None:
    # (100 - 4) x 0.99 = 95.04, without an invoice whose amount could hide another figure
    done = [f"a{number},2025-01-10,,1" for number in range(100)]
    back = [f"r{number},2025-01-14,a{number},-1" for number in range(4)]
    assert posted(write(tmp_path, plan(), *done, *back), "2025-01") == {
        "2025-01": {"unbilled_receivable": "95.04", "revenue_usage": "-95.04"}
    }


def test_what_is_taken_back_in_a_later_month_reduces_its_revenue(tmp_path: Path) -> None:
    folder = write(tmp_path, plan(), "a1,2025-01-31,,10", "r1,2025-02-03,a1,-1")
    found = posted(folder, "2025-01", "2025-02")
    assert [nets["revenue_usage"] for nets in found.values()] == ["-9.90", "0.99"]


#: How long actions may be taken back; what of 3 on the 10th and 2 on the 30th may still be.
#: Seven days after the end of the 24th are over with the month: the 25th is the first day open.
WINDOWS = (
    ("7 days", "taken back: 2 since 2025-01-25"),
    ("30 days", "taken back: 5 since 2025-01-02"),
    ("1 day", "taken back: 0 since"),
    (None, "None is ever taken back."),
)


@pytest.mark.parametrize(("reversal", "told"), WINDOWS)
def test_what_may_still_be_taken_back_is_told(
    tmp_path: Path, reversal: str | None, told: str
) -> None:
    folder = write(tmp_path, plan(reversal), "a1,2025-01-10,,3", "a2,2025-01-30,,2")
    assert tokenbooks(folder, "close", "-p", "2025-01", "--write").code == 0
    memo = (folder / "close/2025-01/memos/actions-packs.md").read_text()
    assert "- Definition: answered without a person" in memo
    assert told in memo


#: The day on which an action of January 10 is taken back -> whether the 7 days allow it.
TAKEN_BACK = (("2025-01-17", True), ("2025-01-18", False))


@pytest.mark.parametrize(("day", "allowed"), TAKEN_BACK)
def test_what_is_taken_back_too_late_is_refused(tmp_path: Path, day: str, allowed: bool) -> None:
    folder = write(tmp_path, plan(), "a1,2025-01-10,,3", f"r1,{day},a1,-1")
    ran = tokenbooks(folder, "close", "-p", "2025-01")
    assert (ran.code == 0) == allowed
    assert ("error[action-reversed-late]" in ran.err) != allowed
    if not allowed:
        assert "r1 takes back on 2025-01-18 what was done on 2025-01-10" in ran.err


def test_only_the_seller_has_a_memo(tmp_path: Path) -> None:
    own = BOOK.partition("contracts:\n")[2]
    bought = own.replace("side: sell", "side: buy").replace("    revenue: ", "    #")
    book = BOOK + bought.replace("packs:", "bought:")
    folder = write(tmp_path, plan(), "a1,2025-01-30,,2", book=book)
    assert tokenbooks(folder, "close", "-p", "2025-01", "--write").code == 0
    assert [path.name for path in (folder / "close/2025-01/memos").iterdir()] == [
        "actions-packs.md"
    ]
