"""The cells of a file as its normal form needs them: values, conditions, columns in use.

Filled while a descriptor is walked: every number is cast and checked once, whatever uses
it, and every column that is read is noted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from tokenbooks.sources.exports.descriptors.descriptor import Descriptor, RowCondition
from tokenbooks.sources.exports.files import ExportFile
from tokenbooks.sources.exports.normal import sql_values
from tokenbooks.sources.exports.normal.expression import Expression, about, constant
from tokenbooks.sources.exports.normal.layers import Layers
from tokenbooks.sources.exports.normal.normal_form import Check
from tokenbooks.sources.exports.normal.sql_values import (
    is_short_decimal,
    json_paths,
    short_decimal,
    whole_number,
    written,
)
from tokenbooks.sources.exports.sheets.sheet import Header
from tokenbooks.sources.exports.sql_text import quoted_list
from tokenbooks.usage.layout import is_whole


class Cells:
    """The columns of one file, and what has been asked of them so far."""

    def __init__(self, file: ExportFile, header: Header, descriptor: Descriptor) -> None:
        self.file = file
        self.header = header
        self.grouped = descriptor.grouped_numbers
        self.values: dict[str, Expression] = {}
        self.raw: set[int] = set()
        self.used: set[int] = set()
        self.sound: list[Expression] = []
        self.checks: list[Check] = []
        self.keyed: dict[tuple[str, ...], int] = {}
        self.layers = Layers()
        self.flags = 0
        self.numbers: set[int] = set()
        identity = descriptor.identity
        self.may_be_negative: list[Expression] = []
        if identity and identity.reverses and (cell := self.text(identity.reverses)):
            self.may_be_negative.append(about(f"{cell} IS NOT NULL", cell))
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

    def text(self, *names: str | None) -> Expression | None:
        """The first of the columns, by its text as written."""
        index = self.index(*names)
        return None if index is None else self.written(index)

    def written(self, index: int) -> Expression:
        """The text of a column as written."""
        self.raw.add(index)
        return Expression(f"c{index}", frozenset({index}))

    def condition(self, rule: RowCondition | None) -> Expression | None:
        """Whether a row's column has one of the values, or fits one of the globs."""
        cell = self.text(rule.column) if rule else None
        if rule is None or cell is None:
            return None
        parts = [f"{cell} IN {quoted_list(rule.values)}"] if rule.values else []
        parts += [sql_values.fits(cell.sql, glob) for glob in rule.like]
        sql = f"coalesce({' OR '.join(parts) or 'false'}, false)"
        return about(sql, cell, costly=bool(rule.like))

    def flag(self, condition: str) -> Expression:
        """A condition that a row itself tells, as a value of its own, true or false."""
        name = f"is_{self.flags}"
        self.flags += 1
        self.values[name] = Expression(f"coalesce({condition}, false)")
        return Expression(name, frozenset(), frozenset({name}))

    def require(self, code: str, column: int, condition: Expression) -> None:
        """A row is sound only where the condition holds."""
        self.sound.append(condition)
        self.checks.append(Check(code, column, f"NOT coalesce({condition}, false)"))

    @contextmanager
    def apart(self) -> Iterator[list[Expression]]:
        """What is required meanwhile is not asked of a row: the conditions, as they come.

        They let numbers be negative.
        """
        kept = (self.sound, self.checks, self.may_be_negative)
        asked: list[Expression] = []
        self.sound, self.checks, self.may_be_negative = asked, [], [constant("true")]
        try:
            yield asked
        finally:
            self.sound, self.checks, self.may_be_negative = kept

    def require_not_negative(self, column: int, value: str, code: str) -> None:
        """A row is sound only where the value is a number, and not negative."""
        allowed = "".join(f" OR ({value} IS NOT NULL AND {rows})" for rows in self.may_be_negative)
        self.sound.append(Expression(f"({value} >= 0{allowed})"))
        self.checks.append(Check(code, column, f"{value} IS NULL"))
        self.checks.append(Check("negative-count", column, f"NOT ({value} >= 0{allowed})"))

    def number_text(
        self, column: int, nothing: tuple[str, ...] = (), keys: tuple[str, ...] = ()
    ) -> str:
        """The text of a number in a column, or under a key of it, over the raw cells."""
        cell = f"c{column}"
        self.numbers.add(column)
        if keys:
            found = ", ".join(self.layers.taken_out(column, path) for path in json_paths(keys))
            listed = self.layers.texts_of(column)
            # what is no object is no number either: the cast refuses it
            cell = f"CASE WHEN {listed} IS NOT NULL THEN coalesce({found}) ELSE {cell} END"
            cell = self.named_text(cell)
        if nothing:
            said = f"CASE WHEN {cell} NOT IN {quoted_list(nothing)} THEN {cell} END"
            cell = self.named_text(said, cell)
        if self.grouped:
            cell = self.named_text(sql_values.without_commas(cell), cell)
        return cell

    def named_text(self, sql: str, *over: str) -> str:
        """A text that numbers are read from, computed once, over other such texts."""
        return self.layers.name("text", sql, *over)

    def count(self, text: str) -> str:
        """The whole count that a number's text says."""
        return sql_values.count_of(*self._whole_number(text))

    def quantity(self, text: str) -> str:
        """The quantity that a number's text says."""
        return sql_values.quantity_of(*self._whole_number(text))

    def near_quantity(self, text: str) -> str:
        """The same with decimals that are rounded later."""
        bare, _, _ = self._whole_number(text)
        return sql_values.near_quantity_of(bare, *self.short_quantity(text))

    def amount(self, text: str, unit: Decimal, rounds: bool) -> str:
        """The amount of money that a number's text says."""
        bare, number, is_short = self._short_decimal(text)
        return sql_values.amount_of(number, is_short, bare, unit, rounds)

    def product(self, price: str, quantity: str) -> str:
        """What the texts of a price and of a count come to."""
        return sql_values.product(*self._short_decimal(price), self.count(quantity))

    def short_quantity(self, text: str) -> tuple[str, str]:
        """A quantity of at most nine digits and nine decimals, and whether it is one."""
        bare, whole, plain = self._whole_number(text)
        digits_only = f"{bare} = {plain}"
        number = _either(digits_only, short_decimal(whole), short_decimal(bare))
        number = self.layers.name("short", number, bare, whole, plain)
        is_one = _either(digits_only, f"{number} IS NOT NULL", is_short_decimal(bare, number))
        return number, self.layers.name("is_short", is_one, bare, plain, number)

    def has_digits_only(self, text: str) -> str:
        """Whether a number is written with digits only: then it is whole."""
        bare, _, plain = self._whole_number(text)
        return f"{bare} = {plain}"

    def _whole_number(self, text: str) -> tuple[str, str, str]:
        """A number's text without signs, its ``whole_number``, and how that is written."""
        number = self.layers.name("whole", whole_number(text), text)
        plain = self.layers.name("plain", written(number), number)
        if not self.grouped:
            return text, number, plain
        known = f"{text} = {plain}"
        bare = self.layers.name("bare", _either(known, text, sql_values.grouped(text)), text, plain)
        over = (text, number, plain, bare)
        number = self.layers.name("whole", _either(known, number, whole_number(bare)), *over)
        return (
            bare,
            number,
            self.layers.name("plain", _either(known, plain, written(number)), *over, number),
        )

    def _short_decimal(self, text: str) -> tuple[str, str, str]:
        """A number's text without signs, its ``short_decimal``, and whether it is that."""
        number = self.layers.name("decimal", short_decimal(text), text)
        known = self.layers.name("is_decimal", is_short_decimal(text, number), text, number)
        if not self.grouped:
            return text, number, known
        bare = self.layers.name("bare", _either(known, text, sql_values.grouped(text)), text, known)
        over = (text, number, known, bare)
        number = self.layers.name("decimal", _either(known, number, short_decimal(bare)), *over)
        is_one = _either(known, "true", is_short_decimal(bare, number))
        return bare, number, self.layers.name("is_decimal", is_one, *over, number)

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
            plain = times == 1
            cast = (
                self.count(cell) if plain else sql_values.scaled_count(self.quantity(cell), times)
            )
        elif times == 1:
            cast = self.quantity(cell)
        else:
            cast = sql_values.scaled_quantity(self.quantity(cell), times)
        self.values[name] = Expression(cast)
        code = "bad-count" if is_whole(meter) and times == 1 else "bad-quantity"
        self.require_not_negative(column, name, code)
        return name


def _either(condition: str, one: str, other: str) -> str:
    return f"CASE WHEN {condition} THEN {one} ELSE {other} END"
