"""Evidence: the charges behind a posting, exactly, with the rate and the rule of each.

``charges.csv`` shows what a close rated, rounded to its scale; here the few charges of one
service span are computed again as fractions, so that they sum to what was posted before
it was rounded. Tiered prices share their pool by quantity x modifier factor, as postings do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.book import AllocationRule
from tokenbooks.close.compute import Computed, Rated
from tokenbooks.entries.destinations import Destinations
from tokenbooks.entries.posted import Destination
from tokenbooks.entries.service import last_day_of
from tokenbooks.facts import Facts
from tokenbooks.periods import Period, span_of, start_of
from tokenbooks.rating.charges import Part
from tokenbooks.rating.keys import rating_dimensions
from tokenbooks.rating.matching import Match, PlanInForce
from tokenbooks.rating.pools import Pool
from tokenbooks.usage.allocation import allocation_dimensions
from tokenbooks.usage.keys import joined_on
from tokenbooks.usage.layout import Layout

if TYPE_CHECKING:
    import duckdb

#: The table that ``select_usage`` creates: usage with the ids of its price and its rule.
SELECTED = "selected_usage"


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

    ``table`` is ``usage_days`` (all to date) or ``usage_late`` (what a close booked late).
    """

    contract: str
    service: str
    post_usage: str
    table: str = "usage_days"

    @property
    def days(self) -> Period:
        """The days of the span."""
        last = last_day_of(self.service)
        if self.service == str(Period.month_of(last)):
            return Period.month_of(last)
        return span_of(last, self.post_usage)


@dataclass(frozen=True, slots=True)
class ExplainedCharge:
    """One meter of one usage key at one price, as it goes to one destination.

    ``share`` is the rule's share of it in percent; quantity, list value and cost are that
    share's. The cost is what the posting in question takes.
    """

    party: str
    dimensions: tuple[tuple[str, str | None], ...]
    meter: str
    match: Match
    destination: Destination
    rule: AllocationRule | None
    share: Fraction
    quantity: Fraction
    list_value: Fraction
    cost: Fraction


def select_usage(
    connection: duckdb.DuckDBPyConnection,
    facts: Facts,
    layout: Layout,
    usage: ServiceUsage,
    allocations: Iterable[int],
) -> None:
    """Create ``selected_usage``: the usage of a span that goes by one of the allocations."""
    plans = {
        contract.id: PlanInForce(facts.plan_of(contract), facts.zone_of(contract))
        for contract in facts.book.contracts.values()
    }
    named = allocation_dimensions(facts.book)
    allocated = [name for name in layout.dimensions if name in named]
    listed = ", ".join(map(str, allocations)) or "NULL"
    bounds = [start_of(usage.days.start), start_of(usage.days.end)]
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {SELECTED} AS"
        f" SELECT u.*, r.id AS rating, a.id AS allocation FROM {usage.table} u"
        f" JOIN rating_keys r ON {joined_on('u', 'r', rating_dimensions(layout, plans))}"
        f" JOIN allocation_keys a ON {joined_on('u', 'a', allocated)}"
        f' WHERE u.contract = ? AND u."at" >= ? AND u."at" < ? AND a.id IN ({listed})',
        [usage.contract, *bounds],
    )


def selected_charges(
    connection: duckdb.DuckDBPyConnection,
    rated: Rated,
    layout: Layout,
    usage: ServiceUsage,
    ratios: Mapping[Part, Fraction],
    destinations: frozenset[Destination] | None = None,
) -> list[ExplainedCharge]:
    """The charges of ``selected_usage``; ``ratios`` is cost over list value by part."""
    summing = _Summing(rated, layout, usage, ratios, destinations)
    day = 'u."at"' if summing.by_day else "NULL"
    dimensions = "".join(f", u.{column}" for column in layout.dimension_columns)
    sums = "".join(f", sum(u.{column})" for column in layout.meter_columns)
    rows = connection.execute(
        f"SELECT u.party, {day}, u.rating, u.allocation{dimensions}{sums}"
        f" FROM {SELECTED} u GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    width = 4 + len(layout.dimensions)
    for row in rows:
        party, at, rating, allocation = row[:4]
        summing.add(party, at, rating, allocation, row[4:width], row[width:])
    return summing.charges()


class _Summing:
    """Sums rated usage by key, price and destination."""

    def __init__(
        self,
        rated: Rated,
        layout: Layout,
        usage: ServiceUsage,
        ratios: Mapping[Part, Fraction],
        destinations: frozenset[Destination] | None,
    ) -> None:
        self.rated = rated
        self.layout = layout
        self.usage = usage
        self.ratios = ratios
        self.destinations = destinations
        self.pools = {
            (pool.party, pool.conditions, pool.name, pool.span): pool
            for pool in rated.charges.pools.values()
            if pool.contract == usage.contract
        }
        spans = {pool.span for pool in self.pools.values()}
        #: pools shorter than the service span must be told apart
        self.by_day = any(_is_shorter(span, usage.days) for span in spans)
        self.sums: dict[tuple[object, ...], ExplainedCharge] = {}

    def add(
        self,
        party: str,
        at: datetime | None,
        rating: int,
        allocation: int,
        cells: tuple[str | None, ...],
        totals: tuple[object, ...],
    ) -> None:
        item = self.rated.keys[rating]
        quantities = {
            meter: Fraction(str(total or 0))
            for meter, total in zip(self.layout.meters, totals, strict=True)
        }
        for meter, outcome in item.outcomes.items():
            part = item.taken_out(meter)
            quantity = quantities[meter] - (quantities[part] if part else 0)
            if not isinstance(outcome, Match) or not quantity:
                continue
            day = at.date() if at else self.usage.days.start
            value, ratio = self._value(party, day, allocation, outcome, quantity)
            named = tuple(zip(self.layout.dimensions, cells, strict=True))
            self._share(party, named, meter, outcome, allocation, (quantity, value, ratio))

    def _value(
        self, party: str, day: date, allocation: int, outcome: Match, quantity: Fraction
    ) -> tuple[Fraction, Fraction]:
        """The list value of a quantity, and what it costs for one of list value."""
        if not outcome.price.tiered:
            part = Part("allocation", allocation)
            return quantity * outcome.each, self.ratios.get(part, Fraction(0))
        span = str(span_of(day, outcome.price.over))
        pool = self.pools[party, outcome.rate.conditions, outcome.price.name, span]
        average = pool_average(self.rated, pool, self.usage)
        ratio = self.ratios.get(Part("pool", pool.id), Fraction(0))
        return quantity * outcome.factor * average, ratio

    def _share(
        self,
        party: str,
        named: tuple[tuple[str, str | None], ...],
        meter: str,
        outcome: Match,
        allocation: int,
        amounts: tuple[Fraction, Fraction, Fraction],
    ) -> None:
        decided = self.rated.allocations[allocation]
        quantity, value, ratio = amounts
        for share in decided.shares:
            to = Destination(share.role, share.class_, share.cost_center)
            if self.destinations is not None and to not in self.destinations:
                continue
            key = (party, named, meter, id(outcome.price), outcome.modifiers, to)
            known = self.sums.get(key)
            part = Fraction(share.share) / 100
            self.sums[key] = ExplainedCharge(
                party,
                named,
                meter,
                outcome,
                to,
                decided.rule,
                Fraction(share.share),
                quantity * part + (known.quantity if known else 0),
                value * part + (known.list_value if known else 0),
                value * part * ratio + (known.cost if known else 0),
            )

    def charges(self) -> list[ExplainedCharge]:
        return list(self.sums.values())


def pool_average(rated: Rated, pool: Pool, usage: ServiceUsage) -> Fraction:
    """What a pool's price comes to in a span, for one unit times its modifiers' factor."""
    days = usage.days
    part = Part("pool", pool.id)
    steps = rated.charges.steps[pool.contract, pool.party]
    value = sum((s.parts.get(part, Fraction(0)) for s in steps if s.at.date() in days), Fraction(0))
    weights = sum(pool.weights.get(usage.service, {}).values(), Fraction(0))
    return value / weights if weights else Fraction(0)


def _is_shorter(span: str, days: Period) -> bool:
    """Whether a counting span, by its name, ends before the last day of a service span."""
    return last_day_of(span) < days.last_day and last_day_of(span) >= days.start


# -- what it cost --------------------------------------------------------------------


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
    computed: Computed,
    usage: ServiceUsage,
    lots: frozenset[str] | None = None,
    since: date = date.min,
) -> dict[tuple[str, Part], Amounts]:
    """What lots gave for a span, by lot and part: list value and cost.

    ``since`` leaves out draws before a day: what is left settles earlier usage.
    """
    found: dict[tuple[str, Part], Amounts] = {}
    for (contract, _), drawn in computed.drawn.items():
        for draw in drawn.draws if contract == usage.contract else ():
            if draw.used_at.date() not in usage.days or draw.drawn_at.date() < since:
                continue
            if lots is not None and draw.lot not in lots:
                continue
            lot = computed.lots[draw.lot]
            each = Fraction(lot.cost) / lot.quantity
            for part, value in draw.parts.items():
                known = found.get((draw.lot, part), NOTHING)
                found[draw.lot, part] = known.plus(value, value * each)
    return found


def unpaid(computed: Computed, facts: Facts, usage: ServiceUsage) -> dict[Part, Fraction]:
    """The list value of a span that no lot covers, by part: all of it in arrears."""
    if facts.book.contracts[usage.contract].settle != "prepaid":
        return values_by_part(computed, usage)
    found: dict[Part, Fraction] = {}
    for (contract, _), drawn in computed.drawn.items():
        for item in drawn.owed if contract == usage.contract else ():
            if item.used_at.date() in usage.days:
                for part, value in item.parts.items():
                    found[part] = found.get(part, Fraction(0)) + value
    return found


def by_destination(
    computed: Computed,
    facts: Facts,
    usage: ServiceUsage,
    amounts: Iterable[tuple[Part, Amounts]],
) -> dict[Destination, Amounts]:
    """Amounts by where they go, as postings do."""
    rated = computed.rated
    resolved = Destinations(rated.charges, rated.allocations)
    found: dict[Destination, Amounts] = {}
    for part, (list_value, cost) in amounts:
        for to, weight in resolved.of({part: Fraction(1)}, usage.service).items():
            known = found.get(to, NOTHING)
            found[to] = known.plus(list_value * weight, cost * weight)
    return found


def ratios_of(
    costs: Iterable[tuple[Part, Fraction]], values: Mapping[Part, Fraction]
) -> dict[Part, Fraction]:
    """Cost over list value, by part."""
    sums: dict[Part, Fraction] = {}
    for part, cost in costs:
        sums[part] = sums.get(part, Fraction(0)) + cost
    return {part: cost / values[part] for part, cost in sums.items() if values.get(part)}


def allocations_to(rated: Rated, destinations: frozenset[Destination] | None) -> list[int]:
    """The allocations that send anything to one of the destinations."""
    return [
        item.id
        for item in rated.allocations.values()
        if destinations is None
        or destinations & {Destination(s.role, s.class_, s.cost_center) for s in item.shares}
    ]
