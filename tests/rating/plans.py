"""Plans written as readers of tests think of them."""

from __future__ import annotations

from decimal import Decimal

from tokenbooks.conditions import Conditions
from tokenbooks.periods import Moment
from tokenbooks.rating.plan import (
    Conversion,
    EventTerms,
    MeterPrice,
    Modifier,
    Plan,
    Rate,
    RequestTerms,
    Step,
    UnitPrice,
)


def unit(amount: str, per: str = "1") -> UnitPrice:
    return UnitPrice(Decimal(amount), Decimal(per))


def per_unit(meter: str, amount: str, per: str = "1") -> MeterPrice:
    return MeterPrice(meter, (meter,), "per_unit", (Step(None, unit(amount, per)),))


def tiered(
    model: str,
    *steps: tuple[str | None, str, str],
    per: str = "1",
    flat_on_zero: bool = False,
    over: str = "month",
) -> MeterPrice:
    """Steps as (up to, price, flat)."""
    built = tuple(
        Step(Decimal(up_to) if up_to else None, unit(price, per), Decimal(flat))
        for up_to, price, flat in steps
    )
    return MeterPrice("tokens", ("tokens",), model, built, over, flat_on_zero)


def priced(model: str, *steps: Step, meters: str = "tokens", **more: object) -> MeterPrice:
    """A price of meters (joined by ``+``); ``free`` and the like are keys of MeterPrice."""
    name = meters if "+" not in meters else "tokens"
    return MeterPrice(name, tuple(meters.split("+")), model, steps, **more)  # type: ignore[arg-type] - keys as in MeterPrice


def step(
    up_to: str | None, amount: str, flat: str = "0", per: str = "1", packages: str = ""
) -> Step:
    return Step(Decimal(up_to) if up_to else None, unit(amount, per), Decimal(flat), packages)


def package(
    size: str, amount: str, rounding: str = "up", free: str = "0", **more: object
) -> MeterPrice:
    """So much for each package of a size, as in ``{package: 1000, price: 5, free: 100}``."""
    return priced(
        "package", step(None, amount, per=size, packages=rounding), free=Decimal(free), **more
    )


def converted(
    divide: str, rounding: str, amount: str, free: str = "0", **more: object
) -> MeterPrice:
    """So much for each ``divide`` raw units, as in ``{convert: 1k, round: up, price: 2}``."""
    return priced(
        "per_unit",
        step(None, amount),
        free=Decimal(free),
        conversion=Conversion(Decimal(divide), rounding),
        **more,
    )


def events(**terms: str | int | None) -> EventTerms:
    """What holds for each event; ``free_events`` is a number, all else amounts of money."""
    free = terms.pop("free_events", None)
    amounts = {name: Decimal(str(amount)) for name, amount in terms.items()}
    return EventTerms(**amounts, free_events=free)  # type: ignore[arg-type] - keys as in EventTerms


def percentage(percent: str, **terms: str | int | None) -> MeterPrice:
    """A percentage of an amount with terms for each event."""
    rated = step(None, percent, per="100")
    return priced("percentage", rated, meters="amount", events=events(**terms))


def requests(at_least: str | None = None, each: str | None = None) -> RequestTerms:
    """The least quantity of a request, and what quantities are rounded up to."""
    return RequestTerms(Decimal(at_least) if at_least else None, Decimal(each) if each else None)


def rate(
    prices: list[MeterPrice],
    starts: Moment | None = None,
    until: Moment | None = None,
    **conditions: str,
) -> Rate:
    named = Conditions.of({name: tuple(value.split("|")) for name, value in conditions.items()})
    return Rate(named, tuple(prices), starts, until)


def modifier(name: str, times: dict[str, str], **conditions: str) -> Modifier:
    named = Conditions.of({key: (value,) for key, value in conditions.items()})
    return Modifier(name, named, {meter: Decimal(factor) for meter, factor in times.items()})


def plan(*rates: Rate, **more: object) -> Plan:
    return Plan("test", "USD", rates, **more)  # type: ignore[arg-type] - keys as in Plan
