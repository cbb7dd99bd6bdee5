"""What the rows of a statement count, as SQL over its cells: by what is read of usage.

A statement is about amounts, so that nothing here is asked of its rows: where one could not
be read as usage, it does not tell what it counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from tokenbooks.sources.exports.descriptors.descriptor import LongForm
from tokenbooks.sources.exports.normal.cells import Cells
from tokenbooks.sources.exports.normal.expression import Expression, about
from tokenbooks.sources.exports.normal.long_form import NamedMeter, build_quantity, name_meter
from tokenbooks.sources.exports.normal.normal_form import StatedCount
from tokenbooks.sources.exports.sql_text import quoted


def build_stated_count(
    cells: Cells, spec: LongForm, no_usage: Sequence[Expression]
) -> StatedCount | None:
    """The meter and the quantity of each row; None where the file has no column for a meter.

    Rows of which one of ``no_usage`` holds, such as credits and taxes, have no quantity; they
    have a meter only where their text fits one.
    """
    with cells.apart() as asked:
        named = name_meter(cells, spec)
        if named is None:
            return None
        rows = build_quantity(cells, spec, named)
    is_usage = _none_of(no_usage)
    meter = _stated_meter(spec, named, is_usage)
    if rows is None:
        return StatedCount(meter)
    is_named = about(f"({meter}) IS NOT NULL", meter)
    told = [*asked, is_named, _is_written(cells, spec, named), is_usage]
    return StatedCount(meter, _all_of(cells, told), rows)


def _stated_meter(spec: LongForm, named: NamedMeter, is_usage: Expression) -> Expression:
    """The meter of rows that name one; what else there is in a bill must be usage."""
    condition, parts = named.known.sql, [named.known]
    if spec.other:
        usage = f"({named.text} IS NOT NULL AND {is_usage})"
        condition += f" AND ({named.meter} <> {quoted(spec.other)} OR {usage})"
        parts += [named.text, is_usage]
    return about(f"CASE WHEN {condition} THEN {named.meter} END", *parts, costly=True)


def _none_of(conditions: Sequence[Expression]) -> Expression:
    sql = " AND ".join(f"NOT coalesce({condition}, false)" for condition in conditions)
    return about(f"({sql or 'true'})", *conditions)


def _is_written(cells: Cells, spec: LongForm, named: NamedMeter) -> Expression:
    """Whether a row has a quantity at all: an empty cell counts nothing as usage."""
    written = _has_text(cells, *spec.quantity)
    if named.in_credits is None or spec.credits is None:
        return written
    in_credits = _has_text(cells, spec.credits[1])
    sql = f"CASE WHEN {named.in_credits} THEN {in_credits} ELSE {written} END"
    return about(sql, named.in_credits, in_credits, written)


def _has_text(cells: Cells, *names: str) -> Expression:
    index = cells.index(*names)
    return cells.flag("false" if index is None else f"{cells.number_text(index)} IS NOT NULL")


def _all_of(cells: Cells, conditions: Sequence[Expression]) -> Expression:
    """Whether all conditions hold; those that only the row itself tells become flags of it."""
    told = [said if said.texts is not None else cells.flag(said.sql) for said in conditions]
    sql = " AND ".join(f"coalesce({condition}, false)" for condition in told)
    return about(sql, *told, costly=True)
