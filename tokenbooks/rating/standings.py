"""How far counters, allowances and terms have come on a day: bands, and what is left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tokenbooks.amounts import exact_text
from tokenbooks.periods import Period
from tokenbooks.problems import NOWHERE, Position
from tokenbooks.rating.bands import Band, reached_band, reached_free_part
from tokenbooks.rating.charges import Charges
from tokenbooks.rating.plan import MeterPrice
from tokenbooks.rating.pools import Pool
from tokenbooks.rating.term_charges import DISCOUNT
from tokenbooks.rating.term_counts import TermCount

#: The last day of usage of each contract, up to which it is counted.
LastDays = Mapping[str, date]


@dataclass(frozen=True, slots=True)
class CounterStanding:
    """A counter at the end of a day: what it has counted in its span, and its band.

    ``of`` is the conditions of the rate, or the fee that brings an allowance; ``scope`` the
    values of the dimensions by which it is kept apart.
    """

    contract: str
    party: str
    name: str
    of: str
    scope: str
    span: str
    counted: Fraction
    band: Band
    position: Position = NOWHERE

    @property
    def share_left(self) -> Fraction:
        """The share of the way to the next band that is left; above one in the last band."""
        left = self.band.left
        if left is None:
            return Fraction(2)
        whole = left + abs(self.counted)
        return left / whole if whole else Fraction(1)


@dataclass(frozen=True, slots=True)
class TermStanding:
    """A term of a plan at the end of a day: what counts towards it, and what is left.

    ``left`` is what may still be charged before it begins to work, or what lacks.
    """

    contract: str
    party: str
    kind: str
    text: str
    span: Period
    counted: Fraction
    amount: Fraction
    position: Position = NOWHERE

    @property
    def left(self) -> Fraction:
        """What is left until the amount is reached."""
        return max(Fraction(0), self.amount - self.counted)


def counter_standings(charges: Charges, last_days: LastDays) -> list[CounterStanding]:
    """The counters and allowances whose span holds the last day of their contract."""
    return [*_pools(charges, last_days), *_allowances(charges, last_days)]


def term_standings(charges: Charges, last_days: LastDays) -> list[TermStanding]:
    """The discounts above an amount, caps, commitments and minimums of each contract."""
    found = []
    for count in charges.counts:
        last = last_days.get(count.contract)
        if last is not None and (item := _term(count, last)) is not None:
            found.append(item)
    return found


def scope_text(price: MeterPrice, values: Iterable[str]) -> str:
    """The values that keep a counter apart, in words: ``customer acme``."""
    names = [name for name in price.scope if name not in {"party", "contract"}]
    pairs = zip(names, values, strict=False)
    return ", ".join(f"{name} {value or '(none)'}" for name, value in pairs)


def _pools(charges: Charges, last_days: LastDays) -> Iterator[CounterStanding]:
    for pool in charges.pools.values():
        last = last_days.get(pool.contract)
        if last is None or last not in pool.key.span:
            continue
        found = _reached(pool, last)
        if found is None:
            continue
        price, counted, band = found
        yield CounterStanding(
            pool.contract,
            pool.party,
            pool.name,
            str(pool.conditions),
            scope_text(price, pool.key.scope),
            pool.span,
            counted,
            band,
            price.position,
        )


def _reached(pool: Pool, last: date) -> tuple[MeterPrice, Fraction, Band] | None:
    """The price that a counter has last, what it has counted, and the band of that."""
    counted: Fraction = Fraction(0)
    events: list[Fraction] = []
    price: MeterPrice | None = None
    for at, entries in sorted(pool.steps.items()):
        for entry in entries.values() if at.date() <= last else ():
            price = entry.price
            counted += entry.quantity
            events += [quantity for _, quantity, _ in sorted(entry.events)]
    if price is None:
        return None
    by_event = price.events is not None
    band = reached_free_part(price, events) if by_event else reached_band(price, counted)
    return (price, counted, band) if band else None


def _allowances(charges: Charges, last_days: LastDays) -> Iterator[CounterStanding]:
    for use in charges.uses:
        last = last_days.get(use.contract)
        if last is None or last not in use.span:
            continue
        used = sum((v for at, v in use.steps.items() if at.date() <= last), Fraction(0))
        band = Band(f"free up to {exact_text(use.granted)}", use.granted - used, "its price")
        yield CounterStanding(
            use.contract,
            use.party,
            use.meter,
            f"fee {use.fee.name}",
            "",
            str(use.span),
            used,
            band,
            use.fee.position,
        )


def _term(count: TermCount, last: date) -> TermStanding | None:
    span = count.span_of(last)
    amount = count.amount(span)
    if count.kind == DISCOUNT and not amount:
        return None
    return TermStanding(
        count.contract,
        count.party,
        count.kind,
        count.text,
        span,
        count.counted(span, last),
        amount,
        count.position,
    )
