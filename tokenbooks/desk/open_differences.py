"""What a reconciled month leaves to be done, told with what earlier months passed."""

from __future__ import annotations

from collections.abc import Iterator

from tokenbooks.desk.look import LookedAt
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.desk.passed_differences import passed_to_date
from tokenbooks.desk.reconcile import Reconciled, reconcile
from tokenbooks.periods import Period
from tokenbooks.problems import Problem, any_error, warning
from tokenbooks.reconcile.bridge_warnings import bridge_warnings, ledger_balance_warnings
from tokenbooks.reconcile.displayed.displayed import balance_warnings
from tokenbooks.reconcile.passed import passed_by_month, passed_of
from tokenbooks.reconcile.statements.invoiced_leg import bills_of
from tokenbooks.sources.recorded.reading import read_recorded


def reconcile_warnings(book: OpenBook, reconciled: Reconciled) -> list[Problem]:
    """What is unexplained, to be corrected, or has added up beyond the thresholds of the book."""
    return [
        *_differences(reconciled),
        *balance_warnings(reconciled.facts, reconciled.displayed),
        *passed_warnings(book, reconciled),
    ]


def open_differences(book: OpenBook, usage: LookedAt) -> list[Problem]:
    """The differences of all written months that nobody approved yet.

    A month of which nobody but us says anything has none: it is not computed again. ``usage``
    is that of the whole book.
    """
    is_stated = _states_costs(usage)
    months = [
        month.period
        for month in book.months
        if month.approval is None and (is_stated or _is_told_of(book, month.period))
    ]
    if not months:
        return []
    recorded, problems = read_recorded(book.facts.book, book.folder)
    if any_error(problems):
        return problems
    reconciled = None
    for period in months:
        reconciled, found = reconcile(book, period, recorded)
        problems += found
        if reconciled is not None:
            problems += _differences(reconciled)
    return problems + (list(passed_warnings(book, reconciled)) if reconciled else [])


def _states_costs(usage: LookedAt) -> bool:
    """Whether usage files say themselves what they cost."""
    asked = "SELECT 1 FROM usage_read WHERE amount IS NOT NULL LIMIT 1"
    return bool(usage.connection.execute(asked).fetchall())


def _is_told_of(book: OpenBook, period: Period) -> bool:
    """Whether a statement, the company's ledger or an invoice may tell of a month."""
    facts = book.facts
    contracts = facts.book.contracts.values()
    return (
        bool(facts.book.recorded)
        or any(contract.statement for contract in contracts)
        or any(bills_of(facts.invoices, contract.id, period) for contract in contracts)
    )


def _differences(reconciled: Reconciled) -> list[Problem]:
    facts = reconciled.facts
    return [
        *bridge_warnings(facts, reconciled.bridges),
        *ledger_balance_warnings(facts, reconciled.balances),
        *reconciled.unconverted,
    ]


def passed_warnings(book: OpenBook, reconciled: Reconciled) -> Iterator[Problem]:
    """That what was passed up to a month has added up to more than is immaterial."""
    facts, period = book.facts.book, reconciled.period
    earlier = [month for month in book.months if month.period < period]
    passed, months, _ = passed_to_date(earlier)
    now = passed_of(reconciled.bridges)
    *_, last = passed_by_month(facts, [*months, period], [*passed, *now])
    if last.is_above:
        yield warning(
            "passed-accumulated",
            f"differences passed up to {period} have added up to {last.accumulated}, above the"
            f" materiality of {last.materiality}",
            "correct the largest of them: `tokenbooks report passed` lists them",
            facts.position,
        )
