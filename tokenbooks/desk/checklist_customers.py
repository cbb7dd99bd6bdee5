"""Answers of the checklist about customers: breakage, modifications, what is deferred."""

from __future__ import annotations

from collections.abc import Sequence

from tokenbooks.book import Contract
from tokenbooks.close.computed import Computed
from tokenbooks.desk.checklist_figures import numbered
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.entries.sell.breakage import PROPORTIONAL, CohortBreakage
from tokenbooks.entries.sell.breakage_rates import CONSTRAINED, ESTIMATED, HISTORY, REFUNDABLE
from tokenbooks.reports.checklist import NOT_APPLICABLE, PARTLY, YES, Answer

_SOURCES = {
    ESTIMATED: "by an estimate with its evidence",
    HISTORY: "by what became of earlier cohorts",
    CONSTRAINED: "not before credits expire, for want of an estimate",
    REFUNDABLE: "never, because credits are paid back on demand",
}


def sellers(book: OpenBook) -> list[Contract]:
    """The contracts that sell."""
    return [contract for contract in book.facts.book.contracts.values() if contract.sells]


def breakage(book: OpenBook, computed: Computed) -> Answer:
    """Whether what customers will not use is recognised by one documented method."""
    found = [item for item in computed.sold.breakage if item.cohort.sold]
    if not any(contract.settle == "prepaid" for contract in sellers(book)):
        evidence: tuple[str, ...] = (
            "no contract sells credits: there is no deferred revenue and no breakage",
        )
        answer = NOT_APPLICABLE
    elif not found:
        answer, evidence = NOT_APPLICABLE, ("no credits are sold yet",)
    else:
        evidence = tuple(_told(book, found))
        proportional = [item for item in found if item.method == PROPORTIONAL]
        open_ones = any(item.rate.source == CONSTRAINED for item in proportional)
        answer = PARTLY if open_ones or not book.months else YES
    return Answer(
        "Is there a documented method for breakage, the same in all periods?",
        answer,
        evidence,
        "memos/breakage-CONTRACT.md in close/PERIOD" if found else "docs/accounting.md",
    )


def _told(book: OpenBook, found: Sequence[CohortBreakage]) -> list[str]:
    methods = sorted({f"{item.method}, {item.denominator.replace('_', ' ')}" for item in found})
    told = [f"the method is {'; '.join(methods)}"]
    for source, text in _SOURCES.items():
        own = [item for item in found if item.rate.source == source]
        if own:
            told.append(f"{numbered(len(own), 'cohort')} {text}")
    told.append(f"{numbered(len(book.months), 'month')} written, each with a memo of all cohorts")
    return told


def deferred(book: OpenBook) -> str:
    """What stands behind the balance of credits that customers hold."""
    names = ", ".join(c.id for c in sellers(book) if c.settle == "prepaid")
    if not names:
        why = "these are the book's own credits"
        return f"no contract sells, so that there is no deferred revenue: {why}"
    return f"deferred revenue of {names} rolls forward by lot and by cohort"


def modified(book: OpenBook) -> tuple[str, bool]:
    """How many modifications of contracts there are, and whether all of them are approved."""
    if not sellers(book):
        return "no contract sells, so that there are no contract modifications", True
    whole = len(book.facts.modifications)
    signed = sum(bool(item.approved) for item in book.facts.modifications)
    text = f"{numbered(whole, 'contract modification')}, {signed} approved, each with a memo"
    return (text if whole else "no contract was modified"), signed == whole
