"""A plan compared with a catalog, as tables: each price, and the rates to write."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from tokenbooks.amounts import exact_text, number_text, quantity_text
from tokenbooks.rating.matching import Match
from tokenbooks.rating.plan import UnitPrice
from tokenbooks.rating.price_difference import (
    CATALOG_ONLY,
    PLAN_ONLY,
    RESTATED,
    SAME,
    PriceDifference,
)
from tokenbooks.rating.windows import is_hours
from tokenbooks.reports.table import Cell, Column, Table

_MILLION = Decimal(10**6)


class RateToWrite(Protocol):
    """A rate as YAML, and what it does."""

    @property
    def does(self) -> str: ...  # noqa: D102 - a field of the value
    @property
    def model(self) -> str: ...  # noqa: D102 - a field of the value
    @property
    def starts(self) -> date | None: ...  # noqa: D102 - a field of the value
    @property
    def yaml(self) -> str: ...  # noqa: D102 - a field of the value
    @property
    def note(self) -> str: ...  # noqa: D102 - a field of the value


class ComparedPlan(Protocol):
    """A plan compared with a catalog (``desk.compare_plan``)."""

    @property
    def plan(self) -> str: ...  # noqa: D102 - a field of the value
    @property
    def catalog(self) -> str: ...  # noqa: D102 - a field of the value
    @property
    def differences(self) -> Sequence[PriceDifference]: ...  # noqa: D102 - a field of the value
    @property
    def missing(self) -> Sequence[str]: ...  # noqa: D102 - a field of the value
    @property
    def rates(self) -> Sequence[RateToWrite]: ...  # noqa: D102 - a field of the value
    @property
    def at(self) -> date | None: ...  # noqa: D102 - a field of the value


def difference_tables(compared: ComparedPlan, *, everything: bool) -> list[Table]:
    """The prices that differ, or all; and the rates that would make the plan agree.

    On one day only prices that both have can differ; what one of them lacks is counted.
    """
    if compared.at is not None:
        return [_prices_of_a_day(compared, compared.at, everything)]
    tables = [_prices(compared, everything)]
    return [*tables, _rates(compared)] if compared.rates else tables


def _prices(compared: ComparedPlan, everything: bool) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            item.kind,
            item.model,
            _when(item),
            item.meter,
            _day(item.starts),
            _day(item.until),
            *_both(item),
        )
        for item in compared.differences
        if everything or item.kind != SAME
    ]
    rows += [(PLAN_ONLY, model, None, "all", *[None] * 4) for model in compared.missing]
    columns = (
        Column("kind", "Kind"),
        Column("model", "Model"),
        Column("when", "When"),
        Column("meter", "Meter"),
        Column("from", "From"),
        Column("until", "Until"),
        Column("plan", "Plan"),
        Column("catalog", "Catalog"),
    )
    title = f"Prices of plan {compared.plan} and of {compared.catalog}"
    return Table("prices", title, columns, tuple(rows), (_same_note(compared),))


def _prices_of_a_day(compared: ComparedPlan, day: date, everything: bool) -> Table:
    words = {SAME: "same", RESTATED: "differs", PLAN_ONLY: PLAN_ONLY, CATALOG_ONLY: "file only"}
    rows = tuple(
        (words[item.kind], item.model, _when(item), item.meter, *_both(item))
        for item in compared.differences
        if everything or item.kind == RESTATED
    )
    columns = (
        Column("kind", "Kind"),
        Column("model", "Model"),
        Column("when", "When"),
        Column("meter", "Meter"),
        Column("plan", "Plan"),
        Column("file", "File"),
    )
    counts = {kind: sum(d.kind == kind for d in compared.differences) for kind in words}
    notes = [
        _same_note(compared),
        f"Only in the plan: {counts[PLAN_ONLY]}; only in the file: {counts[CATALOG_ONLY]}.",
    ]
    if compared.missing:
        notes.append(f"Models that the file does not know: {', '.join(compared.missing)}.")
    title = f"Prices of plan {compared.plan} on {day} and of the {compared.catalog}"
    return Table("prices", title, columns, rows, tuple(notes))


def _rates(compared: ComparedPlan) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (rate.does, rate.model, rate.starts, rate.yaml, rate.note or None)
        for rate in compared.rates
    ]
    columns = (
        Column("does", "Do"),
        Column("model", "Model"),
        Column("from", "From"),
        Column("yaml", "Under rates: of the plan"),
        Column("note", "Note"),
    )
    return Table("rates", "Rates that would make the plan agree", columns, tuple(rows))


def _same_note(compared: ComparedPlan) -> str:
    same = sum(item.kind == SAME for item in compared.differences)
    return f"{same} of {len(compared.differences)} prices are the same."


def _when(item: PriceDifference) -> str | None:
    words = [name if is_hours(name) else f"{name} {value}" for name, value in item.context]
    return ", ".join(words) or None


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment is not None else None


def _both(item: PriceDifference) -> tuple[str | None, str | None]:
    """Both prices for one quantity: a million tokens, or what the plan's price is for."""
    found = item.plan or item.catalog
    if found is None:
        return None, None
    per = found.price.steps[0].price.per
    quantity = _MILLION if item.meter.endswith("_tokens") else per
    return _text(item.plan, quantity), _text(item.catalog, quantity)


def _text(found: Match | None, per: Decimal) -> str | None:
    if found is None:
        return None
    price = found.price
    if price.model != "per_unit" or price.free or price.conversion is not None:
        return f"{price} x {exact_text(found.factor)}" if found.factor != 1 else str(price)
    text = _amount(price.steps[0].price, found, per)
    if price.requests is not None and price.requests.at_least is not None:
        text += f", at least {number_text(price.requests.at_least)}"
    for size, unit in price.requests.thresholds if price.requests else ():
        text += f"; {_amount(unit, found, per)} if {size}"
    return text


def _amount(unit: UnitPrice, found: Match, per: Decimal) -> str:
    amount = exact_text(unit.each * found.factor * Fraction(per))
    return amount if per == 1 else f"{amount} per {quantity_text(per)}"
