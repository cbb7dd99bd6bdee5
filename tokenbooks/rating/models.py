"""Charge models: from quantities counted over a span to an exact amount.

Tiers are bands ``(previous, up_to]`` on exact decimals (PEERS b: the bound belongs to
the lower band). Every model is a function of the running total; what a day adds is the
amount after it less the amount before it, so that late rows, corrections and split runs
give the same total as one run.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from tokenbooks.amounts import exact_text, number_text
from tokenbooks.rating.plan import MeterPrice, Step


class AboveLastStepError(Exception):
    """The quantity lies above the last step of a price whose last step is closed."""


def per_unit(price: MeterPrice, before: Fraction, after: Fraction) -> Fraction:
    """The amount of the stretch from ``before`` to ``after`` at one price."""
    return (after - before) * price.steps[0].price.each


def graduated(price: MeterPrice, before: Fraction | None, after: Fraction) -> Fraction:
    """Each band's part of the stretch at that band's price, plus flats of bands reached.

    ``before`` is None where nothing was counted yet, so that a flat due at zero is due.
    """
    return _graduated_to(price, after) - (0 if before is None else _graduated_to(price, before))


def volume(price: MeterPrice, quantity: Fraction, total: Fraction) -> Fraction:
    """The whole quantity at the price of the band that the span's total has reached."""
    return quantity * band(price, total).price.each


def volume_flat(price: MeterPrice, total: Fraction) -> Fraction:
    """The flat amount of the band that the total has reached."""
    if not total and not price.flat_on_zero:
        return Fraction(0)
    return Fraction(band(price, total).flat)


def band(price: MeterPrice, total: Fraction) -> Step:
    """The step in which a total lies; raises AboveLastStepError beyond a closed last one."""
    for step in price.steps:
        if step.up_to is None or total <= Fraction(step.up_to):
            return step
    raise AboveLastStepError


def explain(price: MeterPrice, total: Fraction) -> list[str]:
    """The arithmetic of the amount for a total, one line a step."""
    if price.model != "graduated":
        step = band(price, total)
        return [_line(total, step)]
    lines, lower = [], Fraction(0)
    for step in price.steps:
        upper = total if step.up_to is None else min(total, Fraction(step.up_to))
        if upper > lower:
            lines.append(_line(upper - lower, step))
        lower = max(lower, upper)
    return lines


def _line(quantity: Fraction, step: Step) -> str:
    amount = quantity * step.price.each + Fraction(step.flat)
    flat = f" + {number_text(step.flat)} flat" if step.flat else ""
    return f"{exact_text(quantity)} x {step.price}{flat} = {exact_text(amount)}"


def _graduated_to(price: MeterPrice, total: Fraction) -> Fraction:
    amount, lower = Fraction(0), Fraction(0)
    if not total:
        return Fraction(price.steps[0].flat) if price.flat_on_zero else amount
    for step in price.steps:
        upper = total if step.up_to is None else min(total, Fraction(step.up_to))
        amount += (upper - lower) * step.price.each + Fraction(step.flat)
        if upper == total:
            return amount
        lower = upper
    raise AboveLastStepError


def _volume_to(price: MeterPrice, total: Fraction) -> Fraction:
    return volume(price, total, total) + volume_flat(price, total)


#: Charge model -> the amount of a total counted from zero.
AMOUNTS: dict[str, Callable[[MeterPrice, Fraction], Fraction]] = {
    "per_unit": lambda price, total: per_unit(price, Fraction(0), total),
    "graduated": _graduated_to,
    "volume": _volume_to,
}
