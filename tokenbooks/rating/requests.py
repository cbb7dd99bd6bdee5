"""Prices that look at each request: as sums of measures, each at a price per unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from tokenbooks.amounts import number_text, whole_units
from tokenbooks.rating.measures import (
    MANY,
    PACKAGES,
    QUANTITY,
    REQUESTS,
    STRETCH,
    Measure,
    Threshold,
)
from tokenbooks.rating.plan import MeterPrice, Plan, UnitPrice
from tokenbooks.rating.windows import Window

#: Informational meters that stand inside a billed one, and are taken out where priced.
INSIDE = {"reasoning_tokens": "output_tokens"}


class RequestLine(NamedTuple):
    """A measure and the price of one of it: a price by request is the sum of its lines."""

    measure: Measure
    price: UnitPrice

    @property
    def each(self) -> Fraction:
        """The exact price of one."""
        return self.price.each

    def __str__(self) -> str:
        measure = self.measure
        if measure.take == STRETCH:
            text = f" above {number_text(measure.above.size)}" if measure.above else ""
            text += f" up to {number_text(measure.up_to.size)}" if measure.up_to else ""
            return f"{self.price}{text}"
        text = _rounding_text(measure)
        text += f" if {measure.above}" if measure.above else ""
        return f"{self.price}{text}" + (f" unless {measure.up_to}" if measure.up_to else "")


def _rounding_text(measure: Measure) -> str:
    """How the quantity of a request becomes what is priced, in words."""
    if measure.take == REQUESTS:
        return " each request"
    if measure.take == PACKAGES:
        counted = {"up": "started ", "down": "completed "}.get(measure.rounding, "")
        nearest = " to the nearest" if measure.rounding == "half_up" else ""
        return f" per {counted}{number_text(measure.step or Decimal(1))}{nearest}"
    text = f", at least {number_text(measure.at_least)}" if measure.at_least is not None else ""
    text += f", in steps of {number_text(measure.step)}" if measure.step is not None else ""
    return text


def request_lines(price: MeterPrice, meter: str) -> tuple[RequestLine, ...]:
    """The lines of a price by request for a meter that it prices, itself or as a part."""
    meters = price.meters if meter in price.meters else (meter,)
    if price.requests is not None:
        return tuple(_by_size(price, meters))
    if price.conversion is not None and price.conversion.rounding:
        divide, rounding = price.conversion.divide, price.conversion.rounding
        measure = Measure(meters, PACKAGES, step=divide, rounding=rounding)
        return (RequestLine(measure, price.steps[0].price),)
    if price.model == "package":
        (step,) = price.steps
        measure = Measure(meters, PACKAGES, step=step.price.per, rounding=step.packages or "up")
        return (RequestLine(measure, UnitPrice(step.price.amount, credit=step.price.credit)),)
    return tuple(_by_band(price, meters))


def signed_lines(
    price: MeterPrice, meter: str, taken: str | None
) -> Iterator[tuple[int, RequestLine]]:
    """The lines of a meter with a sign: those of a part that is ``taken`` out are negative."""
    for line in request_lines(price, meter):
        yield 1, line
    for line in request_lines(price, taken) if taken else ():
        if line.measure.take == QUANTITY:
            yield -1, line


def many(meters: tuple[str, ...]) -> Measure:
    """The quantity of rows that sum many requests."""
    return Measure(meters, MANY)


def plan_measures(plan: Plan) -> tuple[Measure, ...]:
    """Every measure that the prices of a plan need, each once."""
    found: dict[Measure, None] = {}
    for rate in plan.rates:
        for price in rate.prices:
            if not price.by_request:
                continue
            for meter in _priced_through(plan, price):
                lines = request_lines(price, meter)
                found |= {line.measure: None for line in lines}
                found |= {many(line.measure.meters): None for line in lines}
    return tuple(found)


def plan_hours(plan: Plan) -> tuple[tuple[Window, ...], ...]:
    """The sets of hours that the rates and modifiers of a plan name, each once."""
    named = [rate.hours for rate in plan.rates] + [item.hours for item in plan.modifiers]
    return tuple(dict.fromkeys(hours for hours in named if hours))


def has_events(plan: Plan) -> bool:
    """Whether a price of the plan looks at events one after the other."""
    return any(price.events is not None for rate in plan.rates for price in rate.prices)


def _priced_through(plan: Plan, price: MeterPrice) -> list[str]:
    """The meters that a price can rate: its own, their parts, and what stands inside them."""
    found = list(price.meters)
    for meter in found:
        found += [part for part, whole in plan.part_of.items() if whole == meter]
        found += [part for part, whole in INSIDE.items() if whole == meter]
    return list(dict.fromkeys(found))


def _by_size(price: MeterPrice, meters: tuple[str, ...]) -> Iterator[RequestLine]:
    """The price below the first threshold, and the one above each until the next."""
    terms = price.requests
    assert terms is not None
    bounds = [None, *(threshold for threshold, _ in terms.thresholds), None]
    prices = [price.steps[0].price, *(unit for _, unit in terms.thresholds)]
    for number, unit in enumerate(prices):
        yield RequestLine(
            Measure(
                meters, QUANTITY, bounds[number], bounds[number + 1], terms.at_least, terms.step
            ),
            unit,
        )


def _by_band(price: MeterPrice, meters: tuple[str, ...]) -> Iterator[RequestLine]:
    """Tiers within one request: the stretch in each band, or the whole in the band reached."""
    whole = price.model == "volume"
    name = "+".join(meters)
    factor = price.conversion.divide if price.conversion else Decimal(1)
    lower: Threshold | None = None
    for step in price.steps:
        upper = None if step.up_to is None else Threshold(name, step.up_to * factor)
        unit = UnitPrice(step.price.amount, step.price.per * factor, step.price.credit)
        yield RequestLine(Measure(meters, QUANTITY if whole else STRETCH, lower, upper), unit)
        if step.flat:
            reached = Measure(meters, REQUESTS, lower, upper if whole else None)
            yield RequestLine(reached, UnitPrice(step.flat))
        lower = upper


def request_amount(
    price: MeterPrice, meter: str, quantities: Mapping[str, Decimal | int]
) -> Fraction:
    """What one request costs at a price by request, before modifiers."""
    lines = request_lines(price, meter)
    return sum((measured(line.measure, quantities) * line.each for line in lines), Fraction(0))


def measured(measure: Measure, quantities: Mapping[str, Decimal | int]) -> Fraction:
    """What a measure takes from one request: the reference for the reader's SQL.

    A request that is taken back has negative quantities, and the negative measure.
    """
    quantity = _sum(measure.meters, quantities)
    if quantity < 0:
        return -measured(measure, {meter: -number for meter, number in quantities.items()})
    if measure.take == STRETCH:
        lower = Fraction(measure.above.size) if measure.above else Fraction(0)
        reached = max(Fraction(0), quantity - lower)
        return min(reached, Fraction(measure.up_to.size) - lower) if measure.up_to else reached
    if not quantity or not _is_within(measure, quantities):
        return Fraction(0)
    if measure.take == REQUESTS:
        return Fraction(1)
    if measure.take == PACKAGES:
        return Fraction(whole_units(quantity / Fraction(measure.step or 1), measure.rounding))
    least = max(quantity, Fraction(measure.at_least)) if measure.at_least else quantity
    if not measure.step:
        return least
    return whole_units(least / Fraction(measure.step), "up") * Fraction(measure.step)


def _is_within(measure: Measure, quantities: Mapping[str, Decimal | int]) -> bool:
    above, up_to = measure.above, measure.up_to
    return (above is None or _passes(above, quantities)) and (
        up_to is None or not _passes(up_to, quantities)
    )


def _passes(threshold: Threshold, quantities: Mapping[str, Decimal | int]) -> bool:
    size, bound = _sum(threshold.meters, quantities), Fraction(threshold.size)
    return size >= bound if threshold.inclusive else size > bound


def _sum(meters: tuple[str, ...], quantities: Mapping[str, Decimal | int]) -> Fraction:
    return sum((Fraction(quantities.get(meter, 0)) for meter in meters), Fraction(0))
