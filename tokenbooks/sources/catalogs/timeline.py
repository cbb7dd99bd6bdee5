"""When which prices of a genai-prices model hold: its blocks and variants as spans and hours.

The package lists blocks of prices, of which the last active one rules, and variants, which
replace single prices where the request's context asks for them, the first active one first.
Here they become, for every context, prices that rule from one day to another, in all or in
certain hours. Where the package falls back on standard prices, because no variant has begun
yet, there is no price here: nothing is priced as standard in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from tokenbooks.rating.windows import MINUTES_A_DAY, Window

if TYPE_CHECKING:
    from decimal import Decimal

    from genai_prices.types import (
        ConditionalPrice,
        ModelInfo,
        PriceVariant,
        StartDateConstraint,
        TieredPrices,
        TimeOfDateConstraint,
    )

    Constraint = StartDateConstraint | TimeOfDateConstraint | None
    Prices = Mapping[str, Decimal | TieredPrices]

Context = tuple[tuple[str, str], ...]

_EVERY_DAY = tuple(range(7))


class OddTimeError(ValueError):
    """A daily interval that does not begin and end with a minute."""


@dataclass(frozen=True, slots=True)
class Span:
    """Prices of a context from one day until another, the last exclusive.

    ``borrowed`` are the price keys for which the variant has no price of its own.
    """

    prices: Prices
    borrowed: frozenset[str]
    starts: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class Track:
    """The spans of a context in some hours; no hours are all the others."""

    context: Context
    hours: tuple[Window, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class _Resolved:
    prices: Prices
    borrowed: frozenset[str]


def tracks_of(model: ModelInfo) -> list[Track]:
    """All prices of a model. Raises OddTimeError for hours that cannot be written."""
    return [track for context in contexts_of(model) for track in _tracks(model, context)]


def contexts_of(model: ModelInfo) -> list[Context]:
    """The contexts for which a model has prices, the standard one first."""
    asked = [tuple(sorted(variant.when.items())) for variant in model.price_variants or ()]
    return [(), *dict.fromkeys(asked)]


def has_own_prices(model: ModelInfo, context: Context) -> bool:
    """Whether a variant for exactly this context has prices."""
    return any(
        own_prices(variant) and tuple(sorted(variant.when.items())) == context
        for variant in model.price_variants or ()
    )


def own_prices(item: PriceVariant | ConditionalPrice) -> Prices:
    """The prices that a block or variant states, by price key."""
    stated = vars(item.prices).items()
    return {key: price for key, price in stated if price is not None and key[0] != "_"}


def blocks_of(model: ModelInfo) -> Sequence[ConditionalPrice]:
    """The blocks of prices, the first ruling where no other does."""
    from genai_prices.types import ConditionalPrice, ModelPrice

    if isinstance(model.prices, ModelPrice):
        return [ConditionalPrice(prices=model.prices)]
    return model.prices


def _tracks(model: ModelInfo, context: Context) -> list[Track]:
    variants = [v for v in model.price_variants or () if set(v.when.items()) <= set(context)]
    blocks = blocks_of(model)
    constraints = [block.constraint for block in blocks] + [v.constraint for v in variants]
    days = sorted({day for c in constraints if (day := _start_day(c)) is not None})
    minutes = sorted({minute for c in constraints for minute in _minutes(c)})
    before = days[0] - timedelta(days=1) if days else date.min
    found: dict[tuple[Window, ...], list[_Resolved | None]] = {(): []}
    for index, day in enumerate([before, *days]):
        usual = _resolve(blocks, variants, context, day, None)
        found[()].append(usual)
        for hours, prices in _unusual(blocks, variants, context, day, minutes, usual):
            found.setdefault(hours, [None] * index).append(prices)
        for resolved in found.values():
            resolved.extend([None] * (index + 1 - len(resolved)))
    return [
        Track(context, hours, spans)
        for hours, resolved in found.items()
        if (spans := _joined(resolved, [None, *days]))
    ]


def _unusual(
    blocks: Sequence[ConditionalPrice],
    variants: Sequence[PriceVariant],
    context: Context,
    day: date,
    minutes: Sequence[int],
    usual: _Resolved | None,
) -> Iterable[tuple[tuple[Window, ...], _Resolved | None]]:
    """The hours of a day whose prices differ from the usual ones, those of one price together.

    A context has the hours of the standard price too, even where its own price is the same
    all day: a rate for the hours and one for the context would be of equal rank.
    """
    groups: list[tuple[_Resolved | None, list[Window]]] = []
    standard = _resolve(blocks, (), (), day, None)
    for start, end in zip(minutes, [*minutes[1:], *minutes[:1]], strict=True):
        prices = _resolve(blocks, variants, context, day, start)
        if prices == usual and _resolve(blocks, (), (), day, start) == standard:
            continue
        same = next((windows for known, windows in groups if known == prices), None)
        if same is None:
            groups.append((prices, same := []))
        if same and same[-1].end == start:
            start = same.pop().start
        same.append(Window(_EVERY_DAY, start, end, "UTC"))
    return [(tuple(windows), prices) for prices, windows in groups]


def _resolve(
    blocks: Sequence[ConditionalPrice],
    variants: Sequence[PriceVariant],
    context: Context,
    day: date,
    minute: int | None,
) -> _Resolved | None:
    """The prices at a minute of a day, outside of all daily intervals where it is None."""
    ruling = next((b for b in reversed(blocks) if _active(b.constraint, day, minute)), None)
    asked = [variant for variant in variants if _active(variant.constraint, day, minute)]
    if ruling is None or (context and not asked):
        return None
    own: dict[str, Decimal | TieredPrices] = {}
    for variant in asked:
        own = {**own_prices(variant), **own}
    standard = own_prices(ruling)
    borrowed = frozenset(standard) - frozenset(own) if context else frozenset()
    return _Resolved({**standard, **own}, borrowed)


def _joined(
    resolved: Sequence[_Resolved | None], starts: Sequence[date | None]
) -> tuple[Span, ...]:
    """Spans of which no two that follow each other have the same prices."""
    spans: list[Span] = []
    for item, start, end in zip(resolved, starts, [*starts[1:], None], strict=True):
        if item is None:
            continue
        begins = start
        if spans and spans[-1].until == start and _is_same(spans[-1], item):
            begins = spans.pop().starts
        spans.append(Span(item.prices, item.borrowed, begins, end))
    return tuple(spans)


def _is_same(span: Span, item: _Resolved) -> bool:
    return (span.prices, span.borrowed) == (item.prices, item.borrowed)


def _start_day(constraint: Constraint) -> date | None:
    day: date | None = getattr(constraint, "start_date", None)
    return day


def _minutes(constraint: Constraint) -> tuple[int, ...]:
    """The first and the last minute of a daily interval, if it is one."""
    start: time | None = getattr(constraint, "start_time", None)
    end: time | None = getattr(constraint, "end_time", None)
    return (_minute(start), _minute(end)) if start is not None and end is not None else ()


def _active(constraint: Constraint, day: date, minute: int | None) -> bool:
    if constraint is None:
        return True
    start_day = _start_day(constraint)
    if start_day is not None:
        return day >= start_day
    if minute is None:
        return False
    start, end = _minutes(constraint)
    inside = start <= minute < end
    return inside if start <= end else minute >= start or minute < end


def _minute(clock: time) -> int:
    """The minute of the day in UTC; a clock without a zone is UTC."""
    at = datetime.combine(date(2000, 1, 2), clock)
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    utc = at.astimezone(UTC)
    if utc.second or utc.microsecond:
        raise OddTimeError(str(clock))
    return (utc.hour * 60 + utc.minute) % MINUTES_A_DAY
