"""FOCUS: the files of the specification, and the official sample, come to their totals."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.exports.formats.test_focus import KEPT, totals_of
from tests.sources.exports.reading import Read, export_file, read_files


def stated_files(shared: Path, *names: str) -> Read:
    folder = shared / "data" / "exports"
    files = [export_file(folder / f"focus_1_2_{name}.csv", "statement") for name in names]
    read = read_files(files, KEPT)
    assert read.told == ""
    assert all(account.rejected == 0 for account in read.result.accounts)
    return read


@pytest.mark.parametrize(
    ("name", "amounts"),
    [
        # 48 + 120 + 60 used; 972 left, invoiced at the end: owed
        ("spend_agreement_a1", {"owed": 1200}),
        # 228 used; 12 + 8 x 60 + 480 short of the monthly minimum, invoiced: owed
        ("spend_agreement_a2", {"owed": 1200}),
        ("spend_agreement_b1", {"owed": 228, "expired": 972, "purchase": 0}),
        ("spend_agreement_b2", {"owed": 228, "expired": 972, "purchase": 0}),
        ("simple_agreement_a1", {"purchase": 10000}),
    ],
)
def test_billed_and_consumed_are_the_same_over_an_agreement(
    shared: Path, name: str, amounts: dict[str, int]
) -> None:
    read = stated_files(shared, name)
    assert dict(read.account.amounts) == amounts
    billed, consumed = totals_of(read)
    assert billed == consumed == sum(amounts.values())


@pytest.mark.parametrize(
    ("names", "billed", "consumed"),
    [
        (("a1", "a2"), 200000, 490 + 20 + 720),
        (("b1", "b2"), 100000, 245 + 10 + 360),
        (("b1", "b2", "b3"), 100000, 615 + 245 + 10 + 240),
        (("a1", "a2", "c"), 200000 + 3000 + 50000, 1230),
    ],
)
def test_what_is_left_of_credits_is_billed_less_consumed(
    shared: Path, names: tuple[str, ...], billed: int, consumed: int
) -> None:
    read = stated_files(shared, *(f"virtual_currency_{name}" for name in names))
    assert totals_of(read) == (billed, consumed)


@pytest.mark.parametrize(("name", "credits"), [("a2", 615), ("b2", 615), ("b3", 495)])
def test_credits_that_the_widgets_cost(shared: Path, name: str, credits: int) -> None:
    path = shared / "data" / "exports" / f"focus_1_2_virtual_currency_{name}.csv"
    read = read_files([export_file(path)], KEPT)
    assert (read.told, read.totals()) == ("", {"credits": credits})  # 245 + 10 + 360, or 240


def test_the_official_sample(shared: Path) -> None:
    path = shared / "data" / "exports" / "focus_1_0_sample.csv"
    stated = read_files([export_file(path, "statement")], KEPT)
    assert (stated.told, stated.account.rows_read, stated.account.used) == ("", 1000, 1000)
    assert totals_of(stated) == (Decimal("20.52022672899"), Decimal("14.97651418586"))
    usage = read_files([export_file(path)], KEPT)
    assert (usage.told, usage.account.used) == ("", 997)
    assert usage.account.skipped == {"credit": 1, "adjustment": 2}
    assert (usage.account.first_day, usage.account.last_day) == (
        date(2024, 9, 1),
        date(2024, 9, 30),
    )
