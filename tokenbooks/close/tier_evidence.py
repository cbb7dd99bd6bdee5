"""The arithmetic of tiered prices: which stretch of a counter was priced at which step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from tokenbooks.amounts import exact_text, number_text
from tokenbooks.periods import Period
from tokenbooks.rating.models import band, explain
from tokenbooks.rating.plan import MeterPrice
from tokenbooks.rating.pools import Pool


@dataclass(frozen=True, slots=True)
class TierLine:
    """One line of the arithmetic of a counter: ``text`` reads quantity x price = amount."""

    pool: Pool
    price: MeterPrice
    text: str


@dataclass(slots=True)
class _Stretch:
    """What was counted at one price without a change of price, from ``before`` to ``after``."""

    price: MeterPrice
    before: Fraction
    after: Fraction
    quantity: Fraction
    weighted: Fraction


def tier_lines(pool: Pool, days: Period) -> list[TierLine]:
    """How the value of a counter grew in some days; the lines sum to it before modifiers."""
    stretches = [*_stretches(pool, days)]
    if not stretches:
        return []
    lines: list[TierLine] = []
    for stretch in stretches:
        if stretch.price.model == "graduated":
            texts = list(_bands(stretch))
        else:
            texts = _whole_band(stretch)
        lines += [TierLine(pool, stretch.price, text) for text in texts]
    quantity = sum((s.quantity for s in stretches), Fraction(0))
    weighted = sum((s.weighted for s in stretches), Fraction(0))
    if quantity and weighted != quantity:
        factor = f"modifiers: x {exact_text(weighted / quantity)} on average"
        lines.append(TierLine(pool, stretches[-1].price, factor))
    return lines


def _stretches(pool: Pool, days: Period) -> Iterator[_Stretch]:
    total = Fraction(0)
    current: _Stretch | None = None
    for at, entries in sorted(pool.steps.items()):
        for entry in entries.values():
            before, total = total, total + entry.quantity
            if at.date() not in days:
                continue
            if current is not None and current.price is entry.price:
                current.after = total
                current.quantity += entry.quantity
                current.weighted += entry.weighted
                continue
            if current is not None:
                yield current
            current = _Stretch(entry.price, before, total, entry.quantity, entry.weighted)
    if current is not None:
        yield current


def _bands(stretch: _Stretch) -> Iterator[str]:
    """The lines of a graduated price: each band's part of the stretch at that band's price."""
    if not stretch.before:
        yield from explain(stretch.price, stretch.after)
        return
    lower = Fraction(0)
    for step in stretch.price.steps:
        upper = stretch.after if step.up_to is None else Fraction(step.up_to)
        first, last = max(lower, stretch.before), min(upper, stretch.after)
        if last > first:
            flat = Fraction(step.flat) if stretch.before <= lower else Fraction(0)
            amount = (last - first) * step.price.each + flat
            more = f" + {number_text(step.flat)} flat" if flat else ""
            yield f"{exact_text(last - first)} x {step.price}{more} = {exact_text(amount)}"
        lower = upper


def _whole_band(stretch: _Stretch) -> list[str]:
    """The lines of a volume price: the whole counter at the band that it has reached."""
    lines = explain(stretch.price, stretch.after)
    if stretch.before:
        step = band(stretch.price, stretch.before)
        amount = exact_text(stretch.before * step.price.each + Fraction(step.flat))
        lines.append(f"less {exact_text(stretch.before)} counted before = {amount}")
    return lines
