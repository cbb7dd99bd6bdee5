"""Deferred revenue: the table of a close, its roll-forward, and the waterfall of sale months."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from tokenbooks.amounts import money_text
from tokenbooks.close.deferred_revenue import ZERO, Deferred
from tokenbooks.periods import Period
from tokenbooks.reports.table import Cell, Column, Table

#: The amounts of a row, in the order in which they lead to what is still deferred.
AMOUNTS = ("sold", "taken", "earned", "breakage", "escheated", "other")

#: Rows of a close by contract and name.
Rows = Mapping[tuple[str, str], Deferred]


def deferred_table(rows: Iterable[Deferred], places: int, period: Period) -> Table:
    """All that is deferred to date: what ``deferred.csv`` of a close holds."""
    cells = [
        (
            *(row.contract, row.name, row.kind, row.sold_in or None),
            *(getattr(row, name) for name in AMOUNTS),
            row.closing,
        )
        for row in rows
    ]
    columns = (
        Column("contract", "Contract"),
        Column("name", "Cohort"),
        Column("kind", "Kind"),
        Column("sold_in", "Sold in"),
        *(_amount(name, places) for name in AMOUNTS),
        _amount("closing", places),
    )
    return Table("deferred", f"Deferred revenue to date, {period}", columns, tuple(cells))


def deferred_tables(
    months: Sequence[tuple[Period, Rows, Rows]], places: int, currency: str, waterfall: bool
) -> list[Table]:
    """The roll-forward of the last of these months, or the waterfall of all of them."""
    if waterfall:
        return [waterfall_table(months, places, currency)]
    month, before, now = months[-1]
    table = rollforward_table(before, now, places, month, currency)
    opening = money_text(from_opening(before, now, month), places)
    total = money_text(_recognised(before, now), places)
    note = f"Of {total} {currency} recognised, {opening} was deferred before {month}."
    return [replace(table, notes=(note,))]


def rollforward_table(before: Rows, now: Rows, places: int, period: Period, currency: str) -> Table:
    """Deferred revenue over a month: opening + movements = closing, by cohort.

    What a book takes over at its start was sold and earned before it: that stands in both of
    these columns of the first month.
    """
    rows: list[tuple[Cell, ...]] = []
    for key in sorted({*before, *now}):
        then = before.get(key, _nothing(key))
        own = now.get(key, _nothing(key))
        moved = [getattr(own, name) - getattr(then, name) for name in AMOUNTS]
        if then.closing or own.closing or any(moved):
            taken = [-moved[n] for n in (1, 2, 3, 4)]
            rows.append((*key, then.closing, moved[0], *taken, moved[5], own.closing))
    columns = (
        Column("contract", "Contract"),
        Column("name", "Cohort"),
        _amount("opening", places),
        *(_amount(name, places) for name in AMOUNTS),
        _amount("closing", places),
    )
    title = f"Deferred revenue, {period}, {currency}"
    return _without_empty(Table("deferred_rollforward", title, columns, tuple(rows)))


def waterfall_table(
    months: Sequence[tuple[Period, Rows, Rows]], places: int, currency: str
) -> Table:
    """What each month recognised of what each month sold: sale months down, months across."""
    recognised: dict[str, dict[Period, Decimal]] = {}
    left: dict[str, Decimal] = {}
    for month, before, now in months:
        for key, row in now.items():
            then = before.get(key, _nothing(key))
            sums = recognised.setdefault(row.sold_in or "other", {})
            gained = _revenue(row) - _revenue(then)
            sums[month] = sums.get(month, ZERO) + gained
    for _, _, now in months[-1:]:
        for row in now.values():
            name = row.sold_in or "other"
            left[name] = left.get(name, ZERO) + row.closing
    periods = [month for month, _, _ in months]
    rows: list[tuple[Cell, ...]] = []
    for name in sorted(recognised):
        amounts = [recognised[name].get(month, ZERO) for month in periods]
        if any(amounts) or left.get(name):
            rows.append((name, *amounts, left.get(name, ZERO)))
    columns = (
        Column("sold_in", "Sold in"),
        *(replace(_amount(str(month), places), heading=str(month)) for month in periods),
        replace(_amount("still_deferred", places), heading="Still deferred"),
    )
    title = f"Revenue by month of sale and month of recognition, {currency}"
    return Table("waterfall", title, columns, tuple(rows))


def from_opening(before: Rows, now: Rows, period: Period) -> Decimal:
    """Revenue of a month that was deferred when it began (ASC 606-10-50-8(b))."""
    return sum(
        (
            _revenue(row) - _revenue(before.get(key, _nothing(key)))
            for key, row in now.items()
            if row.sold_in and row.sold_in < str(period)
        ),
        ZERO,
    )


def _recognised(before: Rows, now: Rows) -> Decimal:
    return sum(
        (_revenue(row) - _revenue(before.get(key, _nothing(key))) for key, row in now.items()),
        ZERO,
    )


def _revenue(row: Deferred) -> Decimal:
    return row.earned + row.breakage


def _nothing(key: tuple[str, str]) -> Deferred:
    return Deferred(key[0], key[1], "")


def _amount(name: str, places: int) -> Column:
    return Column(name, name.replace("_", " ").capitalize(), True, places, total=True)


def _without_empty(table: Table) -> Table:
    """Without columns of movements that nothing is in."""
    kept = [
        number
        for number, column in enumerate(table.columns)
        if not column.number
        or column.key in {"opening", "sold", "earned", "closing"}
        or any(row[number] for row in table.rows)
    ]
    return replace(
        table,
        columns=tuple(table.columns[n] for n in kept),
        rows=tuple(tuple(row[n] for n in kept) for row in table.rows),
    )
