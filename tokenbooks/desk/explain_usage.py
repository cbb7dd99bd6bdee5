"""Explaining what usage posts: consumption of lots, accruals and settlements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from tokenbooks.book import Contract
from tokenbooks.close.charge_evidence import (
    SELECTED,
    select_usage,
    selected_charges,
    shown_dimensions,
)
from tokenbooks.close.computed import Computed
from tokenbooks.close.evidence import (
    NOTHING,
    Amounts,
    ExplainedCharge,
    ServiceUsage,
    Taken,
    allocations_to,
    by_destination,
    changed_charges,
    covered,
    taken_of,
    unpaid,
    values_by_part,
)
from tokenbooks.close.explanation import EntryExplanation, LotDraw, SumLine
from tokenbooks.close.tier_evidence import counter_lines, term_lines
from tokenbooks.desk.close import Prepared
from tokenbooks.desk.rows_behind import rows_behind
from tokenbooks.desk.stale import recompute
from tokenbooks.entries.buy.owed import Owed
from tokenbooks.entries.mirror import own_amount
from tokenbooks.entries.posted import Destination, Line, by_service
from tokenbooks.entries.service import last_day_of
from tokenbooks.rating.charges import Part
from tokenbooks.rating.credit_terms import BILL
from tokenbooks.sources.exports.connection import connect

if TYPE_CHECKING:
    import duckdb

ZERO = Decimal(0)

#: By lot and destination: the list value that a lot covers and what that costs.
Covered = dict[tuple[str, Destination], Amounts]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The part of an entry that is asked for; None stands for all of it."""

    destinations: frozenset[Destination] | None = None
    lots: frozenset[str] | None = None

    def takes(self, to: Destination) -> bool:
        """Whether a destination is asked for."""
        return self.destinations is None or to in self.destinations


def explain_usage(told: EntryExplanation, prepared: Prepared, wanted: Wanted, limit: int) -> None:
    """Fill in the charges, lots, sums and files behind an entry for usage."""
    tags = dict(told.entry.tags)
    usage = ServiceUsage(tags["contract"], tags["service-period"], told.facts.book.post_usage)
    change = _Change(told, prepared, usage, wanted)
    charges = change.charges()
    charges.sort(key=_largest_first)
    shown = charges[:limit] if limit else charges
    rules = {id(charge.rule) for charge in charges if charge.term is None}
    new_files = change.select_rows()
    behind, files = rows_behind(prepared, usage.contract, shown, rules, new_files=new_files)
    told.dimensions = shown_dimensions(prepared.gathered.layout)
    told.charges, told.behind = tuple(shown), tuple(behind)
    told.files = tuple(files)
    for charge in charges[len(shown) :]:
        told.left_out += 1
        told.rest = told.rest.plus(charge.list_value, charge.cost)
    told.sums = tuple(change.sums())
    told.draws = tuple(change.draws())
    change.add_arithmetic(shown)
    told.notes += change.notes()
    if not files and any(charge.term is None for charge in charges):
        told.notes.append(
            "The usage was booked by an earlier close, whose entry shows the rows of the files."
        )


def _largest_first(charge: ExplainedCharge) -> tuple[Fraction, Fraction, str, str, str]:
    key = charge.key
    return (-abs(charge.cost), -abs(charge.list_value), str(key.dimensions), key.meter, key.price)


class _Change:
    """What an entry changes for its service span: all to date, less what was before it."""

    def __init__(
        self, told: EntryExplanation, prepared: Prepared, usage: ServiceUsage, wanted: Wanted
    ) -> None:
        self.told = told
        self.prepared = prepared
        self.usage = usage
        plan = told.facts.plan_of(told.facts.book.contracts[usage.contract])
        #: what no lot covers, which is billed beyond the credits where the plan says so
        self.uncovered = replace(usage, beyond=plan.credit_terms.overage == BILL)
        self.wanted = wanted
        self.computed = prepared.close.computed
        kind = told.entry.kind
        self.settles = kind == "settlement"
        self.posts_credits = kind in {"consumption", "settlement"}
        self.posts_accrual = kind in {"accrual", "settlement", "invoice"}
        begun_before = last_day_of(usage.service) < prepared.close.period.start
        self.is_late = begun_before and kind != "invoice"
        self.connection_before: duckdb.DuckDBPyConnection | None = None
        self.before = self._before()
        self.credits = self._credits()
        self.accrued = self._accrued()

    def _before(self) -> Computed | None:
        """What the previous close computed, where the span was booked before."""
        earlier = self.prepared.earlier
        if not self.is_late or not earlier:
            return None
        # on a connection of its own: the tables of the close stay as they are
        self.connection_before = connect()
        return recompute(self.connection_before, self.prepared.book, earlier[-1], earlier[:-1])

    def _credits(self) -> Covered:
        if not self.posts_credits:
            return {}
        now = self._covered(self.computed)
        if self.before is None:
            return now
        was = self._covered(self.before)
        return {key: _less(now.get(key), was.get(key)) for key in {*now, *was}}

    def _covered(self, computed: Computed) -> Covered:
        found: Covered = {}
        by_lot: dict[str, list[tuple[Part, Amounts]]] = {}
        for (lot, part), amounts in covered(computed, self.usage, self.wanted.lots).items():
            by_lot.setdefault(lot, []).append((part, amounts))
        for lot, parts in by_lot.items():
            sums = by_destination(computed, self.usage, parts)
            found.update({(lot, to): a for to, a in sums.items() if self.wanted.takes(to)})
        return found

    def _accrued(self) -> dict[Destination, Amounts]:
        if not self.posts_accrual or self.wanted.lots is not None:
            return {}
        now = self._unpaid(self.computed)
        if self.before is None or self.is_whole:
            return now
        was = self._unpaid(self.before)
        return {to: _less(now.get(to), was.get(to)) for to in {*now, *was}}

    def _unpaid(self, computed: Computed) -> dict[Destination, Amounts]:
        values = unpaid(computed, self.told.facts, self.usage)
        ratio = self._not_invoiced(computed, sum(values.values(), Fraction(0)))
        parts = [(part, Amounts(value, value * ratio)) for part, value in values.items()]
        sums = by_destination(computed, self.uncovered, parts)
        return {to: amounts for to, amounts in sums.items() if self.wanted.takes(to)}

    def _not_invoiced(self, computed: Computed, value: Fraction) -> Fraction:
        """What part of a span's value the entry takes: all of it, unless invoices bill some.

        Then it is what the accrual holds, or the invoice brings, and goes where the whole
        span goes. Foreign usage counts at the rate of its month.
        """
        if not any(item.invoiced for item in self.owed) or not value:
            return next((item.rate for item in self._owed_in(computed)), Fraction(1))
        if self.told.entry.kind == "invoice":
            taken = sum((relief.invoiced - relief.relieved for relief in self.told.reliefs), ZERO)
        else:
            postings = self.told.entry.postings
            accrued = (
                own_amount(self.contract, p.amount)
                for p in postings
                if self.contract.payer_role(p.role) == "accrued_expenses"
            )
            taken = -sum(accrued, ZERO)
        return Fraction(taken) / value

    @property
    def contract(self) -> Contract:
        """The contract whose usage it is; amounts are as a payer has them, also if it sells."""
        return self.told.facts.book.contracts[self.usage.contract]

    @property
    def owed(self) -> list[Owed]:
        """What is owed for the span, by party."""
        return self._owed_in(self.computed)

    def _owed_in(self, computed: Computed) -> list[Owed]:
        return [
            item
            for (contract, _, service), item in computed.owed.items()
            if (contract, service) == (self.usage.contract, self.usage.service)
        ]

    @property
    def is_whole(self) -> bool:
        """Whether an accrual takes from the whole span, rather than what has changed in it.

        So it does where invoices bill part of the span, or the accrual before is reversed.
        """
        reversed_spans = {
            dict(entry.tags).get("service-period")
            for entry in self.prepared.close.entries
            if entry.kind == "reversal"
        }
        invoiced = any(item.invoiced for item in self.owed)
        return not self.posts_credits and (invoiced or self.usage.service in reversed_spans)

    # charges

    def charges(self) -> list[ExplainedCharge]:
        """The charges, each with what it adds to the entry."""
        if not self.settles:
            charges = self._paid_charges() if self.posts_credits else self._owed_charges()
            # usage that free lots cover costs nothing and is shown
            whole = self.posts_credits and self.wanted.lots is None
            return [charge for charge in charges if whole or charge.cost or charge.free]
        paid = [charge.of_source("credits") for charge in self._paid_charges()]
        if self.wanted.lots is not None:
            return paid
        return paid + [charge.of_source("accrual") for charge in self._owed_charges()]

    def _paid_charges(self) -> list[ExplainedCharge]:
        return self._changed(self.usage, self._paid)

    def _owed_charges(self) -> list[ExplainedCharge]:
        return self._changed(self.uncovered, self._owed)

    def _changed(
        self, usage: ServiceUsage, taken: Callable[[Computed], Mapping[Part, Taken]]
    ) -> list[ExplainedCharge]:
        """The charges of what is taken, less what was before where the span is late."""
        connection = self.prepared.gathered.connection
        now = self._selected(connection, self.computed, usage, taken(self.computed))
        if self.before is None or self.connection_before is None or self.is_whole:
            return now
        usage = replace(usage, table="usage_before")
        was = self._selected(self.connection_before, self.before, usage, taken(self.before))
        return changed_charges(now, was)

    def _selected(
        self,
        connection: duckdb.DuckDBPyConnection,
        computed: Computed,
        usage: ServiceUsage,
        taken: Mapping[Part, Taken],
    ) -> list[ExplainedCharge]:
        wanted = self.wanted.destinations
        select_usage(connection, computed.rated, usage, allocations_to(computed.rated, wanted))
        return selected_charges(connection, computed.rated, usage, taken, wanted)

    def _paid(self, computed: Computed) -> dict[Part, Taken]:
        """What lots pay of each part of the span's value."""
        drawn = covered(computed, self.usage, self.wanted.lots)
        amounts = [(part, amounts) for (_, part), amounts in drawn.items()]
        return self._taken(amounts, computed)

    def _owed(self, computed: Computed) -> dict[Part, Taken]:
        """What is owed of each part of the span's value."""
        costs = unpaid(computed, self.told.facts, self.usage)
        ratio = self._not_invoiced(computed, sum(costs.values(), Fraction(0)))
        amounts = [(part, Amounts(cost, cost * ratio)) for part, cost in costs.items()]
        return self._taken(amounts, computed)

    def _taken(self, amounts: list[tuple[Part, Amounts]], computed: Computed) -> dict[Part, Taken]:
        found = taken_of(amounts, values_by_part(computed, self.usage))
        if self.settles:
            return found
        # the list value is that of all the usage, the cost what the entry takes of it
        return {part: Taken(Fraction(1), taken.cost) for part, taken in found.items()}

    def select_rows(self) -> bool:
        """Select the usage whose rows stand behind; whether only new files are meant.

        Late usage comes from files that no earlier close has read; where none is late, the
        prices have changed, and all rows of the span stand behind.
        """
        connection, rated = self.prepared.gathered.connection, self.computed.rated
        chosen = allocations_to(rated, self.wanted.destinations)
        if self.is_late and not self.settles:
            select_usage(connection, rated, replace(self.usage, table="usage_late"), chosen)
            if connection.execute(f"SELECT count(*) FROM {SELECTED}").fetchall()[0][0]:
                return True
        select_usage(connection, rated, self.usage, chosen)
        return False

    # sums

    def sums(self) -> list[SumLine]:
        """How the exact amounts become the posted ones, by expense account."""
        facts = self.told.facts
        lines = []
        for to in sorted({*(to for _, to in self.credits), *self.accrued}):
            exact = sum((a.cost for (_, d), a in self.credits.items() if d == to), Fraction(0))
            accrued = self.accrued.get(to, NOTHING).cost
            posted = self._posted(to)
            if exact or accrued or posted:
                account = facts.book.account(to.role, self.contract)
                lines.append(SumLine(account, to, exact, accrued, posted))
        return lines

    def _posted(self, to: Destination) -> Decimal:
        if self.wanted.lots is not None:
            return self._posted_by_lot(to, self.wanted.lots)
        tags = {("class", to.class_), ("cost-center", to.cost_center)}
        wanted = {(key, value) for key, value in tags if value}
        posted = (
            posting.amount
            for posting in self.told.entry.postings
            if posting.role == self.contract.own_role(to.role) and set(posting.tags) == wanted
        )
        return own_amount(self.contract, sum(posted, ZERO))

    def _posted_by_lot(self, to: Destination, lots: frozenset[str]) -> Decimal:
        return sum(
            (
                amount
                for line, amount in self._consumption().items()
                if line.unit in lots and (line.role, line.class_, line.cost_center) == to
            ),
            ZERO,
        )

    def _consumption(self) -> Mapping[Line, Decimal]:
        key = (self.usage.contract, self.usage.service)
        return by_service(self.prepared.close.changes, "consumption").get(key, {})

    def draws(self) -> list[LotDraw]:
        """What each lot gave."""
        drawn = []
        for lot in sorted({lot for lot, _ in self.credits}):
            own = [(to, a) for (name, to), a in self.credits.items() if name == lot]
            posted = sum((self._posted_by_lot(to, frozenset({lot})) for to, _ in own), ZERO)
            listed = sum((a.list_value for _, a in own), Fraction(0))
            cost = sum((a.cost for _, a in own), Fraction(0))
            if listed or posted:
                drawn.append(LotDraw(self.computed.lots[lot], listed, cost, posted))
        return sorted(drawn, key=lambda draw: (draw.lot.starts, draw.lot.id))

    def add_arithmetic(self, charges: Sequence[ExplainedCharge]) -> None:
        """Add the arithmetic of the counters and terms among the charges."""
        connection, rated = self.prepared.gathered.connection, self.computed.rated
        counters = {charge.counter for charge in charges if charge.counter is not None}
        in_order = sorted(counters, key=lambda c: (c.name, str(c.conditions), c.party, c.scope))
        self.told.tiers = tuple(counter_lines(connection, rated, self.usage, in_order))
        terms = {charge.key for charge in charges if charge.term is not None}
        named = {(key.meter, key.position) for key in terms}
        own = [
            term.id
            for term in rated.charges.terms.values()
            if term.contract == self.usage.contract and (term.name, term.position) in named
        ]
        self.told.terms = tuple(term_lines(rated, self.usage, own))

    def notes(self) -> list[str]:
        """What a reader of the figures must know."""
        notes = []
        if self.settles:
            notes.append(
                f"The usage of {self.usage.service} was accrued at list value; lots that began"
                " later cover it now, at what they cost."
            )
        elif self.is_late:
            notes.append(
                f"Booked late: {self.usage.service} was closed before; the entry is what should"
                " be posted with all usage known now, less what was posted."
            )
        rest = sum(unpaid(self.computed, self.told.facts, self.usage).values(), Fraction(0))
        if self.posts_credits and rest and not self.is_late:
            notes.append(
                "Not all of the usage and fees is covered by lots; the accrual of the rest is an"
                " entry of its own."
            )
        is_invoiced = any(item.invoiced for item in self.owed)
        if self.posts_accrual and is_invoiced and self.told.entry.kind != "invoice":
            notes.append(
                "Part of the span is invoiced; what is accrued is the rest, and goes where all"
                " usage of the span goes, in proportion."
            )
        return notes


def _less(now: Amounts | None, was: Amounts | None) -> Amounts:
    now, was = now or NOTHING, was or NOTHING
    return Amounts(now.list_value - was.list_value, now.cost - was.cost)
