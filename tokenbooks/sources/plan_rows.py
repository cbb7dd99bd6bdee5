"""The rows of a plan: rates, modifiers and aliases, each with the time in which it holds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tokenbooks.amounts import number_text
from tokenbooks.periods import Moment, local_time
from tokenbooks.rating.plan import Alias, Modifier, Rate
from tokenbooks.sources.formats import UNKNOWN_PRICE, moment_of, moment_text, number_of, read_value
from tokenbooks.sources.hours import conditions_with_hours, read_hours
from tokenbooks.sources.plan_checks import check_order
from tokenbooks.sources.plan_reading import PlanReading
from tokenbooks.sources.prices import read_price
from tokenbooks.sources.yaml_tree import LIST, Node


def read_rate(node: Node, reading: PlanReading) -> Rate:
    """A row of ``rates``.

    Problems: those of its prices, ``dates-order``, ``hours-overlap``, ``key-alone``, and
    ``rates-tie`` for a meter that it prices twice.
    """
    starts, until = _read_span(node, "the rate", reading)
    hours = read_hours(node["hours"], reading)
    prices = [read_price(name, price, reading) for name, price in node["prices"].entries.items()]
    rate = Rate(
        conditions=conditions_with_hours(node["for"], hours),
        prices=tuple(price for price in prices if price is not None),
        starts=starts,
        until=until,
        position=node.position,
        hours=hours,
        corrects=node["corrects"].word(),
        corrected_on=_read_corrected_on(node, starts, reading),
    )
    _check_counted_once(rate, reading)
    return rate


def read_modifier(node: Node, reading: PlanReading) -> Modifier:
    """A row of ``modifiers``.

    Problems: ``price-missing`` and ``factor-negative`` of its factors, and those of a
    rate's time; ``key-missing`` where it has neither conditions nor hours.
    """
    starts, until = _read_span(node, "the modifier", reading)
    hours = read_hours(node["hours"], reading)
    if "when" not in node and "hours" not in node:
        message = "the key 'when' is missing in 'modifiers'"
        help = "add `when:` (dimension: name, list of names, or glob), or `hours:`"
        reading.error("key-missing", message, help, node.position)
    times = node["times"].entries.items()
    return Modifier(
        name=node["name"].word(),
        when=conditions_with_hours(node["when"], hours),
        times={meter: _read_factor(value, reading) for meter, value in times},
        starts=starts,
        until=until,
        position=node.position,
        hours=hours,
        corrects=node["corrects"].word(),
        corrected_on=_read_corrected_on(node, starts, reading),
    )


def read_aliases(node: Node, reading: PlanReading) -> tuple[Alias, ...]:
    """The names under ``aliases``, each with the model that it stands for."""
    aliases = []
    for model, names in node.entries.items():
        for item in names.items if names.kind == LIST else (names,):
            starts, until = _read_span(item, "the alias", reading)
            name = item.word() or item["name"].word()
            if name:
                aliases.append(Alias(name, model, starts, until, item.position))
    return tuple(aliases)


def _read_span(node: Node, what: str, reading: PlanReading) -> tuple[Moment | None, Moment | None]:
    starts, until = moment_of(node["from"].word()), moment_of(node["until"].word())
    place = node["until"].position
    reading.problems.extend(check_order(what, starts, until, reading.zone, place))
    return starts, until


def _read_corrected_on(node: Node, starts: Moment | None, reading: PlanReading) -> date | None:
    """The day ``on`` which a correction became known: not before the time that it restates."""
    for key, needed in (("corrects", "on"), ("on", "corrects")):
        if key in node and needed not in node:
            reading.key_alone(node, key, needed)
    on = read_value("day", node["on"].word())
    if not isinstance(on, date):
        return None
    if starts is not None and on < local_time(starts, reading.zone).date():
        message = f"the correction became known on {on}, before it begins, {moment_text(starts)}"
        help = "correct `on` or `from`; a change of price from a later day needs neither"
        reading.error("dates-order", message, help, node["on"].position)
    return on


def _check_counted_once(rate: Rate, reading: PlanReading) -> None:
    """Within a rate every meter has one price, also those counted together by ``of``."""
    priced: dict[str, str] = {}
    for price in rate.prices:
        for meter in price.meters:
            if meter in priced:
                message = f"'{meter}' is priced by '{priced[meter]}' and by '{price.name}'"
                reading.error("rates-tie", message, "take it out of one of them", price.position)
            priced[meter] = price.name


def _read_factor(node: Node, reading: PlanReading) -> Decimal:
    if node.word().strip().startswith(UNKNOWN_PRICE):
        message = f"the factor '{node.word().strip()}' is still to be filled in"
        help = "fill in the factor, such as 0.5 for half the price; write 1 for the full price"
        reading.error("price-missing", message, help, node.position)
    factor = number_of(node.word())
    if factor is not None and factor < 0:
        message = f"the factor {number_text(factor)} is below zero"
        help = "write a factor such as 0.5 for half the price"
        reading.error("factor-negative", message, help, node.position)
    return factor if factor is not None else Decimal(1)
