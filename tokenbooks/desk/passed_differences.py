"""The differences that written months passed, from their reconciliations."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from tokenbooks.amounts import parse_number
from tokenbooks.archive.month import ClosedMonth
from tokenbooks.periods import Period
from tokenbooks.problems import Position, Problem, error
from tokenbooks.reconcile.passed import WITHOUT_ENTRY, PassedDifference
from tokenbooks.sources.files import shown

#: The reconciliation that approving wrote, else that of the close.
FILES = ("approved-reconciliation.csv", "reconciliation.csv")


def passed_to_date(
    months: Iterable[ClosedMonth],
) -> tuple[tuple[PassedDifference, ...], tuple[Period, ...], list[Problem]]:
    """The passed and unexplained differences of months, and the months that were reconciled.

    Problem: ``output-changed``, of a reconciliation that cannot be read.
    """
    found: list[PassedDifference] = []
    reconciled: list[Period] = []
    problems: list[Problem] = []
    for month in months:
        path = next((month.folder / n for n in FILES if (month.folder / n).is_file()), None)
        if path is None:
            continue
        try:
            with path.open(encoding="utf-8", newline="") as stream:
                found += _differences(month.period, csv.DictReader(stream))
            reconciled.append(month.period)
        except (OSError, ValueError, KeyError) as reason:
            message = f"{path.name} of {month.period} cannot be read as it was written: {reason}"
            help = "restore the file from a copy of the book's folder"
            problems.append(error("output-changed", message, help, Position(shown(path))))
    return tuple(found), tuple(reconciled), problems


def _differences(period: Period, rows: Iterable[dict[str, str]]) -> Iterator[PassedDifference]:
    for row in rows:
        if row["status"] in WITHOUT_ENTRY:
            yield PassedDifference(
                period,
                row["contract"],
                row["leg"],
                row["cause"],
                row["status"],
                parse_number(row["amount"]),
                row.get("words") or "",
            )
