"""Looking at a book as the tax return does: advance payments received, and credits paid for."""

from __future__ import annotations

from dataclasses import dataclass

from tokenbooks.close.tax_prepaid import PrepaidLot, prepaid_lots
from tokenbooks.close.tax_schedule import MonthEnd, TaxedYear, received_in_advance, taxed_years
from tokenbooks.desk.close import prepare_close
from tokenbooks.desk.look_at_deferred import deferred_months
from tokenbooks.desk.look_at_sold import shown_period
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.periods import Period
from tokenbooks.problems import Problem, any_error


@dataclass(frozen=True, slots=True)
class TaxFigures:
    """What the schedules of both sides are made of, up to the end of a month.

    ``untold`` are contracts with so many parties that their lots stand in tables, of which no
    schedule by lot is made.
    """

    period: Period
    taxed: tuple[TaxedYear, ...]
    lots: tuple[PrepaidLot, ...]
    untold: tuple[str, ...] = ()


def tax_figures(
    book: OpenBook, period: Period | None = None
) -> tuple[TaxFigures | None, list[Problem]]:
    """The figures up to a month: by default the latest written, else the first of the book."""
    wanted, facts = shown_period(book, period), book.facts
    contracts = facts.book.contracts.values()
    problems: list[Problem] = []
    taxed: list[TaxedYear] = []
    if any(contract.sells for contract in contracts):
        months, problems = deferred_months(book, wanted)
        if any_error(problems):
            return None, problems
        ends = [MonthEnd(month.period, tuple(month.now.values())) for month in months]
        taxed = taxed_years(received_in_advance(facts, ends))
    if all(contract.sells for contract in contracts):
        return TaxFigures(wanted, tuple(taxed), ()), problems
    prepared, problems = prepare_close(book, wanted)
    if prepared is None:
        return None, problems
    computed = prepared.close.computed
    many = computed.rated.parties.contracts if computed.rated.parties else ()
    untold = tuple(sorted(name for name in many if not facts.book.contracts[name].sells))
    lots = prepaid_lots(facts, computed, wanted)
    return TaxFigures(wanted, tuple(taxed), tuple(lots), untold), problems
