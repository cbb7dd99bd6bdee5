"""The prices of a rate: a unit price, or one of the forms that are written with keys."""

from __future__ import annotations

from decimal import Decimal

from tokenbooks.amounts import number_text
from tokenbooks.rating.plan import Conversion, EventTerms, MeterPrice, Step, UnitPrice
from tokenbooks.sources.formats import quantity_of, read_value
from tokenbooks.sources.plan_reading import PlanReading
from tokenbooks.sources.price_forms import (
    CONVERT,
    PACKAGE,
    PERCENT,
    REQUEST,
    TIERS,
    check_keys,
    form_of,
    read_span,
)
from tokenbooks.sources.price_requests import read_request_terms
from tokenbooks.sources.price_steps import read_package_rounding, read_steps
from tokenbooks.sources.unit_prices import FREE, read_package_price, read_percent, read_unit_price
from tokenbooks.sources.yaml_tree import LIST, MAPPING, SCALAR, Node

_EVENT_KEYS = ("fixed", "at_least", "at_most", "free_events")


def read_price(meter: str, node: Node, reading: PlanReading) -> MeterPrice | None:
    """The price of a meter; None where it is not written in a way that can be priced."""
    if node.kind == SCALAR:
        steps = (Step(None, read_unit_price(node, reading, (meter,))),)
        return MeterPrice(meter, (meter,), "per_unit", steps, position=node.position)
    if node.kind != MAPPING:
        return None
    meters = node["of"].words() or (meter,)
    form = form_of(node)
    check_keys(node, form, reading)
    if form is TIERS:
        return _read_tiers(meter, meters, node, reading)
    if form is PACKAGE:
        return _read_package(meter, meters, node, reading)
    if form is PERCENT:
        return _read_percentage(meter, meters, node, reading)
    if form is REQUEST:
        return _read_by_request(meter, meters, node, reading)
    if form is CONVERT:
        return _read_converted(meter, meters, node, reading)
    return _read_plain(meter, meters, read_unit_price(node["price"], reading, meters), node)


def _read_tiers(name: str, meters: tuple[str, ...], node: Node, reading: PlanReading) -> MeterPrice:
    converted = "convert" in node
    return MeterPrice(
        name,
        meters,
        node["tiers"].word("graduated"),
        read_steps(node["steps"], () if converted else meters, reading),
        read_span(node),
        node["flat_on_zero"].word().lower() == "true",
        node.position,
        _read_scope(node),
        conversion=_read_conversion(node, reading) if converted else None,
    )


def _read_package(
    name: str, meters: tuple[str, ...], node: Node, reading: PlanReading
) -> MeterPrice:
    unit = read_package_price(node["price"], reading.size(node, "package"), reading)
    step = Step(None, unit, packages=read_package_rounding(node["round"], reading))
    return MeterPrice(
        name,
        meters,
        "package",
        (step,),
        read_span(node),
        position=node.position,
        scope=_read_scope(node),
        free=quantity_of(node["free"].word()) or Decimal(0),
    )


def _read_percentage(
    name: str, meters: tuple[str, ...], node: Node, reading: PlanReading
) -> MeterPrice:
    unit = read_percent(node["percent"], reading)
    if not any(key in node for key in _EVENT_KEYS):
        return _read_plain(name, meters, unit, node)
    return MeterPrice(
        name,
        meters,
        "percentage",
        (Step(None, unit),),
        read_span(node),
        position=node.position,
        scope=_read_scope(node),
        events=_read_event_terms(node, reading),
    )


def _read_event_terms(node: Node, reading: PlanReading) -> EventTerms:
    least, most = quantity_of(node["at_least"].word()), quantity_of(node["at_most"].word())
    if least is not None and most is not None and most < least:
        message = f"at_most {number_text(most)} is below at_least {number_text(least)}"
        help = "correct one of the two amounts"
        reading.error("bounds-order", message, help, node["at_most"].position)
    events = read_value("count", node["free_events"].word())
    return EventTerms(
        fixed=reading.amount(node["fixed"]),
        at_least=least,
        at_most=most,
        free=quantity_of(node["free"].word()),
        free_events=events if isinstance(events, int) else None,
    )


def _read_by_request(
    name: str, meters: tuple[str, ...], node: Node, reading: PlanReading
) -> MeterPrice:
    unit = read_unit_price(node["price"], reading, meters)
    terms = read_request_terms(node, meters, reading)
    steps = (Step(None, unit),)
    return MeterPrice(
        name, meters, "per_unit", steps, "request", position=node.position, requests=terms
    )


def _read_converted(
    name: str, meters: tuple[str, ...], node: Node, reading: PlanReading
) -> MeterPrice:
    return MeterPrice(
        name,
        meters,
        "per_unit",
        (Step(None, read_unit_price(node["price"], reading)),),
        read_span(node),
        position=node.position,
        scope=_read_scope(node),
        free=quantity_of(node["free"].word()) or Decimal(0),
        conversion=_read_conversion(node, reading),
    )


def _read_plain(name: str, meters: tuple[str, ...], unit: UnitPrice, node: Node) -> MeterPrice:
    """Free units are a first band at price zero."""
    free = quantity_of(node["free"].word())
    rest = Step(None, unit)
    return MeterPrice(
        name,
        meters,
        "graduated" if free else "per_unit",
        (Step(free, FREE), rest) if free else (rest,),
        read_span(node),
        position=node.position,
        scope=_read_scope(node),
    )


def _read_conversion(node: Node, reading: PlanReading) -> Conversion:
    return Conversion(reading.size(node, "convert"), node["round"].word())


def _read_scope(node: Node) -> tuple[str, ...]:
    scope = node["scope"]
    return tuple(dict.fromkeys(scope.words())) if scope.kind == LIST else (scope.word("party"),)
