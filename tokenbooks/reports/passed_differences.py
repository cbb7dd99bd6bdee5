"""Differences that were passed, month by month and in all: ``report passed``."""

from __future__ import annotations

from collections.abc import Iterable

from tokenbooks.amounts import currency_places
from tokenbooks.reconcile.passed import PassedDifference, PassedMonth
from tokenbooks.reports.table import Column, Table


def passed_tables(
    months: Iterable[PassedMonth], differences: Iterable[PassedDifference], currency: str
) -> list[Table]:
    """What each month passed beside what that comes to, then every difference."""
    places = currency_places(currency)
    return [_months_table(list(months), currency, places), _differences_table(differences)]


def _months_table(months: list[PassedMonth], currency: str, places: int) -> Table:
    rows = tuple(
        (
            str(month.period),
            month.passed,
            month.unexplained,
            month.gross,
            month.accumulated,
            month.materiality,
            None if month.materiality is None else month.is_above,
        )
        for month in months
    )
    columns = (
        Column("period", "Month"),
        Column("passed", "Passed", number=True, places=places, total=True),
        Column("unexplained", "Unexplained", number=True, places=places, total=True),
        Column("gross", "Without signs", number=True, places=places, total=True),
        Column("accumulated", "Accumulated", number=True, places=places),
        Column("materiality", "Materiality", number=True, places=places),
        Column("above", "Above"),
    )
    notes = []
    if not months:
        notes.append("no written month has a reconciliation")
    elif all(month.materiality is None for month in months):
        notes.append("no `materiality` is chosen under `policies`: what accumulates is not tested")
    return Table("passed", f"Passed differences, {currency}", columns, rows, tuple(notes))


def _differences_table(differences: Iterable[PassedDifference]) -> Table:
    rows = tuple(
        (
            str(item.period),
            item.contract or None,
            item.leg,
            item.cause,
            item.status,
            item.amount,
            item.words or None,
        )
        for item in differences
    )
    columns = (
        Column("period", "Month"),
        Column("contract", "Contract"),
        Column("leg", "Between"),
        Column("cause", "Cause"),
        Column("status", "Standing"),
        Column("amount", "Amount", number=True, total=True),
        Column("words", "Why"),
    )
    return Table("differences", "Differences without an entry", columns, rows)
