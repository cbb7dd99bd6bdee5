"""Compute: everything that should be posted by the end of a period, from all facts.

The stages in their order: rate the usage, allocate it, draw the lots, and state what is
owed. The same computation serves the close of a period, the check whether a written close
is stale, and the replay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from tokenbooks.amounts import currency_places
from tokenbooks.book import Contract
from tokenbooks.close.computed import Computed, KnownSpans
from tokenbooks.close.draw_parties import PartyTotals, draw_plain_parties
from tokenbooks.close.draw_usage import draw_usage
from tokenbooks.close.plain_parties import (
    documented_accounts,
    name_many_parties,
    of_other_parties,
    put_plain_parties,
)
from tokenbooks.close.rate_usage import rate_usage
from tokenbooks.close.selling import with_sold
from tokenbooks.credits.drawing import Drawn, taken_costs
from tokenbooks.credits.lots import Account
from tokenbooks.documents import Invoice, OpeningBalance
from tokenbooks.entries.buy.adjustment import adjustments_to_date
from tokenbooks.entries.buy.approved_accruals import approved_rows, approved_to_date
from tokenbooks.entries.buy.consumption import consumption_to_date
from tokenbooks.entries.buy.expiry import expiry_to_date
from tokenbooks.entries.buy.liabilities import OwedUsage, liabilities
from tokenbooks.entries.buy.opening import opening_to_date
from tokenbooks.entries.buy.owed import (
    Owed,
    Usage,
    is_bill,
    payable_lines,
    service_lines,
)
from tokenbooks.entries.buy.payable_exchange import payable_exchange
from tokenbooks.entries.buy.payment import payments_to_date
from tokenbooks.entries.buy.pricing import Pricing
from tokenbooks.entries.buy.purchase import purchases_to_date
from tokenbooks.entries.buy.refund import refunds_to_date
from tokenbooks.entries.buy.transfer import transfers_to_date
from tokenbooks.entries.destinations import Destinations, added, default_destination
from tokenbooks.entries.exchange import Exchange
from tokenbooks.entries.posted import Destination, Posted, add
from tokenbooks.entries.sell.advance import paid_days
from tokenbooks.entries.sell.passing import passed_to_date, passes
from tokenbooks.entries.sell.voucher_tax import with_tax_on_use
from tokenbooks.entries.service import ServiceSpan, service_spans
from tokenbooks.entries.together import owed_together, together
from tokenbooks.facts import Facts
from tokenbooks.periods import Period, start_of
from tokenbooks.problems import Problem
from tokenbooks.rating.charges import FEE, Charges, Part, Step
from tokenbooks.rating.credit_terms import BILL

if TYPE_CHECKING:
    import duckdb

    from tokenbooks.usage.layout import Layout


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
    ``daily`` tells which contracts have usage by days only. Plain parties whose figures do
    not fit the integers of SQL are gone through one by one like all others.
    """
    import duckdb

    end = start_of(period.end)
    try:
        rated, problems = rate_usage(connection, facts, layout, end, put_plain_parties)
        parties = draw_plain_parties(connection, facts, rated, daily, period)
    except (OverflowError, duckdb.OutOfRangeException, duckdb.ConversionException):
        rated, problems = rate_usage(connection, facts, layout, end, name_many_parties)
        parties = PartyTotals()
    others = of_other_parties(connection, facts, rated.parties, period.end)
    computed = Computed(rated, parties=parties)
    computed = computed.with_drawings(draw_usage(others, rated, daily, period))
    exchange = Exchange(facts)
    computed = _posted(facts, computed, period, known, exchange)
    computed, found = with_sold(connection, facts, computed, period, exchange)
    problems += found
    return computed, [*problems, *exchange.problems, *exchange.outdated(period)]


def _posted(
    facts: Facts, computed: Computed, period: Period, known: KnownSpans, exchange: Exchange
) -> Computed:
    """With all lines that should be posted, and what is owed."""
    rated = computed.rated
    destinations = Destinations(rated.charges, rated.allocations)
    of_lots = lines_of_lots(facts, computed, destinations, start_of(period.end))
    own_opening = [
        row
        for row in facts.opening
        # lots carry what is deferred; the row tells what breakage was recognised before
        if row.contract in facts.book.contracts and row.role != "deferred_revenue"
    ]
    posted = {**opening_to_date(own_opening, facts.book.start, exchange), **of_lots}
    posted.update(payable_exchange(facts, exchange, period))
    owed: dict[tuple[str, str, str], Owed] = {}
    for account in _accounts(facts, computed, period):
        contract = facts.book.contracts[account[0]]
        own = _Account(facts, contract, account[1], period, destinations, exchange)
        found, lines = own.compute(rated.charges, computed.drawn.get(account), known)
        owed.update(found)
        posted.update(lines)
    many = rated.parties.contracts if rated.parties else ()
    documented = documented_accounts(facts, period.end)
    posted = together(posted, many, documented)
    owed = owed_together([*owed.values(), *computed.parties.owed.values()], many, documented)
    for line, amount in computed.parties.posted.items():
        add(posted, line, amount)
    posted = with_tax_on_use(facts.book, posted, currency_places(facts.book.currency))
    return replace(computed, owed=owed, posted=posted, of_lots=of_lots)


def lines_of_lots(
    facts: Facts, computed: Computed, destinations: Destinations, end: datetime
) -> Posted:
    """The lines of all lots: bought, used, taken away, expired."""
    places = currency_places(facts.book.currency)
    spans = service_spans(facts.book.post_usage, facts.book.start.start)
    draws = [draw for drawn in computed.drawn.values() for draw in drawn.draws]
    lots = list(computed.lots.values())
    passing = [lot for lot in lots if passes(facts.book, lot)]
    used = [lot for lot in lots if lot not in passing] if passing else lots
    gone = taken_costs(computed.taken) if passing else {}
    return {
        **purchases_to_date(facts, lots, places),
        **consumption_to_date(used, draws, destinations, spans, places),
        **passed_to_date(passing, gone, end.date(), places),
        **refunds_to_date(facts, computed.taken, computed.lots, places),
        **transfers_to_date(facts, computed.taken, computed.lots),
        **adjustments_to_date(computed.taken, computed.lots),
        **expiry_to_date(used, computed.given, computed.tops, end, places),
    }


def _accounts(facts: Facts, computed: Computed, period: Period) -> list[Account]:
    """All accounts of which something may be owed, each contract's own among them."""
    found = {*computed.rated.charges.steps, *computed.drawn}
    found |= {(contract, "") for contract in facts.book.contracts}
    found |= {(row.contract, row.party) for row in facts.invoices if row.day < period.end}
    found |= {(row.contract, row.party) for row in approved_rows(facts, period.end)}
    found |= {(row.contract, row.party) for row in facts.opening}
    return sorted(account for account in found if account[0] in facts.book.contracts)


@dataclass(frozen=True, slots=True)
class _Account:
    """What a party of a contract owes at the end of a period."""

    facts: Facts
    contract: Contract
    party: str
    period: Period
    destinations: Destinations
    exchange: Exchange

    def compute(
        self, charges: Charges, drawn: Drawn | None, known: KnownSpans
    ) -> tuple[dict[tuple[str, str, str], Owed], Posted]:
        """What is owed, by service span, and the lines of it and of its documents."""
        book, contract = self.facts.book, self.contract
        places = currency_places(book.currency)
        spans = service_spans(book.post_usage, book.start.start)
        account = (contract.id, self.party)
        documents = self._documents()
        bills = [row for row in documents if is_bill(row)]
        receipts = [row for row in documents if row.kind == "receipt"]
        steps = charges.steps.get(account, [])
        usage = self._not_in_advance(self._unpaid(steps, drawn))
        approved = [
            row
            for row in approved_rows(self.facts, self.period.end)
            if (row.contract, row.party) == account
        ]
        draws = drawn.draws if drawn else []
        found = liabilities(
            OwedUsage(self.party, usage, bills, self._opening_accruals(), draws, approved),
            Pricing(self.exchange, contract, self.facts.plan_of(contract).currency, book.start),
            known.get(account, {}),
            self.destinations,
            spans,
            self.period,
        )
        lines = {
            **service_lines(
                found.spans.values(), default_destination(self.facts, contract.id), places
            ),
            **approved_to_date(approved, partial(self._weights, steps, spans), spans, places),
            **payable_lines(bills, contract, self.exchange),
            **payments_to_date(self.facts, receipts, self.exchange),
            **found.exchanged,
        }
        return {(*account, name): item for name, item in found.spans.items()}, lines

    def _weights(
        self, steps: Sequence[Step], spans: ServiceSpan, service: str
    ) -> dict[Destination, Fraction]:
        """Where the usage of a service span goes, whatever pays for it."""
        found: dict[Destination, Fraction] = {}
        for step in steps:
            if spans(step.at.date()) == service:
                added(found, self.destinations.of(step.parts, service))
        default = default_destination(self.facts, self.contract.id)
        return found if any(found.values()) else {default: Fraction(1)}

    def _documents(self) -> list[Invoice]:
        """The rows of the invoices file up to the period's end, tax in cost included."""
        rows = [
            row
            for row in self.facts.invoices
            if (row.contract, row.party) == (self.contract.id, self.party)
            and row.day < self.period.end
        ]
        if self.contract.tax_kind != "cost":
            return rows
        return [replace(row, amount=row.amount + row.tax, tax=row.tax * 0) for row in rows]

    def _unpaid(self, steps: Sequence[Step], drawn: Drawn | None) -> list[Usage]:
        if self.contract.settle != "prepaid":
            return [Usage(step.at.date(), step.parts) for step in steps]
        owed = drawn.owed if drawn else []
        fees = [Usage(step.at.date(), fees) for step in steps if (fees := _fees(step))]
        beyond = self.facts.plan_of(self.contract).credit_terms.overage == BILL
        return [*(Usage(item.used_at.date(), item.parts, beyond) for item in owed), *fees]

    def _not_in_advance(self, usage: list[Usage]) -> list[Usage]:
        """Usage without the fees of days that a document in advance bills."""
        paid = paid_days(self.facts, self.contract.id, self.party, self.period.end)
        if not paid:
            return usage
        kept = [
            item._replace(parts={p: v for p, v in item.parts.items() if p.kind != FEE})
            if item.day in paid
            else item
            for item in usage
        ]
        return [item for item in kept if item.parts]

    def _opening_accruals(self) -> list[OpeningBalance]:
        return [
            row
            for row in self.facts.opening
            if (row.contract, row.party) == (self.contract.id, self.party)
            and row.role == "accrued_expenses"
        ]


def _fees(step: Step) -> dict[Part, Fraction]:
    """The parts of a step that credits never pay."""
    return {part: value for part, value in step.parts.items() if part.kind == FEE}
