"""Plans as tables: which there are, and what one of them says on a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from tokenbooks.amounts import number_text
from tokenbooks.conditions import Conditions
from tokenbooks.periods import start_of
from tokenbooks.rating.plan import Alias, MeterPrice, Modifier, Plan, Rate
from tokenbooks.rating.succession import ALWAYS, NEVER, Ruling, begin_of, end_of, rulings
from tokenbooks.rating.windows import is_hours
from tokenbooks.reports.explained_cells import place_cells, plain_columns, without
from tokenbooks.reports.narrow import Legend, narrowed, noted
from tokenbooks.reports.table import Cell, Column, Table

#: How the tables fit a narrow terminal: what each rate holds for stands once, by number.
LEGENDS: Mapping[str, Sequence[Legend]] = {
    "prices": (
        Legend("Rate", "Rates by their numbers", columns=("for", "from", "until", "corrects")),
    ),
}
#: The columns whose longest texts stand below the table in a narrow terminal.
NOTED: Mapping[str, str] = {
    "plans": "source",
    "prices": "price",
    "prices_rate": "for",
    "terms": "says",
    "modifiers": "times",
    "untouched": "meters",
}
#: Columns that are left out on screen where no row has anything in them.
_MAY_BE_EMPTY = ("contracts", "name", "from", "until")

_PLACE = (Column("file", "File"), Column("line", "Line", number=True))


def plans_table(plans: Iterable[Plan], contracts: Mapping[str, Sequence[str]]) -> Table:
    """The plans with their size and age; ``contracts`` names those that use each."""
    rows = []
    for plan in plans:
        begins = sorted(rate.starts for rate in plan.rates if rate.starts is not None)
        days = [begin.date() if isinstance(begin, datetime) else begin for begin in begins]
        rows.append(
            (
                plan.id,
                plan.currency,
                len(_models(plan)),
                len(plan.rates),
                min(days, default=None),
                max(days, default=None),
                ", ".join(contracts.get(plan.id, ())) or None,
                plan.source or None,
            )
        )
    columns = (
        *plain_columns(("plan", "Plan"), ("currency", "Currency")),
        Column("models", "Models", number=True),
        Column("rates", "Rates", number=True),
        *plain_columns(("first_from", "First from"), ("last_from", "Last from")),
        *plain_columns(("contracts", "Contracts"), ("source", "Source")),
    )
    return Table("plans", "Plans", columns, tuple(rows))


def prices_table(plan: Plan, zone: str, day: date, model: str = "") -> Table:
    """One row for each price that is in force at any time of a day.

    ``from`` and ``until`` tell how long the price rules, whatever rate ends it.
    """
    rows = [
        (*_price_cells(item.rate, price), *_span_cells(item.starts, item.ends), *_place(price))
        for item in rulings(plan, zone)
        if _on(item.starts, item.ends, day) and takes_model(plan, item.rate.conditions, model)
        for price in item.rate.prices
    ]
    title = f"Prices of {plan.id} on {day}, in {plan.currency}"
    return Table(
        "prices", _of_model(title, model), _price_columns(), tuple(rows), _note(rows, zone)
    )


def all_prices_table(plan: Plan, zone: str, model: str = "") -> Table:
    """One row for each price of the plan, whenever it is in force, corrections included.

    ``until`` is empty also where a correction has taken a rate out of force altogether;
    ``corrects`` then says so.
    """
    ruled = {id(item.rate): item for item in rulings(plan, zone)}
    rows: list[tuple[Cell, ...]] = []
    for rate in plan.rates:
        if not takes_model(plan, rate.conditions, model):
            continue
        item = ruled.get(id(rate))
        span = _span_cells(item.starts, item.ends) if item else _span_of(rate, zone)
        for price in rate.prices:
            rows.append((*_price_cells(rate, price), *span, _standing(rate, item), *_place(price)))
    columns = list(_price_columns())
    columns.insert(5, Column("corrects", "Corrects"))
    if not any(row[5] for row in rows):
        rows = [(*row[:5], *row[6:]) for row in rows]
        del columns[5]
    title = f"All prices of {plan.id}, in {plan.currency}"
    return Table("prices", _of_model(title, model), tuple(columns), tuple(rows), _note(rows, zone))


def modifiers_table(plan: Plan, zone: str, day: date | None, model: str = "") -> Table:
    """The factors on prices; on a day, or all."""
    rows = [
        (
            modifier.name,
            conditions_text(modifier.when),
            "; ".join(f"{meter} x {number_text(f)}" for meter, f in modifier.times.items()),
            *_span_of(modifier, zone),
            *place_cells(modifier.position),
        )
        for modifier in plan.modifiers
        if _holds(modifier, zone, day) and takes_model(plan, modifier.when, model)
    ]
    names = (("modifier", "Modifier"), ("when", "When"), ("times", "Price x"))
    columns = (*plain_columns(*names, ("from", "From"), ("until", "Until")), *_PLACE)
    return Table("modifiers", "Modifiers", columns, tuple(rows))


def aliases_table(plan: Plan, zone: str, day: date | None, model: str = "") -> Table:
    """Other names of models; on a day, or all."""
    rows = [
        (alias.name, alias.model, *_span_of(alias, zone), *place_cells(alias.position))
        for alias in plan.aliases
        if _holds(alias, zone, day) and model in {"", alias.name, alias.model}
    ]
    names = (("name", "Name"), ("model", "Priced as"), ("from", "From"), ("until", "Until"))
    return Table("aliases", "Aliases", (*plain_columns(*names), *_PLACE), tuple(rows))


def shown_plan(tables: Sequence[Table], format: str, width: int | None) -> list[Table]:
    """The tables of one plan as a format has them: on screen its file stands once.

    Where the prices are wider than a terminal, what they hold for stands apart, and prices
    that still are too long stand below the table.
    """
    if format != "text":
        return list(tables)
    files = {row[_place_of(table)] for table in tables for row in table.rows}
    (file,) = files if len(files) == 1 else (None,)
    if file is not None:
        tables = [without(table, ("file",)) for table in tables]
        tables[0] = replace(tables[0], title=f"{tables[0].title} ({file})")
    return fitting(tables, format, width)


def fitting(tables: Sequence[Table], format: str, width: int | None) -> list[Table]:
    """Tables of plans as text fits a terminal; None is a file or a pipe, where nothing is cut."""
    if format != "text":
        return list(tables)
    full = [without(table, _empty(table)) for table in tables]
    narrow = narrowed(full, width, LEGENDS)
    return [noted(table, width, NOTED.get(table.name, "")) for table in narrow]


def untouched_table(plan: Plan, touched: Iterable[int]) -> Table:
    """The rates of which no price was used; ``touched`` are lines of prices that were."""
    used = set(touched)
    rows = [
        (conditions_text(rate.conditions), _meters(rate), *place_cells(rate.position))
        for rate in plan.rates
        if used.isdisjoint(price.position.line for price in rate.prices)
    ]
    columns = (*plain_columns(("for", "For"), ("meters", "Meters")), *_PLACE)
    title = f"Rates of {plan.id} that no usage touched"
    return Table("untouched", title, columns, tuple(rows))


def takes_model(plan: Plan, conditions: Conditions, model: str) -> bool:
    """Whether conditions may hold for a model, by its name or any alias; '' is every model."""
    named = {name: patterns for name, patterns in conditions.patterns if name == "model"}
    names = {model, *(alias.model for alias in plan.aliases if alias.name == model)}
    return not model or Conditions.of(named).hold({"model": tuple(names)})


def conditions_text(conditions: Conditions) -> str:
    """Conditions in words, where none are too; hours last."""
    hours = [name for name in conditions.dimensions if is_hours(name)]
    plain = Conditions(tuple(pair for pair in conditions.patterns if pair[0] not in hours))
    return ", ".join([*([str(plain)] if plain else []), *hours]) or "any usage"


def _empty(table: Table) -> list[str]:
    """The columns that may be left out, and of which no row has anything."""
    return [
        column.key
        for index, column in enumerate(table.columns)
        if column.key in _MAY_BE_EMPTY and all(row[index] is None for row in table.rows)
    ]


def _place_of(table: Table) -> int:
    return [column.key for column in table.columns].index("file")


def _models(plan: Plan) -> set[str]:
    named = (dict(rate.conditions.patterns).get("model", ()) for rate in plan.rates)
    return {model for models in named for model in models}


def _price_columns() -> tuple[Column, ...]:
    texts = (("for", "For"), ("meter", "Meter"), ("price", "Price"))
    return (*plain_columns(*texts, ("from", "From"), ("until", "Until")), *_PLACE)


def _price_cells(rate: Rate, price: MeterPrice) -> tuple[Cell, Cell, Cell]:
    meters = "" if price.meters == (price.name,) else f" = {' + '.join(price.meters)}"
    return conditions_text(rate.conditions), f"{price.name}{meters}", _full_text(price)


def _full_text(price: MeterPrice) -> str:
    """A price with its span and scope, where it is counted."""
    text = str(price)
    if price.counted:
        scope = "" if price.scope == ("party",) else f" by {', '.join(price.scope)}"
        text += f", counted each {price.over}{scope}"
    return text


def _standing(rate: Rate, item: Ruling | None) -> Cell:
    """What a rate corrects, or that it was corrected itself."""
    if rate.corrected_on:
        text = f"since {rate.corrected_on}: {rate.corrects}"
        return text if item else f"{text}; corrected again"
    return None if item else "never in force: corrected"


def _span_of(item: Rate | Modifier | Alias, zone: str) -> tuple[Cell, Cell]:
    return _span_cells(begin_of(item.starts, zone), end_of(item.until, zone))


def _span_cells(starts: datetime, ends: datetime) -> tuple[Cell, Cell]:
    return (
        None if starts == ALWAYS else _time_cell(starts),
        None if ends == NEVER else _time_cell(ends),
    )


def _time_cell(at: datetime) -> Cell:
    return at.date() if at == start_of(at.date()) else f"{at:%Y-%m-%d %H:%M}"


def _holds(item: Modifier | Alias, zone: str, day: date | None) -> bool:
    return day is None or _on(begin_of(item.starts, zone), end_of(item.until, zone), day)


def _on(starts: datetime, ends: datetime, day: date) -> bool:
    """Whether a span reaches into a day."""
    return starts < start_of(day + timedelta(days=1)) and start_of(day) < ends


def _place(price: MeterPrice) -> tuple[Cell, Cell]:
    return place_cells(price.position)


def _of_model(title: str, model: str) -> str:
    return f"{title}: {model}" if model else title


def _note(rows: Sequence[tuple[Cell, ...]], zone: str) -> tuple[str, ...]:
    timed = any(isinstance(cell, str) and ":" in cell for row in rows for cell in row[3:5])
    return (f"Times are those of {zone}.",) if timed else ()


def _meters(rate: Rate) -> str:
    return ", ".join(price.name for price in rate.prices)
