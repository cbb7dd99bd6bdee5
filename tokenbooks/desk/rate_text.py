"""Rates as the YAML of a plan: in lines, or each in one line to be pasted into a plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from tokenbooks.amounts import number_text
from tokenbooks.desk.book_text import yaml_text
from tokenbooks.rating.plan import MeterPrice, Modifier, Rate
from tokenbooks.rating.windows import DAYS, Window, is_hours
from tokenbooks.sources.formats import moment_text

_EVERY_DAY = tuple(range(len(DAYS)))


def rate_lines(rate: Rate, comments: Iterable[str] = ()) -> list[str]:
    """A rate in lines, the comments above its prices."""
    head = [f"for: {_conditions(rate)}", *_terms(rate)]
    width = max(len(price.name) for price in rate.prices) + 1
    lines = [f"  {'- ' if index == 0 else '  '}{text}" for index, text in enumerate(head)]
    lines += [f"    # {comment}" for comment in comments]
    prices = [f"      {price.name + ':':<{width}} {meter_price(price)}" for price in rate.prices]
    return [*lines, "    prices:", *prices]


def rate_line(rate: Rate) -> str:
    """A rate in one line, which can stand under ``rates:``."""
    prices = ", ".join(f"{price.name}: {meter_price(price)}" for price in rate.prices)
    parts = [f"for: {_conditions(rate)}", *_terms(rate), f"prices: {{{prices}}}"]
    return f"- {{{', '.join(parts)}}}"


def modifier_line(modifier: Modifier) -> str:
    """A modifier without dates in one line, which can stand under ``modifiers:``."""
    when = ", ".join(f"{name}: {_values(values)}" for name, values in modifier.when.patterns)
    times = ", ".join(f"{_key(name)}: {number_text(f)}" for name, f in modifier.times.items())
    return f"- {{name: {yaml_text(modifier.name)}, when: {{{when}}}, times: {{{times}}}}}"


def can_be_written(price: MeterPrice) -> bool:
    """Whether a price is one that this module writes: per unit, or by the size of a request."""
    plain = price.model == "per_unit" and price.meters == (price.name,) and not price.free
    return plain and price.conversion is None and price.steps[0].price.credit is None


def meter_price(price: MeterPrice) -> str:
    """The price of a meter: ``2.50 per 1M``, or a mapping in one line."""
    unit = str(price.steps[0].price)
    terms = price.requests
    if terms is None:
        return unit
    parts = [f"price: {unit}"]
    if terms.at_least is not None:
        parts.append(f"at_least: {number_text(terms.at_least)}")
    if terms.step is not None:
        parts.append(f"step: {number_text(terms.step)}")
    for key, inclusive in (("when_over", False), ("when_at_least", True)):
        steps = [
            f"{{{size.name}: {number_text(size.size)}, price: {unit}}}"
            for size, unit in terms.thresholds
            if size.inclusive == inclusive
        ]
        if steps:
            parts.append(f"{key}: [{', '.join(steps)}]")
    return f"{{{', '.join(parts)}}}"


def _conditions(rate: Rate) -> str:
    parts = [
        f"{name}: {_values(values)}"
        for name, values in sorted(rate.conditions.patterns, key=lambda item: item[0] != "model")
        if not is_hours(name)
    ]
    return f"{{{', '.join(parts)}}}"


def _values(values: Sequence[str]) -> str:
    words = [value if value == "true" else yaml_text(value) for value in values]
    return words[0] if len(words) == 1 else f"[{', '.join(words)}]"


def _key(name: str) -> str:
    return '"*"' if name == "*" else yaml_text(name)


def _terms(rate: Rate) -> list[str]:
    terms = [f"from: {moment_text(rate.starts)}"] if rate.starts is not None else []
    terms += [f"until: {moment_text(rate.until)}"] if rate.until is not None else []
    if rate.hours:
        terms.append(f"hours: [{', '.join(map(_window, rate.hours))}]")
    if rate.corrected_on is not None:
        terms += [f"corrects: {yaml_text(rate.corrects)}", f"on: {rate.corrected_on}"]
    return terms


def _window(window: Window) -> str:
    days = [DAYS[day] for day in window.days]
    named = f"days: [{', '.join(days)}], " if window.days != _EVERY_DAY else ""
    start, end = _clock(window.start), _clock(window.end)
    return f'{{{named}from: "{start}", to: "{end}", timezone: {window.zone}}}'


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def read_on(name: str, digest: str, provider: str, day: date) -> str:
    """The ``source`` of a plan that was made from a catalog."""
    return f"{name}, provider {provider}, sha256 {digest}, read {day}"
