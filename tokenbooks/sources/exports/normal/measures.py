"""Measures of single requests as SQL, in exact integers and decimals.

What a measure is, ``rating.measures`` tells. Where all of its numbers are whole it is
computed in integers; else in DECIMAL(38,9), and what must be divided is scaled to integers
first. A request that is taken back has negative quantities, and the negative measure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tokenbooks.rating.measures import (
    MANY,
    PACKAGES,
    QUANTITY,
    REQUESTS,
    STRETCH,
    Measure,
    Threshold,
)
from tokenbooks.sources.exports.normal.normal_time import TimeForm
from tokenbooks.usage.layout import QUANTITY_PLACES, is_whole

_SCALE = 10**QUANTITY_PLACES
_DECIMAL = f"DECIMAL(38,{QUANTITY_PLACES})"


def one_request(time: TimeForm, meters: Mapping[str, str]) -> str:
    """Whether a row is one request, as SQL.

    A row with an instant is, unless its ``requests`` say otherwise; a row that is known by
    its day or bucket only is, if they say so.
    """
    requests = meters.get("requests")
    if time.is_instant:
        return f"abs({requests}) <= 1" if requests else "true"
    return f"abs({requests}) = 1" if requests else "false"


def measures_sql(
    measures: Iterable[Measure], meters: Mapping[str, str], one: str, can_be_negative: bool
) -> dict[str, str]:
    """The SQL of measures over the meters of a row, by name, without those that are zero.

    ``one`` says whether the row is one request. Raises ValueError where a term of a measure
    has more than nine decimals.
    """
    found = {}
    for measure in measures:
        sql = _Measuring(measure, meters, one, can_be_negative).sql()
        if sql is not None:
            found[measure.name] = sql
    return found


def long_measures(measures: Iterable[Measure]) -> dict[str, tuple[str, ...]]:
    """The measures of rows that name their meter, with the meters of which they sum all.

    Such rows are never one request.
    """
    return {measure.name: measure.meters for measure in measures if measure.take == MANY}


@dataclass(frozen=True, slots=True)
class _Measuring:
    """One measure over the meters of one file."""

    measure: Measure
    meters: Mapping[str, str]
    one: str
    can_be_negative: bool

    def sql(self) -> str | None:
        """The measure of a row; None where it is always zero."""
        total = self._sum(self.measure.meters, self.is_fine)
        if total is None:
            return None
        if self.measure.take == MANY:
            if self.one == "true":
                return None
            return total if self.one == "false" else f"CASE WHEN {self.one} THEN 0 ELSE {total} END"
        if self.one == "false":
            return None
        value = self._value(self._size(total))
        if self.can_be_negative:
            value = f"CASE WHEN {total} < 0 THEN -({value}) ELSE {value} END"
        conditions = [self.one, *self._within(), *self._not_zero(total)]
        if conditions == ["true"]:
            return value
        return f"CASE WHEN {' AND '.join(conditions)} THEN {value} ELSE 0 END"

    @property
    def is_fine(self) -> bool:
        """Whether anything that is counted or compared may have decimals."""
        take_and_terms = self.measure.name.split(" ")[1:]
        whole = all(map(is_whole, self.measure.meters))
        return not whole or any("." in term for term in take_and_terms)

    # the value of a request within the bounds

    def _value(self, size: str) -> str:
        measure = self.measure
        if measure.take == REQUESTS:
            return "1"
        if measure.take == PACKAGES:
            return self._packages(size, measure.rounding)
        if measure.take == STRETCH:
            return self._stretch(size)
        assert measure.take == QUANTITY, measure.take
        if measure.at_least is not None:
            size = f"greatest({size}, {self._number(measure.at_least)})"
        if measure.step is None:
            return size
        value = f"{self._packages(size, 'up')} * {_units(measure.step, self.is_fine)}"
        return _as_decimal(value) if self.is_fine else value

    def _packages(self, size: str, rounding: str) -> str:
        """How many steps there are in a size, rounded; divided as integers."""
        step = _units(self.measure.step or Decimal(1), self.is_fine)
        size = f"({size} * {_SCALE})::HUGEINT" if self.is_fine else f"({size})::HUGEINT"
        if rounding == "half_up":
            return f"((2 * {size} + {step}) // {2 * step})"
        return f"(({size} + {step - 1}) // {step})" if rounding == "up" else f"({size} // {step})"

    def _stretch(self, size: str) -> str:
        above, up_to = self.measure.above, self.measure.up_to
        if up_to is not None:
            size = f"least({size}, {self._number(up_to.size)})"
        if above is not None:
            size = f"greatest({size} - {self._number(above.size)}, 0)"
        return size

    def _number(self, number: Decimal) -> str:
        units = _units(number, self.is_fine)
        return _decimal_literal(units) if self.is_fine else str(units)

    # which requests count

    def _within(self) -> list[str]:
        """That the size passes ``above`` and does not pass ``up_to``; stretches need neither."""
        if self.measure.take == STRETCH:
            return []
        above, up_to = self.measure.above, self.measure.up_to
        conditions = [self._passes(above)] if above is not None else []
        return conditions + ([f"NOT {self._passes(up_to)}"] if up_to is not None else [])

    def _not_zero(self, total: str) -> list[str]:
        counts = self.measure.take == REQUESTS or self.measure.at_least is not None
        return [f"{total} <> 0"] if counts else []

    def _passes(self, threshold: Threshold) -> str:
        is_fine = not all(map(is_whole, threshold.meters))
        size = self._size(self._sum(threshold.meters, is_fine) or "0")
        exact = Fraction(threshold.size) * (_SCALE if is_fine else 1)
        bound = math.ceil(exact) if threshold.inclusive else math.floor(exact)
        literal = _decimal_literal(bound) if is_fine else str(bound)
        return f"({size} {'>=' if threshold.inclusive else '>'} {literal})"

    # quantities

    def _size(self, total: str) -> str:
        return f"abs({total})" if self.can_be_negative else total

    def _sum(self, names: Iterable[str], is_fine: bool) -> str | None:
        """The sum of the meters that the file has; in types that nothing it says overflows."""
        present = [self.meters[name] for name in names if name in self.meters]
        kind = _DECIMAL if is_fine else "HUGEINT"
        terms = [f"({sql})::{kind}" for sql in present]
        if len(present) == 1 and not is_fine:
            terms = [f"({present[0]})"]
        return f"({' + '.join(terms)})" if terms else None


def _units(number: Decimal, is_fine: bool) -> int:
    exact = Fraction(number) * (_SCALE if is_fine else 1)
    if exact.denominator != 1:
        raise ValueError(f"{number} has more than {QUANTITY_PLACES} decimals")
    return int(exact)


def _as_decimal(units: str) -> str:
    """A scaled integer as a decimal: 29 digits and 9 places are the 38 that there are."""
    return f"(({units})::DECIMAL(29,0) * {_decimal_literal(1, QUANTITY_PLACES)})"


def _decimal_literal(units: int, width: int = 38) -> str:
    whole, rest = divmod(units, _SCALE)
    return f"CAST('{whole}.{rest:0{QUANTITY_PLACES}}' AS DECIMAL({width},{QUANTITY_PLACES}))"
