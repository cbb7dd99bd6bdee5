"""How far the counters have come that SQL counts: of many, those nearest to a next band."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from tokenbooks.periods import span_of, start_of
from tokenbooks.rating.bands import reached_band
from tokenbooks.rating.matching import Match
from tokenbooks.rating.plan import MeterPrice
from tokenbooks.rating.rated import Rated
from tokenbooks.rating.standings import CounterStanding, LastDays, scope_text

if TYPE_CHECKING:
    import duckdb


def bulk_standings(
    connection: duckdb.DuckDBPyConnection, rated: Rated, last_days: LastDays, most: int
) -> tuple[list[CounterStanding], int]:
    """The counters nearest to a next band, at most ``most`` a price, and how many there are."""
    found: list[CounterStanding] = []
    whole = 0
    for contract, last in sorted(last_days.items()):
        for number, (match, price) in enumerate(_priced(rated)):
            span = span_of(last, price.over)
            rows = connection.execute(
                _nearest_sql(price, most),
                [number, contract, start_of(span.start), start_of(last)],
            ).fetchall()
            whole += rows[0][3] if rows else 0
            # only where there are more is the nearest told first
            in_order = rows if rows and rows[0][3] > most else sorted(rows)
            for party, scope, total, _ in in_order:
                band = reached_band(price, Fraction(total))
                assert band is not None, "only tiers are counted in SQL"
                found.append(
                    CounterStanding(
                        contract,
                        party,
                        price.name,
                        str(match.rate.conditions),
                        scope_text(price, scope.split("\x1f")),
                        str(span),
                        Fraction(total),
                        band,
                        price.position,
                    )
                )
    return found, whole


def _priced(rated: Rated) -> Iterator[tuple[Match, MeterPrice]]:
    """The prices that SQL counts, by number, each with a match that has it."""
    matches = {}
    for key, meter, number in rated.bulk.meters:
        outcome = rated.keys[key].outcomes[meter]
        if isinstance(outcome, Match):
            matches[number] = outcome
    for number, price in enumerate(rated.bulk.prices):
        yield matches[number], price


def _nearest_sql(price: MeterPrice, most: int) -> str:
    """Counters of one price in one span, those with the smallest share left of a band first."""
    bounds = "".join(
        f" WHEN abs(total) <= {step.up_to:f} THEN {step.up_to:f}"
        for step in price.steps
        if step.up_to is not None
    )
    bound = f"CASE{bounds} END" if bounds else "NULL"
    return (
        "SELECT party, scope, total, count(*) OVER () FROM (SELECT party, scope,"
        " sum(quantity) AS total FROM bulk_steps"
        ' WHERE price = ? AND contract = ? AND span = ? AND "at" <= ? GROUP BY ALL)'
        f" ORDER BY ({bound} - abs(total)) * 1000000 // greatest({bound}, 1) NULLS LAST,"
        f" party, scope LIMIT {most}"
    )
