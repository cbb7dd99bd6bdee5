"""Builds the normal form of a file from the descriptor that claims it and its header."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tokenbooks.names import INFORMATIONAL_METERS, STANDARD_DIMENSIONS, STANDARD_METERS
from tokenbooks.sources.exports import sql_values
from tokenbooks.sources.exports.descriptor import (
    EMPTY,
    USAGE,
    Descriptor,
    DimensionColumn,
    LongForm,
    MeterColumn,
    SkipRule,
    StatedAmount,
)
from tokenbooks.sources.exports.files import ExportFile
from tokenbooks.sources.exports.header import Header
from tokenbooks.sources.exports.measures import long_measures, measures_sql, one_request
from tokenbooks.sources.exports.normal_form import (
    ROW_NUMBER,
    AmountForm,
    Check,
    LongRows,
    NormalForm,
)
from tokenbooks.sources.exports.normal_time import TimeForm, build_time_form
from tokenbooks.sources.exports.records import shortened
from tokenbooks.sources.exports.sql_text import quoted, quoted_list
from tokenbooks.sources.exports.windows import hours_form
from tokenbooks.usage.layout import EVENT, is_whole

#: Names of columns that look as if they counted something that could be billed.
_METER_LIKE = re.compile(
    r"(^|_)(tokens?|counts?|requests|seconds|minutes|hours|images|characters|pages"
    r"|searches|calls|sessions|units|quantity)$"
)


def build_normal_form(file: ExportFile, header: Header, descriptor: Descriptor) -> NormalForm:
    """How a file with this header is read under the descriptor that claims it."""
    return _Builder(file, header, descriptor).build()


def looks_like_meter(column: str) -> bool:
    """Whether an unknown column's name says that it counts something."""
    return bool(_METER_LIKE.search(column.lower()))


class _Builder:
    """Collects values, conditions and columns in use while the descriptor is walked."""

    def __init__(self, file: ExportFile, header: Header, descriptor: Descriptor) -> None:
        self.file = file
        self.header = header
        self.descriptor = descriptor
        self.values: dict[str, str] = {}
        self.raw: set[int] = set()
        self.used: set[int] = set()
        self.sound: list[str] = []
        self.checks: list[Check] = []
        identity = descriptor.identity
        self.id_column = self._index(identity.id) if identity else None
        self.reverses = self._raw(identity.reverses) if identity and identity.reverses else None

    def build(self) -> NormalForm:
        """The normal form of the file, from all that was collected."""
        descriptor = self.descriptor
        time = build_time_form(self.file, self.header, descriptor.times)
        self.values.update(time.values)
        self.used.update(time.columns)
        if descriptor.kind != EMPTY:
            self._require_time(time)
        dimensions = {spec.name: self._dimension(spec) for spec in self._dimensions()}
        dimensions.update(self._derived(time))
        specs = self._meters()
        meters = {spec.name: self._meter(spec) for spec in specs}
        amount = self._amount(descriptor.amount)
        long = self._long(descriptor.long)
        skips = self._skips()
        known = {name: sql for name, sql in meters.items() if sql is not None}
        return NormalForm(
            file=self.file,
            header=self.header,
            descriptor=descriptor,
            time=time,
            values=self.values,
            raw=frozenset(self.raw),
            used=tuple(sorted(self.used)),
            dimensions={name: sql for name, sql in dimensions.items() if sql is not None},
            meters=known,
            skips=skips,
            sound=tuple(self.sound),
            checks=tuple(self.checks),
            amount=amount,
            long=long,
            id_column=self.id_column,
            inside={spec.name: spec.inside for spec in specs if spec.inside},
            informational=frozenset(spec.name for spec in specs if spec.informational),
            unknown_columns=self._unknown_columns(),
            measures={} if long else self._measures(time, known),
        )

    # columns

    def _index(self, *names: str | None) -> int | None:
        """The first of the columns that the file has, noted as used."""
        for name in names:
            index = self.header.index(name) if name is not None else None
            if index is not None:
                self.used.add(index)
                return index
        return None

    def _raw(self, *names: str | None) -> str | None:
        """The same as SQL, for the text as written."""
        index = self._index(*names)
        if index is None:
            return None
        self.raw.add(index)
        return f"c{index}"

    def _unknown_columns(self) -> tuple[str, ...]:
        ignored = set(self.descriptor.ignore)
        return tuple(
            shortened(name) or "(unnamed)"
            for index, name in enumerate(self.header.columns)
            if index not in self.used and name not in ignored
        )

    def _own_names(self, standard: tuple[str, ...], named: tuple[str, ...]) -> list[str]:
        """Columns taken by their own name: standard ones where that is asked for."""
        known = {*named, *(standard if self.descriptor.standard_names else ())}
        return [name for name in self.header.columns if name in known]

    # conditions

    def _require(self, code: str, column: int, condition: str) -> None:
        self.sound.append(condition)
        self.checks.append(Check(code, column, f"NOT coalesce({condition}, false)"))

    def _require_time(self, time: TimeForm) -> None:
        column = time.columns[0]
        bad = f"NOT coalesce({time.sound}, false)"
        self.sound.append(time.sound)
        if time.naive:
            self.raw.add(column)
            self.checks.append(Check("time-without-zone", column, time.naive))
            bad += f" AND NOT coalesce({time.naive}, false)"
        self.checks.append(Check("bad-time", column, bad))

    def _require_not_negative(self, column: int, value: str, code: str) -> None:
        reversal = f" OR ({value} IS NOT NULL AND {self.reverses} IS NOT NULL)"
        allowed = reversal if self.reverses else ""
        self.sound.append(f"({value} >= 0{allowed})")
        self.checks.append(Check(code, column, f"{value} IS NULL"))
        self.checks.append(Check("negative-count", column, f"NOT ({value} >= 0{allowed})"))

    # dimensions

    def _dimensions(self) -> list[DimensionColumn]:
        specs = {spec.name: spec for spec in self.descriptor.dimensions}
        for name in self._own_names(STANDARD_DIMENSIONS, self.file.source.dimensions):
            specs.setdefault(name, DimensionColumn(name, (name,)))
        return list(specs.values())

    def _dimension(self, spec: DimensionColumn) -> str | None:
        cell = self._raw(*spec.columns)
        if cell is None:
            return None
        neutral = f" WHEN {cell} IN {quoted_list(spec.neutral)} THEN NULL" if spec.neutral else ""
        mapped = "".join(
            f" WHEN {cell} = {quoted(written)} THEN {quoted(kept)}"
            for written, kept in spec.values.items()
        )
        return f"CASE{mapped}{neutral} ELSE {cell} END" if mapped or neutral else cell

    def _derived(self, time: TimeForm) -> dict[str, str]:
        """The dimensions that the plan needs of a row's time and place."""
        if self.descriptor.kind != USAGE:
            return {}
        hours = hours_form(self.file.hours, time)
        self.values.update(hours.values)
        if not self.file.events:
            return hours.dimensions
        instant = f"strftime({time.start}, '%Y-%m-%dT%H:%M:%S.%fZ')"
        place = quoted(f"{self.file.name or self.file.path.name}:")
        name = f"{place} || format('{{:09d}}', {ROW_NUMBER})"
        if self.id_column is not None:
            # an id says the same of a row wherever it stands
            self.raw.add(self.id_column)
            name = f"coalesce(c{self.id_column}, {name})"
        return {**hours.dimensions, EVENT: f"{instant} || ' ' || {name}"}

    # meters

    def _measures(self, time: TimeForm, meters: Mapping[str, str]) -> dict[str, str]:
        if self.descriptor.kind != USAGE or not self.file.measures:
            return {}
        one = one_request(time, meters)
        return measures_sql(self.file.measures, meters, one, self.reverses is not None)

    def _meters(self) -> list[MeterColumn]:
        specs = {spec.name: spec for spec in self.descriptor.meters}
        named = (
            ()
            if self.descriptor.long
            else self._own_names(STANDARD_METERS, self.file.source.meters)
        )
        for name in named:
            informational = name in INFORMATIONAL_METERS
            specs.setdefault(name, MeterColumn(name, (name,), informational=informational))
        return list(specs.values())

    def _meter(self, spec: MeterColumn) -> str | None:
        index = self._index(*spec.columns)
        if index is None:
            return None
        value = self._number(index, spec.name, spec.times)
        parts = [part for name in spec.less if (part := self._index(name)) is not None]
        if not parts:
            return self._level(index, value) if spec.name in self.file.levels else value
        # subtracted in the wider type: nothing a file can say overflows it
        kind = "HUGEINT" if is_whole(spec.name) else "DECIMAL(38,9)"
        rest = f"{value}::{kind}" + "".join(
            f" - {self._number(part, spec.name, spec.times)}" for part in parts
        )
        self.sound.append(f"{rest} >= 0")
        self.checks.append(Check("part-exceeds-whole", index, f"{rest} < 0", tuple(parts)))
        return self._level(index, rest) if spec.name in self.file.levels else rest

    def _level(self, index: int, value: str) -> str:
        """A level says nothing where its cell is empty."""
        self.raw.add(index)
        return f"CASE WHEN c{index} IS NOT NULL THEN {value} END"

    def _number(self, index: int, meter: str, times: int) -> str:
        """The value of a column's number; cast and checked once, whatever uses it."""
        name, cell = f"v{index}", f"c{index}"
        if name in self.values:
            return name
        if is_whole(meter):
            cast = sql_values.count(cell) if times == 1 else sql_values.scaled_count(cell, times)
        else:
            plain = times == 1
            cast = sql_values.quantity(cell) if plain else sql_values.scaled_quantity(cell, times)
        self.values[name] = cast
        code = "bad-count" if is_whole(meter) and times == 1 else "bad-quantity"
        self._require_not_negative(index, name, code)
        return name

    def _long(self, spec: LongForm | None) -> LongRows | None:
        if spec is None:
            return None
        meter, quantity = self._raw(spec.meter), self._index(spec.quantity)
        if meter is None or quantity is None:
            return None
        meters = tuple(dict.fromkeys((*STANDARD_METERS, *self.file.source.meters)))
        whole = quoted_list(name for name in meters if is_whole(name))
        cell, name = f"c{quantity}", f"v{quantity}"
        self.values[name] = sql_values.quantity(cell)
        self._require("meter-unknown", int(meter[1:]), f"{meter} IN {quoted_list(meters)}")
        self._require_not_negative(quantity, name, "bad-quantity")
        self._require("bad-count", quantity, f"({meter} NOT IN {whole} OR {name} = floor({name}))")
        if not self.file.levels:
            return LongRows(meter, name, meters, measures=long_measures(self.file.measures))
        level = self._level(quantity, name)
        return LongRows(meter, name, meters, level, long_measures(self.file.measures))

    # statements

    def _amount(self, spec: StatedAmount | None) -> AmountForm | None:
        index = self._index(*spec.columns) if spec else None
        if spec is None or index is None:
            return None
        self.values["a"] = sql_values.amount(f"c{index}", spec.unit)
        self._require("bad-amount", index, "a IS NOT NULL")
        listed = self._index(spec.list_column)
        if listed is not None:
            self.values["l"] = sql_values.amount(f"c{listed}", spec.unit)
            self.raw.add(listed)
            self._require("bad-amount", listed, f"(l IS NOT NULL OR c{listed} IS NULL)")
        currency = quoted(spec.currency) if spec.currency else None
        if currency is None:
            cell = self._raw(*spec.currency_columns) or "NULL"
            currency = f"upper({cell})"
            column = int(cell[1:]) if cell != "NULL" else index
            self._require("bad-currency", column, f"regexp_full_match({cell}, '[A-Za-z]{{3}}')")
        return AmountForm("a", "l" if listed is not None else None, currency)

    # rows that carry nothing

    def _skips(self) -> tuple[tuple[str, str], ...]:
        if self.descriptor.kind == EMPTY:
            return (("empty bucket", "true"),)
        return tuple(
            (rule.reason, f"({sql})") for rule in self.descriptor.skip if (sql := self._skip(rule))
        )

    def _skip(self, rule: SkipRule) -> str:
        """The condition of a rule; columns that the file lacks count as empty."""
        empty = [cell for name in rule.all_empty if (cell := self._raw(name)) is not None]
        conditions = [f"{cell} IS NULL" for cell in empty]
        cell = self._raw(rule.column)
        if cell is not None:
            conditions.append(f"{cell} IN {quoted_list(rule.values)}")
        return " AND ".join(conditions)
