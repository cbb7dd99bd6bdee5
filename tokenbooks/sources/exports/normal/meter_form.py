"""The meters of a file's rows, as SQL over its cells: a column each, or named by the row."""

from __future__ import annotations

from collections.abc import Sequence

from tokenbooks.amounts import CURRENCIES
from tokenbooks.names import INFORMATIONAL_METERS, STANDARD_METERS
from tokenbooks.sources.exports.descriptors.descriptor import Descriptor, LongForm, MeterColumn
from tokenbooks.sources.exports.normal import sql_values
from tokenbooks.sources.exports.normal.cells import Cells
from tokenbooks.sources.exports.normal.dimension_form import own_names
from tokenbooks.sources.exports.normal.measures import long_measures
from tokenbooks.sources.exports.normal.normal_form import Check, LongRows
from tokenbooks.sources.exports.sql_text import quoted, quoted_list
from tokenbooks.usage.layout import QUANTITY_PLACES, is_whole


def meter_specs(cells: Cells, descriptor: Descriptor) -> list[MeterColumn]:
    """The meters of a file that has a column for each."""
    specs = {spec.name: spec for spec in descriptor.meters}
    if descriptor.long is None:
        named = cells.file.source.meters
        for name in own_names(cells, descriptor, STANDARD_METERS, named):
            informational = name in INFORMATIONAL_METERS
            specs.setdefault(name, MeterColumn(name, (name,), informational=informational))
    return list(specs.values())


def build_meter(cells: Cells, spec: MeterColumn, others: Sequence[MeterColumn] = ()) -> str | None:
    """The SQL of a meter's quantity; None where the file has no column for it.

    ``others`` are the meters of the file, some of which it may contain.
    """
    index = cells.index(*spec.columns)
    if index is None:
        return None
    value = _summed(cells, spec, index)
    parts = [part for name in spec.less if (part := cells.index(name)) is not None]
    chosen = [other for other in others if other.name in spec.less_meters]
    inside = [quantity for other in chosen if (quantity := build_meter(cells, other))]
    if not parts and not inside:
        return _level(cells, index, value) if spec.name in cells.file.levels else value
    rest = f"{value}::{_wide(spec.name)}" + "".join(
        f" - {cells.number(part, spec.name, spec.times, spec.nothing)}" for part in parts
    )
    rest += "".join(f" - ({quantity})" for quantity in inside)
    taken_back = "".join(f" OR {rows}" for rows in cells.may_be_negative)
    cells.sound.append(f"({rest} >= 0{taken_back})")
    bad = f"NOT ({rest} >= 0{taken_back})"
    cells.checks.append(Check("part-exceeds-whole", index, bad, tuple(parts)))
    return _level(cells, index, rest) if spec.name in cells.file.levels else rest


def _summed(cells: Cells, spec: MeterColumn, index: int) -> str:
    """The number of a meter, with those that count more of it."""
    numbers = [cells.number(index, spec.name, spec.times, spec.nothing, spec.keys)]
    for name in spec.plus:
        column, keys = (index, (name,)) if spec.keys else (cells.index(name), ())
        if column is not None:
            numbers.append(cells.number(column, spec.name, spec.times, spec.nothing, keys))
    if len(numbers) == 1:
        return numbers[0]
    return f"({' + '.join(f'{number}::{_wide(spec.name)}' for number in numbers)})"


def _wide(meter: str) -> str:
    """The type in which quantities are added and subtracted: no file can overflow it."""
    return "HUGEINT" if is_whole(meter) else f"DECIMAL(38,{QUANTITY_PLACES})"


def build_long(cells: Cells, spec: LongForm) -> LongRows | None:
    """The meter that each row names, and its quantity in the units of the meter."""
    columns = [index for name in spec.meter if (index := cells.index(name)) is not None]
    quantity = cells.index(*spec.quantity)
    if not columns or quantity is None:
        return None
    text = ", ".join(f"c{index}" for index in columns)
    meter = _named_meter(f"coalesce({text})" if len(columns) > 1 else text, spec)
    in_credits = _in_credits(cells, spec)
    if in_credits:
        meter = f"CASE WHEN {in_credits} THEN 'credits' ELSE {meter} END"
    cells.values["m"] = meter
    own = (*spec.meters.values(), *((spec.other,) if spec.other else ()))
    own = (*own, "credits") if in_credits else own
    standard = () if spec.meters else STANDARD_METERS
    meters = tuple(dict.fromkeys((*standard, *own, *cells.file.source.meters)))
    cells.require("meter-unknown", columns[0], f"m IN {quoted_list(meters)}")
    value = _in_units(cells, spec, _quantity(cells, spec, quantity))
    if in_credits and spec.credits and (amount := cells.index(spec.credits[1])) is not None:
        value = f"CASE WHEN {in_credits} THEN {_quantity(cells, spec, amount)} ELSE {value} END"
    value = _whole(cells, spec, quantity, value, meters)
    level = _level(cells, quantity, value) if cells.file.levels else "NULL"
    return LongRows("m", value, meters, level, long_measures(cells.file.measures))


def _whole(cells: Cells, spec: LongForm, column: int, value: str, meters: tuple[str, ...]) -> str:
    """The value, whole where its meter counts: rounded, or checked."""
    whole = quoted_list(name for name in meters if is_whole(name)) if meters else "('')"
    if spec.rounds:
        kind = f"DECIMAL(38,{QUANTITY_PLACES})"
        return f"CASE WHEN m IN {whole} THEN round({value})::{kind} ELSE ({value})::{kind} END"
    # what has no meter or no quantity is told by other checks
    counted = f"coalesce(m NOT IN {whole} OR {value} = floor({value}), true)"
    cells.require("bad-count", column, counted)
    return value


def _named_meter(text: str, spec: LongForm) -> str:
    if not spec.meters:
        return text
    globs = "".join(
        f" WHEN {sql_values.fits(text, glob)} THEN {quoted(meter)}"
        for glob, meter in spec.meters.items()
    )
    other = f" ELSE {quoted(spec.other)}" if spec.other else ""
    return f"(CASE{globs}{other} END)"


def _quantity(cells: Cells, spec: LongForm, column: int) -> str:
    """The name of the quantity in a column, which is checked."""
    text, name = cells.number_text(column), f"v{column}"
    near = sql_values.near_quantity if spec.rounds else sql_values.quantity
    cells.values[name] = near(text)
    cells.require_not_negative(column, name, "bad-quantity")
    return name


def _in_credits(cells: Cells, spec: LongForm) -> str:
    """Whether a row is in a currency that no state has; '' where the file cannot tell."""
    if spec.credits is None or any(cells.index(name) is None for name in spec.credits):
        return ""
    currency = cells.text(spec.credits[0])
    return f"coalesce(upper({currency}) NOT IN {quoted_list(sorted(CURRENCIES))}, false)"


def _in_units(cells: Cells, spec: LongForm, value: str) -> str:
    """The value in the units of the meter; the meter of other texts is counted as written."""
    unit = cells.index(*spec.unit)
    if unit is None:
        return value
    globs = "".join(
        f" WHEN {sql_values.fits(f'c{unit}', glob)} THEN {times}"
        for glob, times in spec.units.items()
    )
    cells.values["u"] = f"CASE{globs} END"
    cells.raw.add(unit)
    if spec.other is None and spec.credits is None:
        cells.require("unit-unknown", unit, "u IS NOT NULL")
        return f"({value} * u)"
    any_unit = quoted_list(("credits", *((spec.other,) if spec.other else ())))
    cells.require("unit-unknown", unit, f"(u IS NOT NULL OR m IN {any_unit})")
    return f"({value} * CASE WHEN m IN {any_unit} THEN 1 ELSE u END)"


def _level(cells: Cells, index: int, value: str) -> str:
    """A level says nothing where its cell is empty."""
    cells.raw.add(index)
    return f"CASE WHEN c{index} IS NOT NULL THEN {value} END"
