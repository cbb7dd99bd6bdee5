"""Reconciling a month at the desk: every view of it gathered, and the bridge between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from tokenbooks.amounts import currency_places
from tokenbooks.archive.month import CLOSE_FOLDER, ClosedMonth
from tokenbooks.archive.posted_entries import posted_entries
from tokenbooks.book import ENTRY_KINDS
from tokenbooks.close.compute import compute
from tokenbooks.close.computed import Computed
from tokenbooks.desk.close import prepare_close
from tokenbooks.desk.find_entry import prepare_again
from tokenbooks.desk.look_at_credits import tied_balances
from tokenbooks.desk.look_at_statements import StatementsSeen, look_at_statements
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.documents import Invoice, RecordedPosting
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.exchange import Exchange
from tokenbooks.entries.posted import Posted
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.problems import Position, Problem, any_error, error
from tokenbooks.reconcile.booked.booked import booked_leg, month_rate
from tokenbooks.reconcile.booked.booked_parties import party_usage
from tokenbooks.reconcile.bridge import Bridge, thresholds_of
from tokenbooks.reconcile.bridge_warnings import (
    unconverted_warnings,
)
from tokenbooks.reconcile.causes import STATEMENT, TAX, USAGE, Leg, total
from tokenbooks.reconcile.displayed.displayed import TiedBalance
from tokenbooks.reconcile.ledger.ledger_balances import LedgerBalance, ledger_balances
from tokenbooks.reconcile.ledger.ledger_proposals import ledger_proposals
from tokenbooks.reconcile.ledger.proposals import Proposal, adjustment_proposals
from tokenbooks.reconcile.ledger.recorded import recorded_legs
from tokenbooks.reconcile.ledger.recorded_matching import Matching, all_entries, match_recorded
from tokenbooks.reconcile.statements.compare import StatementFacts
from tokenbooks.reconcile.statements.invoiced_leg import bills_of, invoiced_leg, unbilled_usage
from tokenbooks.reconcile.statements.statement_leg import statement_leg
from tokenbooks.sources.recorded.reading import read_recorded

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A month reconciled: the bridges of its contracts, balances, and what is proposed.

    ``seen`` tells of the statements; ``displayed`` are the balances that providers showed;
    ``unconverted`` are warnings of what of the ledger is in no view.
    """

    facts: Facts
    period: Period
    bridges: tuple[Bridge, ...]
    balances: tuple[LedgerBalance, ...]
    displayed: tuple[TiedBalance, ...]
    proposals: tuple[Proposal, ...]
    seen: StatementsSeen
    unconverted: tuple[Problem, ...] = ()

    def of(self, contract: str) -> Reconciled:
        """What concerns one contract."""
        return replace(
            self,
            bridges=tuple(b for b in self.bridges if b.contract == contract),
            balances=tuple(b for b in self.balances if contract in b.contracts),
            displayed=tuple(d for d in self.displayed if d.row.contract == contract),
            proposals=tuple(p for p in self.proposals if p.contract == contract),
            seen=replace(
                self.seen,
                statements={k: v for k, v in self.seen.statements.items() if k == contract},
            ),
        )


def reconcile(
    book: OpenBook,
    period: Period,
    recorded: Sequence[RecordedPosting] | None = None,
    by: Sequence[str] = (),
) -> tuple[Reconciled | None, list[Problem]]:
    """All views of a month as they are known now; None where one of them has an error.

    Of a month that is not written, the entries are those that its close would post.
    ``recorded`` is the company's ledger, where it has been read already; ``by`` are dimensions
    by which usage and statement are to be summed, too.
    """
    known = replace(book, facts=book.facts.known_from_the_start())
    seen, problems = look_at_statements(known, period, by=by)
    if seen is None:
        return None, problems
    if recorded is None:
        recorded, found = read_recorded(book.facts.book, book.folder)
        problems += found
    posted, entries, found = _months(book, period)
    problems += found
    if any_error(problems):
        return None, problems
    problems += [note for found in seen.statements.values() for note in found.notes]
    facts = known.facts
    computed, found = _computed(known, period, seen)
    problems += found
    if any_error(problems):
        return None, problems
    legs = statement_and_booked(
        facts, seen.statements, seen.connection, computed, period, posted, entries[period]
    )
    for contract, own in legs.items():
        if first := _invoiced(facts, computed, contract, period, own[0]):
            legs[contract] = (first, *own)
    matching = match_recorded(facts, entries, recorded) if facts.book.recorded else None
    if matching is not None:
        for contract, leg in recorded_legs(facts, matching, period).items():
            legs[contract] = (*legs.get(contract, ()), leg)
    reconciled = Reconciled(
        facts,
        period,
        bridges_of(facts, period, legs),
        ledger_balances(facts, matching, period, posted[period]) if matching else (),
        tuple(tied_balances(book, computed, period)),
        _proposals(facts, computed, period, legs, matching),
        seen,
        tuple(unconverted_warnings(facts, matching)) if matching else (),
    )
    return reconciled, problems


def statement_and_booked(
    facts: Facts,
    statements: Mapping[str, StatementFacts],
    connection: duckdb.DuckDBPyConnection,
    computed: Computed,
    period: Period,
    posted: Mapping[Period, Posted],
    entries: Sequence[Entry],
) -> dict[str, tuple[Leg, ...]]:
    """The legs of each contract from its statement to our entries, without other evidence.

    ``connection`` is the one that computed, up to the end of the period.
    """
    legs: dict[str, tuple[Leg, ...]] = {}
    for name in facts.book.contracts:
        parties = party_usage(connection, computed, name, period)
        booked = booked_leg(facts, computed, name, period, posted, entries, parties)
        legs[name] = (booked,)
        if name in statements:
            rate = month_rate(facts, name, period)
            legs[name] = (statement_leg(statements[name], rate), booked)
    return legs


def bridges_of(
    facts: Facts, period: Period, legs: Mapping[str, Sequence[Leg]]
) -> tuple[Bridge, ...]:
    """The bridges of contracts of which any view says anything."""
    thresholds = thresholds_of(facts.book, period.last_day)
    return tuple(
        Bridge(contract, period, tuple(own), thresholds)
        for contract, own in legs.items()
        if any(leg.first_amount or leg.second_amount or leg.causes for leg in own)
    )


def _computed(
    book: OpenBook, period: Period, seen: StatementsSeen
) -> tuple[Computed, list[Problem]]:
    """What should be posted by the end of the month, with all that is known now."""
    before = [month.before.known for month in book.months if month.period < period]
    gathered = seen.gathered
    known = before[-1] if before else {}
    return compute(seen.connection, book.facts, gathered.layout, gathered.daily, period, known)


def _invoiced(
    facts: Facts, computed: Computed, contract: str, period: Period, second: Leg
) -> Leg | None:
    """What was invoiced against the statement, or against the usage where there is none."""
    plan = facts.plan_of(facts.book.contracts[contract])
    is_stated = second.first == STATEMENT
    bills = bills_of(facts.invoices, contract, period)
    exchange, rate = Exchange(facts), month_rate(facts, contract, period)

    def rate_of(bill: Invoice) -> Fraction:
        is_of_plan = (bill.currency or facts.book.currency) == plan.currency
        return rate if is_of_plan else exchange.rate_of(bill)

    return invoiced_leg(
        bills,
        STATEMENT if is_stated else USAGE,
        second,
        total(c for c in second.causes if is_stated and c.name == TAX),
        rate_of,
        currency_places(plan.currency),
        unbilled_usage(bills, computed.rated.charges.steps, contract, period) * rate,
    )


def _months(
    book: OpenBook, period: Period
) -> tuple[dict[Period, Posted], dict[Period, tuple[Entry, ...]], list[Problem]]:
    """What is posted to date at the end of each month, and its entries.

    Written months say so themselves; the month that is asked for may be open.
    """
    posted: dict[Period, Posted] = {month.period: month.before.posted for month in book.months}
    entries: dict[Period, tuple[Entry, ...]] = {}
    problems: list[Problem] = []
    for month in book.months:
        own, found = _entries_of(book, month)
        entries[month.period] = own
        problems += found
    if period not in posted:
        prepared, found = prepare_close(book, period)
        problems += found
        if prepared is not None:
            posted[period] = prepared.close.posted
            entries[period] = all_entries(book.facts, prepared.close)
    return posted, entries, [problem for problem in problems if problem.is_error]


def _entries_of(book: OpenBook, month: ClosedMonth) -> tuple[tuple[Entry, ...], list[Problem]]:
    """The entries of a written month, with those that ``post`` leaves to the ledger."""
    if set(ENTRY_KINDS) - set(book.facts.book.post):
        prepared, problems = prepare_again(book, month)
        return (all_entries(book.facts, prepared.close) if prepared else ()), problems
    try:
        return posted_entries(month), []
    except (OSError, ValueError) as reason:
        message = f"the journal of {month.period} cannot be read as it was written: {reason}"
        help = f"restore it; `tokenbooks check` says which files of {month.period} were changed"
        place = Position(book.place(f"{CLOSE_FOLDER}/{month.period}"))
        return (), [error("output-changed", message, help, place)]


def _proposals(
    facts: Facts,
    computed: Computed,
    period: Period,
    legs: Mapping[str, Sequence[Leg]],
    matching: Matching | None,
) -> tuple[Proposal, ...]:
    causes = {
        contract: [cause for leg in own if leg.first == STATEMENT for cause in leg.causes]
        for contract, own in legs.items()
    }
    ours = adjustment_proposals(facts, computed, period, causes)
    return (*(ledger_proposals(facts, matching, period) if matching else ()), *ours)
