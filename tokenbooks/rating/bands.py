"""The band that a running total has reached: its price, what is left of it, what follows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import NamedTuple

from tokenbooks.amounts import exact_text, number_text, quantity_text
from tokenbooks.rating.models import FreeLeft, counted_units, packages
from tokenbooks.rating.plan import MeterPrice, Step, UnitPrice

#: How far above whole units a quantity may be until it is rounded to the next.
_BEYOND = {"": Fraction(0), "up": Fraction(0), "down": Fraction(1), "half_up": Fraction(1, 2)}


class Band(NamedTuple):
    """A band of a price: ``left`` is the quantity until ``following``, None in the last one."""

    text: str
    left: Fraction | None = None
    following: str = ""


def reached_band(price: MeterPrice, total: Fraction) -> Band | None:
    """The band that a total has reached; None where a price has no bands.

    What is taken back is counted as its mirror image.
    """
    total = abs(total)
    plain = replace(price, free=Decimal(0))
    units = counted_units(plain, total)
    if price.free and units <= price.free:
        left = _quantity(price, Fraction(price.free)) - total
        return Band(f"free up to {quantity_text(price.free)}", left, str(plain))
    charged = units - Fraction(price.free)
    if price.model in {"graduated", "volume"}:
        return _tier(price, total, charged)
    (step,) = price.steps
    if price.model == "package":
        return _package(price, step, total, charged)
    if price.conversion and price.conversion.rounding:
        left = _quantity(price, units) - total
        text = f"{exact_text(units)} units of {quantity_text(price.conversion.divide)}"
        return Band(text, left, f"{step.price} for the next")
    return Band(str(step.price)) if price.free else None


def reached_free_part(price: MeterPrice, events: Iterable[Fraction]) -> Band | None:
    """How much of the free part of a price by event is left after some events."""
    terms = price.events
    if terms is None or (terms.free is None and terms.free_events is None):
        return None
    free = FreeLeft.of(terms)
    for quantity in events:
        free = free.take(quantity)[1]
    charged = str(replace(price, events=replace(terms, free=None, free_events=None)))
    if free.events == 0 or free.amount == 0:
        return Band(charged)
    texts = [f"{exact_text(free.amount)} left"] if free.amount is not None else []
    texts += [f"{free.events} events left"] if free.events is not None else []
    left = free.amount if free.amount is not None else Fraction(free.events or 0)
    return Band(f"free, {', '.join(texts)}", left, charged)


def step_text(step: Step) -> str:
    """The price of a step in words."""
    text = str(step.price)
    if step.packages:
        counted = "completed" if step.packages == "down" else "started"
        text = f"{_amount(step.price)} per {counted} {quantity_text(step.price.per)}"
    return f"{text} + {number_text(step.flat)}" if step.flat else text


def _tier(price: MeterPrice, total: Fraction, charged: Fraction) -> Band:
    lower: Decimal | None = None
    for step, after in zip(price.steps, [*price.steps[1:], None], strict=True):
        if step.up_to is None:
            return Band(f"{step_text(step)} above {quantity_text(lower or Decimal(0))}")
        if charged <= Fraction(step.up_to):
            left = _quantity(price, Fraction(price.free + step.up_to)) - total
            is_free = not step.price.amount and not step.flat
            text = "free" if is_free else step_text(step)
            following = step_text(after) if after else "no price"
            if after and price.model == "volume":
                following += " for all"
            return Band(f"{text} up to {quantity_text(step.up_to)}", left, following)
        lower = step.up_to
    return Band("above the last step")


def _package(price: MeterPrice, step: Step, total: Fraction, charged: Fraction) -> Band:
    counted = packages(charged, step.price, step.packages)
    is_started = step.packages != "down"
    size = Fraction(step.price.per)
    end = Fraction(price.free) + (counted if is_started else counted + 1) * size
    kind = "started" if is_started else "completed"
    text = f"{counted} {kind} of {quantity_text(step.price.per)}"
    left = _quantity(price, end) - total
    return Band(text, left, f"{_amount(step.price)} for the next")


def _quantity(price: MeterPrice, units: Fraction) -> Fraction:
    """The quantity up to which no more than some units are counted, after conversion."""
    if price.conversion is None:
        return units
    rounding = price.conversion.rounding
    whole = Fraction(floor(units)) if rounding else units
    return (whole + _BEYOND[rounding]) * Fraction(price.conversion.divide)


def _amount(unit: UnitPrice) -> str:
    return str(UnitPrice(unit.amount, credit=unit.credit))
