"""The meters of a file that has a column for each, as SQL over its cells."""

from __future__ import annotations

from collections.abc import Sequence

from tokenbooks.names import INFORMATIONAL_METERS, STANDARD_METERS
from tokenbooks.sources.exports.descriptors.descriptor import Descriptor, MeterColumn
from tokenbooks.sources.exports.normal.cells import Cells
from tokenbooks.sources.exports.normal.dimension_form import own_names
from tokenbooks.sources.exports.normal.expression import Expression
from tokenbooks.sources.exports.normal.normal_form import Check
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
        return level_of(cells, index, value) if spec.name in cells.file.levels else value
    rest = f"{value}::{_wide(spec.name)}" + "".join(
        f" - {cells.number(part, spec.name, spec.times, spec.nothing)}" for part in parts
    )
    rest += "".join(f" - ({quantity})" for quantity in inside)
    taken_back = "".join(f" OR {rows}" for rows in cells.may_be_negative)
    cells.sound.append(Expression(f"({rest} >= 0{taken_back})"))
    bad = f"NOT ({rest} >= 0{taken_back})"
    cells.checks.append(Check("part-exceeds-whole", index, bad, tuple(parts)))
    return level_of(cells, index, rest) if spec.name in cells.file.levels else rest


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


def level_of(cells: Cells, index: int, value: str) -> str:
    """A level says nothing where its cell is empty."""
    cells.raw.add(index)
    return f"CASE WHEN c{index} IS NOT NULL THEN {value} END"
