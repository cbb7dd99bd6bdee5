"""What the same usage costs under several plans, as tables: amounts, and why they differ.

Plans go by letters in the order in which they were given, since two of them may be
versions of one id.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from string import ascii_uppercase

from tokenbooks.amounts import currency_places, exact_text
from tokenbooks.rating.cost_comparison import Compared, Cost, Group, effects
from tokenbooks.reports.explained_cells import exact_cell, without
from tokenbooks.reports.narrow import Legend, narrowed
from tokenbooks.reports.table import Cell, Column, Table

UNPRICED = "unpriced"

_NUMBERED = (
    Legend("No.", "Usage by its numbers", but=("price_a", "price")),
    Legend("Prices", "Prices by their numbers", columns=("price_a", "price")),
)

_MILLION = 10**6

_COUNTED = (
    "Counted is what a plan charges for: without free units, with packages and least"
    " quantities in full. Terms are fees, discounts, caps and true-ups."
)


def comparison_tables(compared: Compared) -> list[Table]:
    """The amounts under each plan, and of each difference to the first plan what makes it."""
    return [_amounts(compared), *(_effects(compared, n) for n in range(1, len(compared.plans)))]


def fitting(tables: Sequence[Table], format: str, width: int | None) -> list[Table]:
    """The tables as text fits a terminal: usage stands apart, under its number."""
    if format != "text":
        return list(tables)
    shown = []
    for table in tables:
        is_terms = [column.key == "terms_effect" for column in table.columns]
        nothing = not any(row[is_terms.index(True)] for row in table.rows) if any(is_terms) else 0
        shown.append(without(table, ("terms_effect",)) if nothing else table)
    return narrowed(shown, width, {table.name: _NUMBERED for table in shown})


def _amounts(compared: Compared) -> Table:
    letters = ascii_uppercase[: len(compared.plans)]
    places = currency_places(compared.plans[0].currency)
    rows: list[tuple[Cell, ...]] = []
    for group, quantity in compared.quantities.items():
        costs = [compared.cost(number, group) for number in range(len(compared.plans))]
        differences = [_difference(costs[0], cost) for cost in costs[1:]]
        amounts = [_amount_cell(cost) for cost in costs]
        rows.append((*_names(group), quantity or None, *amounts, *differences))
    columns = (
        *_group_columns(compared),
        Column("quantity", "Quantity", number=True),
        *(_amount_column(letter.lower(), letter, places) for letter in letters),
        *(
            _amount_column(f"{letter.lower()}_less_a", f"{letter} - A", places)
            for letter in letters[1:]
        ),
    )
    named = [
        f"{letter}: {plan.id} ({plan.position.file})"
        for letter, plan in zip(letters, compared.plans, strict=True)
    ]
    title = f"What the same usage costs, in {compared.plans[0].currency}"
    return Table("comparison", title, columns, tuple(rows), (*named, *_unpriced_note(compared)))


def _effects(compared: Compared, number: int) -> Table:
    letter = ascii_uppercase[number]
    places = currency_places(compared.plans[0].currency)
    rows: list[tuple[Cell, ...]] = []
    for group in compared.quantities:
        first, second = compared.cost(0, group), compared.cost(number, group)
        difference = _difference(first, second)
        if difference:
            rows.append((*_names(group), *_effect_cells(first, second, difference)))
    columns = (
        *_group_columns(compared),
        Column("price_a", "Price A"),
        Column("price", f"Price {letter}"),
        Column("counted_a", "Counted A", number=True),
        Column("counted", f"Counted {letter}", number=True),
        _amount_column("price_effect", "By price", places),
        _amount_column("quantity_effect", "By quantity", places),
        _amount_column("terms_effect", "By terms", places),
        _amount_column("difference", f"{letter} - A", places),
    )
    split = (
        f"By price = (price {letter} - price A) x counted {letter};"
        f" by quantity = price A x (counted {letter} - counted A)."
    )
    name, title = f"effects_{letter.lower()}", f"Why {letter} differs from A"
    return Table(name, title, columns, tuple(rows), (split, _COUNTED))


def _effect_cells(first: Cost, second: Cost, difference: Decimal) -> tuple[Cell, ...]:
    """Both sides of a difference, and its effects; the last effect takes what is rounded."""
    split = effects(first, second)
    price, terms = exact_cell(split.price), exact_cell(split.terms)
    return (
        _price_text(first.each),
        _price_text(second.each),
        _counted_cell(first),
        _counted_cell(second),
        price,
        difference - price - terms,
        terms,
        difference,
    )


def _difference(first: Cost, second: Cost) -> Decimal | None:
    """The difference, or None where a plan has no price for some of the usage."""
    if first.unpriced or second.unpriced:
        return None
    return exact_cell(second.total - first.total)


def _amount_cell(cost: Cost) -> Cell:
    if not cost.unpriced:
        return exact_cell(cost.total)
    return f"{exact_text(cost.total)} + {UNPRICED}" if cost.total else UNPRICED


def _counted_cell(cost: Cost) -> Cell:
    return exact_cell(cost.counted) if cost.counted else None


def _price_text(each: Fraction | None) -> str | None:
    if each is None:
        return None
    if each and abs(each) < Fraction(1, 1000):
        return f"{exact_text(each * _MILLION, 6)} per 1M"
    return exact_text(each, 6)


def _names(group: Group) -> tuple[Cell, ...]:
    return tuple(name or None for name in group)


def _group_columns(compared: Compared) -> tuple[Column, ...]:
    return tuple(Column(name, name.replace("_", " ").capitalize()) for name in compared.by)


def _amount_column(key: str, heading: str, places: int) -> Column:
    return Column(key, heading, number=True, places=places, total=True)


def _unpriced_note(compared: Compared) -> tuple[str, ...]:
    groups = {group for costs in compared.costs for group, cost in costs.items() if cost.unpriced}
    if not groups:
        return ()
    rows = "1 row has" if len(groups) == 1 else f"{len(groups)} rows have"
    excluded = "it is in no total of that plan, and in no difference"
    return (f"{rows} usage that a plan does not price: {excluded}.",)
