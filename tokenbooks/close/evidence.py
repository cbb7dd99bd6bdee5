"""Evidence: what stands behind a posting, exactly, by usage, price and destination.

``charges.csv`` shows what a close rated, rounded to its scale; here the few charges of one
service span are computed again as fractions (``close.charge_evidence``), so that they sum to
what was posted before it was rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from tokenbooks.book import AllocationRule
from tokenbooks.close.computed import Computed
from tokenbooks.conditions import Conditions
from tokenbooks.entries.destinations import Destinations, in_role
from tokenbooks.entries.posted import Destination
from tokenbooks.entries.sell.advance import paid_days
from tokenbooks.entries.service import last_day_of
from tokenbooks.facts import Facts
from tokenbooks.periods import Period, span_of
from tokenbooks.problems import Position
from tokenbooks.rating.charges import FEE, Part
from tokenbooks.rating.rated import Rated


class Amounts(NamedTuple):
    """List value, and what it cost."""

    list_value: Fraction = Fraction(0)
    cost: Fraction = Fraction(0)

    def plus(self, list_value: Fraction, cost: Fraction) -> Amounts:
        """These amounts with more added."""
        return Amounts(self.list_value + list_value, self.cost + cost)


#: No list value and no cost.
NOTHING = Amounts()


@dataclass(frozen=True, slots=True)
class ServiceUsage:
    """The usage of one contract in one service span, and the table that holds it.

    ``table`` is ``usage_days`` (all to date), ``usage_late`` (what a close booked late) or
    ``usage_before`` (what the closes before it had booked). ``beyond`` tells that what no lot
    covers is billed beyond the credits.
    """

    contract: str
    service: str
    post_usage: str
    table: str = "usage_days"
    beyond: bool = False

    def is_beyond(self, part: Part) -> bool:
        """Whether a part of the usage is billed beyond the credits; fees never are."""
        return self.beyond and part.kind != FEE

    @property
    def days(self) -> Period:
        """The days of the span."""
        last = last_day_of(self.service)
        if self.service == str(Period.month_of(last)):
            return Period.month_of(last)
        return span_of(last, self.post_usage)


class Counter(NamedTuple):
    """The running totals of a price entry of one scope, over any span."""

    party: str
    conditions: Conditions
    name: str
    scope: tuple[str, ...]


class ChargeKey(NamedTuple):
    """What makes a charge: whose usage of what, at which price, and where it goes.

    ``column`` is the meter or measure that is priced; a term of the plan has none. ``source``
    tells, where an entry has both, whether credits cover it or it is accrued.
    """

    party: str
    dimensions: tuple[tuple[str, str | None], ...]
    meter: str
    column: str
    price: str
    position: Position
    modifiers: tuple[str, ...]
    destination: Destination
    source: str = ""


@dataclass(frozen=True, slots=True)
class ExplainedCharge:
    """One meter of one usage at one price, or a term of a plan, as it goes to one destination.

    ``share`` is the rule's share of it in percent; quantity, list value and cost are that
    share's, and ``free`` is the quantity that an allowance covers. The cost is what the
    posting in question takes. ``counter`` is the running total that prices it; ``term`` the
    id of the plan's term.
    """

    key: ChargeKey
    rule: AllocationRule | None
    share: Fraction
    quantity: Fraction = Fraction(0)
    free: Fraction = Fraction(0)
    list_value: Fraction = Fraction(0)
    cost: Fraction = Fraction(0)
    counter: Counter | None = None
    term: int | None = None

    def of_source(self, source: str) -> ExplainedCharge:
        """This charge with where its cost comes from."""
        return replace(self, key=self.key._replace(source=source))

    def plus(self, other: ExplainedCharge, sign: int = 1) -> ExplainedCharge:
        """This charge with another of the same key added or, with sign -1, taken off."""
        return replace(
            self,
            quantity=self.quantity + sign * other.quantity,
            free=self.free + sign * other.free,
            list_value=self.list_value + sign * other.list_value,
            cost=self.cost + sign * other.cost,
        )

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing of it."""
        return not (self.quantity or self.list_value or self.cost)


def changed_charges(
    now: Iterable[ExplainedCharge], before: Iterable[ExplainedCharge]
) -> list[ExplainedCharge]:
    """What charges are now, less what they were before; those without a change are left out."""
    changes = {charge.key: charge for charge in now}
    for charge in before:
        known = changes.get(charge.key)
        none = ExplainedCharge(
            charge.key, charge.rule, charge.share, counter=charge.counter, term=charge.term
        )
        changes[charge.key] = (known or none).plus(charge, -1)
    by_destination: dict[Destination, list[ExplainedCharge]] = {}
    for charge in changes.values():
        if not charge.is_empty:
            by_destination.setdefault(charge.key.destination, []).append(charge)
    return [charge for charges in by_destination.values() for charge in _borne(charges)]


def _borne(charges: list[ExplainedCharge]) -> list[ExplainedCharge]:
    """The changes of one destination, borne by those whose list value has changed.

    The cost of a span is an average of the lots that cover it, which more usage moves for
    all: that is no change of the other charges. Where list values went up and down, each
    keeps its own change.
    """
    changed = [charge for charge in charges if charge.list_value]
    if not changed or len({charge.list_value > 0 for charge in changed}) > 1:
        return charges
    whole = sum((charge.list_value for charge in changed), Fraction(0))
    cost = sum((charge.cost for charge in charges), Fraction(0))
    return [replace(charge, cost=cost * charge.list_value / whole) for charge in changed]


# -- what it cost --------------------------------------------------------------------


class Taken(NamedTuple):
    """What a posting takes of a part: its share of the list value, and its cost for one of it."""

    share: Fraction
    cost: Fraction


def values_by_part(computed: Computed, usage: ServiceUsage) -> dict[Part, Fraction]:
    """The list value of a span, by part, over all parties of the contract."""
    values: dict[Part, Fraction] = {}
    for (contract, _), steps in computed.rated.charges.steps.items():
        if contract != usage.contract:
            continue
        for step in steps:
            if step.at.date() in usage.days:
                for part, value in step.parts.items():
                    values[part] = values.get(part, Fraction(0)) + value
    return values


def covered(
    computed: Computed, usage: ServiceUsage, lots: frozenset[str] | None = None
) -> dict[tuple[str, Part], Amounts]:
    """What lots gave for a span, by lot and part: list value and cost."""
    found: dict[tuple[str, Part], Amounts] = {}
    for (contract, _), drawn in computed.drawn.items():
        for draw in drawn.draws if contract == usage.contract else ():
            if draw.used_at.date() not in usage.days:
                continue
            if lots is not None and draw.lot not in lots:
                continue
            lot = computed.lots[draw.lot]
            each = Fraction(lot.cost) / lot.quantity
            for part, value in draw.parts.items():
                known = found.get((draw.lot, part.whole), NOTHING)
                found[draw.lot, part.whole] = known.plus(value, value * each)
    return found


def unpaid(computed: Computed, facts: Facts, usage: ServiceUsage) -> dict[Part, Fraction]:
    """The list value of a span that no lot covers, by part: all of it in arrears.

    Fees are never paid from credits; those that a document bills in advance are not accrued.
    """
    values = values_by_part(computed, usage)
    for part, value in _fees_in_advance(computed, facts, usage).items():
        values[part] -= value
    values = {part: value for part, value in values.items() if value}
    if facts.book.contracts[usage.contract].settle != "prepaid":
        return values
    found = {part: value for part, value in values.items() if part.kind == FEE}
    for (contract, _), drawn in computed.drawn.items():
        for item in drawn.owed if contract == usage.contract else ():
            if item.used_at.date() in usage.days:
                for part, value in item.parts.items():
                    found[part.whole] = found.get(part.whole, Fraction(0)) + value
    return found


def _fees_in_advance(computed: Computed, facts: Facts, usage: ServiceUsage) -> dict[Part, Fraction]:
    """The fees of a span's days that documents billed in advance."""
    found: dict[Part, Fraction] = {}
    for (contract, party), steps in computed.rated.charges.steps.items():
        paid = (
            paid_days(facts, contract, party, usage.days.end) if contract == usage.contract else ()
        )
        for step in steps if paid else ():
            if step.at.date() in usage.days and step.at.date() in paid:
                for part, value in step.parts.items():
                    if part.kind == FEE:
                        found[part] = found.get(part, Fraction(0)) + value
    return found


def by_destination(
    computed: Computed,
    usage: ServiceUsage,
    amounts: Iterable[tuple[Part, Amounts]],
) -> dict[Destination, Amounts]:
    """Amounts by where they go, as postings do."""
    rated = computed.rated
    resolved = Destinations(rated.charges, rated.allocations)
    found: dict[Destination, Amounts] = {}
    for part, (list_value, cost) in amounts:
        beyond = usage.is_beyond(part)
        whole = {part: Fraction(1)}
        for to, weight in resolved.of(whole, usage.service, beyond=beyond).items():
            known = found.get(to, NOTHING)
            found[to] = known.plus(list_value * weight, cost * weight)
    return found


def taken_of(
    amounts: Iterable[tuple[Part, Amounts]], values: Mapping[Part, Fraction]
) -> dict[Part, Taken]:
    """What is taken of each part: of its list value, and at which cost."""
    sums: dict[Part, Amounts] = {}
    for part, (list_value, cost) in amounts:
        sums[part] = sums.get(part, NOTHING).plus(list_value, cost)
    return {
        part: Taken(listed / values[part], cost / values[part])
        for part, (listed, cost) in sums.items()
        if values.get(part)
    }


def allocations_to(rated: Rated, destinations: frozenset[Destination] | None) -> list[int]:
    """The allocations that send anything to one of the destinations."""
    return [
        item.id
        for item in rated.allocations.values()
        if destinations is None
        or any(
            in_role(Destination(s.role, s.class_, s.cost_center), to.role) == to
            for s in item.shares
            for to in destinations
        )
    ]
