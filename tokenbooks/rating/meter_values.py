"""What is charged for each meter of an account, for caps that concern some meters only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from fnmatch import fnmatchcase
from fractions import Fraction

from tokenbooks.rating.invoice_lines import LineKey

_Values = Mapping[datetime, Fraction]


class MeterValues:
    """What is charged for each meter at each step, less its share of the discounts and caps.

    ``lines`` are values as rated, which sum to ``rated`` at each step; ``net`` is what is
    left of them after the discounts, which every line bears alike.
    """

    def __init__(
        self, lines: Iterable[tuple[LineKey, _Values]], rated: _Values, net: _Values
    ) -> None:
        self._values: dict[str, dict[datetime, Fraction]] = {}
        for key, values in lines:
            own = self._values.setdefault(key.meter, {})
            for at, value in values.items():
                left = value * net[at] / rated[at] if rated.get(at) else value
                own[at] = own.get(at, Fraction(0)) + left

    def of(self, patterns: Iterable[str]) -> dict[datetime, Fraction]:
        """What is charged for the meters that match any of the globs."""
        found: dict[datetime, Fraction] = {}
        for values in self._matching(patterns):
            for at, value in values.items():
                found[at] = found.get(at, Fraction(0)) + value
        return found

    def change(self, patterns: Iterable[str], changes: _Values) -> None:
        """Share what a cap takes off among its meters, in proportion to what they are charged."""
        capped = self._matching(patterns)
        for at, change in changes.items():
            whole = sum((values.get(at, Fraction(0)) for values in capped), Fraction(0))
            for values in capped:
                if whole and at in values:
                    values[at] += change * values[at] / whole

    def _matching(self, patterns: Iterable[str]) -> list[dict[datetime, Fraction]]:
        return [
            values
            for meter, values in self._values.items()
            if any(fnmatchcase(meter, pattern) for pattern in patterns)
        ]
