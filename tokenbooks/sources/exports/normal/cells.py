"""The cells of a file as its normal form needs them: values, conditions, columns in use.

Filled while a descriptor is walked: every number is cast and checked once, whatever uses
it, and every column that is read is noted.
"""

from __future__ import annotations

from tokenbooks.sources.exports.descriptors.descriptor import Descriptor, RowCondition
from tokenbooks.sources.exports.files import ExportFile
from tokenbooks.sources.exports.normal import sql_values
from tokenbooks.sources.exports.normal.normal_form import Check
from tokenbooks.sources.exports.normal.sql_values import json_paths
from tokenbooks.sources.exports.sheets.sheet import Header
from tokenbooks.sources.exports.sql_text import quoted_list
from tokenbooks.usage.layout import is_whole


class Cells:
    """The columns of one file, and what has been asked of them so far."""

    def __init__(self, file: ExportFile, header: Header, descriptor: Descriptor) -> None:
        self.file = file
        self.header = header
        self.grouped = descriptor.grouped_numbers
        self.values: dict[str, str] = {}
        self.raw: set[int] = set()
        self.used: set[int] = set()
        self.sound: list[str] = []
        self.checks: list[Check] = []
        self.keyed: dict[tuple[str, ...], int] = {}
        self.paths: dict[int, list[str]] = {}
        identity = descriptor.identity
        self.may_be_negative: list[str] = []
        if identity and identity.reverses and (cell := self.text(identity.reverses)):
            self.may_be_negative.append(f"{cell} IS NOT NULL")
        for rule in descriptor.corrections:
            if corrections := self.condition(rule):
                self.may_be_negative.append(corrections)

    def index(self, *names: str | None) -> int | None:
        """The first of the columns that the file has, noted as used."""
        for name in names:
            index = self.header.index(name) if name is not None else None
            if index is not None:
                self.used.add(index)
                return index
        return None

    def text(self, *names: str | None) -> str | None:
        """The SQL of the first of the columns, for its text as written."""
        index = self.index(*names)
        if index is None:
            return None
        self.raw.add(index)
        return f"c{index}"

    def condition(self, rule: RowCondition | None) -> str | None:
        """Whether a row's column has one of the values, or fits one of the globs."""
        cell = self.text(rule.column) if rule else None
        if rule is None or cell is None:
            return None
        parts = [f"{cell} IN {quoted_list(rule.values)}"] if rule.values else []
        parts += [sql_values.fits(cell, glob) for glob in rule.like]
        return f"coalesce({' OR '.join(parts) or 'false'}, false)"

    def require(self, code: str, column: int, condition: str) -> None:
        """A row is sound only where the condition holds."""
        self.sound.append(condition)
        self.checks.append(Check(code, column, f"NOT coalesce({condition}, false)"))

    def require_not_negative(self, column: int, value: str, code: str) -> None:
        """A row is sound only where the value is a number, and not negative."""
        allowed = "".join(f" OR ({value} IS NOT NULL AND {rows})" for rows in self.may_be_negative)
        self.sound.append(f"({value} >= 0{allowed})")
        self.checks.append(Check(code, column, f"{value} IS NULL"))
        self.checks.append(Check("negative-count", column, f"NOT ({value} >= 0{allowed})"))

    def number_text(
        self, column: int, nothing: tuple[str, ...] = (), keys: tuple[str, ...] = ()
    ) -> str:
        """The text of a number in a column, or under a key of it, over the raw cells."""
        cell = f"c{column}"
        if keys:
            found = ", ".join(self._taken_out(column, path) for path in json_paths(keys))
            # what is no object is no number either: the cast refuses it
            cell = f"(CASE WHEN j{column} IS NOT NULL THEN coalesce({found}) ELSE {cell} END)"
        if nothing:
            cell = f"(CASE WHEN {cell} NOT IN {quoted_list(nothing)} THEN {cell} END)"
        return f"({sql_values.grouped(cell)})" if self.grouped else cell

    def _taken_out(self, column: int, path: str) -> str:
        """The text at a path of the JSON in a column."""
        paths = self.paths.setdefault(column, [])
        if path not in paths:
            paths.append(path)
        return f"j{column}[{paths.index(path) + 1}]"

    @property
    def taken_out(self) -> dict[str, str]:
        """The lists of what is read of the JSON in columns: each cell is parsed once."""
        return {
            f"j{column}": sql_values.json_values(f"c{column}", paths)
            for column, paths in self.paths.items()
        }

    def number(
        self,
        column: int,
        meter: str,
        times: int = 1,
        nothing: tuple[str, ...] = (),
        keys: tuple[str, ...] = (),
    ) -> str:
        """The value of a meter's number in a column, in the units of the meter."""
        name = f"v{column}" + (f"_{self.keyed.setdefault(keys, len(self.keyed))}" if keys else "")
        if name in self.values:
            return name
        cell = self.number_text(column, nothing, keys)
        if is_whole(meter):
            cast = sql_values.count(cell) if times == 1 else sql_values.scaled_count(cell, times)
        else:
            plain = times == 1
            cast = sql_values.quantity(cell) if plain else sql_values.scaled_quantity(cell, times)
        self.values[name] = cast
        code = "bad-count" if is_whole(meter) and times == 1 else "bad-quantity"
        self.require_not_negative(column, name, code)
        return name
