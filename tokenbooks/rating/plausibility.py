"""Plausibility: prices that are written properly and are hardly meant.

The mistakes of the field (PRICES 1.2): a price per 1k written per 1M or the other way
round, a cached price in the place of the uncached one, a batch surcharge. Only meters of
tokens have a scale that all providers share; images or seconds may cost anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import exact_text, number_text
from tokenbooks.problems import Problem, warning
from tokenbooks.rating.matching import Match, PlanInForce, match
from tokenbooks.rating.plan import MeterPrice, Modifier, Plan, Rate, UnitPrice
from tokenbooks.rating.succession import Ruling, rulings
from tokenbooks.rating.witnesses import witnesses

#: The dearest price of 1M tokens that any provider publishes is some hundred dollars.
HIGHEST_PER_MILLION = 1000
#: Prices of one meter differ between models, but in steps that are smaller than this.
FURTHEST_FROM_SIBLINGS = 20
FEWEST_SIBLINGS = 3
HIGHEST_FACTOR = 10

#: How many of a currency have about the value of a dollar, in powers of ten; others about one.
_A_DOLLAR = {
    **dict.fromkeys(("CNY", "HKD", "TWD", "MXN", "ZAR", "SEK", "NOK", "DKK", "TRY"), 10),
    **dict.fromkeys(("JPY", "INR", "RUB", "PHP", "THB", "HUF", "ISK", "KES"), 100),
    **dict.fromkeys(("KRW", "CLP", "COP", "ARS", "NGN", "PKR"), 1000),
    **dict.fromkeys(("IDR", "VND"), 10_000),
}
_MILLION = 10**6

#: Meters of which the first never costs more than the second.
_NOT_ABOVE = (
    ("cached_input_tokens", "input_tokens"),
    ("cached_audio_tokens", "input_audio_tokens"),
    ("cached_image_tokens", "input_image_tokens"),
)
_LONG_CACHE, _SHORT_CACHES = (
    "cache_write_1h_tokens",
    ("cache_write_5m_tokens", "cache_write_tokens"),
)


def implausible(plan: Plan, zone: str) -> list[Problem]:
    """Every price and factor of a plan that is hardly meant, as a warning.

    Problems: ``price-implausible``, ``price-out-of-line``, ``cached-above-input``,
    ``long-cache-below-short``, ``batch-above-standard`` and ``factor-implausible``.
    """
    return [
        *_too_high(plan),
        *_out_of_line(plan),
        *_cached_above_input(plan),
        *_long_cache_below_short(plan),
        *_batch_rates(plan, zone),
        *_factors(plan),
    ]


def is_tokens(price: MeterPrice) -> bool:
    """Whether a price is one of tokens."""
    return all(meter == "tokens" or meter.endswith("_tokens") for meter in price.meters)


# -- the height of a price --------------------------------------------------------------


def _too_high(plan: Plan) -> Iterator[Problem]:
    limit = _highest(plan)
    for price in _token_prices(plan):
        found = next(((unit, each) for unit, each in _units(price) if each > limit), None)
        if found is None:
            continue
        unit, each = found
        slip = next((k for k in _slips(unit) if each / k <= limit), None)
        message = (
            f"{price.name}: {unit} is {_per_million(each)} in {plan.currency},"
            f" more than any provider asks ({_per_million(limit)})"
        )
        yield warning("price-implausible", message, _slip_help(each, slip), price.position)


def _slips(unit: UnitPrice) -> Iterator[Fraction]:
    """By what a price may be too high: the amount of 1M written for less, 1000, or 10^6."""
    if unit.per < _MILLION:
        yield _MILLION / Fraction(unit.per)
    yield from (Fraction(1000), Fraction(_MILLION))


def _highest(plan: Plan) -> Fraction:
    """The highest plausible price of one token in the plan's currency."""
    return Fraction(HIGHEST_PER_MILLION * _A_DOLLAR.get(plan.currency, 1), _MILLION)


def _out_of_line(plan: Plan) -> Iterator[Problem]:
    """Prices far from the median of the others of their meter, with nothing in between."""
    named: dict[str, list[tuple[Fraction, MeterPrice]]] = {}
    for price in _token_prices(plan):
        for meter in price.meters if _base(price) else ():
            named.setdefault(meter, []).append((_base(price), price))
    told: set[int] = set()
    for meter, prices in named.items():
        rising = sorted(prices, key=lambda pair: pair[0])
        bases = [base for base, _ in rising]
        for index, (base, price) in enumerate(rising if len(rising) > FEWEST_SIBLINGS else ()):
            middle = _median_without(bases, index)
            is_told = base > _highest(plan) or id(price) in told
            if not is_told and _is_apart(bases, index, middle):
                told.add(id(price))
                yield _apart(plan, meter, price, middle)


def _median_without(rising: Sequence[Fraction], index: int) -> Fraction:
    """The median of the values but one."""
    half, is_odd = divmod(len(rising) - 1, 2)
    places = (half,) if is_odd else (half - 1, half)
    return sum(rising[place + (place >= index)] for place in places) / Fraction(len(places))


def _is_apart(rising: list[Fraction], index: int, middle: Fraction) -> bool:
    """Whether a price is far from the median and from its neighbour on the way there.

    Dear models have neighbours that are nearly as dear; a slip of the unit has none.
    """
    base = rising[index]
    if base in (rising[index - 1] if index else None, *rising[index + 1 : index + 2]):
        return False
    if base >= middle:
        return base >= FURTHEST_FROM_SIBLINGS * max(rising[max(index - 1, 0)], middle)
    return base * FURTHEST_FROM_SIBLINGS <= min(rising[index + 1], middle)


def _apart(plan: Plan, meter: str, price: MeterPrice, middle: Fraction) -> Problem:
    each = _base(price)
    is_higher = each > middle
    times = int(each / middle if is_higher else middle / each)
    slips = (Fraction(k) if is_higher else Fraction(1, k) for k in (1000, _MILLION))
    slip = next((k for k in slips if _is_near(each / k, middle)), None)
    message = (
        f"{meter}: {_base_text(price)} is {times} times {'above' if is_higher else 'below'}"
        f" the median of the plan's other prices for it, {_per_million(middle)} {plan.currency}"
    )
    return warning("price-out-of-line", message, _slip_help(each, slip), price.position)


def _is_near(each: Fraction, middle: Fraction) -> bool:
    return middle < each * FURTHEST_FROM_SIBLINGS and each < middle * FURTHEST_FROM_SIBLINGS


def _slip_help(each: Fraction, slip: Fraction | None) -> str:
    if slip is None:
        return "compare it with the price list, amount and quantity"
    return f"did you mean {_per_million(each / slip)}? prices are often listed per 1k or per 1M"


# -- prices beside each other -----------------------------------------------------------


def _cached_above_input(plan: Plan) -> Iterator[Problem]:
    for rate in plan.rates:
        for part, whole in _NOT_ABOVE:
            for cached, price, unit, other in _compared(rate, part, whole):
                if cached > price:
                    place = _priced(rate, part)
                    message = f"{part} at {unit} costs more than {whole} at {other}"
                    help = "are the two exchanged? what a cache gives is cheaper than new input"
                    yield warning("cached-above-input", message, help, place.position)
                    break


def _long_cache_below_short(plan: Plan) -> Iterator[Problem]:
    for rate in plan.rates:
        prices = {meter for price in rate.prices for meter in price.meters}
        short = next((name for name in _SHORT_CACHES if name in prices), None)
        for long, price, unit, other in _compared(rate, _LONG_CACHE, short) if short else ():
            if long < price:
                place = _priced(rate, _LONG_CACHE)
                message = f"{_LONG_CACHE} at {unit} costs less than {short} at {other}"
                help = "are the two exchanged? the longer a cache is kept, the dearer it is"
                yield warning("long-cache-below-short", message, help, place.position)
                break


def _compared(
    rate: Rate, first: str, second: str
) -> Iterator[tuple[Fraction, Fraction, UnitPrice, UnitPrice]]:
    """Prices of two meters of a rate that hold for the same sizes."""
    prices = {meter: price for price in rate.prices for meter in price.meters}
    if first not in prices or second not in prices or prices[first] is prices[second]:
        return
    ours, theirs = _by_size(prices[first]), _by_size(prices[second])
    for size in ours.keys() & theirs.keys():
        yield ours[size][1], theirs[size][1], ours[size][0], theirs[size][0]


def _priced(rate: Rate, meter: str) -> MeterPrice:
    return next(price for price in rate.prices if meter in price.meters)


# -- batch ------------------------------------------------------------------------------


def _batch_rates(plan: Plan, zone: str) -> Iterator[Problem]:
    """Rates for batches that cost more than the same usage outside of a batch."""
    ruling = PlanInForce(plan, zone)
    for item in rulings(plan, zone):
        if dict(item.rate.conditions.patterns).get("batch") != ("true",):
            continue
        for price in item.rate.prices:
            standard = _standard(ruling, item, price)
            if standard is not None and _base(price) > _base(standard.price) * standard.factor:
                message = (
                    f"{price.name} in a batch at {_base_text(price)} costs more than outside of"
                    f" one, {_base_text(standard.price)} (line {standard.price.position.line})"
                )
                help = "are the two rates exchanged? batches are sold at a discount"
                yield warning("batch-above-standard", message, help, price.position)


def _standard(ruling: PlanInForce, item: Ruling, price: MeterPrice) -> Match | None:
    """The price of a batch's usage outside of a batch."""
    for values in witnesses(item.rate.conditions):
        outside = {name: value for name, value in values.items() if name != "batch"}
        for at in [item.starts, *(at for at in ruling.cuts() if item.at(at))]:
            found = match(ruling, outside, price.meters[0], at)
            if isinstance(found, Match) and found.price.meters[0] == price.meters[0]:
                return found
    return None


def _factors(plan: Plan) -> Iterator[Problem]:
    for modifier in plan.modifiers:
        highest = max(modifier.times.values(), default=Decimal(1))
        if highest > HIGHEST_FACTOR:
            message = f"the modifier '{modifier.name}' multiplies a price by {number_text(highest)}"
            help = "write 1.5 for half as much again; a percentage is not a factor"
            yield warning("factor-implausible", message, help, modifier.position)
        elif highest > 1 and _is_batch(modifier):
            message = f"the modifier '{modifier.name}' makes batches dearer: {number_text(highest)}"
            help = "write 0.5 for half the price; batches are sold at a discount"
            yield warning("batch-above-standard", message, help, modifier.position)


def _is_batch(modifier: Modifier) -> bool:
    return dict(modifier.when.patterns) == {"batch": ("true",)}


# -- the unit prices of a price ---------------------------------------------------------


def _token_prices(plan: Plan) -> Iterator[MeterPrice]:
    for rate in plan.rates:
        for price in rate.prices:
            if is_tokens(price) and price.model != "percentage":
                yield price


def _by_size(price: MeterPrice) -> dict[str, tuple[UnitPrice, Fraction]]:
    """The unit prices of a price and what one unit costs, by the size for which they hold."""
    divide = Fraction(price.conversion.divide) if price.conversion else Fraction(1)
    found = {
        "" if step.up_to is None or len(price.steps) == 1 else str(step.up_to): step.price
        for step in price.steps
    }
    if price.requests is not None:
        found |= {str(threshold): unit for threshold, unit in price.requests.thresholds}
    return {size: (unit, unit.each / divide) for size, unit in found.items()}


def _units(price: MeterPrice) -> list[tuple[UnitPrice, Fraction]]:
    return list(_by_size(price).values())


def _base(price: MeterPrice) -> Fraction:
    """What one unit costs at the first price that is not free; 0 where all are."""
    return next((each for _, each in _units(price) if each), Fraction(0))


def _base_text(price: MeterPrice) -> str:
    return str(next((unit for unit, each in _units(price) if each), price.steps[0].price))


def _per_million(each: Fraction) -> str:
    return f"{exact_text(each * _MILLION, 6)} per 1M"
