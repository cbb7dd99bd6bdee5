"""The differences that are seeded in samples/northwind: reconcile names every one of them.

Each row has its amount by hand, with the arithmetic in a comment: what the first of two views
has more than the second. Nothing else differs, so that the sums are those of these rows.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import peers
from tests.books import tokenbooks
from tests.conformance.ledger_text import read_entries
from tests.samples import northwind_arithmetic as by_hand
from tests.samples.sample_close import close_sample
from tokenbooks.periods import Period
from tokenbooks.reconcile import causes as named

if TYPE_CHECKING:
    from tokenbooks.desk.reconcile import Reconciled

OCTOBER, NOVEMBER, DECEMBER = "2025-10", "2025-11", "2025-12"
MONTHS = [OCTOBER, NOVEMBER, DECEMBER]
OPENAI, ANTHROPIC, GOOGLE = "openai", "anthropic", "google"
COGS, RESEARCH, OFFICE = (
    "Expenses:AI:Cost-Of-Revenue",
    "Expenses:AI:Research",
    "Expenses:AI:Operations",
)
#: The views between which a leg lies.
INVOICED, STATED, BOOKED, RECORDED = (
    (named.INVOICED, named.STATEMENT),
    (named.STATEMENT, named.USAGE),
    (named.USAGE, named.BOOKED),
    (named.BOOKED, named.RECORDED),
)
ITEM, PASSED, CORRECT = "item", "passed", "to-correct"

# Month, contract, leg; then cause, day, where, amount, and how it stands: up to 10.00 of what
# nothing explains is passed, and up to 5.00 of what would have to be corrected.
SEEDS = [
    # The invoice of October is 276.92, the statement 270.77; nobody knows why.
    (OCTOBER, ANTHROPIC, INVOICED, named.UNEXPLAINED, None, "", "6.15", PASSED),
    # -- OpenAI's costs of December, by line item -------------------------------------------
    # 206,927 tokens of output at 9.60 stand on the next day
    (DECEMBER, OPENAI, STATED, named.TIMING, 3, "gpt-4o output", "-1.9864992", ITEM),
    (DECEMBER, OPENAI, STATED, named.TIMING, 4, "gpt-4o output", "1.9864992", ITEM),
    # 169,710 x 8.00 stands there twice
    (DECEMBER, OPENAI, STATED, named.DUPLICATED, 5, "gpt-5 output", "1.35768", PASSED),
    # 25 and 15 searches at 10 per 1k, which no usage file has
    (DECEMBER, OPENAI, STATED, named.NO_METER, 8, "searches", "0.25", PASSED),
    (DECEMBER, OPENAI, STATED, named.NO_METER, 17, "searches", "0.15", PASSED),
    # 1,363,250 - 289,299 = 1,073,951 tokens of input at 1.20, which ended on November 14
    (DECEMBER, OPENAI, STATED, named.RATE, 10, "gpt-5 input", "0.2147902", PASSED),
    # 216,125 tokens of output instead of 226,125: 10,000 x 9.60
    (DECEMBER, OPENAI, STATED, named.QUANTITY, 12, "gpt-4o output", "-0.096", PASSED),
    # 2,100,000 x 1.00 and 500,000 x 8.00 on a Sunday without usage
    (DECEMBER, OPENAI, STATED, named.MISSING_USAGE, 14, "gpt-5 input", "2.10", CORRECT),
    (DECEMBER, OPENAI, STATED, named.MISSING_USAGE, 14, "gpt-5 output", "4.00", CORRECT),
    # 671,918 cached tokens billed as input: at 2.40 there, at 1.20 here
    (DECEMBER, OPENAI, STATED, named.METER, 16, "gpt-4o input", "1.6126032", PASSED),
    (DECEMBER, OPENAI, STATED, named.METER, 16, "gpt-4o cached", "-0.8063016", PASSED),
    # 304,551 x 1.00, 118,309 x 0.10 and 52,638 x 8.00 are not charged at all
    (DECEMBER, OPENAI, STATED, named.MISSING_STATED, 22, "gpt-5 input", "-0.304551", PASSED),
    (DECEMBER, OPENAI, STATED, named.MISSING_STATED, 22, "gpt-5 cached", "-0.0118309", PASSED),
    (DECEMBER, OPENAI, STATED, named.MISSING_STATED, 22, "gpt-5 output", "-0.421104", PASSED),
    # 238,865 complimentary tokens of output at 0.64
    (DECEMBER, OPENAI, STATED, named.FREE, 23, "gpt-4o-mini output", "-0.1528736", ITEM),
    # 103,032 x 9.60, dated January 1
    (DECEMBER, OPENAI, STATED, named.TIMING, 31, "gpt-4o output", "-0.9891072", ITEM),
    # -- Anthropic's costs of December ------------------------------------------------------
    # One cell is 4.99 for 317,155 x 15.50 = 4.9159025: 0.07 too much, and rounded
    (DECEMBER, ANTHROPIC, STATED, named.UNEXPLAINED, 10, "sonnet output", "0.0740975", PASSED),
    # 204.01 - 203.91397889 - 0.0740975
    (DECEMBER, ANTHROPIC, STATED, named.ROUNDING, None, "", "0.02192361", ITEM),
    # -- Google's cost table of December ----------------------------------------------------
    # Usage of 85 dollars by Google's days, 73.95 euros: (73.95 x 1.16 - 85) = 85 x 0.0092
    (DECEMBER, GOOGLE, STATED, named.CURRENCY, None, "", "0.782", ITEM),
    # 16.32 EUR at 1.1750, the rate of the invoice date
    (DECEMBER, GOOGLE, STATED, named.TAX, 31, "", "19.176", ITEM),
    # -3.00 EUR at 1.16
    (DECEMBER, GOOGLE, STATED, named.CREDITS, 22, "", "-3.48", ITEM),
    # The first eight hours of December are November's in Los Angeles:
    # flash 1,635,000 x 0.30 + 390,000 x 0.03 + 114,000 x 2.50 = 0.7872
    # pro 424,000 x 1.30 + 880,000 x 0.13 + 57,000 x 10.40 = 1.2584
    (DECEMBER, GOOGLE, STATED, named.CUT_OFF, None, "", "-2.0456", ITEM),
    # Invoiced are 30.82 EUR at 1.1650 + 30.45 EUR at 1.1710 = 71.56225, stated 101.478
    (DECEMBER, GOOGLE, INVOICED, named.TAX, None, "", "-19.176", ITEM),
    (DECEMBER, GOOGLE, INVOICED, named.TIMING, None, "", "-16.6228", ITEM),  # December 21 to 31
    # 71.56225 - 101.478 + 19.176 + 16.6228: promotion, cut-off and rates, which no row ties
    (DECEMBER, GOOGLE, INVOICED, named.UNEXPLAINED, None, "", "5.88305", PASSED),
    # -- the ledger of November -------------------------------------------------------------
    # Credits bought for 330.00 were expensed at once
    (NOVEMBER, OPENAI, RECORDED, named.WRONG_ACCOUNT, 20, RESEARCH, "-330.00", CORRECT),
    # 59.60 for 95.60
    (NOVEMBER, OPENAI, RECORDED, named.AMOUNT, 30, RESEARCH, "36.00", CORRECT),
    # The accrual was imported, and keyed in too
    (NOVEMBER, ANTHROPIC, RECORDED, named.RECORDED_TWICE, 30, COGS, "-171.66", CORRECT),
    (NOVEMBER, ANTHROPIC, RECORDED, named.RECORDED_TWICE, 30, OFFICE, "-14.37", CORRECT),
    (NOVEMBER, ANTHROPIC, RECORDED, named.RECORDED_TWICE, 30, RESEARCH, "-37.95", CORRECT),
    # -- the ledger of December -------------------------------------------------------------
    # An estimate that no document supports
    (DECEMBER, OPENAI, RECORDED, named.LEDGER_ONLY, 18, RESEARCH, "-45.00", CORRECT),
    # The usage of December is dated January 2
    (DECEMBER, OPENAI, RECORDED, named.WRONG_PERIOD, 31, COGS, "94.91", CORRECT),
    (DECEMBER, OPENAI, RECORDED, named.WRONG_PERIOD, 31, OFFICE, "0.99", CORRECT),
    (DECEMBER, OPENAI, RECORDED, named.WRONG_PERIOD, 31, RESEARCH, "58.64", CORRECT),
    # The office's part of the accrual stands under software subscriptions
    (DECEMBER, ANTHROPIC, RECORDED, named.WRONG_ACCOUNT, 31, OFFICE, "14.15", CORRECT),
    # 44.17 for 35.91: with the tax of 7.09 EUR at 1.1650
    (DECEMBER, GOOGLE, RECORDED, named.TAX, 11, COGS, "-8.26", CORRECT),
    # 30.45 euros were taken for dollars: 35.66 - 30.45
    (DECEMBER, GOOGLE, RECORDED, named.CURRENCY, 21, COGS, "5.21", CORRECT),
    # The accrual was forgotten
    (DECEMBER, GOOGLE, RECORDED, named.UNRECORDED, 31, COGS, "16.62", CORRECT),
]

# The rate of Google is told for each of its rows.
ONE_CAUSE_EACH = [seed for seed in SEEDS if seed[2:4] != (STATED, named.CURRENCY)]

# What a close itself brings, beside what is seeded: list value to cost, and cents.
OF_THE_BOOKS = [
    (OCTOBER, OPENAI, BOOKED, named.CREDITS, "25"),  # the grant costs nothing
    (OCTOBER, OPENAI, BOOKED, named.ROUNDING, "-0.00350464"),  # 223.86649536 - 223.87
    (OCTOBER, OPENAI, BOOKED, named.PERIOD, "3.54"),  # the late row, booked in November
    (OCTOBER, ANTHROPIC, STATED, named.ROUNDING, "-0.000822385"),  # 270.77 - 270.770822385
    (OCTOBER, ANTHROPIC, BOOKED, named.ROUNDING, "0.000822385"),
    # 40.32593498 at 0.80 and 83.57862386 at 330/363
    (NOVEMBER, OPENAI, BOOKED, named.CREDITS, "8.065186996 + 83.57862386/11"),
    # 246.49806348 - these - 230.83
    (NOVEMBER, OPENAI, BOOKED, named.ROUNDING, "7.602876484 - 83.57862386/11"),
    (NOVEMBER, OPENAI, BOOKED, named.PERIOD, "-3.54"),
    (NOVEMBER, ANTHROPIC, INVOICED, named.ROUNDING, "0.04"),  # 223.98 - 223.94
    (NOVEMBER, ANTHROPIC, STATED, named.ROUNDING, "-0.035573215"),  # 223.94 - 223.975573215
    (NOVEMBER, ANTHROPIC, BOOKED, named.ROUNDING, "-0.004426785"),  # 223.975573215 - 223.98
    (NOVEMBER, ANTHROPIC, BOOKED, named.PERIOD, "-6.15"),  # the true-up of October
    (DECEMBER, OPENAI, BOOKED, named.CREDITS, "169.98904154/11"),  # at 300/330
    (DECEMBER, OPENAI, BOOKED, named.ROUNDING, "15.44904154 - 169.98904154/11"),
    (DECEMBER, ANTHROPIC, BOOKED, named.ROUNDING, "0.00397889"),  # 203.91397889 - 203.91
    (DECEMBER, GOOGLE, BOOKED, named.ROUNDING, "0.0028"),  # 16.6228 - 16.62
    (DECEMBER, GOOGLE, BOOKED, named.INVOICE, "-1.1472"),  # 70.4228 - 35.91 - 35.66
]

# The views of each month and contract; the statement is told where there is one of its own.
VIEWS = {
    # 252.40649536 by the statement and the usage, 223.87 before the late row was there
    (OCTOBER, OPENAI): ("252.40649536", "223.87"),
    (OCTOBER, ANTHROPIC): ("270.77", "270.77"),
    (NOVEMBER, OPENAI): ("246.49806348", "528.37"),  # 230.83 + 3.54 - 36.00 + 330.00
    (NOVEMBER, ANTHROPIC): ("223.94", "454.11"),  # 223.98 twice and 6.15
    (DECEMBER, OPENAI): ("176.89234664", "45.00"),
    (DECEMBER, ANTHROPIC): ("204.01", "189.76"),  # 203.91 - 14.15
    (DECEMBER, GOOGLE): ("101.478", "74.62"),  # 73.95 - 3 EUR and tax; 44.17 + 30.45
}

WHERE = {
    "": (),
    "searches": ("web_searches",),
    "gpt-5 input": ("gpt-5", "input_tokens", "Research"),
    "gpt-5 cached": ("gpt-5", "cached_input_tokens", "Research"),
    "gpt-5 output": ("gpt-5", "output_tokens", "Research"),
    "gpt-4o input": ("gpt-4o", "input_tokens", "Assistant"),
    "gpt-4o cached": ("gpt-4o", "cached_input_tokens", "Assistant"),
    "gpt-4o output": ("gpt-4o", "output_tokens", "Assistant"),
    "gpt-4o-mini output": ("gpt-4o-mini", "output_tokens", "Assistant"),
    "sonnet output": ("claude-sonnet-4-5", "output_tokens", "assistant-prod"),
}

#: Accounts here: accounts of the ledger.
CHART = {
    "Assets:Cash": "1010 Operating Account",
    "Assets:Prepaid:AI:OpenAI": "1310 Prepaid AI Credits",
    "Assets:Input-VAT": "1450 VAT Receivable",
    "Liabilities:Credit-Card": "2050 Company Credit Card",
    "Liabilities:Accrued:AI:Anthropic": "2130 Accrued AI - Anthropic",
    "Liabilities:Accrued:AI:Google": "2131 Accrued AI - Google",
    COGS: "5120 AI Cost of Revenue",
    RESEARCH: "6210 AI Research",
    OFFICE: "6220 AI Operations",
    "Expenses:Software": "6810 Software Subscriptions",
}
GENERAL_LEDGER = "ledger/gl_2025.csv"

Found = tuple[str, str, tuple[str, str], str, date | None, tuple[str, ...], Fraction, str]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with three months closed, each with the files of its time."""
    return close_sample(tmp_path_factory.mktemp("reconciled"), MONTHS).parent


@pytest.fixture(scope="module")
def months(book: Path) -> dict[str, Reconciled]:
    """Every month reconciled."""
    return reconciled(book)


def reconciled(folder: Path) -> dict[str, Reconciled]:
    from tokenbooks.desk.open_book import open_book
    from tokenbooks.desk.reconcile import reconcile

    opened, _ = open_book(folder)
    assert opened is not None
    found = {}
    for month in MONTHS:
        result, problems = reconcile(opened, Period.month(2025, int(month[5:])))
        assert result is not None, problems
        found[month] = result
    return found


def causes_of(months: dict[str, Reconciled]) -> list[Found]:
    return [
        (
            month,
            bridge.contract,
            (leg.first, leg.second),
            cause.name,
            cause.day,
            tuple(value for _, value in cause.where if value),
            cause.amount,
            standing,
        )
        for month, result in months.items()
        for bridge in result.bridges
        for leg, cause, standing in bridge.standings()
    ]


@cache
def exactly(text: str) -> Fraction:
    """A sum of numbers and quotients, as the tables have them."""
    terms = re.findall(r"([+-]? ?)([\d.]+)(?:/(\d+))?", text)
    return sum(
        ((-1 if "-" in sign else 1) * Fraction(n) / int(d or 1) for sign, n, d in terms),
        Fraction(0),
    )


def summed(rows: Iterable[tuple[str, str, tuple[str, str], str, Fraction]]) -> dict:
    sums: dict[tuple[str, str, tuple[str, str], str], Fraction] = defaultdict(Fraction)
    for *key, amount in rows:
        sums[tuple(key)] += amount
    return {key: amount for key, amount in sums.items() if amount}


def seeded(month: str, day: int | None, where: str, cause: str) -> tuple:
    """The day and the place of a seed, as a cause has them."""
    on = None if day is None else date(2025, int(month[5:]), day)
    return on, WHERE.get(where, (where,))


@pytest.mark.parametrize(
    ("month", "contract", "leg", "cause", "day", "where", "amount", "standing"),
    ONE_CAUSE_EACH,
    ids=[
        "-".join(map(str, (s[1], s[2][0], s[3], s[0], s[4] or "", s[5]))).replace(" ", "_")
        for s in ONE_CAUSE_EACH
    ],
)
def test_every_seeded_difference_is_named(
    month: str,
    contract: str,
    leg: tuple[str, str],
    cause: str,
    day: int | None,
    where: str,
    amount: str,
    standing: str,
    months: dict[str, Reconciled],
) -> None:
    expected = (month, contract, leg, cause, *seeded(month, day, where, cause))
    found = [(row[6], row[7]) for row in causes_of(months) if row[:6] == expected]
    assert found == [(Fraction(amount), standing)]


def test_nothing_else_differs(months: dict[str, Reconciled]) -> None:
    found = summed((*row[:4], row[6]) for row in causes_of(months))
    seeds = [(s[0], s[1], s[2], s[3], exactly(s[6])) for s in SEEDS]
    own = [(*row[:4], exactly(row[4])) for row in OF_THE_BOOKS]
    assert found == summed([*seeds, *own])


def test_the_rate_of_google_is_one_factor_on_every_row(months: dict[str, Reconciled]) -> None:
    """Google converts at 0.87 euros; 1.16 dollars for each are 1.0092."""
    rows = [c for c in causes_of(months) if c[2] == STATED and c[3] == named.CURRENCY]
    by_day: dict[date | None, Fraction] = defaultdict(Fraction)
    for row in rows:
        by_day[row[4]] += row[6]
    usage: dict[date, Decimal] = defaultdict(Decimal)
    for charge in by_hand.google_charges("America/Los_Angeles"):
        usage[charge.day] += charge.value
    december = {day: value for day, value in usage.items() if day.month == 12}
    assert by_day == {day: Fraction(v) * Fraction("0.0092") for day, v in december.items()}
    assert {row[7] for row in rows} == {ITEM}


@pytest.mark.parametrize("month", MONTHS)
def test_the_causes_sum_to_what_the_statement_has_more_than_the_ledger(
    month: str, months: dict[str, Reconciled]
) -> None:
    bridge_legs = {STATED, BOOKED, RECORDED}
    total = Fraction(0)
    for bridge in months[month].bridges:
        stated, recorded = bridge.amount(named.STATEMENT), bridge.amount(named.RECORDED)
        views = tuple(map(Fraction, VIEWS[month, bridge.contract]))
        assert (stated, recorded) == views, bridge.contract
        causes = [
            cause.amount
            for leg in bridge.legs
            if (leg.first, leg.second) in bridge_legs
            for cause in leg.causes
        ]
        assert sum(causes, Fraction(0)) == views[0] - views[1]
        total += views[0] - views[1]
    every = [row[6] for row in causes_of(months) if row[0] == month and row[2] in bridge_legs]
    assert sum(every, Fraction(0)) == total


def test_october_agrees_but_for_what_is_passed(months: dict[str, Reconciled]) -> None:
    standings = {bridge.contract: bridge.standing for bridge in months[OCTOBER].bridges}
    assert standings == {OPENAI: "explained", ANTHROPIC: PASSED}
    assert not months[OCTOBER].proposals
    assert all(not balance.leg.difference for balance in months[OCTOBER].balances)


# -- correcting it ----------------------------------------------------------------------


def proposed_journal(book: Path, month: str, folder: Path) -> Path:
    """The proposals of a month, as the command prints them."""
    ran = tokenbooks(book, "reconcile", "-p", month, "--proposals")
    path = folder / f"proposed-{month}.journal"
    path.write_text(ran.out, encoding="utf-8")
    return path


def corrected(book: Path, folder: Path) -> Path:
    """A copy of the book whose ledger has the proposed entries, and lacks the loose estimate."""
    copy = folder / "northwind"
    shutil.copytree(book, copy)
    rows = []
    for month in (NOVEMBER, DECEMBER):
        for number, entry in enumerate(read_entries(proposed_journal(book, month, folder))):
            if "Liabilities:Accrued:AI:OpenAI" in entry.amounts:
                continue  # what is to be accrued goes into adjustments.csv, by a person
            for account, amount in entry.amounts.items():
                debit, credit = (amount, "") if amount > 0 else ("", -amount)
                row = [f"{entry.day:%m/%d/%Y}", f"{month}-{number}", CHART[account]]
                rows.append(
                    [*row, "Correction", entry.payee, "", debit, credit, entry.tags["entry"]]
                )
    for account, debit, credit in ((RESEARCH, "", "45.00"), ("", "45.00", "")):
        name = CHART.get(account, "2190 Other Accrued Liabilities")
        rows.append(["12/19/2025", "R-1", name, "Estimate", "OpenAI", "", debit, credit, ""])
    with (copy / GENERAL_LEDGER).open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return copy


def test_with_what_is_proposed_the_ledger_agrees(book: Path, tmp_path: Path) -> None:
    """One entry is nobody's proposal: the loose estimate is reversed by its own department."""
    after = reconciled(corrected(book, tmp_path))
    assert [row for row in causes_of(after) if row[2] == RECORDED] == []
    balances = [balance for month in after.values() for balance in month.balances]
    assert {balance.account for balance in balances} == {
        "Assets:Prepaid:AI:OpenAI",
        "Liabilities:Accrued:AI:Anthropic",
        "Liabilities:Accrued:AI:Google",
    }
    assert [balance for balance in balances if balance.leg.difference] == []
    assert {proposal.where for month in after.values() for proposal in month.proposals} == {
        "adjustments.csv"
    }


@pytest.mark.parametrize("month", [NOVEMBER, DECEMBER])
def test_hledger_reads_the_proposals(book: Path, month: str, tmp_path: Path) -> None:
    assert peers.balances_hledger(proposed_journal(book, month, tmp_path))
