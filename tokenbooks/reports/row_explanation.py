"""The explanation of a row of an export as tables."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from tokenbooks.amounts import exact_text, number_text
from tokenbooks.close.explanation import MeterRating, RowExplanation
from tokenbooks.reports.explained_cells import (
    EXACT_PLACES,
    exact_cell,
    facts_table,
    place_cells,
    place_text,
    plain_columns,
    without,
)
from tokenbooks.reports.explained_documents import related_table
from tokenbooks.reports.table import Cell, Column, Table


def row_tables(told: RowExplanation) -> list[Table]:
    """Everything that a row leads to; tables without rows are left out."""
    tables = [
        _row(told),
        _dimensions(told),
        _meters(told),
        _arithmetic(told),
        _names(told),
        _allocation(told),
        _draws(told),
        related_table(told.related, "Entries"),
    ]
    return [table for table in tables if table.rows]


def _row(told: RowExplanation) -> Table:
    reason = f", {told.reason}" if told.reason else ""
    amount = f"{number_text(told.amount)} {told.currency or ''}" if told.amount else None
    facts: list[tuple[str, Cell]] = [
        ("row", place_text(told.place)),
        ("contract", told.contract),
        ("format", told.format),
        ("day", told.day),
        ("verdict", f"{told.verdict}{reason}"),
        ("amount", amount),
    ]
    return facts_table("row", "Row of an export", facts, tuple(told.notes))


def _dimensions(told: RowExplanation) -> Table:
    names = told.facts.book.names
    rows = tuple(
        (name, value, names.get(name, {}).get(value)) for name, value in told.dimensions.items()
    )
    columns = plain_columns(("dimension", "Dimension"), ("value", "Value"), ("name", "Name"))
    return Table("dimensions", "What it is about", columns, rows)


def _meters(told: RowExplanation) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for rating in told.meters:
        priced = rating.price is not None
        rows.append(
            (
                rating.meter,
                exact_cell(rating.quantity),
                exact_cell(rating.free) if rating.free else None,
                str(rating.price) if priced else rating.reason,
                _factors(rating) or None,
                exact_cell(rating.value) if priced else None,
                *place_cells(rating.price.position if rating.price else None),
            )
        )
    columns = (
        Column("meter", "Meter"),
        Column("quantity", "Quantity", number=True),
        Column("free", "Free", number=True),
        *plain_columns(("price", "Price"), ("modifiers", "Modifiers")),
        Column("list_value", "= List value", number=True, places=EXACT_PLACES, total=True),
        Column("plan", "Plan"),
        Column("plan_line", "Line", number=True),
    )
    notes = (
        ("A tiered price stands with its average over the service period.",)
        if any(rating.price and rating.price.counted and not rating.lines for rating in told.meters)
        else ()
    )
    table = Table("meters", "What it costs at list", columns, tuple(rows), notes)
    unused = [
        key for key, index in (("free", 2), ("modifiers", 4)) if not any(r[index] for r in rows)
    ]
    return without(table, unused)


def _arithmetic(told: RowExplanation) -> Table:
    """How prices by request or event come to what the row costs, before modifiers."""
    rows = tuple((rating.meter, line) for rating in told.meters for line in rating.lines)
    columns = plain_columns(("meter", "Meter"), ("arithmetic", "Arithmetic"))
    return Table("arithmetic", "Arithmetic", columns, rows)


def _factors(rating: MeterRating) -> str:
    names = " ".join(modifier.name for modifier in rating.modifiers)
    return f"{names} x {exact_text(rating.factor)}" if names else ""


def _names(told: RowExplanation) -> Table:
    """The aliases and modifiers that made the price what it is, and its correction since."""
    rows = tuple(dict.fromkeys(row for rating in told.meters for row in _rulings(rating)))
    columns = (
        *plain_columns(("what", "What"), ("text", "Says"), ("plan", "Plan")),
        Column("plan_line", "Line", number=True),
    )
    return Table("rulings", "Aliases, modifiers, corrections", columns, rows)


def _rulings(rating: MeterRating) -> Iterator[tuple[Cell, ...]]:
    if rating.alias is not None:
        text = f"{rating.alias.name} is {rating.alias.model}"
        yield ("alias", text, *place_cells(rating.alias.position))
    for modifier in rating.modifiers:
        text = f"{modifier.name}: where {modifier.when}"
        yield ("modifier", text, *place_cells(modifier.position))
    if (now := rating.corrected) is not None:
        factor = f" x {exact_text(now.factor)}" if now.factor is not None else ""
        text = f"{rating.meter}, known since {now.on}: {now.price}{factor}; {now.reason}"
        yield ("correction", text, *place_cells(now.position))


def _allocation(told: RowExplanation) -> Table:
    rule = told.rule
    rows = tuple(
        (account, to.class_ or None, to.cost_center or None, f"{number_text(share)}%")
        for account, to, share in told.shares
    )
    columns = plain_columns(
        ("account", "Account"),
        ("class", "Class"),
        ("cost_center", "Cost center"),
        ("share", "Share"),
    )
    note = f"By {place_text(rule.position)}: {rule.when}." if rule else "No rule matches."
    return Table("allocation", "Where it goes", columns, rows, (note,))


def _draws(told: RowExplanation) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for draw in told.draws:
        each = draw.cost / draw.list_value if draw.list_value else Fraction(0)
        rows.append(
            (
                draw.lot.id if draw.lot else "(no lot)",
                draw.drawn_at.date() if draw.drawn_at else None,
                exact_cell(draw.list_value),
                exact_cell(each),
                exact_cell(draw.cost),
                *place_cells(draw.lot.event.position if draw.lot else None),
            )
        )
    columns = (
        *plain_columns(("lot", "Lot"), ("drawn_on", "Drawn on")),
        Column("list_value", "List value", number=True, places=EXACT_PLACES, total=True),
        Column("cost_of_one", "Cost of 1", number=True, places=EXACT_PLACES),
        Column("cost", "Cost", number=True, places=EXACT_PLACES, total=True),
        Column("file", "File"),
        Column("line", "Line", number=True),
    )
    title = f"Lots that cover the contract's usage of {told.day}"
    return Table("lots", title, columns, tuple(rows))
