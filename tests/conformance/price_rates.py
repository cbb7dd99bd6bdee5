"""The rates of a price case in the syntax of plans: conditions, dates, hours and thresholds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from tokenbooks.amounts import number_text

Case = dict[str, Any]

#: The keys of a rate that are understood here.
KNOWN_TERMS = {"price", "per", "from", "when", "utc_window", "weekdays", "above"}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EVERY_DAY = tuple(range(1, 8))


class When(NamedTuple):
    """Where a rate holds: dimensions, and the hours of the week; empty is always."""

    dimensions: tuple[tuple[str, str], ...] = ()
    window: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()

    @classmethod
    def of(cls, rate: Case) -> When:
        """Where a rate of a case holds."""
        dimensions = tuple(sorted(rate.get("when", {}).items()))
        return cls(dimensions, tuple(rate.get("utc_window", ())), tuple(rate.get("weekdays", ())))

    def hours(self) -> list[dict[str, Any]]:
        """The hours as a plan has them; weekdays are those of the moment itself."""
        if not self.window and not self.weekdays:
            return []
        days = [_DAYS[day - 1] for day in self.weekdays or _EVERY_DAY]
        start, end = (clock.replace("24:00", "00:00") for clock in self.window or ("00:00",) * 2)
        bounds = [(start, end)]
        if self.weekdays and "00:00" < end < start:
            bounds = [(start, "00:00"), ("00:00", end)]
        return [{"days": days, "from": a, "to": b, "timezone": "UTC"} for a, b in bounds]


class Names(NamedTuple):
    """How a case's meters and the sizes it compares are called, and in which parts counted."""

    meter: Callable[[str], str]
    size: Callable[[str], str]
    parts: Callable[[str], int]


def build_rates(case: Case, names: Names) -> list[dict[str, Any]]:
    """One rate per condition and date from which a price holds."""
    named = {n for rates in case["rates"].values() for r in rates for n in r.get("when", {})}
    base = {name: v for name, v in case["context"].items() if name not in named}
    every = [rate for rates in case["rates"].values() for rate in rates]
    moments = sorted({rate.get("from", "") for rate in every})
    found = []
    for when in sorted({When.of(rate) for rate in every}):
        for moment in moments:
            prices = dict(_prices(case, names, when, moment))
            if prices:
                conditions = {"model": case["model"]} | base | dict(when.dimensions)
                rate: dict[str, Any] = {"for": conditions}
                rate |= {"from": moment} if moment else {}
                rate |= {"hours": when.hours()} if when.hours() else {}
                found.append(rate | {"prices": prices})
    return found


def _prices(case: Case, names: Names, when: When, moment: str) -> Iterator[tuple[str, Any]]:
    for name, rates in case["rates"].items():
        by_size = _in_force(rates, when, moment)
        if not by_size:
            continue
        # a plan needs a price below the first size; a case may leave it to other conditions
        general = _in_force(rates, When(), moment)
        first = by_size.pop(None, None) or general.get(None) or next(iter(by_size.values()))
        parts = names.parts(name)
        thresholds = []
        for size, rate in sorted(by_size.items(), key=lambda item: item[0] or 0):
            above = rate["above"]
            bound = number_text((size or 0) * names.parts(above["measure"]))
            price = _unit_price(rate, parts)
            thresholds.append({names.size(above["measure"]): bound, "price": price})
        terms = {"price": _unit_price(first, parts), "when_over": thresholds}
        yield names.meter(name), terms if thresholds else terms["price"]


def _in_force(rates: list[Case], when: When, moment: str) -> dict[Decimal | None, Case]:
    """The latest rate begun, below and above each size."""
    found: dict[Decimal | None, Case] = {}
    for rate in sorted(rates, key=lambda rate: rate.get("from", "")):
        if When.of(rate) == when and rate.get("from", "") <= moment:
            size = Decimal(str(rate["above"]["gt"])) if "above" in rate else None
            found[size] = rate
    return found


def _unit_price(rate: Case, parts: int) -> str:
    return f"{rate['price']} per {number_text(Decimal(str(rate['per'])) * parts)}"
