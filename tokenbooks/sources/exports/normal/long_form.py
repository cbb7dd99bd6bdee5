"""One quantity a row, whose meter the row names, as SQL over its cells."""

from __future__ import annotations

from dataclasses import dataclass

from tokenbooks.amounts import CURRENCIES
from tokenbooks.names import STANDARD_METERS
from tokenbooks.sources.exports.descriptors.descriptor import LongForm
from tokenbooks.sources.exports.normal import sql_values
from tokenbooks.sources.exports.normal.cells import Cells
from tokenbooks.sources.exports.normal.expression import Expression, about
from tokenbooks.sources.exports.normal.measures import long_measures
from tokenbooks.sources.exports.normal.meter_form import level_of
from tokenbooks.sources.exports.normal.normal_form import Choice, LongRows
from tokenbooks.sources.exports.sql_text import quoted, quoted_list
from tokenbooks.usage.layout import QUANTITY_TYPE, is_whole


@dataclass(frozen=True, slots=True)
class _Written:
    """The quantity in a column, in the units of the row (``u``) or as written.

    It counts where the condition holds; the last choice has none.
    """

    condition: str
    column: int
    in_units: bool = False

    @property
    def value(self) -> str:
        """The quantity."""
        return f"(v{self.column} * u)" if self.in_units else f"v{self.column}"


@dataclass(frozen=True, slots=True)
class NamedMeter:
    """The meter that each row names: ``text`` as written, ``meter`` the one that it fits.

    ``known`` says whether it is one of ``meters``, ``in_credits`` whether the row is in
    credits instead, whatever the text; None where the file cannot tell.
    """

    text: Expression
    meter: Expression
    known: Expression
    meters: tuple[str, ...]
    in_credits: Expression | None = None


def build_long(cells: Cells, spec: LongForm) -> LongRows | None:
    """The meter that each row names, and its quantity in the units of the meter."""
    if cells.index(*spec.quantity) is None:
        return None
    named = name_meter(cells, spec)
    return build_quantity(cells, spec, named) if named else None


def name_meter(cells: Cells, spec: LongForm) -> NamedMeter | None:
    """The meter that each row names, required to be a known one; None without its column."""
    columns = [index for name in spec.meter if (index := cells.index(name)) is not None]
    if not columns:
        return None
    texts = [Expression(f"c{index}", frozenset({index})) for index in columns]
    joined = f"coalesce({', '.join(map(str, texts))})" if len(texts) > 1 else texts[0].sql
    text = about(joined, *texts)
    meter = _named_meter(text, spec)
    in_credits = _in_credits(cells, spec)
    if in_credits:
        named = f"CASE WHEN {in_credits} THEN 'credits' ELSE {meter} END"
        meter = about(named, in_credits, meter)
    cells.values["m"] = meter
    named_by = Expression("m", meter.texts, costly=meter.costly)
    own = (*spec.meters.values(), *((spec.other,) if spec.other else ()))
    own = (*own, "credits") if in_credits else own
    standard = () if spec.meters else STANDARD_METERS
    meters = tuple(dict.fromkeys((*standard, *own, *cells.file.source.meters)))
    known = about(f"m IN {quoted_list(meters)}", named_by, costly=True)
    cells.require("meter-unknown", columns[0], known)
    return NamedMeter(text, named_by, known, meters, in_credits)


def build_quantity(cells: Cells, spec: LongForm, named: NamedMeter) -> LongRows | None:
    """The quantity of the meter that each row names, in its units; None without its column."""
    quantity = cells.index(*spec.quantity)
    if quantity is None:
        return None
    meter, in_credits = named.meter, named.in_credits
    _read_quantity(cells, spec, quantity)
    choices = _in_units(cells, spec, quantity, meter)
    if in_credits and spec.credits and (amount := cells.index(spec.credits[1])) is not None:
        _read_quantity(cells, spec, amount)
        choices = [_Written(in_credits.sql, amount), *choices]
    found = _whole(cells, spec, quantity, choices, meter, named.meters)
    value = _chosen([(choice.condition, choice.quantity) for choice in found])
    level = level_of(cells, quantity, value) if cells.file.levels else "NULL"
    measures = long_measures(cells.file.measures)
    return LongRows(meter, value, named.meters, tuple(found), level, measures)


def _chosen(choices: list[tuple[str, str]]) -> str:
    """The first quantity whose condition holds."""
    branches = "".join(f" WHEN {condition} THEN {sql}" for condition, sql in choices[:-1])
    return f"(CASE{branches} ELSE {choices[-1][1]} END)" if branches else choices[-1][1]


def _whole(
    cells: Cells,
    spec: LongForm,
    column: int,
    choices: list[_Written],
    meter: Expression,
    meters: tuple[str, ...],
) -> list[Choice]:
    """The quantities by condition, whole where the meter counts: rounded, or checked."""
    counted = [name for name in meters if is_whole(name)]
    whole = f"m IN {quoted_list(counted)}" if counted else "false"
    if not spec.rounds:
        values = [(choice.condition, choice.value) for choice in choices]
        if counted:
            is_even = cells.flag(_is_even(cells, column, _chosen(values)))
            # what has no meter or no quantity is told by other checks
            sound = about(f"(coalesce(NOT {whole}, true) OR {is_even})", meter, is_even)
            cells.require("bad-count", column, sound)
        return [Choice(condition, value) for condition, value in values]
    as_written = any(is_whole(name) for name in ("credits", spec.other or ""))
    found = []
    for choice in choices:
        if as_written or choice is choices[-1]:
            also = f"{choice.condition} AND {whole}" if choice.condition else whole
            found.append(_rounded(cells, choice, also))
        found.append(_exact(cells, choice))
    return found


def _exact(cells: Cells, choice: _Written) -> Choice:
    """The quantity with the decimals that are kept."""
    number, is_short = _short(cells, choice)
    unit = "u" if choice.in_units else ""
    return Choice(choice.condition, f"{choice.value}::{QUANTITY_TYPE}", number, is_short, unit)


def _rounded(cells: Cells, choice: _Written, condition: str) -> Choice:
    """The quantity to the nearest whole one."""
    number, is_short = _short(cells, choice)
    whole = f"round({choice.value})::{QUANTITY_TYPE}"
    if not choice.in_units:
        return Choice(condition, whole, sql_values.rounded_short(number, "1"), is_short)
    short = sql_values.rounded_short(number, "u")
    can_be = f"{is_short} AND u IN ({', '.join(map(str, sql_values.SHORT_UNITS))})"
    return Choice(condition, whole, short, can_be, "u")


def _short(cells: Cells, choice: _Written) -> tuple[str, str]:
    """The quantity as a short decimal, and whether it is one, as values of the row."""
    found = cells.short_quantity(cells.number_text(choice.column))
    names = (f"short{choice.column}", f"is_short{choice.column}")
    cells.values.update(zip(names, map(Expression, found), strict=True))
    return names


def _is_even(cells: Cells, column: int, value: str) -> str:
    """Whether a quantity is a whole number; where its text is one, nothing is computed."""
    digits_only = cells.has_digits_only(cells.number_text(column))
    return f"CASE WHEN {digits_only} OR {value} IS NULL THEN true ELSE {value} = floor({value}) END"


def _named_meter(text: Expression, spec: LongForm) -> Expression:
    if not spec.meters:
        return text
    globs = "".join(
        f" WHEN {sql_values.fits(text.sql, glob)} THEN {quoted(meter)}"
        for glob, meter in spec.meters.items()
    )
    other = f" ELSE {quoted(spec.other)}" if spec.other else ""
    return about(f"(CASE{globs}{other} END)", text, costly=True)


def _read_quantity(cells: Cells, spec: LongForm, column: int) -> None:
    """Casts the quantity in a column, and checks it."""
    text, name = cells.number_text(column), f"v{column}"
    read = cells.near_quantity(text) if spec.rounds else cells.quantity(text)
    cells.values[name] = Expression(read)
    cells.require_not_negative(column, name, "bad-quantity")


def _in_credits(cells: Cells, spec: LongForm) -> Expression | None:
    """Whether a row is in a currency that no state has; None where the file cannot tell."""
    if spec.credits is None or any(cells.index(name) is None for name in spec.credits):
        return None
    currency = cells.text(spec.credits[0])
    if currency is None:
        return None
    sql = f"coalesce(upper({currency}) NOT IN {quoted_list(sorted(CURRENCIES))}, false)"
    return about(sql, currency, costly=True)


def _in_units(cells: Cells, spec: LongForm, column: int, meter: Expression) -> list[_Written]:
    """The quantity in the units of the meter; that of other texts is counted as written."""
    unit = cells.index(*spec.unit)
    if unit is None:
        return [_Written("", column)]
    written = cells.written(unit)
    # sums are in units too, so that rows are summed by unit
    cells.values["u"] = times = about(_times(written.sql, spec), written, costly=True)
    known = Expression("u", times.texts, costly=True)
    if spec.other is None and spec.credits is None:
        cells.require("unit-unknown", unit, about("u IS NOT NULL", known))
        return [_Written("", column, True)]
    any_unit = quoted_list(("credits", *((spec.other,) if spec.other else ())))
    sound = about(f"(u IS NOT NULL OR m IN {any_unit})", known, meter)
    cells.require("unit-unknown", unit, sound)
    return [_Written(f"m IN {any_unit}", column), _Written("", column, True)]


def _times(cell: str, spec: LongForm) -> str:
    """How many a unit stands for, NULL for one that the format does not know.

    Units are normally written as the format has them, which is cheaper to see.
    """
    as_written = "".join(f" WHEN {quoted(text)} THEN {n}" for text, n in spec.units.items())
    fitting = "".join(
        f" WHEN {sql_values.fits(cell, glob)} THEN {times}" for glob, times in spec.units.items()
    )
    if any("*" in glob for glob in spec.units):
        return f"CASE{fitting} END"
    return f"CASE {cell}{as_written} ELSE CASE{fitting} END END"
