"""The tables of metrics: both sides of a book over its last written months."""

from __future__ import annotations

from collections.abc import Sequence

from tokenbooks.amounts import currency_places, money_text, round_half_up
from tokenbooks.archive.month import ClosedMonth
from tokenbooks.close.metrics import bought_ratios, sold_ratios
from tokenbooks.desk.look_at_metrics import bought_month, sold_month, spend_by
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.problems import Problem
from tokenbooks.reports.profitability import metrics_table, spend_table
from tokenbooks.reports.table import Table


def metrics_tables(
    book: OpenBook, months: Sequence[ClosedMonth], count: int, by: str, outcome: str
) -> tuple[list[Table], list[Problem]]:
    """The ratios of what is sold and bought, and spend by a column of the charges.

    The last ``count`` of the months are told; one before them is what growth is on.
    """
    contracts = book.facts.book.contracts.values()
    tables: list[Table] = []
    if any(contract.sells for contract in contracts):
        found, problems = _sold_table(book, months, count)
        if found is None:
            return [], problems
        tables.append(found)
    if not all(contract.sells for contract in contracts):
        bought, problems = _bought_tables(book, months[-count:], by, outcome)
        if problems:
            return [], problems
        tables += bought
    return tables, []


def _sold_table(
    book: OpenBook, months: Sequence[ClosedMonth], count: int
) -> tuple[Table | None, list[Problem]]:
    before, ratios = None, []
    for month in months:
        now, problems = sold_month(book, month)
        if now is None:
            return None, problems
        ratios.append(sold_ratios(now, before))
        before = now
    periods, currency = [month.period for month in months[-count:]], book.facts.book.currency
    notes = []
    if before and before.not_traced:
        places = currency_places(currency)
        amount = money_text(round_half_up(before.not_traced, places), places)
        notes.append(
            f"Of the cost of {periods[-1]} {amount} is not traced to what was sold: the margin is"
            " without it. `tokenbooks report profitability` tells more."
        )
    return metrics_table("sold", periods, ratios[-count:], currency, notes), []


def _bought_tables(
    book: OpenBook, months: Sequence[ClosedMonth], by: str, outcome: str
) -> tuple[list[Table], list[Problem]]:
    ratios, spent = [], []
    for month in months:
        own, problems = bought_month(book, month, outcome)
        if own is None:
            return [], problems
        amounts, problems = spend_by(book, month, by)
        if amounts is None:
            return [], problems
        ratios.append(bought_ratios(own, outcome))
        spent.append(amounts)
    periods, currency = [month.period for month in months], book.facts.book.currency
    return [
        metrics_table("bought", periods, ratios, currency),
        spend_table(spent, periods, by, currency_places(currency), currency),
    ], []
