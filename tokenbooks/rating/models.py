"""Charge models: from quantities counted over a span to an exact amount.

Tiers are bands ``(previous, up_to]`` on exact decimals (PEERS b1: the bound belongs to
the lower band). A model is a function of the running total; what a day adds is the amount
after it less the amount before it, so that late rows, corrections and split runs give the
same total as one run. Order within a price: conversion, free units, then the bands (PEERS
d). A total below zero, after more was taken back than used, is priced as its mirror image.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from tokenbooks.amounts import exact_text, number_text, whole_units
from tokenbooks.rating.plan import EventTerms, MeterPrice, Step, UnitPrice

NONE = Fraction(0)


class AboveLastStepError(Exception):
    """The quantity lies above the last step of a price whose last step is closed."""


@dataclass(frozen=True, slots=True)
class ChargeModel:
    """How the units of a span are priced, and the arithmetic of it, one line a step."""

    amount: Callable[[MeterPrice, Fraction], Fraction]
    explain: Callable[[MeterPrice, Fraction], list[str]]


def counted_units(price: MeterPrice, total: Fraction) -> Fraction:
    """What is left of a total to be priced: after conversion and free units."""
    units = _converted(price, abs(total))
    left = max(NONE, units - Fraction(price.free))
    return left if total >= 0 else -left


def amount_to(price: MeterPrice, total: Fraction | None) -> Fraction:
    """The amount of a total counted from zero; None where nothing was counted yet.

    Raises AboveLastStepError.
    """
    if total is None:
        return NONE
    units = counted_units(price, total)
    amount = CHARGE_MODELS[price.model].amount(price, abs(units))
    return amount if units >= 0 else -amount


def explain(price: MeterPrice, total: Fraction) -> list[str]:
    """The arithmetic of the amount for a total, one line a step."""
    lines, sign = [], _sign(total)
    if price.conversion:
        rounded = f", {price.conversion.rounding}" if price.conversion.rounding else ""
        divisor = number_text(price.conversion.divide)
        units = exact_text(sign * _converted(price, abs(total)))
        lines.append(f"{exact_text(total)} / {divisor}{rounded} = {units}")
    if price.free:
        used = sign * min(Fraction(price.free), _converted(price, abs(total)))
        lines.append(f"{exact_text(used)} free")
    return lines + CHARGE_MODELS[price.model].explain(price, counted_units(price, total))


def band(price: MeterPrice, units: Fraction) -> Step:
    """The step in which units lie; raises AboveLastStepError beyond a closed last one."""
    for step in price.steps:
        if step.up_to is None or abs(units) <= Fraction(step.up_to):
            return step
    raise AboveLastStepError


def band_amount(step: Step, units: Fraction) -> Fraction:
    """The amount of units at a step's price, in whole packages where it has them."""
    if not step.packages:
        return units * step.price.each
    return packages(units, step.price, step.packages) * step.price.money


def packages(units: Fraction, price: UnitPrice, rounding: str) -> int:
    """How many packages of ``per`` units are charged: started (``up``) or completed ones."""
    return whole_units(units / Fraction(price.per), rounding)


def event_amount(terms: EventTerms, unit: UnitPrice, charged: Fraction) -> Fraction:
    """What an event's charged part costs: the rate, the fixed part, then the bounds.

    What is taken back is the mirror image of what was charged.
    """
    if charged <= 0:
        return -event_amount(terms, unit, -charged) if charged else NONE
    amount = charged * unit.each + Fraction(terms.fixed)
    if terms.at_least is not None:
        amount = max(amount, Fraction(terms.at_least))
    return amount if terms.at_most is None else min(amount, Fraction(terms.at_most))


class FreeLeft(NamedTuple):
    """What is left of the free part of a span: an amount, and events; None is no limit.

    ``charged`` is what events were charged for in the span so far.
    """

    amount: Fraction | None
    events: int | None
    charged: Fraction = NONE

    @classmethod
    def of(cls, terms: EventTerms) -> FreeLeft:
        """The free part at the beginning of a span."""
        amount = None if terms.free is None else Fraction(terms.free)
        return cls(amount, terms.free_events)

    def take(self, quantity: Fraction) -> tuple[Fraction, FreeLeft]:
        """The part of an event that is charged, and what is left after it.

        What is taken back (below zero) undoes what was charged before what was free.
        """
        if self.amount is None and self.events is None:
            return quantity, self
        if quantity < 0:
            charged = max(quantity, -self.charged)
            free, events = quantity - charged, -1 if quantity < charged else 0
        elif self.events is not None and self.events <= 0:
            free, events = NONE, 0
        else:
            free, events = quantity if self.amount is None else min(quantity, self.amount), 1
        left = None if self.amount is None else self.amount - free
        number = None if self.events is None else self.events - events
        return quantity - free, FreeLeft(left, number, self.charged + quantity - free)


def _sign(units: Fraction) -> int:
    return -1 if units < 0 else 1


def _converted(price: MeterPrice, total: Fraction) -> Fraction:
    if price.conversion is None:
        return total
    units = total / Fraction(price.conversion.divide)
    rounding = price.conversion.rounding
    return Fraction(whole_units(units, rounding)) if rounding else units


def _graduated(price: MeterPrice, units: Fraction) -> Fraction:
    amount, lower = NONE, NONE
    if not units:
        return Fraction(price.steps[0].flat) if price.flat_on_zero else amount
    for step in price.steps:
        upper = units if step.up_to is None else min(units, Fraction(step.up_to))
        amount += band_amount(step, upper - lower) + Fraction(step.flat)
        if upper == units:
            return amount
        lower = upper
    raise AboveLastStepError


def _volume(price: MeterPrice, units: Fraction) -> Fraction:
    return band_amount(band(price, units), units) + volume_flat(price, units)


def volume_flat(price: MeterPrice, units: Fraction) -> Fraction:
    """The flat amount of the band that the units have reached."""
    if not units and not price.flat_on_zero:
        return NONE
    return _sign(units) * Fraction(band(price, units).flat)


def _one_price(price: MeterPrice, units: Fraction) -> Fraction:
    return band_amount(price.steps[0], units)


def _explain_graduated(price: MeterPrice, units: Fraction) -> list[str]:
    if not units:
        first = price.steps[0]
        return [step_line(first, units, Fraction(first.flat))] if price.flat_on_zero else []
    lines, lower, size, sign = [], NONE, abs(units), _sign(units)
    for step in price.steps:
        upper = size if step.up_to is None else min(size, Fraction(step.up_to))
        if upper > lower:
            lines.append(step_line(step, sign * (upper - lower), sign * Fraction(step.flat)))
        lower = max(lower, upper)
    return lines


def _explain_volume(price: MeterPrice, units: Fraction) -> list[str]:
    step = band(price, units)
    return [step_line(step, units, volume_flat(price, units))]


def _explain_one_price(price: MeterPrice, units: Fraction) -> list[str]:
    return [step_line(price.steps[0], units, NONE)]


def step_line(step: Step, units: Fraction, flat: Fraction) -> str:
    """One line of arithmetic: units x price, and a flat amount, = amount."""
    amount = exact_text(band_amount(step, units) + flat)
    added = f" + {exact_text(flat)} flat" if flat else ""
    if not step.packages:
        return f"{exact_text(units)} x {step.price}{added} = {amount}"
    counted = packages(units, step.price, step.packages)
    kind = "completed" if step.packages == "down" else "started"
    size = number_text(step.price.per)
    each = UnitPrice(step.price.amount, credit=step.price.credit)
    return f"{exact_text(units)} / {size} = {counted} {kind} x {each}{added} = {amount}"


#: Charge model -> its amount and its explanation. The amount of ``percentage`` is that of
#: its events without terms of their own; ``rating.pools`` prices event by event.
CHARGE_MODELS: dict[str, ChargeModel] = {
    "per_unit": ChargeModel(_one_price, _explain_one_price),
    "package": ChargeModel(_one_price, _explain_one_price),
    "percentage": ChargeModel(_one_price, _explain_one_price),
    "graduated": ChargeModel(_graduated, _explain_graduated),
    "volume": ChargeModel(_volume, _explain_volume),
}
