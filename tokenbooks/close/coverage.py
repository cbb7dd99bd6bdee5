"""Which lots covered some usage, by list value, and what no lot covered.

The usage of an account in a step of time is covered as a whole: each lot covers the same
share of all of it. Only where credits are good for some usage alone do parts have shares of
their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from tokenbooks.close.computed import Computed
from tokenbooks.credits.drawing import Parts
from tokenbooks.credits.lots import Account, Lot
from tokenbooks.rating.charges import ALLOCATION, Part

NOTHING = Fraction(0)


@dataclass(frozen=True, slots=True)
class Covered:
    """What a lot covers of some usage: list value, its cost, and the days of the draws.

    Without a lot it is what no lot covers, which costs its list value.
    """

    lot: Lot | None
    value: Fraction
    cost: Fraction
    first: date | None = None
    last: date | None = None


@dataclass(slots=True)
class _Given:
    value: Fraction = NOTHING
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class PartWeight:
    """A part of usage, the one allocation of it that is meant, and how much of the whole it is.

    Without a ``part`` all usage is meant.
    """

    part: Part | None
    allocation: int
    weight: Fraction = Fraction(1)

    def takes(self, part: Part) -> bool:
        """Whether a part of a draw is meant."""
        own = self.part is None or part.whole == self.part
        if part.kind == ALLOCATION:
            return own and (self.part is not None or self.allocation in (-1, part.id))
        return own and (part.within in (-1, self.allocation) or self.allocation < 0)


def coverage(
    computed: Computed,
    account: Account,
    value: Fraction,
    parts: Iterable[PartWeight],
    meant: Callable[[datetime], bool],
) -> list[Covered]:
    """How a list value is covered: by each lot, in the order of the draws, then by none.

    It consists of ``parts``, each covered as the usage of the account is at the times that
    are ``meant``. What nothing is known of is covered by no lot.
    """
    wanted = list(parts)
    whole = sum((own.weight for own in wanted), NOTHING)
    found: dict[str, _Given] = {}
    for own in wanted if whole else ():
        given = _given(computed, account, own, meant)
        total = sum((item.value for item in given.values()), NOTHING)
        for lot, item in given.items() if total else ():
            known = found.setdefault(lot, _Given(NOTHING, item.first, item.last))
            known.value += value * own.weight / whole * item.value / total
            _widen(known, item.first, item.last)
    rest = value - sum((item.value for item in found.values()), NOTHING)
    if rest:
        found.setdefault("", _Given()).value += rest
    return [_covered(computed.lots, lot, item) for lot, item in found.items() if item.value]


def _covered(lots: Mapping[str, Lot], name: str, item: _Given) -> Covered:
    lot = lots.get(name)
    each = Fraction(lot.cost) / lot.quantity if lot else Fraction(1)
    return Covered(lot, item.value, item.value * each, item.first, item.last)


def _given(
    computed: Computed, account: Account, own: PartWeight, meant: Callable[[datetime], bool]
) -> dict[str, _Given]:
    """What each lot gave for a part, in the order of the draws; '' is no lot."""
    drawn = computed.drawn.get(account)
    found: dict[str, _Given] = {}
    for draw in drawn.draws if drawn else ():
        value = _value(draw.parts, own) if meant(draw.used_at) else NOTHING
        if value:
            item = found.setdefault(draw.lot, _Given())
            item.value += value
            _widen(item, draw.drawn_at.date(), draw.drawn_at.date())
    for use in drawn.owed if drawn else ():
        value = _value(use.parts, own) if meant(use.used_at) else NOTHING
        if value:
            found.setdefault("", _Given()).value += value
    return found


def _value(parts: Parts, own: PartWeight) -> Fraction:
    return sum((value for part, value in parts.items() if own.takes(part)), NOTHING)


def _widen(item: _Given, first: date | None, last: date | None) -> None:
    """Have the days of an item reach from one day to another too."""
    if first is not None and last is not None:
        item.first = min(item.first or first, first)
        item.last = max(item.last or last, last)
