"""The prices of the table of charges: one for each rating key, column and service period.

Prices are scaled integers. A price with a finite decimal is exact; a price that depends on
a running total stands with the average of its pool, which may have none, and neither has
``per 60``: their list values are rounded once, to ``VALUE_PLACES``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.amounts import finite_decimal, round_half_up
from tokenbooks.rating.charges import ALLOCATION, Part
from tokenbooks.rating.keys import RatedKey
from tokenbooks.rating.matching import Match
from tokenbooks.rating.pool_months import CostRatios, PoolMonth, PoolMonthKey
from tokenbooks.rating.pools import scope_of
from tokenbooks.rating.rated import Rated
from tokenbooks.rating.requests import signed_lines
from tokenbooks.usage.layout import dimension_column

if TYPE_CHECKING:
    import duckdb

#: Decimal places of list values that have no finite decimal, and of the cost.
VALUE_PLACES = 12
#: Most decimal places of a unit price.
_MOST_PLACES = 24
#: Digits that a scaled value may have in a HUGEINT, with one to spare for rounding.
_DIGITS = 37


class Usage(NamedTuple):
    """Some usage of ``charge_keys``: all that a price in the table can depend on."""

    rating: int
    party: str
    service_period: str
    allocation: int
    scope: tuple[str | None, ...]


class Price(NamedTuple):
    """The price of one of a column, as it is written and as it is counted.

    ``meter`` is the name under which the column's charge is shown; ``bulk`` the number of a
    price whose counters were counted in SQL, which tells its averages.
    """

    column: str
    meter: str
    each: Fraction
    ratio: Fraction
    rate: str = ""
    text: str = ""
    plan_line: int = 0
    modifiers: str = ""
    is_priced: bool = False
    bulk: int | None = None


class Quote(NamedTuple):
    """The price of a column for some usage."""

    usage: Usage
    price: Price


def quotes(
    connection: duckdb.DuckDBPyConnection,
    rated: Rated,
    ratios: CostRatios,
    scope: Sequence[str],
    pooled: Mapping[PoolMonthKey, PoolMonth],
) -> list[Quote]:
    """The prices of usage in ``charge_keys``; ``scope`` are dimensions of counters.

    Parties that are in tables have prices of their own (``rating.party_charges``).
    """
    columns = "".join(f", {dimension_column(name)}" for name in scope)
    used = connection.execute(
        f"SELECT DISTINCT rating, party, service_period, allocation{columns}"
        " FROM charge_keys WHERE account IS NULL ORDER BY ALL"
    ).fetchall()
    found: list[Quote] = []
    for rating, party, service_period, allocation, *values in used:
        usage = Usage(rating, party, service_period, allocation, tuple(values))
        named = dict(zip(scope, usage.scope, strict=True))
        pricing = _Pricing(rated.keys[usage.rating], usage, named, rated, ratios, pooled)
        found += [Quote(usage, price) for price in pricing.prices()]
    return found


def prices_of(item: RatedKey, usage: Usage, rated: Rated) -> Iterator[Price]:
    """The prices of a rating key that depend on nothing else; their ratio is one."""
    return _Pricing(item, usage, {}, rated, {}, {}).prices()


def price_places(found: Sequence[Quote], largest: int, other_places: int) -> int:
    """Decimal places of unit prices, so that no value overflows.

    ``largest`` is the largest scaled quantity; ``other_places`` are those of shares.
    """
    prices = {quote.price.each for quote in found}
    finite = [decimal for each in prices if (decimal := finite_decimal(each)) is not None]
    needed = max((-int(decimal.as_tuple().exponent) for decimal in finite), default=0)
    if len(finite) < len(prices):
        needed = _MOST_PLACES
    dearest = max((int(abs(each)) for each in prices), default=0)
    room = _DIGITS - len(str(largest)) - len(str(dearest)) - other_places
    return max(VALUE_PLACES, min(needed, room, _MOST_PLACES))


def put_quotes(
    connection: duckdb.DuckDBPyConnection,
    found: Sequence[Quote],
    places: int,
    scope: Sequence[str],
    table: str = "charge_prices",
) -> None:
    """Create ``charge_prices``, with prices scaled to ``places``."""
    types = {
        "rating": "INTEGER",
        "party": "VARCHAR",
        "service_period": "VARCHAR",
        "allocation": "INTEGER",
        **{dimension_column(name): "VARCHAR" for name in scope},
        "quantity_of": "VARCHAR",
        "meter": "VARCHAR",
        "each": "HUGEINT",
        "is_exact": "BOOLEAN",
        "ratio": "HUGEINT",
        "rate": "VARCHAR",
        "text": "VARCHAR",
        "plan_line": "INTEGER",
        "modifiers": "VARCHAR",
        "is_priced": "BOOLEAN",
        "bulk": "INTEGER",
    }
    rows = [(*usage[:4], *usage.scope, *_scaled(price, places)) for usage, price in found]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in types]
    picked = ", ".join(f"unnest(?::{kind}[]) AS {name}" for name, kind in types.items())
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT {picked}", columns)


def _scaled(price: Price, places: int) -> tuple[object, ...]:
    scaled = int(round_half_up(price.each, places).scaleb(places))
    is_exact = price.bulk is None and Fraction(scaled, 10**places) == price.each
    ratio = int(round_half_up(price.ratio, VALUE_PLACES).scaleb(VALUE_PLACES))
    return (*price[:2], scaled, is_exact, ratio, *price[4:])


class _Pricing(NamedTuple):
    """Prices the columns of one usage."""

    item: RatedKey
    usage: Usage
    scope: Mapping[str, str | None]
    rated: Rated
    ratios: CostRatios
    pooled: Mapping[PoolMonthKey, PoolMonth]

    def prices(self) -> Iterator[Price]:
        """The price of each column that has one, and of meters that have none."""
        done: set[int] = set()
        for meter, found in self.item.outcomes.items():
            if not isinstance(found, Match):
                text = "unpriced" if found else ""
                yield Price(meter, meter, Fraction(0), self._ratio(), text=text)
            elif found.price.by_request:
                joined = meter in found.price.meters
                if not joined or id(found.price) not in done:
                    done |= {id(found.price)} if joined else set()
                    yield from self._by_request(meter, found)
            elif found.price in self.rated.bulk:
                price = self._price(meter, meter, found, Fraction(0), self._ratio())
                number = self.rated.bulk.number(found.price)
                yield price._replace(bulk=number)
            elif found.price.counted:
                month = self.pooled.get(self._entry(found))
                average = month.average if month else Fraction(0)
                ratio = month.ratio if month else self._ratio()
                yield self._price(meter, meter, found, average * found.factor, ratio)
            else:
                yield self._price(
                    meter, meter, found, found.each * self._charged_share(meter), self._ratio()
                )

    def _ratio(self) -> Fraction:
        part = Part(ALLOCATION, self.usage.allocation)
        where = (self.item.key.contract, self.usage.party, self.usage.service_period, part)
        return self.ratios.get(where, Fraction(1))

    def _charged_share(self, meter: str) -> Fraction:
        """The share of a meter's value that is charged: the rest is free by an allowance."""
        where = (self.item.id, self.usage.party, self.usage.service_period, meter)
        average = self.rated.charges.averages.get(where)
        return average.value / average.whole if average and average.whole else Fraction(1)

    def _entry(self, found: Match) -> PoolMonthKey:
        return PoolMonthKey(
            self.item.key.contract,
            self.usage.party,
            id(found.price),
            scope_of(found.price, self.scope),
            self.usage.service_period,
        )

    def _by_request(self, meter: str, found: Match) -> Iterator[Price]:
        taken = self.item.taken_out(meter)
        factor = found.factor * self._charged_share(meter)
        shown = meter if meter not in found.price.meters else found.price.name
        for sign, line in signed_lines(found.price, meter, taken):
            measure, each = line.measure, sign * line.each * factor
            # packages and requests are no quantities of the meter
            counted = f"{shown} {measure.take}" if measure.is_count else shown
            yield self._price(measure.name, counted, found, each, self._ratio(), str(line))

    def _price(
        self,
        column: str,
        meter: str,
        found: Match,
        each: Fraction,
        ratio: Fraction,
        text: str | None = None,
    ) -> Price:
        return Price(
            column,
            meter,
            each,
            ratio,
            str(found.rate),
            str(found.price) if text is None else text,
            found.price.position.line,
            " ".join(found.modifiers),
            True,
        )
