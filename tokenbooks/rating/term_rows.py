"""Rows of the table of charges that no usage bears: terms of plans, and flat amounts at zero."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from tokenbooks.amounts import round_half_up
from tokenbooks.periods import Period
from tokenbooks.rating.charge_prices import VALUE_PLACES
from tokenbooks.rating.charges import FEE, TERM, Part, shared
from tokenbooks.rating.pool_months import CostRatios, Unborne
from tokenbooks.rating.rated import Rated
from tokenbooks.rating.term_charges import FEES, TermCharge

if TYPE_CHECKING:
    import duckdb

_COLUMNS = (
    "contract",
    "party",
    "service_period",
    "meter",
    "quantity",
    "list_value",
    "cost",
    "rate",
    "price",
    "plan_line",
    "modifiers",
    "class",
    "cost_center",
)


def put_rows_without_usage(
    connection: duckdb.DuckDBPyConnection,
    rated: Rated,
    ratios: CostRatios,
    unborne: Sequence[Unborne],
    places: int,
    period: Period | None,
) -> None:
    """Add what no usage of a period bears to ``charges``; list values are scaled to ``places``.

    These are the terms of plans, and values of counters whose usage has no quantity.
    """
    rows = [
        row
        for charge in rated.charges.terms.values()
        for row in _rows(rated, charge, ratios, places, period)
    ]
    for item in unborne:
        if period is None or item.key.month == str(period):
            rows += _unborne_rows(rated, item, places)
    if not rows:
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    types = {
        "plan_line": "INTEGER",
        "quantity": "HUGEINT",
        "list_value": "HUGEINT",
        "cost": "HUGEINT",
    }
    picked = ", ".join(f"unnest(?::{types.get(name, 'VARCHAR')}[])" for name in _COLUMNS)
    connection.execute(f"INSERT INTO charges ({', '.join(_COLUMNS)}) SELECT {picked}", columns)


def _rows(
    rated: Rated, charge: TermCharge, ratios: CostRatios, places: int, period: Period | None
) -> Iterator[tuple[object, ...]]:
    part = Part(FEE if charge.kind == FEES else TERM, charge.id)
    for (month, allocation), value in _by_month(rated, charge).items():
        if period is not None and month != period:
            continue
        ratio = ratios.get((charge.contract, charge.party, str(month), part), Fraction(1))
        for share in rated.allocations[allocation].shares:
            own = value * Fraction(share.share) / 100
            yield (
                charge.contract,
                charge.party,
                str(month),
                charge.name,
                0,
                *_amounts(own, own * ratio, places),
                charge.kind,
                charge.text,
                charge.position.line,
                "",
                share.class_,
                share.cost_center,
            )


def _unborne_rows(rated: Rated, item: Unborne, places: int) -> Iterator[tuple[object, ...]]:
    for share in rated.allocations[item.allocation].shares:
        part = Fraction(share.share) / 100
        yield (
            item.key.contract,
            item.key.party,
            item.key.month,
            item.price.name,
            0,
            *_amounts(item.value * part, item.cost * part, places),
            item.rate,
            str(item.price),
            item.price.position.line,
            "",
            share.class_,
            share.cost_center,
        )


def _amounts(value: Fraction, cost: Fraction, places: int) -> tuple[int, int]:
    """The list value scaled to ``places`` and the cost, both rounded to ``VALUE_PLACES``."""
    listed = int(round_half_up(value, VALUE_PLACES) * 10**VALUE_PLACES)
    spent = int(round_half_up(cost, VALUE_PLACES) * 10**VALUE_PLACES)
    return listed * 10 ** (places - VALUE_PLACES), spent


def _by_month(rated: Rated, charge: TermCharge) -> dict[tuple[Period, int], Fraction]:
    found: dict[tuple[Period, int], Fraction] = {}
    for at, value in charge.steps.items():
        day = at.date()
        for allocation, part in shared(charge.weights_of(rated.service_span(day))):
            key = (Period.month_of(day), allocation)
            found[key] = found.get(key, Fraction(0)) + value * part
    return {key: value for key, value in found.items() if value}
