"""All that a book's own files state, read once and handed to every stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeVar

from tokenbooks.book import Book, Contract
from tokenbooks.conditions import Conditions
from tokenbooks.documents import (
    Adjustment,
    CreditEvent,
    DisplayedBalance,
    Estimate,
    ExchangeRate,
    Invoice,
    Modification,
    OpeningBalance,
)
from tokenbooks.rating.plan import Modifier, Plan, Rate

_Corrected = TypeVar("_Corrected", Rate, Modifier)


@dataclass(frozen=True, slots=True)
class CreditRows:
    """Rows of credits that are in a table of this run, because they are too many.

    ``table`` is its Parquet file, ``shown`` the file that the rows stand in. Quantities have
    at most ``places`` decimals. ``keeper`` holds the table as long as it is needed. The columns
    are those of ``documents.CreditEvent``, with the ``number`` of the line, and the digest as a
    number. Whoever computes has it as the table ``credit_rows``: of a written close only the
    rows that it saw, as the digests ``seen`` and the tables of the states ``seen_in`` tell.
    """

    table: str
    shown: str
    places: int
    keeper: object = None
    seen: frozenset[str] = frozenset()
    seen_in: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """The book, its plans, and the rows of its small files, without usage."""

    book: Book
    plans: Mapping[str, Plan]
    credits: tuple[CreditEvent, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    opening: tuple[OpeningBalance, ...] = ()
    balances: tuple[DisplayedBalance, ...] = ()
    rates: tuple[ExchangeRate, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    estimates: tuple[Estimate, ...] = ()
    modifications: tuple[Modification, ...] = ()
    credit_rows: CreditRows | None = None

    def plan_of(self, contract: Contract) -> Plan:
        """The plan that prices a contract's usage."""
        return self.plans[contract.plan]

    def estimated(
        self, name: str, contract: str, day: date, cohorts: Sequence[str] = ("",)
    ) -> Estimate | None:
        """The approved estimate that rules at the end of a day; None where there is none.

        ``cohorts`` are the names that it may be under, the narrowest first; of one name the
        latest day rules, of one day the last row.
        """
        own = [
            row
            for row in self.estimates
            if (row.name, row.contract) == (name, contract) and row.day <= day and row.approved
        ]
        for cohort in cohorts:
            found = [row for row in own if row.cohort == cohort]
            if found:
                return max(enumerate(found), key=lambda item: (item[1].day, item[0]))[1]
        return None

    def scopes_by(self, end: date) -> tuple[Conditions, ...]:
        """All conditions that limit which usage may draw some credits, of rows before ``end``."""
        named = [event.scope for event in self.credits if event.day < end]
        named += [contract.scope for contract in self.book.contracts.values()]
        named += [g.scope for plan in self.plans.values() for g in plan.credit_terms.recurring]
        return tuple(dict.fromkeys(scope for scope in named if scope))

    def zone_of(self, contract: Contract) -> str:
        """The zone that rules a contract's rates, spans and expiry."""
        return self.book.zone_of(contract, self.plan_of(contract).timezone)

    def known_by(self, end: date) -> Facts:
        """The facts without the corrections of prices that became known at ``end`` or later.

        A close books a correction in the period in which it became known, so that the
        closes before it stay as they were.
        """
        return replace(self, plans={name: _known(plan, end) for name, plan in self.plans.items()})

    def known_from_the_start(self) -> Facts:
        """The facts with all corrections of prices as if they had been known at once.

        What usage is worth as far as anybody knows now; of two corrections the later still rules.
        """
        return replace(self, plans={name: _at_once(plan) for name, plan in self.plans.items()})


def _at_once(plan: Plan) -> Plan:
    items: list[Rate | Modifier] = [*plan.rates, *plan.modifiers]
    days = {item.corrected_on for item in items if item.corrected_on}
    early = {day: date.min + timedelta(days=number) for number, day in enumerate(sorted(days), 1)}
    return replace(
        plan,
        rates=tuple(_known_on(rate, early) for rate in plan.rates),
        modifiers=tuple(_known_on(modifier, early) for modifier in plan.modifiers),
    )


def _known_on(item: _Corrected, early: Mapping[date, date]) -> _Corrected:
    return replace(item, corrected_on=early[item.corrected_on]) if item.corrected_on else item


def _known(plan: Plan, end: date) -> Plan:
    rates = tuple(r for r in plan.rates if r.corrected_on is None or r.corrected_on < end)
    modifiers = tuple(m for m in plan.modifiers if m.corrected_on is None or m.corrected_on < end)
    return replace(plan, rates=rates, modifiers=modifiers)
