"""The figures of samples/northwind: as literals, by hand, and as the package closes them.

Each literal is derived in a comment; ``northwind_arithmetic`` recomputes it from the
CSV files with plain Decimal arithmetic, and the package must come to the same.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.conformance.ledger_text import read_entries
from tests.samples import northwind_arithmetic as by_hand
from tests.samples.sample_close import close_sample

OCTOBER, NOVEMBER, DECEMBER = "2025-10", "2025-11", "2025-12"
MONTHS = [OCTOBER, NOVEMBER, DECEMBER]
FILES = ["2025-10-01_2025-10-31", "2025-10-31_2025-11-30", "2025-12-01_2025-12-31"]
#: What seeds its difference in December is in test_northwind_reconciled.py.
AGREEING = FILES[:2]

RD, COGS, OPEX = by_hand.RESEARCH, by_hand.SUPPORT, by_hand.OFFICE
PREPAID = "Assets:Prepaid:AI:OpenAI"
ACCRUED = "Liabilities:Accrued:AI:Anthropic"
ACCRUED_GOOGLE = "Liabilities:Accrued:AI:Google"
VAT = "Assets:Input-VAT"
PAYABLE = "Liabilities:Payable:Anthropic"
CARD, CASH, OPENING = "Liabilities:Credit-Card", "Assets:Cash", "Equity:Opening"
EXPENSE = {
    RD: "Expenses:AI:Research",
    COGS: "Expenses:AI:Cost-Of-Revenue",
    OPEX: "Expenses:AI:Operations",
}
LOSS = "Expenses:AI:Expired-Credits"

# List value of the rated usage, exact.
LIST_VALUE = {
    ("openai", OCTOBER): "252.40649536",  # 248.86501936 at first; the late row adds 3.541476
    ("openai", NOVEMBER): "246.49806348",  # gpt-5 at 1.20/0.12/9.60 to Nov 14, 1.00/0.10/8.00 after
    ("openai", DECEMBER): "169.98904154",
    ("anthropic", OCTOBER): "270.770822385",
    ("anthropic", NOVEMBER): "223.975573215",
    ("anthropic", DECEMBER): "203.91397889",
    ("google", DECEMBER): "87.0456",
}
# The late row: (2,268,140 x 1.20 + 454,290 x 9.60) / 1,000,000 / 2 for batch
#             = (2.721768 + 4.361184) / 2
LATE_ROW = "3.541476"

# Lots at each month end: credits left, cost left. October as closed before the late row.
LOTS = {
    "oai-grant": {  # 25 free credits, gone by October 3
        OCTOBER: ("0", "0.00"),
        NOVEMBER: ("0", "0.00"),
        DECEMBER: ("0", "0.00"),
    },
    "oai-2025-10": {  # 350.00 for 350; 248.86501936 - 25 = 223.86501936 used in October
        OCTOBER: ("126.13498064", "126.13"),
        NOVEMBER: ("0", "0.00"),  # exhausted on November 14
        DECEMBER: ("0", "0.00"),
    },
    "oai-legacy": {  # 120.00 for 150, 60 used before: 90 credits, 72.00
        OCTOBER: ("90", "72.00"),
        # 40.32593498 used Nov 14-19; round(100.32593498 x 0.80) = 80.26, 120 - 80.26 = 39.74
        NOVEMBER: ("49.67406502", "39.74"),  # before the write-off of that day
        DECEMBER: ("49.67406502", "39.74"),  # nothing was drawn after it
    },
    "oai-2025-11-bonus": {  # 330.00 x 33 / 363 = 30.00; used up November 20-24
        NOVEMBER: ("0", "0.00"),
        DECEMBER: ("0", "0.00"),
    },
    "oai-2025-11": {  # 330.00 x 330 / 363 = 300.00 for 330 credits, 0.9090... each
        NOVEMBER: ("279.42137614", "254.02"),  # 50.57862386 used: round(45.98056...) = 45.98
        DECEMBER: ("109.4323346", "99.48"),  # 220.5676654 used: round(200.51605...) = 200.52
    },
}
EXPIRED = (date(2025, 11, 30), "oai-legacy", "49.67406502", "39.74")

# Expense of a service period by class, per lot: round(cumulative cost), largest remainder.
CONSUMPTION = {
    ("oai-2025-10", OCTOBER): {RD: "101.09", COGS: "125.03", OPEX: "1.29"},  # 227.41 with the row
    ("oai-2025-10", NOVEMBER): {RD: "53.72", COGS: "68.25", OPEX: "0.62"},  # 122.59
    ("oai-legacy", NOVEMBER): {RD: "13.78", COGS: "18.29", OPEX: "0.19"},  # 32.26
    ("oai-2025-11-bonus", NOVEMBER): {RD: "10.84", COGS: "18.97", OPEX: "0.19"},  # 30.00
    ("oai-2025-11", NOVEMBER): {RD: "17.26", COGS: "28.47", OPEX: "0.25"},  # 45.98
    ("oai-2025-11", DECEMBER): {RD: "58.64", COGS: "94.91", OPEX: "0.99"},  # 154.54
}
CONSUMPTION_BEFORE_LATE_ROW = {RD: "97.55", COGS: "125.03", OPEX: "1.29"}  # 223.87
CONSUMPTION_OF_LATE_ROW = {RD: "3.54"}  # 227.41 - 223.87, all of it research

ACCRUALS = {
    OCTOBER: {RD: "65.10", COGS: "186.99", OPEX: "18.68"},  # 270.77
    NOVEMBER: {RD: "37.95", COGS: "171.66", OPEX: "14.37"},  # 223.98
    DECEMBER: {RD: "32.80", COGS: "156.96", OPEX: "14.15"},  # 203.91
}
INVOICES = {OCTOBER: "276.92", NOVEMBER: "223.98"}
TRUE_UP = {OCTOBER: {RD: "1.48", COGS: "4.25", OPEX: "0.42"}, NOVEMBER: {}}  # 276.92 - 270.77

# What the books post by day and account, October closed before the late row arrived.
POSTED = {
    OCTOBER: {
        ("2025-10-01", PREPAID): "72.00",  # the opening lot at what is left: 120 x 90 / 150
        ("2025-10-01", OPENING): "-72.00",
        ("2025-10-02", PREPAID): "350.00",
        ("2025-10-02", CARD): "-350.00",
        ("2025-10-31", PREPAID): "-223.87",
        ("2025-10-31", ACCRUED): "-270.77",
        ("2025-10-31", EXPENSE[RD]): "162.65",  # 97.55 + 65.10
        ("2025-10-31", EXPENSE[COGS]): "312.02",  # 125.03 + 186.99
        ("2025-10-31", EXPENSE[OPEX]): "19.97",  # 1.29 + 18.68
    },
    NOVEMBER: {
        ("2025-11-05", ACCRUED): "270.77",
        ("2025-11-05", EXPENSE[RD]): "1.48",
        ("2025-11-05", EXPENSE[COGS]): "4.25",
        ("2025-11-05", EXPENSE[OPEX]): "0.42",
        ("2025-11-05", PAYABLE): "-276.92",
        ("2025-11-14", CARD): "350.00",
        ("2025-11-14", CASH): "-350.00",
        ("2025-11-20", PAYABLE): "276.92",
        ("2025-11-20", CASH): "-276.92",
        ("2025-11-20", PREPAID): "330.00",
        ("2025-11-20", CARD): "-330.00",
        # 3.54 late + 122.59 + 32.26 + 30.00 + 45.98 used + 39.74 expired
        ("2025-11-30", PREPAID): "-274.11",
        ("2025-11-30", LOSS): "39.74",
        ("2025-11-30", ACCRUED): "-223.98",
        # 3.54 + 53.72 + 13.78 + 10.84 + 17.26 + 37.95
        ("2025-11-30", EXPENSE[RD]): "137.09",
        # 68.25 + 18.29 + 18.97 + 28.47 + 171.66
        ("2025-11-30", EXPENSE[COGS]): "305.64",
        # 0.62 + 0.19 + 0.19 + 0.25 + 14.37
        ("2025-11-30", EXPENSE[OPEX]): "15.62",
    },
    DECEMBER: {
        ("2025-12-04", ACCRUED): "223.98",
        ("2025-12-04", PAYABLE): "-223.98",
        # 30.82 EUR and 7.09 of tax at 1.1650: 35.9053, 8.25985; by card
        ("2025-12-11", EXPENSE[COGS]): "35.91",
        ("2025-12-11", VAT): "8.26",
        ("2025-12-11", CARD): "-44.17",
        ("2025-12-19", PAYABLE): "223.98",
        ("2025-12-19", CASH): "-223.98",
        # 30.45 EUR and 7.00 of tax at 1.1710: 35.65695, 8.197
        ("2025-12-21", EXPENSE[COGS]): "35.66",
        ("2025-12-21", VAT): "8.20",
        ("2025-12-21", CARD): "-43.86",
        ("2025-12-31", PREPAID): "-154.54",
        ("2025-12-31", ACCRUED): "-203.91",
        ("2025-12-31", ACCRUED_GOOGLE): "-16.62",  # 16.6228 from December 21 on
        ("2025-12-31", EXPENSE[RD]): "91.44",  # 58.64 + 32.80
        ("2025-12-31", EXPENSE[COGS]): "268.49",  # 94.91 + 156.96 + 16.62
        ("2025-12-31", EXPENSE[OPEX]): "15.14",  # 0.99 + 14.15
    },
}
# Month-end balances of the accounts that tokenbooks owns.
ASSERTED = {
    OCTOBER: {PREPAID: "198.13", ACCRUED: "-270.77"},  # 126.13 + 72.00
    NOVEMBER: {PREPAID: "254.02", ACCRUED: "-223.98"},
    DECEMBER: {PREPAID: "99.48", ACCRUED: "-203.91", ACCRUED_GOOGLE: "-16.62"},
}


def money(amounts: dict) -> dict:
    return {key: Decimal(amount) for key, amount in amounts.items()}


@pytest.fixture(scope="module")
def lots() -> dict[str, by_hand.Lot]:
    """The lots drawn with every file there is."""
    return by_hand.draw(by_hand.openai_charges(*FILES))


@pytest.fixture(scope="module")
def october_lots() -> dict[str, by_hand.Lot]:
    """The lots drawn with the October download only, as October was closed."""
    return by_hand.draw(by_hand.openai_charges(FILES[0]))


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three months as the package closes them, each with the files of its time."""
    pytest.importorskip("tokenbooks.cli.main", reason="the command line is not there yet")
    return close_sample(tmp_path_factory.mktemp("northwind"), MONTHS)


@pytest.mark.parametrize("month", MONTHS)
def test_list_values_by_hand(month: str) -> None:
    openai = [c for c in by_hand.openai_charges(*FILES) if f"{c.day:%Y-%m}" == month]
    assert by_hand.value_of(openai) == Decimal(LIST_VALUE["openai", month])
    anthropic = by_hand.anthropic_charges(month)
    assert by_hand.value_of(anthropic) == Decimal(LIST_VALUE["anthropic", month])
    google = [c for c in by_hand.google_charges() if f"{c.day:%Y-%m}" == month]
    assert by_hand.value_of(google) == Decimal(LIST_VALUE.get(("google", month), 0))


def test_one_row_of_october_comes_with_the_november_download() -> None:
    first = by_hand.value_of(by_hand.openai_charges(FILES[0]))
    charges = by_hand.openai_charges(*FILES[:2])
    both = by_hand.value_of([c for c in charges if c.day.month == 10])
    assert both - first == Decimal(LATE_ROW)


@pytest.mark.parametrize("file", AGREEING)
def test_the_openai_statement_is_the_rated_usage_of_each_day(file: str) -> None:
    rated: dict[date, Decimal] = defaultdict(Decimal)
    for charge in by_hand.openai_charges(file):
        rated[charge.day] += charge.value
    stated = {day: amount for day, amount in by_hand.stated("openai/cost", file).items() if amount}
    assert stated == rated


@pytest.mark.parametrize(
    ("month", "file", "total", "wrong"),
    [
        (OCTOBER, "2025_10", "270.77", "0"),
        (NOVEMBER, "2025_11", "223.94", "0"),  # 4 cents of rounding in 141 rows
        (DECEMBER, "2025_12_01_to_2025_12_31", "204.01", "0.07"),
    ],
)
def test_the_anthropic_statement_is_rounded_row_by_row(
    month: str, file: str, total: str, wrong: str
) -> None:
    stated = sum(by_hand.stated("anthropic/claude_api_cost", file).values())
    assert stated == Decimal(total)
    rated = Decimal(LIST_VALUE["anthropic", month])
    assert abs(stated - Decimal(wrong) - rated) < Decimal("0.05")


@pytest.mark.parametrize("lot", LOTS)
def test_lots_by_hand(
    lot: str, lots: dict[str, by_hand.Lot], october_lots: dict[str, by_hand.Lot]
) -> None:
    for month, (left, cost) in LOTS[lot].items():
        drawn = (october_lots if month == OCTOBER else lots)[lot]
        end = by_hand.month_end(month)
        assert (drawn.left(end), drawn.cost_left(end)) == (Decimal(left), Decimal(cost)), month


@pytest.mark.parametrize(("lot", "month"), CONSUMPTION)
def test_consumption_by_hand(lot: str, month: str, lots: dict[str, by_hand.Lot]) -> None:
    assert by_hand.consumption(lots[lot], month) == money(CONSUMPTION[lot, month])


def test_the_late_row_by_hand(
    lots: dict[str, by_hand.Lot], october_lots: dict[str, by_hand.Lot]
) -> None:
    before = by_hand.consumption(october_lots["oai-2025-10"], OCTOBER)
    after = by_hand.consumption(lots["oai-2025-10"], OCTOBER)
    assert before == money(CONSUMPTION_BEFORE_LATE_ROW)
    assert by_hand.less(after, before) == money(CONSUMPTION_OF_LATE_ROW)


def test_a_part_of_the_legacy_lot_expires_by_hand(lots: dict[str, by_hand.Lot]) -> None:
    day, lot, left, cost = EXPIRED
    assert lots[lot].last == day
    assert lots[lot].left(day) == Decimal(left)
    assert lots[lot].cost_left(day) == Decimal(cost)
    assert not [lot.id for lot in lots.values() if lot.id != "oai-legacy" and lot.last <= day]


@pytest.mark.parametrize("month", MONTHS)
def test_accruals_by_hand(month: str) -> None:
    charges = by_hand.anthropic_charges(month)
    accrued = by_hand.accrual(charges, by_hand.rounded(by_hand.value_of(charges)))
    assert accrued == money(ACCRUALS[month])
    if month in INVOICES:
        invoiced = by_hand.accrual(charges, Decimal(INVOICES[month]))
        assert by_hand.less(invoiced, accrued) == money(TRUE_UP[month])


@pytest.mark.parametrize("month", MONTHS)
def test_the_postings_add_up(month: str) -> None:
    assert sum(money(POSTED[month]).values()) == 0


@pytest.mark.parametrize("month", MONTHS)
def test_the_close_posts_these_amounts(month: str, closed: Path) -> None:
    posted: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for entry in read_entries(closed / month / "journal.ledger"):
        for account, amount in entry.amounts.items():
            posted[f"{entry.day}", account] += amount
    assert {key: amount for key, amount in posted.items() if amount} == money(POSTED[month])


@pytest.mark.parametrize("month", MONTHS)
def test_the_close_asserts_these_balances(month: str, closed: Path) -> None:
    asserted: dict[str, Decimal] = {}
    for entry in read_entries(closed / month / "journal.ledger"):
        if entry.day == by_hand.month_end(month):
            asserted |= entry.asserted
    expected = money(ASSERTED[month])
    assert {account: asserted.get(account) for account in expected} == expected


@pytest.mark.parametrize("month", MONTHS)
def test_the_close_rolls_the_lots_forward(month: str, closed: Path) -> None:
    with (closed / month / "lots.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["lot"]: row for row in csv.DictReader(file)}
    for lot, ends in LOTS.items():
        if month not in ends or lot not in rows:
            continue
        left, cost = map(Decimal, ends[month])
        if lot == EXPIRED[1] and month == NOVEMBER:
            assert Decimal(rows[lot]["expired"]) == Decimal(EXPIRED[2])
            assert Decimal(rows[lot]["cost_expired"]) == Decimal(EXPIRED[3])
            left = cost = Decimal(0)
        assert Decimal(rows[lot]["closing"]) == left
        assert Decimal(rows[lot]["cost_closing"]) == cost
    named = {OCTOBER: "oai-grant oai-legacy oai-2025-10", DECEMBER: "oai-2025-11"}
    named[NOVEMBER] = "oai-legacy oai-2025-10 oai-2025-11-bonus oai-2025-11"
    assert set(rows) == set(named[month].split())


def test_with_all_files_there_october_has_the_late_row(tmp_path: Path) -> None:
    pytest.importorskip("tokenbooks.cli.main", reason="the command line is not there yet")
    folder = close_sample(tmp_path, MONTHS[:2], staged=False)
    drawn: dict[str, Decimal] = defaultdict(Decimal)
    for month in MONTHS[:2]:
        for entry in read_entries(folder / month / "journal.ledger"):
            if entry.day == by_hand.month_end(month):
                drawn[month] += entry.amounts.get(PREPAID, Decimal(0))
    # 227.41 in October; 122.59 + 32.26 + 30.00 + 45.98 + 39.74 expired in November
    assert drawn == {OCTOBER: Decimal("-227.41"), NOVEMBER: Decimal("-270.57")}
