"""Builds the normal form of a file from the descriptor that claims it and its sheet."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase

from tokenbooks.sources.exports.descriptors.descriptor import Descriptor, SkipRule
from tokenbooks.sources.exports.files import ExportFile
from tokenbooks.sources.exports.normal import sql_values
from tokenbooks.sources.exports.normal.amount_form import build_amount, not_owed
from tokenbooks.sources.exports.normal.cells import Cells
from tokenbooks.sources.exports.normal.dimension_form import build_dimensions
from tokenbooks.sources.exports.normal.expression import Expression, about, constant
from tokenbooks.sources.exports.normal.long_form import build_long
from tokenbooks.sources.exports.normal.measures import measures_sql, one_request
from tokenbooks.sources.exports.normal.meter_form import build_meter, meter_specs
from tokenbooks.sources.exports.normal.normal_form import (
    NOT_ASKED_FOR,
    ROW_NUMBER,
    TOTAL_ROW,
    Check,
    NormalForm,
    StatedCount,
)
from tokenbooks.sources.exports.normal.normal_time import TimeForm, build_time_form
from tokenbooks.sources.exports.normal.stated_count import build_stated_count
from tokenbooks.sources.exports.normal.windows import hours_form
from tokenbooks.sources.exports.sheets.records import shortened
from tokenbooks.sources.exports.sheets.sheet import Sheet
from tokenbooks.sources.exports.sql_text import quoted
from tokenbooks.usage.accounting import STATEMENT, USAGE
from tokenbooks.usage.layout import EVENT

#: Names of columns that look as if they counted something that could be billed.
_METER_LIKE = re.compile(
    r"(^|_)(tokens?|counts?|requests|seconds|minutes|hours|images|characters|pages"
    r"|searches|calls|sessions|units|quantity)$"
)


def build_normal_form(file: ExportFile, sheet: Sheet, descriptor: Descriptor) -> NormalForm:
    """How the rows of a sheet are read under the descriptor that claims the file."""
    cells = Cells(file, sheet.header, descriptor)
    time = _time(cells, descriptor)
    dimensions = build_dimensions(cells, descriptor)
    reads_usage = file.kind == USAGE and not descriptor.is_empty
    derived = _derived(cells, descriptor, time) if reads_usage else {}
    specs = meter_specs(cells, descriptor) if reads_usage else []
    meters = {s.name: sql for s in specs if (sql := build_meter(cells, s, specs)) is not None}
    long = build_long(cells, descriptor.long) if descriptor.long and reads_usage else None
    counted = _counted(cells, descriptor)
    amount = build_amount(cells, descriptor.amount) if descriptor.amount else None
    if counted and counted.told and amount:
        counted = replace(counted, is_paid=cells.flag("a <> 0"))
    spec = descriptor.amount if reads_usage else None
    free = not_owed(cells, spec, amount) if spec else None
    skips = _skips(cells, descriptor, dimensions)
    identity = descriptor.identity
    id_column = cells.index(identity.id) if identity else None
    most_column = cells.index(identity.most) if identity else None
    informational = {spec.name for spec in specs if spec.informational}
    if descriptor.long:
        informational.update(descriptor.long.informational)
    return NormalForm(
        file=file,
        sheet=sheet,
        descriptor=descriptor,
        time=time,
        values=cells.values,
        raw=frozenset(cells.raw),
        used=tuple(sorted(cells.used)),
        dimensions={**dimensions, **derived},
        meters=meters,
        skips=skips,
        sound=tuple(cells.sound),
        checks=tuple(cells.checks),
        amount=amount,
        long=long,
        counted=counted,
        id_column=id_column,
        by_content=identity is not None and identity.id is None,
        most_column=most_column,
        inside={spec.name: spec.inside for spec in specs if spec.inside},
        informational=frozenset(informational),
        unknown_columns=_unknown_columns(cells, sheet, descriptor),
        measures={} if long or not reads_usage else _measures(cells, time, meters),
        below=cells.layers.below,
        numbers=frozenset(cells.numbers),
        not_owed=free,
    )


def looks_like_meter(column: str) -> bool:
    """Whether an unknown column's name says that it counts something."""
    return bool(_METER_LIKE.search(column.lower()))


def _unknown_columns(cells: Cells, sheet: Sheet, descriptor: Descriptor) -> tuple[str, ...]:
    """Columns that neither this use of the file nor another one reads."""
    known = descriptor.columns(cells.file.source) | set(descriptor.ignore)
    header = sheet.header
    own = enumerate(header.columns[: header.width])
    names = [name for index, name in own if index not in cells.used]
    names = [name for name in (*names, *sheet.unread) if not _is_known(name, known)]
    return tuple(shortened(name) or "(unnamed)" for name in names)


def _is_known(column: str, known: Collection[str]) -> bool:
    """Whether a column is known, or the JSON object is from which it comes (``metadata.note``).

    What a format ignores may be written with ``*``.
    """
    ends = [n for n, sign in enumerate(column) if sign == "."]
    whole = [column[:end] for end in (*ends, len(column))]
    return any(name in known for name in whole) or any(
        fnmatchcase(column, name.replace("[", "[[]")) for name in known if "*" in name
    )


def _time(cells: Cells, descriptor: Descriptor) -> TimeForm:
    time = build_time_form(cells.file, cells.header, descriptor.times)
    cells.values.update({name: time.over(sql) for name, sql in time.values.items()})
    cells.used.update(time.columns)
    if descriptor.is_empty:
        return time
    column = time.columns[0]
    bad = f"NOT coalesce({time.sound}, false)"
    cells.sound.append(time.over(time.sound))
    if time.naive:
        cells.raw.add(column)
        cells.checks.append(Check("time-without-zone", column, time.naive))
        bad += f" AND NOT coalesce({time.naive}, false)"
    cells.checks.append(Check("bad-time", column, bad))
    return time


def _derived(cells: Cells, descriptor: Descriptor, time: TimeForm) -> dict[str, Expression]:
    """The dimensions that the plan needs of a row's time and place."""
    hours = hours_form(cells.file.hours, time)
    cells.values.update(hours.values)
    if not cells.file.events:
        return hours.dimensions
    instant = f"strftime({time.start}, '%Y-%m-%dT%H:%M:%S.%fZ')"
    place = quoted(f"{cells.file.name or cells.file.known_path.name}:")
    name = f"{place} || format('{{:09d}}', {ROW_NUMBER})"
    identity = descriptor.identity
    if identity and (cell := cells.text(identity.id)):
        # an id says the same of a row wherever it stands
        name = f"coalesce({cell}, {name})"
    return {**hours.dimensions, EVENT: Expression(f"{instant} || ' ' || {name}")}


def _counted(cells: Cells, descriptor: Descriptor) -> StatedCount | None:
    """What the rows of a statement count; those that are no usage have no quantity."""
    if descriptor.long is None or cells.file.kind != STATEMENT:
        return None
    rules = [rule for rule in descriptor.skip if rule.under == USAGE]
    no_usage = [skip for rule in rules if (skip := _skip(cells, rule)) is not None]
    return build_stated_count(cells, descriptor.long, no_usage)


def _measures(cells: Cells, time: TimeForm, meters: Mapping[str, str]) -> dict[str, str]:
    if not cells.file.measures:
        return {}
    one = one_request(time, meters)
    return measures_sql(cells.file.measures, meters, one, bool(cells.may_be_negative))


def _skips(
    cells: Cells, descriptor: Descriptor, dimensions: Mapping[str, Expression]
) -> tuple[tuple[str, Expression], ...]:
    """The reasons for which rows are not used, each with its condition."""
    if descriptor.is_empty:
        return (("empty bucket", constant("true")),)
    rules = [rule for rule in descriptor.skip if rule.under in (None, cells.file.kind)]
    skips = [(rule.reason, skip) for rule in rules if (skip := _skip(cells, rule)) is not None]
    if total := cells.condition(descriptor.total):
        skips.append((TOTAL_ROW, total))
    nothing = constant("NULL")
    chosen = [(dimensions.get(name, nothing), glob) for name, glob in cells.file.source.only]
    if chosen:
        fitting = (f"coalesce({sql_values.fits(said.sql, glob)}, false)" for said, glob in chosen)
        others = f"NOT ({' AND '.join(fitting)})"
        skips.append((NOT_ASKED_FOR, about(others, *(said for said, _ in chosen), costly=True)))
    return tuple(skips)


def _skip(cells: Cells, rule: SkipRule) -> Expression | None:
    """The condition of a rule; columns that the file lacks count as empty."""
    empty = [cell for name in rule.all_empty if (cell := cells.text(name)) is not None]
    conditions = [about(f"{cell} IS NULL", cell) for cell in empty]
    if condition := cells.condition(rule.condition):
        conditions.append(condition)
    if not conditions:
        return None
    return about(f"({' AND '.join(map(str, conditions))})", *conditions)
