"""The charges of one service span, computed again exactly: usage at its prices, and terms.

They sum to the parts of ``Charges.steps``, and so to what is posted. A price over a running
total shares its value by quantity x modifier factor, as postings do; what an allowance
covers is free step by step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.close.counter_values import (
    bulk_averages,
    bulk_key,
    pool_average,
    value_in,
)
from tokenbooks.close.evidence import (
    ChargeKey,
    Counter,
    ExplainedCharge,
    ServiceUsage,
    Taken,
)
from tokenbooks.entries.destinations import Destinations, in_role
from tokenbooks.entries.posted import Destination
from tokenbooks.periods import Period, span_of, start_of
from tokenbooks.problems import Position
from tokenbooks.rating.charges import ALLOCATION, FEE, POOL, TERM, Part, shared
from tokenbooks.rating.keys import RatedKey
from tokenbooks.rating.matching import Match
from tokenbooks.rating.plan import MeterPrice
from tokenbooks.rating.pools import Pool, PoolKey, scope_of
from tokenbooks.rating.rated import Rated
from tokenbooks.rating.requests import many, signed_lines
from tokenbooks.rating.term_charges import FEES
from tokenbooks.usage.keys import joined_on
from tokenbooks.usage.layout import EVENT, Layout, dimension_column

if TYPE_CHECKING:
    import duckdb

_NONE = Fraction(0)

#: The table that ``select_usage`` creates: usage with the ids of its price and its rule.
SELECTED = "selected_usage"


def select_usage(
    connection: duckdb.DuckDBPyConnection,
    rated: Rated,
    usage: ServiceUsage,
    allocations: Iterable[int],
) -> None:
    """Create ``selected_usage``: the usage of a span that goes by one of the allocations."""
    listed = ", ".join(map(str, allocations)) or "NULL"
    bounds = [start_of(usage.days.start), start_of(usage.days.end)]
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {SELECTED} AS"
        f" SELECT u.*, r.id AS rating, a.id AS allocation FROM {usage.table} u"
        f" JOIN rating_keys r ON {joined_on('u', 'r', rated.by.rating)}"
        f" JOIN allocation_keys a ON {joined_on('u', 'a', rated.by.allocation)}"
        f' WHERE u.contract = ? AND u."at" >= ? AND u."at" < ? AND a.id IN ({listed})',
        [usage.contract, *bounds],
    )


def shown_dimensions(layout: Layout) -> tuple[str, ...]:
    """The dimensions by which charges are told apart: single events are not."""
    return tuple(name for name in layout.dimensions if name != EVENT)


def selected_charges(
    connection: duckdb.DuckDBPyConnection,
    rated: Rated,
    usage: ServiceUsage,
    taken: Mapping[Part, Taken],
    destinations: frozenset[Destination] | None = None,
) -> list[ExplainedCharge]:
    """The charges of ``selected_usage`` and the span's terms, as far as parts are taken."""
    summing = _Summing(connection, rated, usage, taken, destinations)
    layout = rated.layout
    step = 'u."at"' if summing.by_step else "NULL"
    shown = shown_dimensions(layout)
    dimensions = "".join(f", u.{dimension_column(name)}" for name in shown)
    sums = "".join(f", sum(u.{column})" for column in layout.meter_columns)
    rows = connection.execute(
        f"SELECT u.party, {step}, u.rating, u.allocation{dimensions}{sums}"
        f" FROM {SELECTED} u GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    width = 4 + len(shown)
    for row in rows:
        party, at, rating, allocation = row[:4]
        named = tuple(zip(shown, row[4:width], strict=True))
        totals = zip(layout.meters, row[width:], strict=True)
        quantities = {meter: Fraction(str(total or 0)) for meter, total in totals}
        summing.add(_Some(party, at, allocation, named, quantities), rated.keys[rating])
    summing.add_values_without_usage()
    summing.add_terms()
    return [charge for charge in summing.sums.values() if not charge.is_empty]


class _Some(NamedTuple):
    """Some usage of one key: ``at`` is its step, where steps are told apart."""

    party: str
    at: datetime | None
    allocation: int
    dimensions: tuple[tuple[str, str | None], ...]
    quantities: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class _Line:
    """A quantity of a column at a price, and the part of a step's value that it belongs to."""

    meter: str
    column: str
    price: str
    position: Position
    modifiers: tuple[str, ...]
    part: Part
    quantity: Fraction = Fraction(0)
    free: Fraction = Fraction(0)
    value: Fraction = Fraction(0)
    counter: Counter | None = None
    term: int | None = None


class _Summing:
    """Sums rated usage by key, price and destination."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        rated: Rated,
        usage: ServiceUsage,
        taken: Mapping[Part, Taken],
        destinations: frozenset[Destination] | None,
    ) -> None:
        self.rated = rated
        self.usage = usage
        self.taken = taken
        self.destinations = destinations
        self.resolved = Destinations(rated.charges, rated.allocations)
        charges = rated.charges
        self.pools = {p.key: p for p in charges.pools.values() if p.contract == usage.contract}
        self.averages: dict[int, Fraction] = {}
        self._none = tuple((name, None) for name in shown_dimensions(rated.layout))
        self.bulk = bulk_averages(connection, rated, usage)
        spans = {pool.key.span for pool in self.pools.values()}
        spans |= {span_of(usage.days.start, price.over) for price in rated.bulk.prices}
        #: counters shorter than the service span, and what is free, must be told apart
        self.by_step = any(_is_shorter(span, usage.days) for span in spans) or any(
            contract == usage.contract for contract, _, _ in charges.free
        )
        self.sums: dict[ChargeKey, ExplainedCharge] = {}

    # usage

    def add(self, some: _Some, item: RatedKey) -> None:
        """Add some usage at the prices of its key."""
        joined: set[int] = set()
        free = {}
        if some.at is not None:
            place = (self.usage.contract, some.party, some.at)
            free = self.rated.charges.free.get(place, {})
        for meter, outcome in item.outcomes.items():
            if not isinstance(outcome, Match):
                continue
            is_free = free.get(meter, Fraction(0))
            if outcome.price.by_request:
                if meter in outcome.price.meters:
                    if id(outcome.price) in joined:
                        continue
                    joined.add(id(outcome.price))
                lines = self._by_request(some, item, meter, outcome, is_free)
            else:
                lines = self._by_quantity(some, item, meter, outcome, is_free)
            for line in lines:
                self._share(some.party, some.dimensions, some.allocation, line)

    def _by_request(
        self, some: _Some, item: RatedKey, meter: str, outcome: Match, free: Fraction
    ) -> Iterator[_Line]:
        price, quantities = outcome.price, some.quantities
        lines = list(signed_lines(price, meter, item.taken_out(meter)))
        needed = {line.measure.name for _, line in lines}
        needed.add(many(lines[0][1].measure.meters).name)
        shown = price.name if meter in price.meters else meter
        for sign, line in lines if needed <= quantities.keys() else ():
            name = line.measure.name
            quantity = sign * quantities[name]
            yield _Line(
                f"{shown} {line.measure.take}" if line.measure.is_count else shown,
                name,
                str(line),
                price.position,
                outcome.modifiers,
                Part(ALLOCATION, some.allocation),
                quantity,
                quantity * free,
                quantity * line.each * outcome.factor * (1 - free),
            )

    def _by_quantity(
        self, some: _Some, item: RatedKey, meter: str, outcome: Match, free: Fraction
    ) -> Iterator[_Line]:
        taken = item.taken_out(meter)
        quantity = some.quantities[meter] - (some.quantities[taken] if taken else 0)
        if not quantity:
            return
        part, each, counter = self._each(some, outcome)
        if counter is None:
            each *= 1 - free
        yield _Line(
            meter,
            meter,
            str(outcome.price),
            outcome.price.position,
            outcome.modifiers,
            part,
            quantity,
            quantity * free,
            quantity * each,
            counter,
        )

    def _each(self, some: _Some, outcome: Match) -> tuple[Part, Fraction, Counter | None]:
        """The part of some usage at a price, the value of one unit, and its counter."""
        own, price = Part(ALLOCATION, some.allocation), outcome.price
        if not price.counted:
            return own, outcome.each, None
        day = some.at.date() if some.at else self.usage.days.start
        scope = scope_of(price, dict(some.dimensions))
        counter = Counter(some.party, outcome.rate.conditions, price.name, scope)
        span = span_of(day, price.over)
        number = self.rated.bulk.number(price)
        if number is not None:
            average = self.bulk.get(bulk_key(number, some.party, scope, span), _NONE)
            return own, average, counter
        key = PoolKey(self.usage.contract, *counter[:3], span, scope)
        pool = self.pools[key]
        if pool.id not in self.averages:
            self.averages[pool.id] = pool_average(pool, self.usage)
        return Part(POOL, pool.id), self.averages[pool.id] * outcome.factor, counter

    # what no usage bears, and terms

    def add_values_without_usage(self) -> None:
        """Add values of counters whose usage has no weight, such as a flat amount at zero."""
        for pool in self.pools.values():
            weights = pool.weights.get(self.usage.service, {})
            value = value_in(pool, self.usage.days)
            if not weights or not value or sum(weights.values(), Fraction(0)):
                continue
            price = _last_price(pool, self.usage.days)
            for allocation, share in shared(weights):
                line = _Line(
                    pool.name,
                    "",
                    str(price),
                    price.position,
                    (),
                    Part(POOL, pool.id),
                    value=value * share,
                    counter=Counter(pool.party, pool.conditions, pool.name, pool.key.scope),
                )
                self._share(pool.party, self._none, allocation, line)

    def add_terms(self) -> None:
        """Add what the plan's terms charge in the span: fees, discounts, true-ups."""
        for term in self.rated.charges.terms.values():
            value = sum((v for at, v in term.steps.items() if at.date() in self.usage.days), _NONE)
            if term.contract != self.usage.contract or not value:
                continue
            part = Part(FEE if term.kind == FEES else TERM, term.id)
            for allocation, share in shared(term.weights_of(self.usage.service)):
                line = _Line(
                    term.name,
                    "",
                    term.text,
                    term.position,
                    (),
                    part,
                    value=value * share,
                    term=term.id,
                )
                self._share(term.party, self._none, allocation, line)

    # where it goes

    def _share(
        self,
        party: str,
        dimensions: tuple[tuple[str, str | None], ...],
        allocation: int,
        line: _Line,
    ) -> None:
        taken = self.taken.get(line.part)
        if taken is None:
            return
        decided = self.rated.allocations[allocation]
        earned = self.resolved.earned(line.part, beyond=self.usage.is_beyond(line.part))
        for share in decided.shares:
            to = in_role(Destination(share.role, share.class_, share.cost_center), earned)
            if self.destinations is not None and to not in self.destinations:
                continue
            key = ChargeKey(
                party,
                dimensions,
                line.meter,
                line.column,
                line.price,
                line.position,
                line.modifiers,
                to,
            )
            part = Fraction(share.share) / 100
            own = ExplainedCharge(
                key,
                decided.rule,
                Fraction(share.share),
                line.quantity * part * taken.share,
                line.free * part * taken.share,
                line.value * part * taken.share,
                line.value * part * taken.cost,
                line.counter,
                line.term,
            )
            known = self.sums.get(key)
            self.sums[key] = known.plus(own) if known else own


def _is_shorter(span: Period, days: Period) -> bool:
    """Whether a counting span ends before the last day of a service span."""
    return days.start <= span.last_day < days.last_day


def _last_price(pool: Pool, days: Period) -> MeterPrice:
    """The price at which a counter counted last in some days."""
    steps = [entries for at, entries in sorted(pool.steps.items()) if at.date() in days]
    return [entry.price for entry in steps[-1].values()][-1]
