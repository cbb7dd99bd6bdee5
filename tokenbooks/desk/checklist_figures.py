"""The figures of a book with which the checklist is answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from tokenbooks.desk.look import LookedAt
from tokenbooks.usage.layout import dimension_column

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class Attributed:
    """How many values a dimension has, and the share of all cost that has one."""

    values: int
    share: Fraction


@dataclass(frozen=True, slots=True)
class UsageFigures:
    """What the rated usage of a book tells.

    ``cost`` is the cost of all usage as a scaled number, or its list value where nothing has
    a cost. ``both`` are models with input and output tokens, ``apart`` those of which the two
    have different prices, ``unpriced`` those without one of them. ``meters`` are all that
    have a price.
    """

    cost: int
    models: Attributed
    customers: Attributed
    features: Attributed
    allocated: Fraction
    both: int
    apart: int
    unpriced: int
    meters: tuple[str, ...]


def numbered(number: int, noun: str) -> str:
    """A number with what it counts: ``1 month``, ``2 months``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def usage_figures(looked: LookedAt) -> UsageFigures:
    """Sum the table of charges."""
    connection = looked.connection
    value = _value(connection)
    kept = set(looked.layout.dimensions)
    ((cost, allocated),) = connection.execute(
        f"SELECT coalesce(sum({value}), 0)::HUGEINT, coalesce(sum({value}) FILTER"
        " (class NOT IN ('', 'unallocated')), 0)::HUGEINT FROM charges"
    ).fetchall()
    both, apart, unpriced = _prices(connection, kept)
    models, customers, features = (
        _attributed(connection, value, cost, name if name in kept else "")
        for name in ("model", "customer", "feature")
    )
    share = Fraction(allocated, cost) if cost else Fraction(0)
    meters = _meters(connection)
    return UsageFigures(cost, models, customers, features, share, both, apart, unpriced, meters)


def _value(connection: duckdb.DuckDBPyConnection) -> str:
    ((cost,),) = connection.execute(
        "SELECT coalesce(sum(cost), 0)::HUGEINT FROM charges"
    ).fetchall()
    return "cost" if cost else "list_value"


def _attributed(
    connection: duckdb.DuckDBPyConnection, value: str, cost: int, dimension: str
) -> Attributed:
    """A dimension's values and its share of the cost; nothing where no usage has it."""
    if not dimension:
        return Attributed(0, Fraction(0))
    column = dimension_column(dimension)
    ((values, share),) = connection.execute(
        f"SELECT count(DISTINCT nullif({column}, '')), coalesce(sum({value}) FILTER"
        f" (coalesce({column}, '') <> ''), 0)::HUGEINT FROM charges"
    ).fetchall()
    return Attributed(values, Fraction(share, cost) if cost else Fraction(0))


def _prices(connection: duckdb.DuckDBPyConnection, kept: Iterable[str]) -> tuple[int, int, int]:
    """Models with input and output: how many, with different prices, and with none of one."""
    model = dimension_column("model") if "model" in kept else "''"
    prices = "list(DISTINCT price ORDER BY price) FILTER (meter = '{}_tokens')"
    rows = connection.execute(
        f"SELECT {prices.format('input')}, {prices.format('output')} FROM charges"
        f" WHERE quantity <> 0 GROUP BY contract, {model}"
    ).fetchall()
    both = [(sent, received) for sent, received in rows if sent and received]
    unpriced = [pair for pair in both if any("unpriced" in prices for prices in pair)]
    apart = [pair for pair in both if pair[0] != pair[1] and pair not in unpriced]
    return len(both), len(apart), len(unpriced)


def _meters(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    rows = connection.execute(
        "SELECT DISTINCT meter FROM charges WHERE quantity <> 0 AND rate <> '' ORDER BY meter"
    ).fetchall()
    return tuple(meter for (meter,) in rows)
