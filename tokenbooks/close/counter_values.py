"""What running totals come to in a service span, and for one unit on average."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from tokenbooks.close.evidence import ServiceUsage
from tokenbooks.periods import Period, start_of
from tokenbooks.rating.bulk import BULK_UNIT
from tokenbooks.rating.pools import Pool
from tokenbooks.rating.rated import Rated

if TYPE_CHECKING:
    import duckdb

#: A price that SQL counts, the party, the scope as one text, and the start of the span.
BulkKey = tuple[int, str, str, datetime]


def value_in(pool: Pool, days: Period) -> Fraction:
    """What a counter adds in some days."""
    return sum((value for at, value in pool.values.items() if at.date() in days), Fraction(0))


def pool_average(pool: Pool, usage: ServiceUsage) -> Fraction:
    """What a counter's price comes to in a span, for one unit times its modifiers' factor."""
    weights = sum(pool.weights.get(usage.service, {}).values(), Fraction(0))
    return value_in(pool, usage.days) / weights if weights else Fraction(0)


def bulk_averages(
    connection: duckdb.DuckDBPyConnection, rated: Rated, usage: ServiceUsage
) -> dict[BulkKey, Fraction]:
    """The average price of a unit of each counter that SQL counted, in the span's month."""
    if not rated.bulk:
        return {}
    rows = connection.execute(
        "SELECT price, party, scope, span::TIMESTAMP, sum(value), sum(quantity) FROM bulk_steps"
        " WHERE contract = ? AND month = ? GROUP BY ALL",
        [usage.contract, start_of(usage.days.start)],
    ).fetchall()
    return {
        (number, party, scope, span): Fraction(value, BULK_UNIT * quantity)
        for number, party, scope, span, value, quantity in rows
        if quantity and value is not None
    }


def bulk_key(number: int, party: str, scope: tuple[str, ...], span: Period) -> BulkKey:
    """How a counter that SQL counted is known."""
    return (number, party, "\x1f".join(scope), start_of(span.start))
