"""Plans written as readers of tests think of them."""

from __future__ import annotations

from decimal import Decimal

from tokenbooks.conditions import Conditions
from tokenbooks.periods import Moment
from tokenbooks.rating.plan import MeterPrice, Modifier, Plan, Rate, Step, UnitPrice


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
