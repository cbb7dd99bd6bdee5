"""Explaining what usage posts: consumption of lots, accruals and settlements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from tokenbooks.close.compute import Computed
from tokenbooks.close.evidence import (
    NOTHING,
    Amounts,
    ExplainedCharge,
    ServiceUsage,
    allocations_to,
    by_destination,
    covered,
    ratios_of,
    select_usage,
    selected_charges,
    unpaid,
    values_by_part,
)
from tokenbooks.close.explanation import EntryExplanation, LotDraw, SumLine
from tokenbooks.close.tier_evidence import TierLine, tier_lines
from tokenbooks.desk.close import Prepared
from tokenbooks.desk.rows_behind import rows_behind
from tokenbooks.desk.stale import recompute
from tokenbooks.entries.buy.owed import Owed
from tokenbooks.entries.posted import Destination, Line, by_service
from tokenbooks.entries.service import last_day_of
from tokenbooks.rating.charges import Part
from tokenbooks.sources.exports.connection import connect

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
    charges.sort(key=lambda c: (-abs(c.cost), -abs(c.list_value), str(c.dimensions), c.meter))
    shown = charges[:limit] if limit else charges
    rules = {id(charge.rule) for charge in charges}
    behind, files = rows_behind(prepared, usage.contract, shown, rules, new_files=change.is_new)
    told.dimensions = prepared.gathered.layout.dimensions
    told.charges, told.behind = tuple(shown), tuple(behind)
    told.files = tuple(files)
    for charge in charges[len(shown) :]:
        told.left_out += 1
        told.rest = told.rest.plus(charge.list_value, charge.cost)
    told.sums = tuple(change.sums())
    told.draws = tuple(change.draws())
    told.tiers = tuple(change.tiers(charges))
    told.notes += change.notes()
    if not files and charges:
        told.notes.append(
            "The usage was booked by an earlier close, whose entry shows the rows of the files."
        )


class _Change:
    """What an entry changes for its service span: all to date, less what was before it."""

    def __init__(
        self, told: EntryExplanation, prepared: Prepared, usage: ServiceUsage, wanted: Wanted
    ) -> None:
        self.told = told
        self.prepared = prepared
        self.usage = usage
        self.wanted = wanted
        self.computed = prepared.close.computed
        is_invoice = told.entry.kind == "invoice"
        self.posts_credits = any(p.role == "prepaid_credits" for p in told.entry.postings)
        self.posts_accrual = is_invoice or any(
            p.role == "accrued_expenses" for p in told.entry.postings
        )
        self.settles = self.posts_credits and self.posts_accrual
        begun_before = last_day_of(usage.service) < prepared.close.period.start
        self.is_late = begun_before and not is_invoice
        self.before = self._before()
        self.credits = self._credits()
        self.accrued = self._accrued()

    def _before(self) -> Computed | None:
        """What the previous close computed, where the span was booked before."""
        earlier = self.prepared.earlier
        if not self.is_late or not earlier:
            return None
        # on a connection of its own: the tables of the close stay as they are
        return recompute(connect(), self.prepared.book, earlier[-1], earlier[:-1])

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
            sums = by_destination(computed, self.told.facts, self.usage, parts)
            found.update({(lot, to): a for to, a in sums.items() if self.wanted.takes(to)})
        return found

    def _accrued(self) -> dict[Destination, Amounts]:
        if not self.posts_accrual:
            return {}
        now = self._unpaid(self.computed)
        if self.before is None or any(item.invoiced for item in self.owed):
            return now
        was = self._unpaid(self.before)
        return {to: _less(now.get(to), was.get(to)) for to in {*now, *was}}

    def _unpaid(self, computed: Computed) -> dict[Destination, Amounts]:
        values = unpaid(computed, self.told.facts, self.usage)
        ratio = self._not_invoiced(sum(values.values(), Fraction(0)))
        parts = [(part, Amounts(value, value * ratio)) for part, value in values.items()]
        sums = by_destination(computed, self.told.facts, self.usage, parts)
        return {to: amounts for to, amounts in sums.items() if self.wanted.takes(to)}

    def _not_invoiced(self, value: Fraction) -> Fraction:
        """What part of a span's value the entry takes: all of it, unless invoices bill some.

        Then it is what the accrual holds, or the invoice brings, and goes where the whole
        span goes.
        """
        if not any(item.invoiced for item in self.owed) or not value:
            return Fraction(1)
        if self.told.entry.kind == "invoice":
            taken = sum((relief.invoiced - relief.relieved for relief in self.told.reliefs), ZERO)
        else:
            postings = self.told.entry.postings
            taken = -sum((p.amount for p in postings if p.role == "accrued_expenses"), ZERO)
        return Fraction(taken) / value

    @property
    def owed(self) -> list[Owed]:
        """What is owed for the span, by party."""
        return [
            item
            for (contract, _, service), item in self.computed.owed.items()
            if (contract, service) == (self.usage.contract, self.usage.service)
        ]

    # charges

    def charges(self) -> list[ExplainedCharge]:
        """The charges, each with what it adds to the entry."""
        if self.is_late:
            return self._late_charges()
        values = values_by_part(self.computed, self.usage)
        if self.posts_credits:
            found = covered(self.computed, self.usage, self.wanted.lots)
            ratios = ratios_of([(part, a.cost) for (_, part), a in found.items()], values)
        else:
            costs = unpaid(self.computed, self.told.facts, self.usage)
            ratio = self._not_invoiced(sum(costs.values(), Fraction(0)))
            ratios = ratios_of([(part, cost * ratio) for part, cost in costs.items()], values)
        charges = self._selected(self.usage, ratios)
        # usage that free lots cover costs nothing and is shown; what is not of the posting is not
        whole = self.posts_credits and self.wanted.lots is None
        return charges if whole else [charge for charge in charges if charge.cost]

    def _late_charges(self) -> list[ExplainedCharge]:
        """What came late; of a settlement, what lots have covered since the period began."""
        change: dict[Destination, Fraction] = {}
        for (_, to), amounts in self.credits.items():
            change[to] = change.get(to, Fraction(0)) + amounts.cost
        if not self.posts_credits:
            change = {to: amounts.cost for to, amounts in self.accrued.items()}
        if not self.settles:
            return _shared(self._selected(replace(self.usage, table="usage_late"), {}), change)
        since = self.prepared.close.period.start
        drawn = covered(self.computed, self.usage, self.wanted.lots, since)
        ratios = ratios_of(
            [(part, amounts.list_value) for (_, part), amounts in drawn.items()],
            values_by_part(self.computed, self.usage),
        )
        return _shared(_settled(self._selected(self.usage, ratios)), change)

    def _selected(
        self, usage: ServiceUsage, ratios: Mapping[Part, Fraction]
    ) -> list[ExplainedCharge]:
        gathered, rated = self.prepared.gathered, self.computed.rated
        chosen = allocations_to(rated, self.wanted.destinations)
        select_usage(gathered.connection, self.told.facts, gathered.layout, usage, chosen)
        return selected_charges(
            gathered.connection, rated, gathered.layout, usage, ratios, self.wanted.destinations
        )

    @property
    def is_new(self) -> bool:
        """Whether the usage comes from files that no earlier close has read."""
        return self.is_late and not self.settles

    # sums

    def sums(self) -> list[SumLine]:
        """How the exact amounts become the posted ones, by expense account."""
        facts = self.told.facts
        contract = facts.book.contracts[self.usage.contract]
        lines = []
        for to in sorted({*(to for _, to in self.credits), *self.accrued}):
            exact = sum((a.cost for (_, d), a in self.credits.items() if d == to), Fraction(0))
            accrued = self.accrued.get(to, NOTHING).cost
            posted = self._posted(to)
            if exact or accrued or posted:
                account = facts.book.account(to.role, contract)
                lines.append(SumLine(account, to, exact, accrued, posted))
        return lines

    def _posted(self, to: Destination) -> Decimal:
        if self.wanted.lots is not None:
            return self._posted_by_lot(to, self.wanted.lots)
        tags = {("class", to.class_), ("cost-center", to.cost_center)}
        wanted = {(key, value) for key, value in tags if value}
        return sum(
            (
                posting.amount
                for posting in self.told.entry.postings
                if posting.role == to.role and set(posting.tags) == wanted
            ),
            ZERO,
        )

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

    def tiers(self, charges: Sequence[ExplainedCharge]) -> list[TierLine]:
        """The arithmetic of the tiered prices among the charges."""
        priced = {id(c.match.price) for c in charges if c.match.price.tiered}
        pools = self.computed.rated.charges.pools.values()
        own = [pool for pool in pools if pool.contract == self.usage.contract]
        lines = [line for pool in own for line in tier_lines(pool, self.usage.days)]
        return [line for line in lines if id(line.price) in priced]

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
                "Some of the usage is covered by no lot; its accrual is an entry of its own."
            )
        is_invoiced = any(item.invoiced for item in self.owed)
        if self.posts_accrual and is_invoiced and self.told.entry.kind != "invoice":
            notes.append(
                "Part of the span is invoiced; what is accrued is the rest, and goes where all"
                " usage of the span goes, in proportion."
            )
        return notes


def _settled(charges: Sequence[ExplainedCharge]) -> list[ExplainedCharge]:
    """The parts of charges that are settled, given with the settled list value as cost."""
    return [
        replace(c, quantity=c.quantity * c.cost / c.list_value, list_value=c.cost)
        for c in charges
        if c.cost and c.list_value
    ]


def _less(now: Amounts | None, was: Amounts | None) -> Amounts:
    now, was = now or NOTHING, was or NOTHING
    return Amounts(now.list_value - was.list_value, now.cost - was.cost)


def _shared(
    charges: Sequence[ExplainedCharge], change: Mapping[Destination, Fraction]
) -> list[ExplainedCharge]:
    """Charges with the change of each destination shared over its charges by list value."""
    values: dict[Destination, Fraction] = {}
    for charge in charges:
        to = charge.destination
        values[to] = values.get(to, Fraction(0)) + charge.list_value
    return [
        replace(
            charge,
            cost=charge.list_value
            * change.get(charge.destination, Fraction(0))
            / values[charge.destination],
        )
        if values[charge.destination]
        else charge
        for charge in charges
    ]
