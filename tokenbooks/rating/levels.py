"""Levels: quantities such as seats, that hold until the next row instead of adding up."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from tokenbooks.periods import Period
from tokenbooks.usage.layout import Layout, dimension_column, is_derived, meter_column

if TYPE_CHECKING:
    import duckdb

#: Contract, party and meter.
LevelKey = tuple[str, str, str]


@dataclass(slots=True)
class Levels:
    """The level of each meter from day to day; nothing before its first row."""

    _days: dict[LevelKey, list[date]] = field(default_factory=dict)
    _values: dict[LevelKey, list[Fraction]] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[tuple[LevelKey, object, date, Fraction]]) -> Levels:
        """Levels from rows (key, holder, day, level), ordered by day.

        Each holder, such as a project, has a level of its own; the key's is their sum.
        """
        levels = cls()
        held: dict[tuple[LevelKey, object], Fraction] = {}
        sums: dict[LevelKey, Fraction] = {}
        for key, holder, day, level in rows:
            change = level - held.get((key, holder), Fraction(0))
            held[key, holder] = level
            sums[key] = sums.get(key, Fraction(0)) + change
            days = levels._days.setdefault(key, [])
            values = levels._values.setdefault(key, [])
            if days and days[-1] == day:
                values[-1] = sums[key]
            else:
                days.append(day)
                values.append(sums[key])
        return levels

    def on(self, key: LevelKey, day: date) -> Fraction:
        """The level at the end of a day."""
        number = bisect_right(self._days.get(key, []), day)
        return self._values[key][number - 1] if number else Fraction(0)

    def peak(self, key: LevelKey, span: Period) -> Fraction:
        """The highest level at the end of any day of a span."""
        days, values = self._days.get(key, []), self._values.get(key, [])
        inside = [value for day, value in zip(days, values, strict=True) if day in span]
        return max([self.on(key, span.start), *inside], default=Fraction(0))


def usage_levels(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    levels: Mapping[str, Collection[str]],
    before: datetime,
) -> Levels:
    """The levels that usage states before an instant; ``levels`` are meters by contract."""
    return Levels.of(_rows(connection, layout, levels, before))


def _rows(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    levels: Mapping[str, Collection[str]],
    before: datetime,
) -> Iterator[tuple[LevelKey, object, date, Fraction]]:
    holding = [name for name in layout.dimensions if not is_derived(name)]
    dimensions = "".join(f", {dimension_column(name)}" for name in holding)
    for contract, meters in sorted(levels.items()):
        for meter in sorted(set(meters) & set(layout.meters)):
            column = meter_column(meter)
            rows = connection.execute(
                f'SELECT party, "at", sum({column})::VARCHAR{dimensions} FROM usage_days'
                f' WHERE contract = ? AND "at" < ? AND {column} IS NOT NULL'
                f' GROUP BY ALL ORDER BY "at", party{dimensions}',
                [contract, before],
            ).fetchall()
            for party, at, quantity, *holder in rows:
                yield (contract, party, meter), tuple(holder), at.date(), Fraction(quantity)
