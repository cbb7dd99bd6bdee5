"""The arithmetic behind charges: stretches of counters at their steps, and terms of plans."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from tokenbooks.amounts import exact_text
from tokenbooks.close.counter_values import value_in
from tokenbooks.close.evidence import Counter, ServiceUsage
from tokenbooks.periods import Period, span_of, start_of
from tokenbooks.problems import Position
from tokenbooks.rating.matching import Match
from tokenbooks.rating.models import (
    amount_to,
    band,
    counted_units,
    explain,
    step_line,
    volume_flat,
)
from tokenbooks.rating.plan import MeterPrice
from tokenbooks.rating.pools import Pool
from tokenbooks.rating.rated import Rated
from tokenbooks.rating.standings import scope_text

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class ArithmeticLine:
    """One line of the arithmetic of a counter or a term over a span.

    ``scope`` are the values that keep a counter apart from others of its price.
    """

    name: str
    scope: str
    span: str
    text: str
    position: Position


@dataclass(slots=True)
class _Stretch:
    """What was counted at one price without a change of price, from ``before`` to ``after``."""

    price: MeterPrice
    before: Fraction
    after: Fraction
    quantity: Fraction
    weighted: Fraction
    events: int


def counter_lines(
    connection: duckdb.DuckDBPyConnection,
    rated: Rated,
    usage: ServiceUsage,
    counters: Collection[Counter],
) -> list[ArithmeticLine]:
    """How the values of some counters grew in a service span."""
    lines: list[ArithmeticLine] = []
    for pool in rated.charges.pools.values():
        own = Counter(pool.party, pool.conditions, pool.name, pool.key.scope)
        if pool.contract == usage.contract and own in counters:
            lines += _pool_lines(pool, usage.days)
    for number, price in enumerate(rated.bulk.prices):
        conditions = {
            outcome.rate.conditions
            for key, meter, own_number in rated.bulk.meters
            if own_number == number
            and isinstance(outcome := rated.keys[key].outcomes[meter], Match)
        }
        for counter in counters:
            if counter.name == price.name and counter.conditions in conditions:
                lines += _bulk_lines(connection, usage, counter, (number, price))
    return lines


def term_lines(rated: Rated, usage: ServiceUsage, terms: Collection[int]) -> list[ArithmeticLine]:
    """How terms of a plan came to what they charge, and what of it falls into a service span."""
    lines = []
    for number in sorted(terms):
        term = rated.charges.terms[number]
        here = sum((v for at, v in term.steps.items() if at.date() in usage.days), Fraction(0))
        texts = list(term.lines)
        if here != term.value:
            texts.append(f"of that in {usage.service}: {exact_text(here)}")
        lines += [
            ArithmeticLine(term.name, "", str(term.span), text, term.position) for text in texts
        ]
    return lines


def _pool_lines(pool: Pool, days: Period) -> list[ArithmeticLine]:
    """The lines of a counter in some days; they sum to its value before modifiers."""
    stretches = [*_stretches(pool, days)]
    found: list[tuple[MeterPrice, str]] = []
    changed = len(stretches) > 1 and stretches[0].price.model == "volume"
    if changed and not stretches[0].before:
        found = _volume_prices(stretches)
    for stretch in stretches if not found else ():
        if stretch.price.events is not None:
            texts = [_events(stretch, pool, days)]
        else:
            texts = _texts(stretch)
        found += [(stretch.price, text) for text in texts]
    quantity = sum((s.quantity for s in stretches), Fraction(0))
    weighted = sum((s.weighted for s in stretches), Fraction(0))
    if quantity and weighted != quantity:
        factor = f"modifiers: x {exact_text(weighted / quantity)} on average"
        found.append((stretches[-1].price, factor))
    return [
        ArithmeticLine(
            pool.name, scope_text(price, pool.key.scope), pool.span, text, price.position
        )
        for price, text in found
    ]


def _bulk_lines(
    connection: duckdb.DuckDBPyConnection,
    usage: ServiceUsage,
    counter: Counter,
    numbered: tuple[int, MeterPrice],
) -> Iterator[ArithmeticLine]:
    """The lines of a counter that SQL counted, one stretch for each of its spans."""
    number, price = numbered
    bounds = [start_of(usage.days.start), start_of(usage.days.end)]
    rows = connection.execute(
        'SELECT span, coalesce(sum(quantity) FILTER ("at" < ?), 0), sum(quantity) FROM bulk_steps'
        ' WHERE price = ? AND contract = ? AND party = ? AND scope = ? AND "at" < ?'
        ' GROUP BY span HAVING max("at") >= ? ORDER BY span',
        [
            bounds[0],
            number,
            usage.contract,
            counter.party,
            "\x1f".join(counter.scope),
            bounds[1],
            bounds[0],
        ],
    ).fetchall()
    for span, before, after in rows:
        counted = Fraction(after) - Fraction(before)
        stretch = _Stretch(price, Fraction(before), Fraction(after), counted, counted, 0)
        name = str(span_of(span, price.over))
        for text in _texts(stretch):
            scope = scope_text(price, counter.scope)
            yield ArithmeticLine(price.name, scope, name, text, price.position)


def _texts(stretch: _Stretch) -> list[str]:
    packaged = any(step.packages for step in stretch.price.steps)
    by_band = stretch.price.model == "graduated" and not packaged
    return list(_bands(stretch)) if by_band else _whole(stretch)


def _stretches(pool: Pool, days: Period) -> Iterator[_Stretch]:
    total = Fraction(0)
    current: _Stretch | None = None
    for at, entries in sorted(pool.steps.items()):
        for entry in entries.values():
            before, total = total, total + entry.quantity
            if at.date() not in days:
                continue
            if current is not None and current.price is entry.price:
                current.after = total
                current.quantity += entry.quantity
                current.weighted += entry.weighted
                current.events += len(entry.events)
                continue
            if current is not None:
                yield current
            current = _Stretch(
                entry.price, before, total, entry.quantity, entry.weighted, len(entry.events)
            )
    if current is not None:
        yield current


def _bands(stretch: _Stretch) -> Iterator[str]:
    """The lines of a graduated price: each band's part of the stretch at that band's price."""
    if not stretch.before:
        yield from explain(stretch.price, stretch.after)
        return
    before = counted_units(stretch.price, stretch.before)
    after = counted_units(stretch.price, stretch.after)
    lower = Fraction(0)
    for step in stretch.price.steps:
        upper = after if step.up_to is None else Fraction(step.up_to)
        first, last = max(lower, before), min(upper, after)
        if last > first:
            flat = Fraction(step.flat) if before <= lower else Fraction(0)
            yield step_line(step, last - first, flat)
        lower = upper


def _volume_prices(stretches: list[_Stretch]) -> list[tuple[MeterPrice, str]]:
    """The lines of volume prices that changed: each at the band that all have reached."""
    total = stretches[-1].after
    found = []
    for stretch in stretches:
        units = counted_units(stretch.price, total)
        own = stretch.quantity * units / total if total else stretch.quantity
        found.append((stretch.price, step_line(band(stretch.price, units), own, Fraction(0))))
    price = stretches[-1].price
    flat = volume_flat(price, counted_units(price, total))
    return found + ([(price, f"{exact_text(flat)} flat")] if flat else [])


def _whole(stretch: _Stretch) -> list[str]:
    """The lines of a price of the whole counter: what it has reached, less what it had."""
    lines = explain(stretch.price, stretch.after)
    if stretch.before:
        amount = exact_text(amount_to(stretch.price, stretch.before))
        lines.append(f"less {exact_text(stretch.before)} counted before = {amount}")
    return lines


def _events(stretch: _Stretch, pool: Pool, days: Period) -> str:
    """The line of a price by event."""
    value = value_in(pool, days)
    counted = f"{stretch.events} events of {exact_text(stretch.quantity)} in all"
    return f"{counted} at {stretch.price} = {exact_text(value)}"
