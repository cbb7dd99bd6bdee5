"""The prices of a rating key as numbers: what is linear in totals, and what is counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from tokenbooks.rating.bulk import BulkPrices
from tokenbooks.rating.keys import RatedKey
from tokenbooks.rating.matching import Ambiguous, Match, Unpriced
from tokenbooks.rating.measures import QUANTITY, Measure
from tokenbooks.rating.plan import MeterPrice
from tokenbooks.rating.requests import many, request_lines
from tokenbooks.usage.layout import Layout


class Term(NamedTuple):
    """One summand of a linear price: the quantity of a column times a price."""

    column: int
    each: Fraction


@dataclass(frozen=True, slots=True)
class MeterPriceOf:
    """How one meter of a key is priced.

    ``linear`` are its summands; ``counted`` a price that depends on a running total of
    ``column`` less ``part``; ``many`` the column of rows that no price by request can rate;
    ``failed`` why there is no price.
    """

    meter: str
    column: int
    part: int | None = None
    linear: tuple[Term, ...] = ()
    counted: Match | None = None
    match: Match | None = None
    many: int | None = None
    failed: Unpriced | Ambiguous | None = None

    @property
    def match_price(self) -> MeterPrice | None:
        """The price entry, None where there is none."""
        return self.match.price if self.match else None


@dataclass(frozen=True, slots=True)
class KeyPrices:
    """All prices of a key; ``special`` are those that are not the quantity times a price.

    ``linear`` sums the linear prices of all meters by column.
    """

    item: RatedKey
    meters: tuple[MeterPriceOf, ...]
    special: tuple[MeterPriceOf, ...] = ()
    linear: Mapping[int, Fraction] = field(default_factory=dict)


UNTOLD = Unpriced(
    "its price depends on each request, and these rows sum many requests or tell no time",
    "use an export with one row and its time for each request, or write `requests` 1 beside a day",
)


def key_prices(
    items: Iterable[RatedKey],
    layout: Layout,
    allowed: Mapping[str, set[str]],
    bulk: BulkPrices,
) -> dict[int, KeyPrices]:
    """The prices of every key; ``allowed`` are meters with an allowance, by contract.

    Prices that are counted in ``bulk`` have no part in them.

    The linear sum leaves out meters with an allowance: part of their quantity is free.
    """
    columns = {name: number for number, name in enumerate(layout.meters)}
    found: dict[int, KeyPrices] = {}
    for item in items:
        meters = tuple(price for price in _meters(item, columns) if price.match_price not in bulk)
        apart = allowed.get(item.key.contract, set())
        linear: dict[int, Fraction] = {}
        for price in meters:
            if price.meter not in apart:
                for column, each in price.linear:
                    linear[column] = linear.get(column, Fraction(0)) + each
        special = tuple(price for price in meters if _is_special(price, apart))
        found[item.id] = KeyPrices(item, meters, special, linear)
    return found


def _is_special(price: MeterPriceOf, apart: set[str]) -> bool:
    plain = price.counted is None and price.many is None and price.failed is None
    return not plain or price.part is not None or price.meter in apart


def _meters(item: RatedKey, columns: Mapping[str, int]) -> Iterable[MeterPriceOf]:
    done: set[int] = set()
    for meter, outcome in item.outcomes.items():
        column = columns[meter]
        taken = item.taken_out(meter)
        part = columns.get(taken) if taken else None
        if outcome is None:
            continue
        if not isinstance(outcome, Match):
            yield MeterPriceOf(meter, column, part, failed=outcome)
        elif outcome.price.by_request:
            joined = meter in outcome.price.meters
            if joined and id(outcome.price) in done:
                continue
            done |= {id(outcome.price)} if joined else set()
            yield _by_request(meter, column, outcome, taken, columns)
        elif outcome.price.counted:
            yield MeterPriceOf(meter, column, part, counted=outcome, match=outcome)
        else:
            terms = [Term(column, outcome.each)]
            terms += [Term(part, -outcome.each)] if part is not None else []
            yield MeterPriceOf(meter, column, part, tuple(terms), match=outcome)


def _by_request(
    meter: str, column: int, found: Match, taken: str | None, columns: Mapping[str, int]
) -> MeterPriceOf:
    """A price by request: its lines, less those of what is taken out of the meter."""
    lines = [
        (line.measure.name, line.each * found.factor) for line in request_lines(found.price, meter)
    ]
    if taken:
        lines += [
            (line.measure.name, -line.each * found.factor)
            for line in request_lines(found.price, taken)
            if line.measure.take == QUANTITY
        ]
    missing = any(name not in columns for name, _ in lines)
    untold = many(_measured(found, meter)).name
    if missing or untold not in columns:
        return MeterPriceOf(meter, column, many=column, match=found)
    terms = tuple(Term(columns[name], each) for name, each in lines)
    return MeterPriceOf(meter, column, None, terms, match=found, many=columns[untold])


def _measured(found: Match, meter: str) -> tuple[str, ...]:
    measures: list[Measure] = [line.measure for line in request_lines(found.price, meter)]
    return measures[0].meters
