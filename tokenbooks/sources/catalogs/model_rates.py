"""The rates of a genai-prices model, and what is to be known of each."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from tokenbooks.conditions import Conditions
from tokenbooks.rating.catalog import (
    BORROWED,
    BY_REQUEST,
    DROPPED,
    LATE_METER,
    NOT_EXPRESSED,
    NOTICED,
    STANDARD_TOO,
    UNDATED_HOURS,
    CatalogRate,
    Remark,
)
from tokenbooks.rating.measures import CONTEXT_TOKENS, Threshold
from tokenbooks.rating.plan import MeterPrice, Rate, RequestTerms, Step, UnitPrice
from tokenbooks.rating.windows import INSIDE, hours_dimension
from tokenbooks.sources.catalogs.timeline import (
    Context,
    OddTimeError,
    Span,
    Track,
    blocks_of,
    has_own_prices,
    own_prices,
    tracks_of,
)
from tokenbooks.sources.catalogs.units import LEAST, Lattice, Unit

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, TieredPrices

    from tokenbooks.sources.catalogs.model_names import Found, WrittenNames

#: What the package calls a condition -> the standard dimension and value.
_CONDITIONS = {("processing", "batch"): ("batch", "true")}

#: Values that usage never has, because they are neutral there.
_NEUTRAL = {("service_tier", "default"), ("service_tier", "standard"), ("speed", "standard")}

#: Parts that have two wholes, of which one is declared: they get a row of their own where the
#: other one is priced.
_TWO_WHOLES = ("cache_audio_read_tokens", "cache_image_read_tokens")

#: Parts that need no meter of their own where they cost as much as the whole.
_SAME_WHERE_EQUAL = {"input_audio_seconds": "audio_seconds"}

_STANDARD_DIMENSIONS = {"service_tier", "speed", "batch"}


def model_rates(
    found: Found, written: WrittenNames, lattice: Lattice
) -> tuple[tuple[CatalogRate, ...], tuple[Remark, ...]]:
    """The rates of a model in order of conditions and time, and remarks on the model itself."""
    reader = _Reader(found, written, lattice)
    try:
        tracks = tracks_of(found.info)
    except OddTimeError as failure:
        text = f"hours that begin or end within a minute, {failure}, cannot be written"
        return (), (Remark(NOT_EXPRESSED, text),)
    rates = tuple(rate for track in tracks for rate in reader.rates(track))
    if not rates:
        reader.say(NOT_EXPRESSED, "the catalog states no price; write 0 if it is free")
    return rates, tuple(dict.fromkeys(reader.remarks))


def defaults_of(models: Iterable[ModelInfo]) -> dict[str, str]:
    """Neutral values of dimensions that are no standard ones: the value without own prices."""
    found: dict[str, str] = {}
    for info in models:
        for variant in info.price_variants or ():
            for name, value in variant.when.items():
                if name in _STANDARD_DIMENSIONS or (name, value) in _CONDITIONS:
                    continue
                found.setdefault(name, "standard")
                if not own_prices(variant) and len(variant.when) == 1:
                    found[name] = value
    return found


class _Reader:
    """Reads the rates of one model, with remarks as it goes."""

    def __init__(self, found: Found, written: WrittenNames, lattice: Lattice) -> None:
        self.found = found
        self.names = (written.id, *written.patterns)
        self.lattice = lattice
        self.remarks: list[Remark] = []
        neutral = defaults_of([found.info]).items()
        self.neutral = _NEUTRAL | set(neutral)

    def say(self, kind: str, text: str) -> None:
        self.remarks.append(Remark(kind, text))

    def rates(self, track: Track) -> Iterable[CatalogRate]:
        """The rates of a context in some hours, one for each span."""
        own = has_own_prices(self.found.info, track.context)
        if track.context and not own and set(track.context) <= self.neutral:
            return
        if track.context and self.found.is_fallback:
            words = f"the catalog has {words_of(track.context)} prices only with the provider"
            self.say(NOT_EXPRESSED, f"{words} {self.found.provider}; they are left out")
            return
        before: Span | None = None
        for index, span in enumerate(track.spans):
            following = track.spans[index + 1].starts if index + 1 < len(track.spans) else None
            prices = self._prices(span)
            if prices:
                until = span.until if span.until != following else None
                conditions = self._conditions(track)
                rate = Rate(conditions, prices, span.starts, until, hours=track.hours)
                yield CatalogRate(rate, tuple(self._remarks(track, span, before)))
            before = span

    def _conditions(self, track: Track) -> Conditions:
        named = dict(_CONDITIONS.get(item, item) for item in track.context)
        mapping = {"model": self.names, **{name: (value,) for name, value in named.items()}}
        if track.hours:
            mapping[hours_dimension(track.hours)] = (INSIDE,)
        return Conditions.of(mapping)

    def _prices(self, span: Span) -> tuple[MeterPrice, ...]:
        priced: dict[str, tuple[Unit, Decimal | TieredPrices]] = {}
        for key, price in span.prices.items():
            unit = self.lattice.by_price_key.get(key)
            if unit is None:
                self.say(NOT_EXPRESSED, f"a price for {key}, a unit that is not known: {price}")
            else:
                priced[unit.key] = (unit, price)
        ordered = [priced[key] for key in self.lattice.units if key in priced]
        found = {unit.meter: self._price(unit, unit.meter, price) for unit, price in ordered}
        for key, whole in _SAME_WHERE_EQUAL.items():
            if key in priced and priced[key][1] == priced.get(whole, (None, None))[1]:
                del found[priced[key][0].meter]
        for key in _TWO_WHOLES:
            unit = self.lattice.units[key]
            owner = self.lattice.owner(unit, priced)
            if owner is not None and owner is not self.lattice.chosen(unit, priced):
                found[unit.meter] = self._price(owner, unit.meter, priced[owner.key][1])
        return tuple(found.values())

    def _price(self, unit: Unit, meter: str, price: Decimal | TieredPrices) -> MeterPrice:
        per = Decimal(unit.per)
        least = LEAST.get((self.found.provider, self.found.info.id), {}).get(meter)
        if isinstance(price, Decimal):
            terms = RequestTerms(at_least=least) if least is not None else None
            base, over = price, "month" if terms is None else "request"
        else:
            steps = tuple((_threshold(t.start), UnitPrice(t.price, per)) for t in price.tiers)
            base, over, terms = price.base, "request", RequestTerms(least, None, steps)
        step = Step(None, UnitPrice(base, per))
        return MeterPrice(meter, (meter,), "per_unit", (step,), over, requests=terms)

    def _remarks(self, track: Track, span: Span, before: Span | None) -> Iterable[Remark]:
        what = f"{words_of(track.context)} price" if track.context else "price"
        usage = f"{words_of(track.context)} usage" if track.context else "usage"
        if before is None and span.starts is not None:
            yield Remark(
                NOTICED,
                f"{what} known only since {span.starts}; earlier {usage} is unpriced until you"
                " set a date",
            )
        if track.hours and span.starts is None and self._has_dates():
            yield Remark(
                UNDATED_HOURS,
                "the catalog cannot say since when these hours hold; set a date, or all earlier"
                f" {usage} in them has these prices",
            )
        if before is not None:
            yield from self._changes(span, before, usage)
        if span.borrowed:
            meters = self._meters(span.borrowed)
            kind = BORROWED if any(meter.endswith("_tokens") for meter in meters) else STANDARD_TOO
            text = f"no {words_of(track.context)} price in the catalog, so standard: "
            yield Remark(kind, text + ", ".join(meters))
        if any(not isinstance(price, Decimal) for price in span.prices.values()):
            yield Remark(BY_REQUEST, "by the size of each request, so usage of one request a row")

    def _changes(self, span: Span, before: Span, usage: str) -> Iterable[Remark]:
        """Meters whose prices begin or end after those of the others."""
        units = self.lattice.by_price_key
        priced = [units[key].key for key in before.prices if key in units]
        late: dict[str, list[str]] = {}
        for key in sorted(set(span.prices) - set(before.prices)):
            if key in units:
                whole = self.lattice.chosen(units[key], priced)
                takes = f"has the price of {whole.meter}" if whole else "is unpriced"
                late.setdefault(takes, []).append(units[key].meter)
        for takes, meters in late.items():
            text = f"{', '.join(meters)} priced only since {span.starts}; earlier {usage} of it"
            yield Remark(LATE_METER, f"{text} {takes} until you set a date")
        if gone := self._meters(set(before.prices) - set(span.prices)):
            yield Remark(DROPPED, f"no longer priced since {span.starts}: {', '.join(gone)}")

    def _has_dates(self) -> bool:
        return any(hasattr(block.constraint, "start_date") for block in blocks_of(self.found.info))

    def _meters(self, price_keys: Iterable[str]) -> list[str]:
        units = [self.lattice.by_price_key[k] for k in price_keys if k in self.lattice.by_price_key]
        return sorted({unit.meter for unit in units})


def words_of(context: Context) -> str:
    """A context in words: ``batch``, ``flex``, ``speed fast``."""
    brief = {"processing", "service_tier"}
    words = [value if name in brief else f"{name} {value}" for name, value in context]
    return " and ".join(words) or "standard"


def _threshold(start: int) -> Threshold:
    """Above a size; the catalog writes 199,999 where the provider says from 200,000 on."""
    if (start + 1) % 1000 == 0:
        return Threshold(CONTEXT_TOKENS, Decimal(start + 1), inclusive=True)
    return Threshold(CONTEXT_TOKENS, Decimal(start))
