"""Looking at breakage: what each written close expected of each cohort."""

from __future__ import annotations

import csv
from decimal import Decimal

from tokenbooks.archive.month import ClosedMonth
from tokenbooks.desk.locked import write_again
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.periods import Period
from tokenbooks.problems import Position, Problem, error
from tokenbooks.reports.breakage import Expected

#: What was expected by contract and cohort.
Cohorts = dict[tuple[str, str], Expected]


def expected_by_month(
    book: OpenBook, period: Period | None = None
) -> tuple[list[tuple[Period, Cohorts]], list[Problem]]:
    """What the written closes expected, up to a month or all of them."""
    found = []
    for month in book.months:
        if period is None or month.period <= period:
            try:
                found.append((month.period, _read(month)))
            except (OSError, ValueError, KeyError, ArithmeticError) as reason:
                return [], [_unreadable(book, month, reason)]
    return found, []


def _read(month: ClosedMonth) -> Cohorts:
    if "breakage.csv" not in month.manifest.outputs:
        return {}
    with (month.folder / "breakage.csv").open(encoding="utf-8", newline="") as stream:
        return {(row["contract"], row["cohort"]): _expected(row) for row in csv.DictReader(stream)}


def _expected(row: dict[str, str]) -> Expected:
    kept = Decimal(row["sold"]) - Decimal(row["taken"])
    return Expected(
        Decimal(row["rate_percent"]),
        row["rate_from"],
        kept,
        kept - Decimal(row["used"]),
        not Decimal(row["alive_paid"]),
    )


def _unreadable(book: OpenBook, month: ClosedMonth, reason: Exception) -> Problem:
    return error(
        "output-changed",
        f"breakage.csv of {month.period} cannot be read as it was written: {reason}",
        write_again(book, month),
        Position(book.place(f"close/{month.period}/breakage.csv")),
    )
