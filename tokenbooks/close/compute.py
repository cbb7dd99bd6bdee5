"""Compute: everything that should be posted by the end of a period, from all facts.

The stages in their order: rate the usage, allocate it, draw the lots, and state what is
owed. The same computation serves the close of a period, the check whether a written close
is stale, and the replay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from tokenbooks.amounts import currency_places
from tokenbooks.book import Contract
from tokenbooks.close.rate_usage import rate_usage
from tokenbooks.credits.draw import Drawn, draw_lots
from tokenbooks.credits.lots import Lot, build_lots
from tokenbooks.credits.order import order_on
from tokenbooks.documents import Invoice, OpeningBalance
from tokenbooks.entries.buy.consumption import consumption_to_date
from tokenbooks.entries.buy.expiry import expiry_to_date
from tokenbooks.entries.buy.opening import opening_to_date
from tokenbooks.entries.buy.owed import (
    Known,
    Owed,
    Usage,
    invoiced_days,
    is_bill,
    owed_to_date,
    payable_lines,
    service_lines,
)
from tokenbooks.entries.buy.payment import payments_to_date
from tokenbooks.entries.buy.purchase import purchases_to_date
from tokenbooks.entries.destinations import Destinations, default_destination
from tokenbooks.entries.posted import Posted
from tokenbooks.entries.service import service_spans
from tokenbooks.facts import Facts
from tokenbooks.periods import Period, start_of
from tokenbooks.problems import Problem
from tokenbooks.rating.charges import FEE, Charges, Part, Step
from tokenbooks.rating.rated import Rated

if TYPE_CHECKING:
    import duckdb

    from tokenbooks.usage.layout import Layout

#: What the previous close knew of invoiced spans, by (contract, party) and service span.
KnownSpans = Mapping[tuple[str, str], Mapping[str, Known]]


@dataclass(frozen=True, slots=True)
class Computed:
    """Everything to date at the end of a period."""

    rated: Rated
    lots: Mapping[str, Lot]
    drawn: Mapping[tuple[str, str], Drawn]
    owed: Mapping[tuple[str, str, str], Owed]
    posted: Posted


def compute(
    connection: duckdb.DuckDBPyConnection,
    facts: Facts,
    layout: Layout,
    daily: Mapping[str, bool],
    period: Period,
    known: KnownSpans,
) -> tuple[Computed, list[Problem]]:
    """All that should be posted by the end of a period.

    ``facts`` may hold later rows: what is dated after the period does not count.
    ``daily`` tells which contracts have usage by days only.
    """
    end = start_of(period.end)
    rated, problems = rate_usage(connection, facts, layout, end)
    destinations = Destinations(rated.charges, rated.allocations)
    computed = Computed(rated, {}, {}, {}, {})
    places = currency_places(facts.book.currency)
    own_opening = [row for row in facts.opening if row.contract in facts.book.contracts]
    posted = opening_to_date(own_opening, facts.book.start, places)
    for contract in facts.book.contracts.values():
        part = _Party(facts, contract, period, daily.get(contract.id, True), destinations)
        lots, drawn, owed, lines = part.compute(rated.charges, known)
        computed = replace(
            computed,
            lots={**computed.lots, **{lot.id: lot for lot in lots}},
            drawn={**computed.drawn, (contract.id, ""): drawn},
            owed={**computed.owed, **owed},
        )
        posted.update(lines)
    return replace(computed, posted=posted), problems


@dataclass(frozen=True, slots=True)
class _Party:
    """One contract's only party, at the end of a period."""

    facts: Facts
    contract: Contract
    period: Period
    daily: bool
    destinations: Destinations

    def compute(
        self, charges: Charges, known: KnownSpans
    ) -> tuple[list[Lot], Drawn, dict[tuple[str, str, str], Owed], Posted]:
        """Lots, draws, what is owed, and the lines of all of them."""
        book, contract = self.facts.book, self.contract
        places = currency_places(book.currency)
        spans = service_spans(book.post_usage, book.start.start)
        steps = charges.steps.get((contract.id, ""), [])
        documents = self._documents()
        bills = [row for row in documents if is_bill(row)]
        lots = build_lots(self.facts, contract, self.period.end, self.daily)
        drawn = self._draw(steps, lots, bills)
        usage = self._unpaid(steps, drawn)
        owed = owed_to_date(
            contract.id,
            "",
            usage,
            bills,
            self._opening_accruals(),
            known.get((contract.id, ""), {}),
            self.destinations,
            spans,
            places,
        )
        end = start_of(self.period.end)
        lines = {
            **purchases_to_date(self.facts, lots, places),
            **consumption_to_date(lots, drawn.draws, self.destinations, spans, places),
            **expiry_to_date(lots, drawn.given, end, places),
            **service_lines(owed.values(), default_destination(book), places),
            **payable_lines(bills, contract.tax_kind, places),
            **payments_to_date(
                self.facts, [row for row in documents if row.kind == "receipt"], places
            ),
        }
        return lots, drawn, {(contract.id, "", name): item for name, item in owed.items()}, lines

    def _documents(self) -> list[Invoice]:
        """The rows of the invoices file up to the period's end, tax in cost included."""
        rows = [
            row
            for row in self.facts.invoices
            if row.contract == self.contract.id and row.day < self.period.end
        ]
        if self.contract.tax_kind != "cost":
            return rows
        return [replace(row, amount=row.amount + row.tax, tax=row.tax * 0) for row in rows]

    def _draw(self, steps: list[Step], lots: list[Lot], bills: list[Invoice]) -> Drawn:
        if self.contract.settle != "prepaid":
            return Drawn()
        billed = invoiced_days(bills)
        return draw_lots(
            _paid_from_credits(steps),
            lots,
            lambda at: order_on(at.date(), self.facts.book.policy),
            billed.get,
        )

    def _unpaid(self, steps: list[Step], drawn: Drawn) -> list[Usage]:
        if self.contract.settle != "prepaid":
            return [Usage(step.at.date(), step.parts) for step in steps]
        fees = [Usage(step.at.date(), fees) for step in steps if (fees := _fees(step))]
        return [*(Usage(item.used_at.date(), item.parts) for item in drawn.owed), *fees]

    def _opening_accruals(self) -> list[OpeningBalance]:
        return [
            row
            for row in self.facts.opening
            if row.contract == self.contract.id and row.role == "accrued_expenses"
        ]


def _fees(step: Step) -> dict[Part, Fraction]:
    """The parts of a step that credits never pay."""
    return {part: value for part, value in step.parts.items() if part.kind == FEE}


def _paid_from_credits(steps: Sequence[Step]) -> list[Step]:
    """The steps without fees, which are owed whatever credits there are."""
    drawn = []
    for step in steps:
        parts = {part: value for part, value in step.parts.items() if part.kind != FEE}
        if parts:
            drawn.append(Step(step.at, parts))
    return drawn
